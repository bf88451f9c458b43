"""The table of moves as the case page offers it: a button and a dialog per verb, made from what the verb asks for."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from flask import request, url_for
from flask_babel import gettext

from app.workflow.acts import Given
from app.workflow.models import ProcessInstance, UserTask
from app.workflow.rules import MOVES, About, Ask, Move, Verb
from app.workflow.words import EVENTS, WHO, WORDS

LONGEST = 4000
MOST_PEOPLE = 50
ICONS = {
    Verb.CLAIM: "hand",
    Verb.RELEASE: "users-round",
    Verb.REASSIGN: "user-plus",
    Verb.ANSWER: "message-square",
    Verb.RESOLVE: "reply",
    Verb.TRANSFER: "arrow-left-right",
    Verb.DELEGATE: "user-round",
    Verb.ADD_SIGNER: "user-plus",
    Verb.REMOVE_SIGNER: "user-check",
    Verb.SKIP: "arrow-right",
    Verb.WITHDRAW: "corner-up-left",
    Verb.COMMENT: "message-square",
    Verb.URGE: "bell",
    Verb.RECALL: "corner-up-left",
    Verb.JUMP: "arrow-left-right",
    Verb.COPY: "copy",
    Verb.SUSPEND: "pause",
    Verb.RESUME: "play",
    Verb.RETRY: "refresh-cw",
    Verb.LOOK_AGAIN: "user-check",
    Verb.RESTORE: "history",
    Verb.GIVE_UP: "undo-2",
    Verb.TERMINATE: "ban",
}


@dataclass(frozen=True)
class MoveView:
    """A verb the reader may carry out now. `asks` are the fields of its dialog; without any it is pressed at once."""

    verb: str
    label: str
    does: str
    icon: str
    kind: str
    asks: frozenset[str]
    url: str


@dataclass(frozen=True)
class HelpLine:
    """A verb on the help page: its name, what follows, who may, and in which states of the case."""

    label: str
    does: str
    who: list[str]
    states: list[str]
    asks: list[str]


def offered(verbs: Iterable[Verb], case: ProcessInstance, task: UserTask | None) -> list[MoveView]:
    """The verbs that have a dialog of the common kind, in the order of the table."""
    may = set(verbs)
    moves = [move for verb, move in MOVES.items() if verb in may and not move.on_form]
    if not case.has_incident:
        moves = [move for move in moves if move.verb not in (Verb.RETRY, Verb.LOOK_AGAIN)]
    return [_view(move, case.id, task) for move in moves if move.about is About.CASE or task is not None]


def given() -> Given:
    """What the dialog of the request says."""
    form = request.form
    people = tuple(name for name in form.getlist("people")[:MOST_PEOPLE] if name)
    return Given(
        reason=_text("reason"),
        reason_code=form.get("reason_code", "")[:40],
        people=people,
        target=form.get("target", "")[:120],
        place=form.get("place", "")[:8],
        mode=form.get("mode"),
        outcome=form.get("outcome", "")[:60] or None,
        redo_branches=form.get("redo_branches") == "1",
        note=_text("note"),
    )


def verb_words() -> dict[str, str]:
    """The acts of a history in the reader's language."""
    return {
        **{verb: gettext(words.done) for verb, words in WORDS.items()},
        **{v: gettext(t) for v, t in EVENTS.items()},
    }


def help_lines() -> list[HelpLine]:
    """The whole table, for reading."""
    return [_help(move) for move in MOVES.values()]


def ask_words() -> dict[Ask, str]:
    """What a verb asks for, in the reader's language."""
    return {
        Ask.REASON: gettext("Reason"),
        Ask.REASON_CODE: gettext("Reason from the list"),
        Ask.PERSON: gettext("Person"),
        Ask.PEOPLE: gettext("People"),
        Ask.SIGNERS: gettext("People"),
        Ask.PLACE: gettext("Before or after"),
        Ask.CHOICE: gettext("Agree or disagree"),
        Ask.COMMENT: gettext("Comment"),
        Ask.TARGET: gettext("Station"),
        Ask.MODE: gettext("What happens afterwards"),
        Ask.OUTCOME: gettext("Decision"),
        Ask.OPINION: gettext("Opinion"),
        Ask.NOTE: gettext("Note"),
    }


def _view(move: Move, case_id: uuid.UUID, task: UserTask | None) -> MoveView:
    words = WORDS[move.verb]
    if move.about is About.TASK and task is not None:
        url = url_for("inbox.act_on_task", task_id=task.id, verb=move.verb)
    else:
        url = url_for("inbox.act_on_case", case_id=case_id, verb=move.verb)
    kind = "danger" if move.grave else "primary"
    asks = frozenset(str(ask) for ask in move.asks)
    return MoveView(move.verb, gettext(words.button), gettext(words.does), ICONS[move.verb], kind, asks, url)


def _help(move: Move) -> HelpLine:
    words, asked = WORDS[move.verb], ask_words()
    states = {"active": gettext("In approval"), "suspended": gettext("Suspended")}
    return HelpLine(
        gettext(words.button),
        gettext(words.does),
        sorted(gettext(WHO[who]) for who in move.who),
        [text for state, text in states.items() if state in move.case_states],
        [asked[ask] for ask in move.asks],
    )


def _text(name: str) -> str:
    return request.form.get(name, "")[:LONGEST].replace("\0", "")
