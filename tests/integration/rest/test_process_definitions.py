"""Process definitions over HTTP, and starting cases."""

import pytest

from tests.integration.rest.kit import refused, variables


@pytest.fixture
def manager(program, small_route):
    return program("zhaomin")


def test_definitions_are_found_by_key_and_by_id(manager):
    (row,) = manager.read("/process-definition", key="small_loan", latestVersion="true")
    assert manager.read("/process-definition/key/small_loan") == row
    assert manager.read(f"/process-definition/{row['id']}") == row
    assert manager.read("/process-definition/count", key="small_loan")["count"] == 1
    assert manager.read("/process-definition", keysIn="small_loan,expense_declaration", maxResults=1) != []
    assert manager.read("/process-definition", key="nothing") == []


def test_definitions_are_sorted_as_asked(manager):
    up = [row["key"] for row in manager.read("/process-definition", sortBy="key", sortOrder="asc")]
    down = [row["key"] for row in manager.read("/process-definition", sortBy="key", sortOrder="desc")]
    assert up == sorted(up) == down[::-1]


def test_unknown_definitions_are_not_found(manager):
    for path in ("/process-definition/key/nothing", "/process-definition/00000000-0000-0000-0000-000000000000"):
        refused(manager.get(path), 404)
        refused(manager.post(path + "/start"), 404)
    refused(manager.get("/process-definition/key/bad%00key"), 404)


def test_a_case_starts_at_its_first_station_in_the_name_of_the_caller(manager):
    case = manager.do("/process-definition/key/small_loan/start")
    assert case["definitionKey"] == "small_loan"
    assert case["businessKey"].startswith("SL-")
    (task,) = manager.read("/task", processInstanceId=case["id"])
    assert (task["taskDefinitionKey"], task["assignee"]) == ("apply", "zhaomin")


def test_start_variables_wait_in_the_draft_of_the_first_form(manager):
    body = {"variables": variables(purpose="装修", amount="5000.50", urgent=True)}
    case = manager.do("/process-definition/key/small_loan/start", body)
    (task,) = manager.read("/task", processInstanceId=case["id"])
    shown = manager.read(f"/task/{task['id']}/form-variables")
    assert shown["amount"] == {"value": "5000.50", "type": "String", "valueInfo": {"format": "decimal"}}
    assert (shown["purpose"]["value"], shown["urgent"]["value"]) == ("装修", True)
    assert manager.read(f"/process-instance/{case['id']}/variables")["amount"]["value"] is None


def test_start_variables_that_the_first_form_does_not_show_are_refused_and_no_case_is_left(manager):
    before = manager.read("/process-instance/count")["count"]
    for name in ("review_result", "margin", "nothing"):
        sentence = refused(
            manager.post("/process-definition/key/small_loan/start", {"variables": variables(**{name: "x"})}), 400
        )
        assert name in sentence
    assert manager.read("/process-instance/count")["count"] == before


def test_the_case_number_is_the_banks_to_give(manager):
    refused(manager.post("/process-definition/key/small_loan/start", {"businessKey": "MINE-1"}), 400)
    assert manager.do("/process-definition/key/small_loan/start", {"businessKey": None, "variables": None})


def test_variables_are_returned_on_request(manager):
    case = manager.do("/process-definition/key/small_loan/start", {"withVariablesInReturn": True})
    assert "amount" in case["variables"]
    assert manager.do("/process-definition/key/small_loan/start")["variables"] is None


@pytest.mark.parametrize("username", ["qiyue", "xieqian"])
def test_only_who_may_begin_cases_begins_one(program, small_route, username):
    refused(program(username).post("/process-definition/key/small_loan/start"), 403, "AuthorizationException")


def test_diagrams_are_for_those_who_oversee_or_draw(program, manager):
    assert "bpmn20Xml" in program("jiangshan").read("/process-definition/key/small_loan/xml")
    refused(manager.get("/process-definition/key/small_loan/xml"), 403)
