"""The table of moves as the case page offers it: a button and a dialog per verb, made from what the verb asks for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from flask import request, url_for
from flask_babel import gettext

from app.inbox.case_page import Open
from app.web.i18n import text_of
from app.workflow.acts import Given
from app.workflow.models import CaseState
from app.workflow.moves import withdrawals
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
    Verb.WAIT: "timer",
    Verb.CONTINUE: "play",
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
    """A verb the reader may carry out now. `asks` are the fields of its dialog; without any it is pressed at once.

    second: it waits for a second person.
    """

    verb: str
    label: str
    does: str
    icon: str
    kind: str
    asks: frozenset[str]
    url: str
    second: bool = False
    choices: dict[str, list[tuple[str, str]]] = field(default_factory=dict)


@dataclass(frozen=True)
class HelpLine:
    """A verb on the help page: its name, what follows, who may, and in which states of the case."""

    label: str
    does: str
    who: list[str]
    states: list[str]
    asks: list[str]


def offered(page: Open, verbs: Iterable[Verb]) -> list[MoveView]:
    """The verbs that have a dialog of the common kind, in the order of the table."""
    may = {verb for verb in verbs if _worth_offering(page, verb)}
    moves = [move for verb, move in MOVES.items() if verb in may and not move.on_form]
    return [_view(move, page) for move in moves if move.about is About.CASE or page.task is not None]


def _worth_offering(page: Open, verb: Verb) -> bool:
    """Leaves out what the table allows but the case has nothing for at the moment."""
    if verb in (Verb.RETRY, Verb.LOOK_AGAIN):
        return page.case.has_incident
    if verb is Verb.WITHDRAW:
        return withdrawals.may_withdraw(page.case, page.person)
    return verb is not Verb.RECALL or withdrawals.may_recall(page.case)


def given() -> Given:
    """What the dialog of the request says."""
    form = request.form
    people = tuple(name.replace("\0", "")[:80] for name in form.getlist("people")[:MOST_PEOPLE] if name)
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
        seen=form.get("seen", "")[:64] or None,
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
        Ask.OUTCOME: gettext("Outcome of the step"),
        Ask.OPINION: gettext("Opinion"),
        Ask.NOTE: gettext("Note"),
    }


def _view(move: Move, page: Open) -> MoveView:
    words, task = WORDS[move.verb], page.task
    if move.about is About.TASK and task is not None:
        url = url_for("inbox.act_on_task", task_id=task.id, verb=move.verb)
    else:
        url = url_for("inbox.act_on_case", case_id=page.case.id, verb=move.verb)
    return MoveView(
        verb=move.verb,
        label=gettext(words.button),
        does=gettext(words.does),
        icon=ICONS[move.verb],
        kind="danger" if move.grave else "primary",
        asks=frozenset(str(ask) for ask in move.asks),
        url=url,
        second=move.two_persons and page.is_past_committee,
        choices={str(ask): _choices(ask, page) for ask in move.asks if ask in CHOSEN},
    )


CHOSEN = frozenset({Ask.SIGNERS, Ask.TARGET, Ask.OUTCOME, Ask.CHOICE, Ask.PLACE})


def _choices(ask: Ask, page: Open) -> list[tuple[str, str]]:
    """What can be chosen, as value and label."""
    task, steps = page.task, page.loaded.compiled.steps
    if ask is Ask.CHOICE:
        return [("agree", gettext("Agree")), ("disagree", gettext("Disagree"))]
    if ask is Ask.PLACE:
        experts = task is not None and task.is_vote
        both = [("before", gettext("Before me")), ("after", gettext("After me"))]
        return [("expert", gettext("As an expert, without a ballot"))] if experts else both
    if ask is Ask.TARGET:
        return [(element, text_of(step.name)) for element, step in steps.items() if element not in page.case.stations]
    if task is None:
        return []
    if ask is Ask.SIGNERS:
        asked = [page.users[i] for i in (*task.signer_ids, *task.planned_ids) if i in page.users]
        return [(user.username, user.name) for user in asked]
    outcomes = [(o.id, text_of(o.label)) for o in steps[task.element_id].outcomes]
    return outcomes or [("completed", gettext("Complete"))]


def _help(move: Move) -> HelpLine:
    words, asked = WORDS[move.verb], ask_words()
    states = {
        CaseState.ACTIVE: gettext("In approval"),
        CaseState.SUSPENDED: gettext("Suspended"),
        CaseState.COMPLETED: gettext("Decided"),
        CaseState.CANCELLED: gettext("Terminated"),
        CaseState.WITHDRAWN: gettext("Withdrawn"),
    }
    return HelpLine(
        gettext(words.button),
        gettext(words.does),
        sorted(gettext(WHO[who]) for who in move.who),
        [text for state, text in states.items() if state in move.case_states],
        [asked[ask] for ask in move.asks],
    )


def _text(name: str) -> str:
    return request.form.get(name, "")[:LONGEST].replace("\0", "")
