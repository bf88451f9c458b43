"""Rewinding a case to an earlier moment: its stations of then are open again, what was done since is void and stays on record.

The engine's state lies with every event that moved the case (`CaseEvent.snapshot`). Values stay as last known. What was entered,
decided and said since stays readable; nothing is deleted. Also the way out for a case whose present state can't be read.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, bindparam, exists, func, select
from sqlalchemy.orm import aliased, undefer

from app.identity import queries as people
from app.identity.rules import Person
from app.kernel.db import session
from app.kernel.errors import Refusal
from app.notifications import operations as notifications
from app.workflow import cases, engine, progress, queries, rights
from app.workflow.assigning import addressing
from app.workflow.cases import Held
from app.workflow.committees.vote_models import Ballot
from app.workflow.models import CaseEvent, CaseState, ProcessInstance, TaskState, UserTask
from app.workflow.moves import outside, pending, straight
from app.workflow.recording import Act
from app.workflow.rules import Verb
from app.workflow.watching import past

# Acts that put the case under another version; a state of before means nothing there.
OVER = ("migrate", "undo_migration")


def _moment_wanted() -> Select[CaseEvent, int, bool]:
    """The last event until `seq` whose state was kept, the newest such number, and whether another version came since."""
    of_case, kept, other = bindparam("case", type_=CaseEvent.instance_id.type), aliased(CaseEvent), aliased(CaseEvent)
    newest = select(func.max(kept.seq)).where(kept.instance_id == of_case, kept.snapshot.is_not(None)).scalar_subquery()
    over = exists().where(other.instance_id == of_case, other.verb.in_(OVER), other.seq > CaseEvent.seq)
    return (
        select(CaseEvent, newest.label("newest"), over.label("went_over"))
        .where(CaseEvent.instance_id == of_case, CaseEvent.snapshot.is_not(None), CaseEvent.seq <= bindparam("seq"))
        .order_by(CaseEvent.seq.desc())
        .limit(1)
        .options(undefer(CaseEvent.snapshot), undefer(CaseEvent.returns))
    )


MOMENT = _moment_wanted()


@dataclass(frozen=True)
class Undo:
    """What rewinding to a moment would do: stations open again, open tasks cancelled, work made void, ballots void, people told."""

    reopened: tuple[str, ...]
    cancelled: tuple[UserTask, ...]
    void: tuple[UserTask, ...]
    ballots: int
    informed: tuple[str, ...]


def price(case: ProcessInstance, seq: int) -> Undo:
    """What `restore` would do; changes nothing. Raises Refusal where the case can't be rewound to that moment."""
    held = Held(case, list(cases.open_tasks(case.id)), cases.definitions.load(case.definition_id))
    then = _moment(case, seq)
    _outside(held, then)
    undone = engine.restore_price(held.loaded.compiled, _readable(held, then.at), then.snapshot or b"")
    cancelled = tuple(task for task in held.open if task.engine_id in undone.cancelled) or _all_if_blind(held)
    void = tuple(_done_since(queries.tasks_of(case.id), then.at))
    cast = _cast([*cancelled, *void])
    told = {task.assignee_id for task in cancelled} | {task.completed_by for task in void}
    told |= {i for task in cancelled if task.is_vote for i in task.elector_ids} | {ballot.voter_id for ballot in cast}
    names = people.users(user_id for user_id in told if user_id)
    return Undo(
        reopened=tuple(dict.fromkeys(task.element_id for task in undone.opened)),
        cancelled=cancelled,
        void=void,
        ballots=len(cast),
        informed=tuple(sorted(user.name for user in names.values())),
    )


def restore(
    *, instance_id: uuid.UUID, seq: int, reason: str, person: Person, now: datetime, confirmed_by: int | None = None
) -> ProcessInstance:
    """Put the case back to how it stood after event number `seq`; past the committee, once a second person has confirmed it.

    Returns the case. Raises NotFound, Forbidden, Conflict, or Refusal: no reason, no such moment, or work since then reached the
    outside world.
    """
    held = cases.hold_case_of(instance_id, person)
    rights.must_on_case(Verb.RESTORE, held, person)
    cases.must_be(held.case, CaseState.ACTIVE)
    said, case, then = rights.reason_of(reason), held.case, _moment(held.case, seq)
    undone = _outside(held, then)
    act = Act(Verb.RESTORE, person.actor, now, comment=said)
    act.detail = {"to_seq": then.seq, "to_at": then.at.isoformat(), "cancels": "restored"}
    if confirmed_by is None and pending.is_past_committee(case):
        pending.ask(held, Verb.RESTORE, {"seq": seq, "reason": said}, act, person)
        return case
    act.detail |= {"confirmed_by": confirmed_by} if confirmed_by is not None else {}
    outside.compensate(held, undone, act)
    tasks = queries.tasks_of(case.id)
    holders = _holders_then(case, tasks, then)
    state, lent = _readable(held, now), progress.services(case, act)
    try:
        step = engine.restore(held.loaded.compiled, state, then.snapshot or b"", now=now, services=lent)
    except engine.StateUnreadable as fault:
        raise Refusal("The state of that moment can't be read; choose another one.") from fault
    _tell(_make_void(tasks, then.at, now), case, person, now)
    case.returns = list(then.returns or [])
    for entry in case.returns:
        for visit in straight.made_void_by(entry):
            visit.superseded_at = visit.superseded_at or then.at
    for task in progress.apply(case, held.open, held.loaded, step, act):
        addressing.hand_again(case, task, holders.get(task.element_id), act, "task_returned")
    return case


def moments(instance_id: uuid.UUID) -> frozenset[int]:
    """The numbers of the events after which the engine's state is known by itself."""
    kept = select(CaseEvent.seq).where(CaseEvent.instance_id == instance_id, CaseEvent.snapshot.is_not(None))
    return frozenset(session.scalars(kept))


def _outside(held: Held, then: CaseEvent) -> list[str]:
    """The elements whose work outside is undone by going back, each with its delegate; refuses where one has none."""
    since, ways = outside.reached(held, then.seq), held.loaded.compiled.outside
    outside.refuse(held, next((element for element in sorted(since) if ways[element] is None), None))
    return sorted(since)


def _moment(case: ProcessInstance, seq: int) -> CaseEvent:
    """The event whose state the case had after event `seq`; the newest state of all is no earlier moment."""
    row = session.execute(MOMENT, {"case": case.id, "seq": seq}).first()
    if row is None:
        raise Refusal("How the case stood at that moment was not kept.")
    if row.went_over:
        raise Refusal(
            "Since then the case has gone over to another version of its process; it can't be rewound to before."
        )
    then: CaseEvent = row.CaseEvent
    if then.seq == row.newest and then.snapshot == case.blob:
        raise Refusal("The case still stands as it did at that moment; there is nothing to rewind.")
    return then


def _readable(held: Held, now: datetime) -> bytes | None:
    """The present state of the engine, None where it can't be read."""
    try:
        engine.look(held.loaded.compiled, held.case.blob, now=now)
    except engine.StateUnreadable:
        return None
    return held.case.blob


def _all_if_blind(held: Held) -> tuple[UserTask, ...]:
    """Where the present state can't be read, every open task begins anew."""
    return tuple(held.open) if _readable(held, held.case.changed_at) is None else ()


def _done_since(tasks: Sequence[UserTask], at: datetime) -> list[UserTask]:
    """Visits completed after a moment that count today, in the order of their end."""
    done = [task for task in tasks if task.state == TaskState.COMPLETED and task.superseded_at is None]
    return sorted((task for task in done if _ended(task) > at), key=_ended)


def _make_void(tasks: Sequence[UserTask], at: datetime, now: datetime) -> list[UserTask]:
    """What was done since no longer counts, what a return in between had made void counts again; returns the former."""
    done = _done_since(tasks, at)
    again = [t for t in tasks if t.superseded_at and t.superseded_at > at and t.completed_at and t.completed_at <= at]
    for visit in done:
        visit.superseded_at = now
    for visit in again:
        visit.superseded_at = None
    return done


def _ended(task: UserTask) -> datetime:
    assert task.completed_at is not None
    return task.completed_at


def _cast(tasks: Iterable[UserTask]) -> Sequence[Ballot]:
    """The valid ballots of those of the tasks that are votes."""
    votes = [task.id for task in tasks if task.is_vote]
    if not votes:
        return []
    return session.scalars(select(Ballot).where(Ballot.task_id.in_(votes), Ballot.void_at.is_(None))).all()


def _tell(done: Sequence[UserTask], case: ProcessInstance, person: Person, now: datetime) -> None:
    """Whose work no longer counts learns of it, once."""
    by_id = {task.id: task for task in done}
    theirs = {ballot.voter_id: by_id[ballot.task_id] for ballot in _cast(done)}
    theirs |= {task.completed_by: task for task in reversed(done) if task.completed_by is not None}
    for user_id, mine in theirs.items():
        place = {"element": mine.element_id, "definition": str(mine.definition_id), "reason": "restored"}
        if user_id != person.id:
            notifications.notify(user_ids=[user_id], event="task_cancelled", case_id=case.id, now=now, params=place)


def _holders_then(case: ProcessInstance, tasks: Sequence[UserTask], then: CaseEvent) -> dict[str, int]:
    """Who had the tasks of that moment, or did them afterwards."""
    was = past.as_it_was(case, queries.events_of(case.id), tasks, then.seq)
    found = {visit.task.element_id: visit.holder_id or visit.task.completed_by for visit in (was.open if was else ())}
    return {element: user_id for element, user_id in found.items() if user_id}
