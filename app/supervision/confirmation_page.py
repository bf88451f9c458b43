"""What waits for a second person, as the page shows it: who asked for what and why, and what confirming would do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from flask_babel import gettext
from sqlalchemy import func, select

from app.identity import queries as people
from app.identity.rules import Person
from app.kernel.db import session
from app.kernel.errors import Refusal
from app.supervision import act_page, operations, refusals, tables
from app.web.access import Permission
from app.web.i18n import text_of
from app.workflow import engine
from app.workflow.deploying import definitions
from app.workflow.models import ProcessInstance
from app.workflow.moves import confirmations, pending
from app.workflow.moves.move_models import PendingAct
from app.workflow.reach import cases_in
from app.workflow.rules import Verb
from app.workflow.words import WORDS

SHOWN = 50


@dataclass(frozen=True)
class Wish:
    """One act that waits. `before`, `after`: stations and holders now and afterwards; `bar`: why it can't be confirmed."""

    id: str
    verb: str
    target: str
    number: str
    title: str
    url: str
    asked_by: str
    asked_at: str
    reason: str
    before: str
    after: str
    bar: str
    mine: bool


def waiting(person: Person, now: datetime) -> list[Wish]:
    """What waits for confirmation, oldest first; each is tried and taken back, so that what is shown is what would happen."""
    found = session.execute(pending.waiting(person.reach(Permission.CASE_SUPERVISE)).limit(SHOWN)).all()
    names = people.users(row.asked_by for row, _ in found)
    return [_wish(row, case, names[row.asked_by].name, person, now) for row, case in found]


def count(person: Person) -> int:
    """How many wait for this person: he did not ask for them himself."""
    open_ones = PendingAct.decided_at.is_(None), PendingAct.asked_by != person.id
    reach = person.reach(Permission.CASE_SUPERVISE)
    statement = select(func.count()).select_from(PendingAct).where(*open_ones)
    if reach is not None:
        statement = statement.join(ProcessInstance, ProcessInstance.id == PendingAct.instance_id)
    return session.scalar(statement.where(*cases_in(reach))) or 0


def _wish(row: PendingAct, case: ProcessInstance, asker: str, person: Person, now: datetime) -> Wish:
    before = operations.picture(case.id)
    after, bar = _tried(row, case, person, now)
    return Wish(
        id=str(row.id),
        verb=gettext(WORDS[Verb(row.verb)].button),
        target=_target(row, case, now),
        number=case.number,
        title=case.title or "",
        url=url_for("inbox.case", case_id=case.id),
        asked_by=asker,
        asked_at=tables.moment_words(row.asked_at, now)[0],
        reason=row.given.get("reason", ""),
        before=act_page.stand(before, case),
        after=after,
        bar=bar,
        mine=row.asked_by == person.id,
    )


def _tried(row: PendingAct, case: ProcessInstance, person: Person, now: datetime) -> tuple[str, str]:
    """How the case would stand, or why it can't be confirmed; the asker himself is not told by his own refusal."""
    if row.asked_by == person.id:
        moved_on = row.case_seen != pending.seen(case)
        return "", gettext("The case has moved on since this was asked for.") if moved_on else ""
    nested = session.begin_nested()
    try:
        confirmations.confirm(pending_id=row.id, person=person, now=now)
        session.flush()
        return act_page.stand(operations.picture(case.id), case), ""
    except (Refusal, engine.EngineError) as fault:
        return "", act_page.refusal_words(refusals.said(fault))
    finally:
        nested.rollback()


def _target(row: PendingAct, case: ProcessInstance, now: datetime) -> str:
    """Where it goes: a station, a moment, a decision."""
    compiled = definitions.load(case.definition_id).compiled
    if "seq" in row.given:
        return gettext("to the moment after act number %(n)s", n=row.given["seq"])
    steps: Sequence[str] = [row.given[key] for key in ("target", "outcome") if row.given.get(key)]
    return "、".join(text_of(compiled.labels.get(step, step)) for step in steps)
