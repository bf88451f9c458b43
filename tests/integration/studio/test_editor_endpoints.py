"""What the editors rely on: files under a guard, findings with their places, choices, known names, expressions, presence."""

import json
from datetime import timedelta

import pytest

from app.audit.operations import SYSTEM
from app.kernel import clock
from app.kernel.db import transaction
from app.studio import drafts, presence
from app.workflow.deploying import definitions

CREDIT = "credit_application/credit_application.bpmn"


@pytest.fixture(scope="module")
def draft_id(bank):
    """A draft of the credit route, shared by the tests that only look."""
    return begun("credit_application")


def begun(key):
    with transaction():
        row = definitions.active(key)
        files = dict(definitions.load(row.id).files)
        made = drafts.begin(
            name=key, title=key, files=files, actor=SYSTEM, now=clock.now(), deployment_id=row.deployment_id
        )
        return made.id


@pytest.fixture
def analyst(sign_in):
    return Editor(sign_in("qiyue"))


class Editor:
    """An analyst's browser as the editors use it."""

    def __init__(self, client):
        self.client = client

    def get(self, path):
        return self.client.get(f"/studio/drafts/{path}")

    def ask(self, path, body):
        answer = self.send("post", path, json=body)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_json()

    def send(self, method, path, headers=None, **more):
        headers = {"X-CSRFToken": self.client.token(), **(headers or {})}
        return getattr(self.client.http, method)(f"/studio/drafts/{path}", headers=headers, **more)


def test_a_file_comes_as_it_is_with_the_digest_of_the_whole_draft(analyst, draft_id):
    answer = analyst.get(f"{draft_id}/files/{CREDIT}")
    with transaction():
        draft = drafts.find(draft_id)
        assert answer.data == drafts.files_of(draft)[CREDIT]
        assert answer.headers["ETag"] == f'"{draft.digest.hex()}"'


def test_a_file_is_written_over_the_state_that_was_opened_and_not_over_another_one(analyst, bank):
    draft_id = begun("expense_declaration")
    path = f"{draft_id}/files/expense_declaration/_declaration.form"
    opened = analyst.get(path).headers["ETag"]
    saved = analyst.send("put", path, {"If-Match": opened, "X-Note": "%E7%A8%BF"}, data=b"{}")
    assert saved.status_code == 200
    assert saved.get_json().keys() == {"digest", "revision", "saved_at"}
    assert saved.headers["ETag"] == f'"{saved.get_json()["digest"]}"'
    late = analyst.send("put", path, {"If-Match": opened}, data=b"{1}")
    assert late.status_code == 409
    assert late.get_json()["by"]
    assert late.get_json()["digest"] == saved.get_json()["digest"]
    assert analyst.get(path).data == b"{}"


def test_saving_without_saying_over_what_is_refused(analyst, draft_id):
    answer = analyst.send("put", f"{draft_id}/files/{CREDIT}", data=b"<x/>")
    assert answer.status_code == 428
    assert answer.get_json()["sentence"]


def test_a_file_above_one_megabyte_is_refused(analyst, draft_id):
    answer = analyst.send("put", f"{draft_id}/files/{CREDIT}", {"If-Match": '"00"'}, data=b"x" * 1_048_577)
    assert answer.status_code == 413


@pytest.mark.parametrize("name", ["a.exe", "a/../b.bpmn", "a/.hidden.bpmn", "x" * 200 + ".bpmn"])
def test_a_name_that_is_no_plain_one_is_refused(analyst, draft_id, name):
    assert analyst.send("put", f"{draft_id}/files/{name}", {"If-Match": '"00"'}, data=b"x").status_code in (404, 422)


def test_a_file_is_taken_away_under_the_same_guard(analyst, bank):
    draft_id = begun("expense_declaration")
    path = f"{draft_id}/files/expense_declaration/payment.form"
    opened = analyst.get(path).headers["ETag"]
    assert analyst.send("delete", path).status_code == 428
    assert analyst.send("delete", path, {"If-Match": '"ab"'}).status_code == 409
    assert analyst.send("delete", path, {"If-Match": opened}).status_code == 200
    assert analyst.get(path).status_code == 404


def test_who_may_only_look_can_not_write(sign_in, draft_id, bank):
    supervisor = Editor(sign_in("jiangshan"))
    assert supervisor.send("put", f"{draft_id}/files/{CREDIT}", {"If-Match": '"00"'}, data=b"x").status_code == 403


def test_findings_are_of_what_the_editor_holds_not_of_what_was_saved(analyst, draft_id):
    xml = analyst.get(f"{draft_id}/files/{CREDIT}").get_data(as_text=True)
    assert not errors(analyst.ask(f"{draft_id}/findings", {"files": {}}))
    broken = xml.replace('rule="group" value="', 'rule="group" value="no_such_', 1)
    assert broken != xml
    found = errors(analyst.ask(f"{draft_id}/findings", {"files": {CREDIT: broken}}))
    assert [(f["code"], f["file"]) for f in found] == [("group_unknown", CREDIT)]
    assert found[0]["element"]
    assert found[0]["mend"]


def test_a_fault_in_a_table_names_its_row_and_column(analyst, draft_id):
    name = "credit_application/pre_check.dmn"
    xml = analyst.get(f"{draft_id}/files/{name}").get_data(as_text=True)
    start = xml.index("<text>", xml.index("<rule "))
    broken = xml[:start] + "<text>＞ 5" + xml[xml.index("</text>", start) :]
    found = errors(analyst.ask(f"{draft_id}/findings", {"files": {name: broken}}))
    cell = next(f for f in found if f["file"] == name)
    assert (cell["code"], cell["row"], cell["line"]) == ("unreadable", 1, 1)
    assert cell["column"]


def test_a_fault_in_a_form_names_its_component(analyst, draft_id):
    name = "credit_application/intake.form"
    form = analyst.get(f"{draft_id}/files/{name}").get_json()
    form["components"] = [{"type": "textfield", "key": "extra", "label": "x", "visible": "no_such_name = 1"}]
    found = errors(analyst.ask(f"{draft_id}/findings", {"files": {name: json.dumps(form)}}))
    assert ("unknown_name", "extra") in {(f["code"], f["component"]) for f in found}


def test_nobody_can_crash_the_check_with_text_that_is_no_diagram(analyst, draft_id):
    for text in ("", "no xml", "<a>", "<?xml version='1.0'?><!DOCTYPE a><a/>", "\0"):
        assert errors(analyst.ask(f"{draft_id}/findings", {"files": {CREDIT: text}}))


def test_the_catalogue_offers_what_a_diagram_may_name(analyst, draft_id):
    offered = analyst.get(f"{draft_id}/catalogue").get_json()
    with transaction():
        known = definitions.catalogue(drafts.files_of(drafts.find(draft_id)))
        assert {form["key"] for form in offered["forms"]} == known.forms
        assert {group["key"] for group in offered["groups"]} == known.groups
        assert {user["key"] for user in offered["users"]} == known.users
        assert {rule["key"] for rule in offered["rules"]} == known.candidate_rules
        assert {delegate["key"] for delegate in offered["delegates"]} == known.delegates
        assert {position["key"] for position in offered["positions"]} <= known.positions
    decision = next(d for d in offered["decisions"] if d["id"] == "pre_check")
    assert decision["inputs"]
    assert decision["outputs"][0]["name"]
    intake = next(form for form in offered["forms"] if form["key"] == "credit_application/intake")
    assert {"key": "amount", "feel": "number"}.items() <= next(
        f for f in intake["fields"] if f["key"] == "amount"
    ).items()


def test_the_names_known_at_an_element_are_those_set_before_it(analyst, draft_id):
    body = {"file": CREDIT, "xml": analyst.get(f"{draft_id}/files/{CREDIT}").get_data(as_text=True)}
    at_start = analyst.ask(f"{draft_id}/names", {**body, "element": "intake"})["names"]
    later = analyst.ask(f"{draft_id}/names", {**body, "element": "pre_check_passed_to_refused"})["names"]
    names = {name["name"]: name for name in later}
    assert names["pre_check_result"]["type"] == "string"
    assert names["amount"]["type"] == "number"
    assert names["amount"]["from"] == "intake"
    assert "credit_committee_result" not in names
    assert {name["name"] for name in at_start} < names.keys() | {name["name"] for name in at_start}


def test_everything_that_the_route_reads_is_known_where_it_reads_it(analyst, draft_id):
    """Over the shelf: no condition of a working route reads a name that the editor would call unknown."""
    from app import feel
    from app.studio.editors import known_names
    from app.studio.editors.diagrams import drawing

    for key in ("credit_application", "expense_declaration"):
        with transaction():
            files = dict(definitions.load(definitions.active(key).id).files)
            for process in drawing(files).processes.values():
                for flow in process.flows:
                    if flow.condition:
                        known = {name.name for name in known_names.at(flow.id, files)}
                        assert feel.parse(flow.condition).names <= known, flow.id


def test_inside_a_called_process_the_callers_names_are_known(analyst, draft_id):
    xml = {"file": CREDIT, "xml": ""}
    found = analyst.ask(f"{draft_id}/names", {**xml, "element": "retail_conclusion"})["names"]
    names = {name["name"]: name for name in found}
    assert "routing_result" in names
    assert "retail_phone_check_result" in names


@pytest.mark.parametrize(
    ("expression", "kind", "marked"),
    [
        ("amount > 5 and missing", "expression", "missing"),
        ("amount ＞ 5", "expression", "＞"),
        ('amount > "5"', "expression", ">"),
        ("< 5, missing", "unary", "missing"),
        ("amount >", "expression", ">"),
    ],
)
def test_a_fault_of_an_expression_is_marked_in_its_text(analyst, draft_id, expression, kind, marked):
    body = {"expression": expression, "kind": kind, "names": [{"name": "amount", "type": "number"}]}
    found = analyst.ask(f"{draft_id}/feel", body)["findings"]
    assert [expression[f["start"] : f["end"]] for f in found] == [marked]
    assert found[0]["message"]


def test_an_expression_in_order_has_no_faults(analyst, draft_id):
    body = {"expression": "amount > 5 and sum(rows.value) > 1", "names": [{"name": "amount", "type": "number"}, "rows"]}
    assert analyst.ask(f"{draft_id}/feel", body) == {"findings": []}


def test_people_on_one_draft_are_told_of_each_other(analyst, sign_in, draft_id):
    other = Editor(sign_in("jiangshan"))
    assert other.ask(f"{draft_id}/presence", {"page": "diagram"}) == {"others": []}
    seen = analyst.ask(f"{draft_id}/presence", {"page": "table"})["others"]
    assert [(o["name"], o["page"]) for o in seen] == [("姜珊", "diagram")]
    with transaction():
        later = clock.now() + timedelta(seconds=61)
        assert presence.others(draft_id, 0, later) == []


def test_a_body_that_is_no_json_is_a_sentence(analyst, draft_id):
    answer = analyst.send("post", f"{draft_id}/findings", data=b"no json")
    assert answer.status_code == 400
    assert answer.get_json()["sentence"]


def test_an_unknown_draft_is_not_found_in_json(analyst):
    assert analyst.get("00000000-0000-0000-0000-000000000000/catalogue").get_json()["sentence"]


def errors(answer):
    return [finding for finding in answer["findings"] if finding["severity"] == "error"]
