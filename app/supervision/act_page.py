"""A bulk act as the page shows it: what the verb asks for, what would happen to each row, how far it is, what became of it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext
from sqlalchemy import func, select

from app.identity import queries as people
from app.kernel.db import session
from app.kernel.errors import Refusal
from app.supervision import operations, tables
from app.supervision.models import ActState, BulkAct, BulkRow, RowState
from app.web.errors import translated
from app.web.i18n import text_of
from app.workflow.deploying import definitions
from app.workflow.models import CaseState, ProcessInstance, TaskState, UserTask
from app.workflow.moves import returns
from app.workflow.reach import Reach, cases_in, open_tasks_in
from app.workflow.rules import MOVES, About, Ask, Verb, Who
from app.workflow.words import WORDS

SHOWN, NAMED = 200, 5
# What a supervisor does to many at once; votes, drafts and answers are given one by one by those whose they are.
# What the form of an act on many rows can ask; a moment to rewind to is chosen case by case.
ASKABLE = frozenset({Ask.REASON, Ask.REASON_CODE, Ask.PERSON, Ask.PEOPLE, Ask.TARGET, Ask.MODE, Ask.NOTE, Ask.OUTCOME})
OFFERED = tuple(
    verb
    for verb, move in MOVES.items()
    if Who.SUPERVISOR in move.who and ASKABLE.issuperset(move.asks) and verb is not Verb.RESTORE
)


@dataclass(frozen=True)
class Mapped:
    """A station at which ticked rows stand: how many, and where they may be moved."""

    element_id: str
    name: str
    number: int
    targets: list[tuple[str, str]]
    outcomes: list[tuple[str, str]]


@dataclass(frozen=True)
class RowLine:
    """One row: the case, what changes from what to what, or why not."""

    number: str
    title: str
    url: str
    state: str
    state_words: str
    kind: str
    before: str
    after: str
    refusal: str


@dataclass(frozen=True)
class ActView:
    """The act as a whole."""

    id: str
    verb: str
    title: str
    does: str
    reason: str
    state: str
    state_words: str
    made_by: str
    made_at: str
    total: int
    tried: int
    ready: int
    barred: int
    done: int
    refused: int
    waiting: int
    mine: bool
    grave: bool


def verbs() -> list[tuple[str, str, str]]:
    """The verbs of the bar above a table: verb, its word, "task" or "case"."""
    return [(verb, gettext(WORDS[verb].button), MOVES[verb].about) for verb in OFFERED]


def label(verb: str) -> str:
    """What is pressed for a verb."""
    return gettext(WORDS[Verb(verb)].button)


def view(act: BulkAct, reader_id: int, now: datetime) -> ActView:
    """The act with its counts."""
    counted = operations.counts(act)
    words, verb = WORDS[Verb(act.verb)], MOVES[Verb(act.verb)]
    makers = people.users([act.made_by])
    return ActView(
        id=str(act.id),
        verb=act.verb,
        title=gettext(words.button),
        does=gettext(words.does),
        reason=act.given.get("reason", ""),
        state=act.state,
        state_words=act_states()[act.state],
        made_by=makers[act.made_by].name if act.made_by in makers else "",
        made_at=tables.moment_words(act.made_at, now)[0],
        total=act.total,
        tried=act.total - counted[RowState.NEW],
        ready=counted[RowState.READY],
        barred=counted[RowState.BARRED],
        done=counted[RowState.DONE],
        refused=counted[RowState.REFUSED],
        waiting=_waiting(act) if verb.two_persons else 0,
        mine=act.made_by == reader_id,
        grave=verb.grave,
    )


def recent(reader_id: int, now: datetime, *, own: bool, size: int = 50) -> list[ActView]:
    """The newest acts of everybody, or the reader's own."""
    mine = [BulkAct.made_by == reader_id] if own else []
    acts = session.scalars(select(BulkAct).where(*mine).order_by(BulkAct.id.desc()).limit(size)).all()
    return [view(act, reader_id, now) for act in acts]


def rows(act: BulkAct, size: int | None = SHOWN) -> list[RowLine]:
    """The first rows, the refused ones first."""
    order = (BulkRow.refusal.is_(None), BulkRow.place)
    statement = select(BulkRow).where(BulkRow.act_id == act.id).order_by(*order)
    return list(_lines(session.scalars(statement.limit(size)).all()))


def every_row(act_id: uuid.UUID, block: int = 500) -> Iterator[RowLine]:
    """All rows in their order, read block by block."""
    last = -1
    while found := session.scalars(
        select(BulkRow).where(BulkRow.act_id == act_id, BulkRow.place > last).order_by(BulkRow.place).limit(block)
    ).all():
        yield from _lines(found)
        last = found[-1].place
        session.expunge_all()


def asked(verb: Verb) -> frozenset[Ask]:
    """What the page must ask for."""
    return frozenset(MOVES[verb].asks)


def mapped(ids: Iterable[uuid.UUID], reach: Reach) -> tuple[str | None, list[Mapped]]:
    """Where the ticked rows stand, with the stations they may be moved to; the process key where all are of one process."""
    wanted = list(ids)
    about = UserTask.id.in_(wanted) | UserTask.instance_id.in_(wanted)
    tasks = session.execute(
        select(UserTask.element_id, UserTask.definition_id, UserTask.process_key).where(
            UserTask.state == TaskState.OPEN, about, *open_tasks_in(reach)
        )
    ).all()
    found: dict[str, list[Any]] = {}
    for task in tasks:
        found.setdefault(task.element_id, []).append(task)
    keys = {task.process_key for task in tasks}
    return keys.pop() if len(keys) == 1 else None, [_mapped(here, at) for here, at in sorted(found.items())]


def named(ids: Sequence[uuid.UUID], reach: Reach) -> list[str]:
    """Number and title of the first cases that ticked rows (cases or tasks) are about."""
    of_tasks = select(UserTask.instance_id).where(UserTask.id.in_(ids))
    about = ProcessInstance.id.in_(ids) | ProcessInstance.id.in_(of_tasks)
    found = session.scalars(
        select(ProcessInstance).where(about, *cases_in(reach)).order_by(ProcessInstance.id).limit(NAMED)
    )
    return [" ".join(filter(None, (case.number, case.title))) for case in found]


def _mapped(element_id: str, tasks: Sequence[Any]) -> Mapped:
    steps = definitions.load(tasks[0].definition_id).compiled.steps
    targets = [(step.element_id, text_of(step.name)) for step in steps.values() if step.element_id != element_id]
    name = text_of(steps[element_id].name) if element_id in steps else element_id
    offered = steps[element_id].outcomes if element_id in steps else ()
    outcomes = [(outcome.id, text_of(outcome.label)) for outcome in offered] or [("completed", gettext("Complete"))]
    return Mapped(element_id, name, len(tasks), targets, outcomes)


def mapping_marks(stations: Sequence[Mapped]) -> dict[str, dict[str, str]]:
    """How many of the ticked tasks stand where, for the picture."""
    note = gettext("ticked tasks")
    return {
        station.element_id: {"state": "running", "badge": str(station.number), "note": f"{station.number} {note}"}
        for station in stations
    }


def reasons() -> list[tuple[str, str]]:
    """The reason codes of a return."""
    return [(code, text_of(texts)) for code, texts in returns.REASONS.items()]


def act_states() -> dict[str, str]:
    """Where an act is in its life."""
    return {
        ActState.TRYING: gettext("Being checked"),
        ActState.PREVIEW: gettext("Waits for confirmation"),
        ActState.RUNNING: gettext("Under way"),
        ActState.DONE: gettext("Finished"),
        ActState.DROPPED: gettext("Dropped"),
    }


def row_states() -> dict[str, tuple[str, str]]:
    """What became of a row, with its colour."""
    return {
        RowState.NEW: (gettext("Not checked yet"), "neutral"),
        RowState.READY: (gettext("Can be done"), "info"),
        RowState.BARRED: (gettext("Can't be done"), "danger"),
        RowState.DONE: (gettext("Done"), "ok"),
        RowState.REFUSED: (gettext("Refused"), "danger"),
    }


def _lines(found: Sequence[BulkRow]) -> Iterator[RowLine]:
    ids = {row.case_id for row in found if row.case_id}
    cases = {case.id: case for case in session.scalars(select(ProcessInstance).where(ProcessInstance.id.in_(ids)))}
    for row in found:
        yield _line(row, cases.get(row.case_id) if row.case_id else None)


def _waiting(act: BulkAct) -> int:
    """How many rows were asked for only: a second person must confirm them."""
    asked = select(func.count()).where(BulkRow.act_id == act.id, BulkRow.state == RowState.DONE)
    return session.scalar(asked.where(BulkRow.after["asks"].as_boolean())) or 0


def _line(row: BulkRow, case: ProcessInstance | None) -> RowLine:
    words, kind = row_states()[row.state]
    if row.state == RowState.DONE and (row.after or {}).get("asks"):
        words, kind = gettext("Waits for confirmation"), "warn"
    return RowLine(
        number=case.number if case else "",
        title=(case.title or "") if case else "",
        url=url_for("inbox.case", case_id=row.case_id) if case else "",
        state=row.state,
        state_words=words,
        kind=kind,
        before=stand(row.before, case),
        after=stand(row.after, case) if row.after != row.before else gettext("as before"),
        refusal=refusal_words(row.refusal) if row.refusal else "",
    )


def refusal_words(kept: Mapping[str, Any]) -> str:
    """Why a row was refused, in the reader's language."""
    if not kept.get("text"):
        return text_of(kept["texts"])
    refusal = Refusal(kept["text"], **kept.get("values", {}))
    refusal.texts = kept.get("texts", {})
    return translated(refusal)


def stand(picture: Mapping[str, Any] | None, case: ProcessInstance | None) -> str:
    """Stations and holders, or the state the case is in, or that a second person must confirm."""
    if not picture or case is None:
        return ""
    if picture.get("asks"):
        return gettext("waits for a second person's confirmation")
    steps = definitions.load(case.definition_id).compiled.steps
    names = [text_of(steps[element].name) for element in picture["stations"] if element in steps]
    state = "" if picture["state"] == CaseState.ACTIVE else case_states().get(picture["state"], picture["state"])
    return " · ".join(part for part in (state, "、".join(names), "、".join(picture["holders"])) if part)


def case_states() -> dict[str, str]:
    """States of cases other than at work."""
    return {
        CaseState.SUSPENDED: gettext("Suspended"),
        CaseState.COMPLETED: gettext("Decided"),
        CaseState.CANCELLED: gettext("Terminated"),
        CaseState.WITHDRAWN: gettext("Withdrawn"),
    }


def is_about_tasks(verb: Verb) -> bool:
    """Whether a verb goes to tasks."""
    return MOVES[verb].about is About.TASK
