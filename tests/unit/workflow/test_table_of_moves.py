"""Everything that is made from the table of moves is there for every line of it: words, operation, address, translation."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from app.workflow import acts, words
from app.workflow.api import moves as rest
from app.workflow.api.operation import OPERATIONS
from app.workflow.rules import MOVES, About, Ask, Verb, Who
from config import ROOT

APP = ROOT / "app"


def known(language: str) -> set[str]:
    """Every text translated into the language, whatever the room."""
    found = set()
    for path in APP.glob(f"**/translations/{language}/**/*.po"):
        with Path(path).open("rb") as file:
            found |= {message.id for message in read_po(file) if message.string and isinstance(message.id, str)}
    return found


@pytest.mark.parametrize("language", ["zh_Hans", "zh_Hant"])
def test_every_word_about_a_move_is_translated(language: str) -> None:
    assert words.texts() - known(language) == set()


def test_every_verb_has_its_line_its_words_and_its_operation() -> None:
    assert set(MOVES) == set(words.WORDS) == set(acts.OPERATIONS) == set(Verb)
    assert [move.verb for move in MOVES.values()] == list(MOVES)


def test_every_relation_has_a_name() -> None:
    assert set(words.WHO) == set(Who)


@pytest.mark.parametrize("verb", sorted(Verb))
def test_every_verb_has_its_address_for_programs(verb: Verb) -> None:
    place = {About.TASK: "task", About.CASE: "process-instance"}[MOVES[verb].about]
    path = f"/{place}/<uuid:{{}}>/{verb.replace('_', '-')}"
    rules = {operation.rule for operation in OPERATIONS if operation.method == "POST"}
    assert {path.format(name) for name in ("task_id", "instance_id")} & rules


def test_everything_a_verb_may_ask_for_has_a_member_in_its_body() -> None:
    assert set(rest.MEMBERS) == set(Ask)


def test_whoever_ends_a_case_for_good_is_told_so_and_says_why() -> None:
    for verb in (Verb.GIVE_UP, Verb.TERMINATE):
        assert MOVES[verb].grave
        assert Ask.REASON in MOVES[verb].asks


def test_the_document_has_the_table_as_it_is() -> None:
    assert words.markdown() in (ROOT / "docs/moves.md").read_text(encoding="utf-8")
