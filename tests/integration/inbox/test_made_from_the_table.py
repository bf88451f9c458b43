"""The buttons of the page, the addresses for programs, the supervisors' bar and the help page are made from the table of moves:
what changes in the table changes there, and nothing of it is said a second time.
"""

from __future__ import annotations

import ast
import importlib
import re
from dataclasses import replace
from typing import Any

import pytest
from flask_babel import force_locale
from sqlalchemy import select

from app.demo import desk
from app.inbox import moves as page_moves
from app.kernel.db import session
from app.workflow.api import moves as rest
from app.workflow.models import CaseState, TaskState, UserTask
from app.workflow.rules import MOVES, About, Ask, Move, Verb, Who
from app.workflow.words import WORDS
from config import ROOT
from tests.integration.desk_fixtures import a_committed_case, speak, words

APP = ROOT / "app"
# Verbs that are pressed on a form of their own: where that form posts to (without ids).
OWN_FORMS = {
    Verb.SAVE_DRAFT: "inbox.draft",
    Verb.COMPLETE: "inbox.complete",
    Verb.VOTE: "inbox.vote",
    Verb.RECUSE: "inbox.recuse",
    Verb.CLOSE_VOTE: "inbox.close_vote",
    Verb.SEND_BACK: "verb='send_back'",
    Verb.RESTORE: "inbox.do_rewind",
    Verb.RECONSIDER: "inbox.reconsider",
}


@pytest.fixture
def open_case(bank):
    """A case at a station of the market department that nobody has claimed: case id, task id."""
    made = a_committed_case(desk.staff(), "routing")
    wanted = UserTask.instance_id == made.case.id, UserTask.state == TaskState.OPEN
    found = str(made.case.id), str(session.scalars(select(UserTask.id).where(*wanted)).one())
    session.remove()
    yield found
    session.remove()


def test_a_line_changed_in_the_table_changes_page_and_help(sign_in, open_case, monkeypatch):
    """`skip` is given to whoever could claim the task, and asks for a word instead of an outcome."""
    _, task_id = open_case
    speak("zhouyan", "en")
    client = sign_in("zhouyan")
    assert '<dialog id="skip"' not in client.get(f"/tasks/{task_id}").get_data(as_text=True)
    new = replace(MOVES[Verb.SKIP], who=frozenset({Who.CANDIDATE}), asks=(Ask.NOTE,), held=False)
    monkeypatch.setitem(MOVES, Verb.SKIP, new)
    page = client.get(f"/tasks/{task_id}").get_data(as_text=True)
    dialog = page[page.index('<dialog id="skip"') :].partition("</dialog>")[0]
    assert 'name="note"' in dialog
    assert 'name="outcome"' not in dialog
    lines = words(client.get("/help/moves").get_data(as_text=True))
    assert lines.partition(WORDS[Verb.SKIP].does)[2].splitlines()[1] == "whoever may claim the task"


def test_a_verb_taken_out_of_the_table_is_on_no_page_and_at_no_address(sign_in, open_case, monkeypatch):
    case_id, _ = open_case
    client = sign_in("zhaomin")
    assert '<dialog id="comment"' in client.get(f"/cases/{case_id}").get_data(as_text=True)
    monkeypatch.setattr(page_moves, "MOVES", {v: m for v, m in MOVES.items() if v is not Verb.COMMENT})
    assert '<dialog id="comment"' not in client.get(f"/cases/{case_id}").get_data(as_text=True)
    monkeypatch.setattr("app.inbox.case_views.MOVES", {v: m for v, m in MOVES.items() if v is not Verb.COMMENT})
    assert client.post(f"/cases/{case_id}/act/comment", {"note": "x"}).status_code == 404


@pytest.mark.parametrize("verb", sorted(v for v, move in MOVES.items() if not move.on_form))
def test_every_verb_of_the_common_kind_has_an_icon_for_its_button(verb):
    assert page_moves.ICONS[verb]


@pytest.mark.parametrize("verb", sorted(v for v, move in MOVES.items() if move.on_form))
def test_every_verb_with_a_form_of_its_own_has_that_form_on_a_page(verb):
    pages = "".join(path.read_text(encoding="utf-8") for path in (APP / "inbox").glob("templates/**/*.html"))
    assert OWN_FORMS[verb] in pages


def test_each_thing_a_dialog_may_ask_for_has_its_field():
    """A verb that is added to the table with any of these asks can be answered on the page."""
    dialogs = (APP / "inbox/templates/inbox/_dialogs.html").read_text(encoding="utf-8")
    asked = {ask for move in MOVES.values() if not move.on_form for ask in move.asks}
    fields = set(re.findall(r'"(\w+)" in move\.asks', dialogs)) | {"place", "choice"}
    assert asked <= fields
    assert set(page_moves.ask_words()) == set(Ask)


def test_the_help_page_has_a_line_for_every_verb_with_all_of_its_people_and_states(bank):
    with bank.app.test_request_context(), force_locale("en"):
        lines = {line.label: line for line in page_moves.help_lines()}
    assert set(lines) == {words.button for words in WORDS.values()}
    for verb, move in MOVES.items():
        line = lines[WORDS[verb].button]
        assert len(line.who) == len(move.who), verb
        assert len(line.states) == len(move.case_states), verb
        assert len(line.asks) == len(move.asks), verb


def test_a_verb_added_to_the_table_has_its_address_at_once(monkeypatch):
    """The addresses are made by going through the table, not from a list beside it."""
    new = Move(Verb.COMMENT, frozenset({Who.READER}), frozenset({CaseState.ACTIVE}), About.TASK, asks=(Ask.COMMENT,))
    made: list[tuple[str, str, Any]] = []
    monkeypatch.setattr(
        rest, "operation", lambda method, rule, *, body, **_: lambda view: made.append((method, rule, body))
    )
    rest._serve(new)
    ((method, rule, body),) = made
    assert (method, rule) == ("POST", "/task/<uuid:task_id>/comment")
    assert "message" in body.model_fields
    source = ast.parse((APP / "workflow/api/moves.py").read_text(encoding="utf-8"))
    loops = [node for node in source.body if isinstance(node, ast.For)]
    assert any("MOVES" in ast.unparse(loop.iter) for loop in loops)


def test_the_supervisors_bar_is_what_the_table_gives_supervisors():
    act_page = importlib.import_module("app.supervision.act_page")
    wanted = [v for v, m in MOVES.items() if Who.SUPERVISOR in m.who and act_page.ASKABLE.issuperset(m.asks)]
    assert list(act_page.OFFERED) == [verb for verb in wanted if verb is not Verb.RESTORE]
