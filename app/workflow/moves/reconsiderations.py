"""The one reconsideration (复议) of a case: new facts within a month of the refusal, put before the same electorate.

The case itself goes back to its committee; no second case is made. So the refusal stays in the same history, with its resolution
and its ballots, the four-eyes memory of the first round still holds, and nobody can ask twice under another number.
"""

from __future__ import annotations

import calendar
import uuid
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.identity import queries as people
from app.identity.rules import Person
from app.kernel.db import session
from app.kernel.errors import Conflict, Forbidden, Refusal
from app.kernel.ids import new_id
from app.workflow import cases, engine, progress, recording, registry, rules
from app.workflow.assigning import conflicts
from app.workflow.cases import Held
from app.workflow.committees import electorates
from app.workflow.committees.electorates import Register
from app.workflow.committees.vote_models import Reconsideration, VoteRound
from app.workflow.deploying import definitions
from app.workflow.models import CaseState, ProcessInstance, TaskState, UserTask
from app.workflow.moves import returns
from app.workflow.recording import ZONE, Act
from app.workflow.rules import Verb

REFUSED = "refused"


class TooLate(Refusal):
    """The month is over, or the case has been reconsidered already."""


@dataclass(frozen=True)
class Offer:
    """A reconsideration that may be asked for: of which vote, and until which day."""

    element_id: str
    last_day: date


def last_day(ended: datetime) -> date:
    """A calendar month after the refusal, in the bank's days: 31 January gives the last day of February."""
    day = ended.astimezone(ZoneInfo(ZONE)).date()
    year, month = (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def offer(case: ProcessInstance, person: Person, now: datetime) -> Offer | None:
    """What the initiator of a refused case may ask for; None where he may not."""
    if not rules.may(Verb.RECONSIDER, person, case) or case.ended_at is None:
        return None
    ends = definitions.load(case.definition_id).compiled.ends
    if ends.get(case.outcome or "") != REFUSED or now.astimezone(ZoneInfo(ZONE)).date() > last_day(case.ended_at):
        return None
    if reconsideration_of(case.id) is not None:
        return None
    vote = _last_vote(case.id)
    return Offer(vote.element_id, last_day(case.ended_at)) if vote is not None else None


def reconsideration_of(instance_id: uuid.UUID) -> Reconsideration | None:
    """The reconsideration a case has had."""
    return session.scalars(select(Reconsideration).where(Reconsideration.instance_id == instance_id)).first()


def ask(*, instance_id: uuid.UUID, facts: str, person: Person, now: datetime) -> ProcessInstance:
    """Put a refused case before its committee once more. Raises Forbidden, TooLate, or Refusal (no new facts, no vote)."""
    held = cases.hold_case_of(instance_id, person)
    case = held.case
    if case.started_by != person.id:
        raise Forbidden("Only the initiator of the case may ask for a reconsideration.")
    if case.state != CaseState.COMPLETED or held.loaded.compiled.ends.get(case.outcome or "") != REFUSED:
        raise Conflict("Only a case that was refused can be reconsidered.")
    if not facts.strip():
        raise Refusal("Say which facts are new.")
    if reconsideration_of(case.id) is not None:
        raise TooLate("This case has been reconsidered already; that is possible once.")
    assert case.ended_at is not None
    if now.astimezone(ZoneInfo(ZONE)).date() > last_day(case.ended_at):
        raise TooLate("A reconsideration can be asked for within a month of the refusal.")
    vote = _last_vote(case.id)
    if vote is None:
        raise Refusal("No committee has voted on this case; there is nothing to reconsider.")
    return _reopen(held, vote, facts.strip()[:4000], person, now)


def _reopen(held: Held, vote: UserTask, facts: str, person: Person, now: datetime) -> ProcessInstance:
    case, compiled = held.case, held.loaded.compiled
    act = Act(
        "reconsider", person.actor, now, comment=facts, detail={"to": vote.element_id, "refused_at": case.outcome}
    )
    lent = progress.services(case, act)
    step = engine.rewind(compiled, case.blob, vote.element_id, from_task=None, now=now, services=lent)
    earlier = _last_round(vote.id)
    returns.supersede(case, {vote.element_id, *step.region}, act)
    same = {vote.element_id: _the_same(held, vote.element_id, earlier, now)} if earlier is not None else {}
    row = Reconsideration(id=new_id(), instance_id=case.id, task_id=vote.id, asked_by=person.id, asked_at=now)
    row.facts = facts
    session.add(row)
    case.state, case.ended_at, case.outcome = CaseState.ACTIVE, None, None
    binding = registry.binding_of(case.process_key)
    if binding is not None:
        binding.reopen(recording.context_of(case, act.actor, now))
    progress.apply(case, [], held.loaded, step, act, same)
    return case


def _the_same(held: Held, element_id: str, earlier: VoteRound, now: datetime) -> Register:
    """The people of the first vote, less those who have left the bank or must keep away by now; for them the deputies step in."""
    register, compiled = electorates.register_of(earlier), held.loaded.compiled
    known = people.users([*register.concerned, *register.spare])
    away = conflicts.kept_away(compiled.steps[element_id], compiled.steps, held.case, now)
    for one in (*register.spare, *register.concerned):
        if one in away:
            register = register.without(one, str(away[one].code))
        elif one not in known or not known[one].active:
            register = register.without(one, electorates.LEFT)
    return register


def _last_vote(instance_id: uuid.UUID) -> UserTask | None:
    """The last vote the case has had; one that refused it before one that did not."""
    statement = (
        select(UserTask)
        .where(UserTask.instance_id == instance_id, UserTask.is_vote, UserTask.state == TaskState.COMPLETED)
        .where(UserTask.superseded_at.is_(None))
        .order_by((UserTask.outcome == "refuse").desc(), UserTask.completed_at.desc())
        .limit(1)
    )
    return session.scalars(statement).first()


def _last_round(task_id: uuid.UUID) -> VoteRound | None:
    statement = select(VoteRound).where(VoteRound.task_id == task_id).order_by(VoteRound.number.desc())
    return session.scalars(statement.limit(1)).first()
