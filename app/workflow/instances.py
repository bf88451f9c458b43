"""What is done with a case as a whole: start, suspend, resume, terminate, give up, retry, messages and timers."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.audit.operations import SYSTEM, Actor
from app.bank_calendar import queries as bank_calendar
from app.identity import queries as people
from app.identity.rules import Person
from app.kernel.db import session
from app.kernel.errors import Forbidden, NotFound, Refusal
from app.kernel.ids import new_id
from app.workflow import cases, engine, incidents, progress, recording, registry, rights
from app.workflow.assigning import addressing, assignment
from app.workflow.clocks import case_clocks, deadlines
from app.workflow.committees import closing, conditions
from app.workflow.deploying import definitions
from app.workflow.deploying.deployment_models import ProcessDefinition
from app.workflow.models import CaseEvent, CaseNumber, CaseState, CaseTimer, CaseWait, ProcessInstance, TaskState
from app.workflow.moves import pending
from app.workflow.recording import ZONE, Act
from app.workflow.rules import Verb

PREFIX_LENGTH = 3
ASK_AGAIN = timedelta(minutes=10)
AGAIN_AFTER = timedelta(hours=1)
STALLED = {
    "en": "A clock of this case could not be moved on; the program's log says why. It is tried again every hour.",
    "zh_Hans": "本业务的定时器无法推进，原因见程序日志；系统每小时重试一次。",
    "zh_Hant": "本業務的計時器無法推進，原因見程式日誌；系統每小時重試一次。",
}


def start(
    *,
    key: str,
    person: Person,
    now: datetime,
    variables: Mapping[str, Any] | None = None,
    definition: ProcessDefinition | None = None,
) -> ProcessInstance:
    """Begin a case of the active version of process `key`; its first tasks are open when this returns.

    Raises NotFound where the process can't be started, Forbidden where the diagram leaves it to groups the person is not in.
    """
    row = definition or definitions.active(key)
    loaded = definitions.load(row.id)
    if not may_start(person, loaded):
        raise Forbidden("Only {groups} may start this process.", groups=_names_of(loaded.compiled.starters, person))
    case = ProcessInstance(
        id=new_id(),
        number=_next_number(row.key, now),
        definition_id=row.id,
        process_key=row.key,
        state=CaseState.ACTIVE,
        variables={},
        visits={},
        returns=[],
        stations=[],
        has_incident=False,
        has_clock=False,
        events=0,
        started_at=now,
        started_by=person.id,
        branch_id=person.branch_id,
        changed_at=now,
    )
    act = Act("start", person.actor, now)
    step = engine.start(loaded.compiled, dict(variables or {}), now=now, services=progress.services(case, act))
    case.blob = step.state
    session.add(case)
    session.flush()
    progress.apply(case, [], loaded, step, act)
    return case


def may_start(person: Person, loaded: definitions.Loaded) -> bool:
    """Whether the diagram lets the person begin a case: he is in one of its starters' groups, or it names none."""
    starters = loaded.compiled.starters
    return not starters or assignment.is_in_one_of(person, starters)


def startable(person: Person) -> Sequence[ProcessDefinition]:
    """The active definitions the person may begin cases of, by key."""
    return [row for row in definitions.actives() if may_start(person, definitions.load(row.id))]


def _names_of(group_keys: Sequence[str], person: Person) -> str:
    known = people.groups_by_key(group_keys)
    return "、".join(known[key].name[person.language] for key in group_keys if key in known)


def suspend(
    *, instance_id: uuid.UUID, reason: str, person: Person, now: datetime, confirmed_by: int | None = None
) -> ProcessInstance:
    """Stop a case until it is resumed; nobody may act on it meanwhile. Past the committee a second person must confirm it."""
    held = _held(instance_id, Verb.SUSPEND, reason, person, CaseState.ACTIVE)
    act = Act("suspend", person.actor, now, comment=reason)
    if confirmed_by is None and pending.is_past_committee(held.case):
        pending.ask(held, Verb.SUSPEND, {"reason": reason}, act, person)
        return held.case
    act.detail = {"confirmed_by": confirmed_by} if confirmed_by is not None else {}
    calendar = bank_calendar.calendar(held.case.branch_id)
    for task in held.open:
        deadlines.stop(task, calendar, now)
    closing.stop(held.open, calendar, now)
    # Made anew when the case is resumed: the ticker never meets the clocks of a case that stands still.
    if held.case.has_clock:
        session.execute(delete(CaseTimer).where(CaseTimer.instance_id == instance_id))
    held.case.state = CaseState.SUSPENDED
    recording.record(held.case, act)
    return held.case


def resume(*, instance_id: uuid.UUID, reason: str, person: Person, now: datetime) -> ProcessInstance:
    """Let a suspended case go on: its tasks with the working time they had left, its clocks later by as long as it stood."""
    held = _held(instance_id, Verb.RESUME, reason, person, CaseState.SUSPENDED)
    stood = now - _suspended_at(instance_id)
    calendar = bank_calendar.calendar(held.case.branch_id)
    for task in held.open:
        deadlines.go(task, calendar, now)
    closing.go(held.open, calendar, now)
    held.case.state = CaseState.ACTIVE
    act = Act("resume", person.actor, now, comment=reason)
    if held.case.has_clock:
        lent = case_clocks.calendar_of(held.case)
        step = engine.postpone(held.loaded.compiled, held.case.blob, stood, now=now, calendar=lent)
        progress.apply(held.case, held.open, held.loaded, step, act)
    else:
        recording.record(held.case, act)
    return held.case


def terminate(*, instance_id: uuid.UUID, reason: str, person: Person, now: datetime) -> ProcessInstance:
    """End a case for good (终止); its open tasks are cancelled and their holders told."""
    held = _held(instance_id, Verb.TERMINATE, reason, person, CaseState.ACTIVE, CaseState.SUSPENDED)
    return end(held, CaseState.CANCELLED, Act("terminate", person.actor, now, comment=reason))


def give_up(*, instance_id: uuid.UUID, reason: str, person: Person, now: datetime) -> ProcessInstance:
    """The initiator gives the application up (放弃申请); the case ends as withdrawn."""
    held = _held(instance_id, Verb.GIVE_UP, reason, person, CaseState.ACTIVE)
    return end(held, CaseState.WITHDRAWN, Act("give_up", person.actor, now, comment=reason))


def retry(*, instance_id: uuid.UUID, person: Person, now: datetime) -> ProcessInstance:
    """Try again what stopped the case with an incident: what failed, and the search for people where nobody was found."""
    held = _held(instance_id, Verb.RETRY, "again", person, CaseState.ACTIVE)
    case, compiled, act = held.case, held.loaded.compiled, Act("retry", person.actor, now)
    known = engine.look(compiled, case.blob, now=now)
    helped = addressing.find_people(case, held.open, held.loaded, known.variables, act)
    if known.incidents:
        step = engine.retry(compiled, case.blob, now=now, services=progress.services(case, act))
        progress.apply(case, held.open, held.loaded, step, act)
    elif helped:
        recording.record(case, act)
    else:
        raise Refusal("There is nothing to try again in this case.")
    return case


def correlate(
    *, message: str, number: str, variables: Mapping[str, Any], actor: Actor, now: datetime
) -> ProcessInstance:
    """Deliver a message to the case with this number; raises NotFound where it does not wait for it."""
    instance_id = session.scalar(
        select(CaseWait.instance_id)
        .join(ProcessInstance, ProcessInstance.id == CaseWait.instance_id)
        .where(CaseWait.message == message, ProcessInstance.number == number)
    )
    if instance_id is None:
        raise NotFound("The case does not wait for this message.")
    held = cases.hold_case(instance_id)
    cases.must_be(held.case, CaseState.ACTIVE)
    act = Act("message", actor, now, detail={"message": message})
    lent = progress.services(held.case, act)
    step = engine.deliver(held.loaded.compiled, held.case.blob, message, dict(variables), now=now, services=lent)
    progress.apply(held.case, held.open, held.loaded, step, act)
    return held.case


def next_due(now: datetime) -> uuid.UUID | None:
    """An active case with a timer that is due and that nobody acts on; locks it.

    The case itself is locked, as by everybody else who acts: whoever locked the timers first would block him.
    """
    statement = (
        select(CaseTimer.instance_id)
        .join(ProcessInstance, ProcessInstance.id == CaseTimer.instance_id)
        .where(CaseTimer.due_at <= now, ProcessInstance.state == CaseState.ACTIVE)
        .order_by(CaseTimer.due_at)
        .limit(1)
        .with_for_update(skip_locked=True, of=ProcessInstance)
    )
    return session.scalar(statement)


def tick(*, instance_id: uuid.UUID, now: datetime) -> None:
    """Let the due timers of a case fire.

    Whoever looked for work may have seen a timer that another worker let fire before the case could be locked; what is due is
    asked again under the lock.
    """
    held = cases.hold_case(instance_id)
    due = exists().where(CaseTimer.instance_id == instance_id, CaseTimer.due_at <= now)
    if held.case.state != CaseState.ACTIVE or not session.scalar(select(due)):
        return
    act = Act("timer", SYSTEM, now, detail={"cancels": "timed_out"})
    step = engine.tick(held.loaded.compiled, held.case.blob, now=now, services=progress.services(held.case, act))
    if step.passed or step.incidents:
        progress.apply(held.case, held.open, held.loaded, step, act)
    else:
        # By the calendar of today it is not due yet: nothing has happened.
        held.case.blob = step.state
        case_clocks.sync(held.case, step)


class ServiceFailed(Exception):
    """An asynchronous service has failed; the job is tried again."""


def serve(*, instance_id: uuid.UUID, engine_id: str, now: datetime, is_last: bool) -> None:
    """Run an asynchronous service of a case and let the case go on.

    Raises ServiceFailed where it fails, but the last time that is an incident. A case that is suspended is asked again later; one
    that no longer waits for the service is left alone.
    """
    held = cases.hold_case(instance_id)
    if held.case.state == CaseState.SUSPENDED:
        recording.put_off(instance_id, engine_id, now + ASK_AGAIN)
    if held.case.state != CaseState.ACTIVE:
        return
    act = Act("service", SYSTEM, now)
    lent = progress.services(held.case, act, engine_id)
    try:
        step = engine.retry(held.loaded.compiled, held.case.blob, now=now, services=lent, task_id=engine_id)
    except engine.TaskNotOpen:
        return
    failed = next((incident for incident in step.incidents if incident.task_id == engine_id), None)
    if failed is not None and not is_last:
        raise ServiceFailed(failed.message["en"])
    progress.apply(held.case, held.open, held.loaded, step, act)


def stall(*, instance_id: uuid.UUID, fault: Exception, now: datetime) -> None:
    """Put off the clocks of a case that could not be moved and say so to the supervisors; its state stays as it is.

    The clocks are tried again after a while: nothing is lost by it, and meanwhile they do not stand before those of other cases.
    """
    case = session.get_one(ProcessInstance, instance_id, with_for_update=True, populate_existing=True)
    mine = CaseTimer.instance_id == instance_id, CaseTimer.due_at <= now
    elements = list(session.scalars(select(CaseTimer.element_id).where(*mine).order_by(CaseTimer.due_at)))
    session.execute(update(CaseTimer).where(*mine).values(due_at=now + AGAIN_AFTER))
    if elements and incidents.add_incident(case, elements[0], _stalled(fault), now):
        recording.record(case, Act("stall", SYSTEM, now, detail={"fault": type(fault).__name__}))


def _stalled(fault: Exception) -> Mapping[str, str]:
    if isinstance(fault, engine.EngineError):
        return {language: fault.message(language) for language in STALLED}
    return STALLED


def _held(instance_id: uuid.UUID, verb: Verb, reason: str, person: Person, *states: CaseState) -> cases.Held:
    held = cases.hold_case_of(instance_id, person)
    rights.must_on_case(verb, held, person)
    cases.must_be(held.case, *states)
    if not reason.strip():
        raise Refusal("Please give a reason.")
    return held


def _suspended_at(instance_id: uuid.UUID) -> datetime:
    """When the case was stopped last; other acts (a copy for information) may have followed."""
    stops = select(func.max(CaseEvent.at)).where(CaseEvent.instance_id == instance_id, CaseEvent.verb == Verb.SUSPEND)
    stopped: datetime = session.scalars(stops).one()
    return stopped


def end(held: cases.Held, state: CaseState, act: Act, outcome: str | None = None) -> ProcessInstance:
    """End a case where it stands; `outcome` is what it has become where somebody decided it."""
    case = held.case
    progress.cancel_tasks([task for task in held.open if task.state == TaskState.OPEN], outcome or state, act)
    case.state, case.ended_at, case.outcome, case.stations, case.returns = state, act.now, outcome or state, [], []
    case_clocks.stop(case)
    if state == CaseState.COMPLETED:
        conditions.lapse(case, act.now)
    binding = registry.binding_of(case.process_key)
    if binding is not None:
        binding.end(recording.context_of(case, act.actor, act.now), refused=state == CaseState.COMPLETED)
    recording.record(case, act)
    return case


def _next_number(key: str, now: datetime) -> str:
    """The next case number of the process and year: initials of the key, year, six digits ("CA-2026-000123")."""
    year = now.astimezone(ZoneInfo(ZONE)).year
    statement = insert(CaseNumber).values(process_key=key, year=year, last=1)
    counted = statement.on_conflict_do_update(
        index_elements=["process_key", "year"], set_={"last": CaseNumber.last + 1}
    ).returning(CaseNumber.last)
    initials = "".join(part[0] for part in key.split("_") if part)[:PREFIX_LENGTH].upper()
    return f"{initials}-{year}-{session.scalar(counted):06d}"
