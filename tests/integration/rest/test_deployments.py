"""Deployments over HTTP."""

import io

import pytest

from tests.integration.rest import small_loan
from tests.integration.rest.kit import refused


def deploy(program, files, name="small loan", **more):
    return program.call("POST", "/deployment/create", data=small_loan.multipart(files, deployment_name=name, **more))


@pytest.fixture
def analyst(program):
    return program("qiyue")


def test_what_is_deployed_can_be_started_and_read_back(analyst, program):
    answer = deploy(analyst, small_loan.files())
    made = answer.get_json()
    assert answer.status_code == 200, made
    (definition,) = made["deployedProcessDefinitions"].values()
    assert (definition["key"], definition["version"], definition["deploymentId"]) == ("small_loan", 1, made["id"])
    assert analyst.read(f"/deployment/{made['id']}")["name"] == "small loan"
    assert made["id"] in [row["id"] for row in analyst.read("/deployment")]
    assert analyst.read(f"/process-definition/{definition['id']}/xml")["bpmn20Xml"] == small_loan.diagram().decode()
    assert program("zhaomin").do("/process-definition/key/small_loan/start")["stations"] == ["apply"]


def test_the_same_files_again_make_no_new_version(analyst):
    first = deploy(analyst, small_loan.files("twice"), "twice").get_json()
    again = deploy(analyst, small_loan.files("twice"), "twice").get_json()
    assert again["id"] == first["id"]
    assert again["deployedProcessDefinitions"] is None


def test_changed_files_make_the_next_version_which_new_cases_take(analyst, program):
    deploy(analyst, small_loan.files("older"), "versions")
    deploy(analyst, small_loan.files("newer"), "versions")
    newest, older = analyst.read("/process-definition", key="small_loan")[:2]
    assert (newest["name"], older["name"]) == ("newer", "older")
    assert newest["version"] == older["version"] + 1
    manager = program("zhaomin")
    assert manager.do("/process-definition/key/small_loan/start")["definitionId"] == newest["id"]
    refused(manager.post(f"/process-definition/{older['id']}/start"), 422)


def test_findings_stop_a_deployment_and_are_told_by_file_and_element(analyst):
    broken = small_loan.diagram().replace(b'value="market_department"', b'value="nobodys_group"')
    answer = deploy(analyst, {**small_loan.files(), small_loan.NAME: broken}, "broken")
    message = refused(answer, 400, "ParseException")
    assert "review" in message
    (finding,) = answer.get_json()["details"][small_loan.NAME]["errors"]
    assert finding["mainElementId"] == "review"
    assert "nobodys_group" in finding["message"]
    assert "broken" not in [row["name"] for row in analyst.read("/deployment")]


def test_a_form_without_its_folder_is_named_by_its_key(analyst):
    flat = {name.rpartition("/")[2]: content for name, content in small_loan.files("flat").items()}
    assert deploy(analyst, flat, "flat").status_code == 200


@pytest.mark.parametrize("name", ["../up.bpmn", "/etc/x.bpmn", "a//b.bpmn", "a\\b.bpmn", "x" * 201 + ".bpmn", ".bpmn"])
def test_a_file_name_that_leads_elsewhere_is_refused(analyst, name):
    refused(deploy(analyst, {name: small_loan.diagram()}), 400)


def test_a_file_given_twice_is_refused(analyst):
    parts = small_loan.multipart({"a.bpmn": b"x"}, deployment_name="twice")
    refused(analyst.call("POST", "/deployment/create", data={**parts, "g": (io.BytesIO(b"y"), "a.bpmn")}), 400)


def test_a_request_without_name_or_without_files_is_refused(analyst):
    refused(analyst.call("POST", "/deployment/create", data=small_loan.multipart(small_loan.files())), 400)
    refused(analyst.call("POST", "/deployment/create", data={"deployment-name": "empty"}), 400)
    refused(analyst.post("/deployment/create", {"deployment-name": "empty"}), 400)


def test_what_is_no_diagram_at_all_is_refused(analyst):
    refused(deploy(analyst, {"a.bpmn": b"\x00\xff"}), 400, "ParseException")
    refused(deploy(analyst, {"a.form": b"[" * 100_000}), 400, "ParseException")


@pytest.mark.parametrize("username", ["zhaomin", "jiangshan", "xieqian", "zouyi"])
def test_only_analysts_deploy(program, username):
    refused(deploy(program(username), small_loan.files()), 403, "AuthorizationException")


def test_the_list_is_by_name_and_by_page(analyst):
    deploy(analyst, small_loan.files("listed"), "listed")
    assert [row["name"] for row in analyst.read("/deployment", name="listed")] == ["listed"]
    every = analyst.read("/deployment", sortBy="deploymentTime", sortOrder="asc")
    assert (
        analyst.read("/deployment", sortBy="deploymentTime", sortOrder="asc", firstResult=1, maxResults=1) == every[1:2]
    )
    refused(analyst.get("/deployment/00000000-0000-0000-0000-000000000000"), 404)
