"""The page of a decision table: text for everybody, checks and trials of what stands in the editor, hostile input bounded."""

from __future__ import annotations

import time

import pytest

from app.audit.operations import SYSTEM
from app.kernel import children
from app.kernel.clock import now
from app.kernel.db import transaction
from app.studio import drafts
from app.studio.editors import table_trial
from app.workflow.deploying import shelf
from config import ROOT

FILES = dict(shelf.folders(ROOT))["credit_application"]
NAME = "credit_application/pre_check.dmn"
XML = FILES[NAME].decode()


@pytest.fixture(scope="module")
def draft(bank):
    """The id of a draft of the credit route."""
    with transaction():
        return drafts.begin(name="credit_application", title="授信", files=FILES, actor=SYSTEM, now=now()).id


@pytest.fixture
def analyst(sign_in):
    return sign_in("qiyue")


def ask(client, draft, page, **body):
    headers = {"X-CSRFToken": client.token()}
    return client.http.post(f"/studio/drafts/{draft}/{page}/{NAME}", json=body, headers=headers)


def test_the_page_holds_the_table_as_text_and_may_style_what_the_editor_draws(analyst, draft):
    answer = analyst.get(f"/studio/drafts/{draft}/table/{NAME}")
    page = answer.get_data(as_text=True)
    assert "style-src-attr 'unsafe-inline'" in answer.headers["Content-Security-Policy"]
    assert "&gt; 70" in page
    assert "tables-" in page


def test_a_closed_draft_is_text_only(analyst, bank):
    with transaction():
        closed = drafts.begin(name="x", title="x", files=FILES, actor=SYSTEM, now=now()).id
        drafts.discard(draft_id=closed, actor=SYSTEM, now=now())
    page = analyst.get(f"/studio/drafts/{closed}/table/{NAME}").get_data(as_text=True)
    assert "data-canvas" not in page
    assert "&gt; 70" in page


def test_the_check_names_the_cell_and_writes_the_text_anew(analyst, draft):
    said = ask(analyst, draft, "table-check", xml=XML.replace("&gt; 6<", "&gt; 6)<")).get_json()
    assert [(f["code"], f["cell"]) for f in said["findings"]] == [("unreadable", "pre_check_rule_3_overdue_count")]
    assert "无法解析" in said["html"]


def test_a_trial_uses_what_stands_in_the_editor(analyst, draft):
    values = {"overdue_count": "3", "current_overdue": "no"}
    said = ask(
        analyst, draft, "table-try", xml=XML.replace("&gt; 6<", "&gt; 2<"), decision="pre_check", values=values
    ).get_json()
    assert [one["id"] for one in said["rules"]] == ["pre_check_rule_3"]
    assert said["fault"] is None


@pytest.mark.parametrize(
    ("page", "body", "status"),
    [
        ("table-check", {}, 400),
        ("table-check", {"xml": 7}, 400),
        ("table-check", {"xml": "x" * 2_000_000}, 413),
        ("table-try", {"xml": XML}, 400),
        ("table-try", {"xml": XML, "decision": "pre_check", "values": [1]}, 400),
    ],
)
def test_a_question_that_is_none_is_answered_with_a_sentence(analyst, draft, page, body, status):
    answer = ask(analyst, draft, page, **body)
    assert answer.status_code == status
    assert answer.get_json()["sentence"]


def test_hostile_tables_are_answered_in_time(analyst, draft):
    deep = XML.replace("<text>industry_restricted</text>", f"<text>{'(' * 900}1{')' * 900}</text>")
    cell = "<inputEntry><text>{}</text></inputEntry>".format
    column = (
        '<input id="{0}{1}" label="{0}"><inputExpression typeRef="number"><text>{0}</text></inputExpression></input>'
    )
    rule = f'<rule id="r{{0}}">{cell("[{0}..{1}]")}{cell("not({0})")}<outputEntry><text>1</text></outputEntry></rule>'
    inside = f'{column.format("a", "{0}")}{column.format("b", "{0}")}<output id="o{{0}}"/>{{1}}'
    table = f'<decision id="d{{0}}" name="d{{0}}"><decisionTable hitPolicy="UNIQUE">{inside}</decisionTable></decision>'
    rules = "".join(rule.format(i, i * 7 % 400 + i) for i in range(400))
    many = (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" namespace="u" name="n">'
        + "".join(table.format(i, rules) for i in range(6))
        + "</definitions>"
    )
    for xml in (deep, many[:1_000_000], "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", XML.replace("UTF-8", "UTF-7")):
        began = time.monotonic()
        assert ask(analyst, draft, "table-check", xml=xml).status_code == 200
        assert time.monotonic() - began < table_trial.SECONDS + 4


def test_what_is_no_table_of_the_draft_is_not_there(analyst, draft):
    for name in ("credit_application/nothing.dmn", "credit_application/intake.form"):
        assert analyst.get(f"/studio/drafts/{draft}/table/{name}").status_code == 404


def test_a_fault_of_ours_is_not_blamed_on_the_table(analyst, draft, monkeypatch, caplog):
    monkeypatch.setattr(children, "BOOT", "raise KeyError('ours')")
    answer = ask(analyst, draft, "table-check", xml=XML)
    assert "系统原因" in answer.get_json()["fault"]
    assert "KeyError" in caplog.text


def test_a_machine_too_busy_to_check_says_so(analyst, draft, monkeypatch):
    monkeypatch.setattr(children, "BOOT", "import time; time.sleep(30)")
    monkeypatch.setattr(table_trial, "SECONDS", 0.2)
    assert "繁忙" in ask(analyst, draft, "table-check", xml=XML).get_json()["fault"]
