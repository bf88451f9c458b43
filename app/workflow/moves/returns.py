"""Sending back, and coming back: targets, price, both return modes.

A return is a move of the case to a station it has completed before; it is never a vote. The engine decides by the picture what is
cancelled (see `engine.rewind`). In the mode "straight" the case comes straight back to the sender afterwards, unless a value the
diagram decides by has changed; then it goes step by step.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from app.identity import queries as people
from app.identity.models import User
from app.identity.rules import Person
from app.kernel.db import session
from app.kernel.errors import Forbidden, Refusal
from app.kernel.ids import new_id
from app.web.i18n import LANGUAGES
from app.workflow import cases, engine, progress, rules
from app.workflow.assigning import addressing, standing
from app.workflow.cases import Held
from app.workflow.models import CaseReturn, ProcessInstance, TaskState, UserTask
from app.workflow.moves import outside, void_votes
from app.workflow.recording import Act
from app.workflow.rules import Verb, Who

STRAIGHT, STEP = "straight", "step"

REASONS = {
    "incomplete": {"en": "Documents or data incomplete", "zh_Hans": "资料不全", "zh_Hant": "資料不全"},
    "inconsistent": {"en": "Data inconsistent", "zh_Hans": "信息不一致", "zh_Hant": "資訊不一致"},
    "investigate": {"en": "More investigation needed", "zh_Hans": "需补充调查", "zh_Hant": "需補充調查"},
    "policy": {"en": "Against policy", "zh_Hans": "不符合政策", "zh_Hant": "不符合政策"},
    "terms": {
        "en": "Change amount, term or conditions",
        "zh_Hans": "需调整金额、期限或条件",
        "zh_Hant": "需調整金額、期限或條件",
    },
    "wrong_station": {"en": "Sent to the wrong station", "zh_Hans": "流转错误", "zh_Hant": "流轉錯誤"},
    "other": {"en": "Other", "zh_Hans": "其他", "zh_Hant": "其他"},
}


@dataclass(frozen=True)
class Target:
    """A station the case may be sent back to: who did it last, when, and what it would cost."""

    element_id: str
    name: Mapping[str, str]
    done_by: str
    done_at: datetime
    round: int


@dataclass(frozen=True)
class Cost:
    """What a return would do: tasks cancelled, names of who is told so, ballots voided, stations to be passed again.

    deciding: where values can be changed on the way again that decide the way: station and field keys. Empty: the way can't change
    by what is entered.
    """

    cancelled: tuple[UserTask, ...]
    informed: tuple[str, ...]
    ballots: int
    again: tuple[str, ...]
    deciding: tuple[tuple[str, tuple[str, ...]], ...] = ()


def targets(case: ProcessInstance, task: UserTask | None, compiled: engine.Definition) -> list[Target]:
    """The stations this case has completed and is not at now, minus those the analyst barred, oldest first.

    What a return made void is not completed any more: otherwise a case sent back could be "sent back" ahead, past those who were
    to be asked again. The initiator's first step is always among them.
    """
    done = _completed(case.id)
    allowed = _allowed(task, compiled)
    first = min(done, key=lambda row: row.first_at).element_id if done else None
    found = [
        Target(row.element_id, compiled.steps[row.element_id].name, row.name or "", row.completed_at, row.round)
        for row in done
        if row.element_id not in case.stations
        and row.element_id in compiled.steps
        and (row.element_id == first or (row.stands and (allowed is None or row.element_id in allowed)))
    ]
    return sorted(found, key=lambda target: target.done_at)


def price(held: Held, target: str, *, redo_branches: bool = False) -> Cost:
    """What sending the case back to `target` would do; changes nothing. Raises Refusal where it can't be sent there."""
    from_task = _from(held)
    try:
        cost = engine.rewind_price(
            held.loaded.compiled, held.case.blob, target, from_task=from_task.engine_id, redo_branches=redo_branches
        )
    except engine.EngineError as error:
        raise _refusal(error) from error
    gone = tuple(task for task in held.open if task.engine_id in cost.cancelled)
    cast = void_votes.ballots(held, {target, *cost.region}, [task for task in gone if task.is_vote])
    told = {user_id for task in gone for user_id in progress.concerned(task)} | {row.voter_id for row in cast}
    names = people.users(sorted(told))
    # A region holds every way through it; what this case has not passed yet can't be passed again.
    stations = tuple(e for e in cost.region if e in held.case.visits and e in held.loaded.compiled.steps)
    passed = (target, *(element for element in stations if element != target))
    deciding = tuple((element, keys) for element in passed if (keys := _deciding(held, element)))
    return Cost(gone, tuple(user.name for user in names.values()), len(cast), stations, deciding)


def _deciding(held: Held, element_id: str) -> tuple[str, ...]:
    """The fields that can be changed at a station and by which the diagram decides the way."""
    step, names = held.loaded.compiled.steps.get(element_id), held.loaded.compiled.routing_names
    form = held.loaded.form(step.form) if step is not None and step.form else None
    fields = form.fields.items() if form is not None else ()
    return tuple(
        key for key, field in fields if field.editable and {key, (field.bind or key).rpartition(".")[2]} & set(names)
    )


def send_back(
    *,
    task_id: uuid.UUID,
    target: str,
    reason_code: str,
    reason: str,
    mode: str | None,
    person: Person,
    now: datetime,
    redo_branches: bool = False,
) -> ProcessInstance:
    """Send the case of an open task back to a station it has completed. Returns the case.

    Raises TaskGone, Forbidden, or Refusal (no reason, target not allowed or not completed).
    """
    held = cases.hold_task_of(task_id, person)
    _check_sender(held, person)
    if reason_code not in REASONS or not reason.strip():
        raise Refusal("Choose a reason and describe what is to be done.")
    if target not in {t.element_id for t in targets(held.case, _bound_task(held, person), held.loaded.compiled)}:
        raise Refusal("The case can't be sent back to that station.")
    outside.check(held, target)
    chosen = _mode(held, mode)
    act = Act("send_back", standing.actor(Verb.SEND_BACK, held, person, now), now, held.the_task, comment=reason)
    act.detail = {
        "to": target,
        "returned_from": held.the_task.element_id,
        "mode": chosen,
        "reason": reason_code,
        "cancels": "returned",
    }
    move(held, target, chosen, act, redo_branches=redo_branches)
    return held.case


def named(held: Held, word: str) -> str:
    """The station that a refusal's `then` means: the initiator's first, the previous in this case, or the one named by its id."""
    if word not in ("initiator", "previous"):
        return word
    standing = select(UserTask).where(
        *_is_completed(held.case.id),
        UserTask.superseded_at.is_(None),
        UserTask.is_vote.is_(False),
        UserTask.id != held.the_task.id,
    )
    found = session.scalars(standing.order_by(UserTask.completed_at))
    passed = {visit.id: visit.element_id for visit in found if visit.element_id not in held.case.stations}
    if not passed:
        raise Refusal("The case can't be sent back to that station.")
    stations = list(passed.values())
    return stations[0] if word == "initiator" else _came_from(held.the_task, passed) or stations[-1]


def _came_from(task: UserTask, passed: Mapping[uuid.UUID, str]) -> str | None:
    """The station by whose completion the case came to this one, not whoever finished last in another branch."""
    cause, seen = task.cause_id, set[uuid.UUID]()
    while cause is not None and cause not in seen:
        if cause in passed:
            return passed[cause]
        seen.add(cause)
        before = session.get(UserTask, cause)
        cause = before.cause_id if before is not None else None
    return None


def give_back_to_sender(case: ProcessInstance, opened: Sequence[UserTask], act: Act) -> None:
    """What a straight return cancelled is with the people again who had it, and only with them."""
    holders: Mapping[str, int] = act.detail.get("holders", {})
    for task in _alone(opened):
        addressing.hand_again(case, task, holders.get(task.element_id), act, "task_assigned")


def _completed(instance_id: uuid.UUID) -> Sequence[Any]:
    """A row per station, however often it was passed: when first, whether a visit still stands, and the newest visit that does (or
    the newest of all) with who completed it."""
    first_at = func.min(UserTask.completed_at).over(partition_by=UserTask.element_id).label("first_at")
    stands = UserTask.superseded_at.is_(None)
    statement = (
        select(UserTask.element_id, UserTask.completed_at, UserTask.round, User.name, first_at, stands.label("stands"))
        .outerjoin(User, User.id == UserTask.completed_by)
        .where(*_is_completed(instance_id))
        .ext(distinct_on(UserTask.element_id))
        .order_by(UserTask.element_id, stands.desc(), UserTask.completed_at.desc())
    )
    return session.execute(statement).all()


def _is_completed(instance_id: uuid.UUID) -> tuple[ColumnElement[bool], ...]:
    return UserTask.instance_id == instance_id, UserTask.state == TaskState.COMPLETED, UserTask.parent_id.is_(None)


def _allowed(task: UserTask | None, compiled: engine.Definition) -> set[str] | None:
    """The element ids the analyst allows from this station; None: any."""
    if task is None:
        return None
    rule = compiled.steps[task.element_id].send_back
    if rule.to == "none":
        return set()
    every = set(compiled.steps) if rule.to == "any" else set(rule.to)
    return every - set(rule.barred)


def _check_sender(held: Held, person: Person) -> None:
    if not rules.may(Verb.SEND_BACK, person, held.case, held.task, held.setting):
        raise Forbidden("Only the holder of the task or a supervisor may send the case back.")
    if held.step.send_back.to == "none" and Who.SUPERVISOR not in rules.relations(person, held.case, held.task):
        raise Forbidden("The process does not allow sending back from this station.")


def _bound_task(held: Held, person: Person) -> UserTask | None:
    """The task whose limits of sending back apply; a supervisor may choose any completed station."""
    return None if Who.SUPERVISOR in rules.relations(person, held.case, held.task) else held.task


def _mode(held: Held, mode: str | None) -> str:
    rule = held.step.send_back
    return mode if mode in rule.modes else rule.default


def _from(held: Held) -> UserTask:
    return held.task or held.open[0]


def move(
    held: Held,
    target: str,
    mode: str,
    act: Act,
    *,
    redo_branches: bool = False,
    variables: Mapping[str, Any] | None = None,
) -> list[UserTask]:
    """Put the case at `target` and write what follows: cancelled tasks, void ballots and visits. Returns the opened tasks."""
    case, compiled = held.case, held.loaded.compiled
    sender = held.task.engine_id if held.task is not None else None
    outside.undo(held, target, act)
    lent = progress.services(case, act)
    try:
        step = engine.rewind(
            compiled,
            case.blob,
            target,
            from_task=sender,
            redo_branches=redo_branches,
            variables=variables,
            now=act.now,
            services=lent,
        )
    except engine.EngineError as error:
        raise _refusal(error) from error
    again = {target, *step.region}
    if redo_branches:
        again |= _beside(held, step)
    done_by = {element_id: visit["by"][-1] for element_id, visit in case.visits.items() if visit["by"]}
    void_votes.tell(held, again - {target}, act)
    void = supersede(case, again, act, but=held.task)
    _remember(held, target, mode, step, act, void)
    opened = progress.apply(case, held.open, held.loaded, step, act)
    for task in _alone(opened):
        addressing.hand_again(case, task, done_by.get(task.element_id), act, "task_returned")
    return opened


def _beside(held: Held, step: engine.Progress) -> set[str]:
    """The stations of the branches beside the target that begin anew, with all that comes after them."""
    known = {task.engine_id for task in held.open}
    found: set[str] = set()
    for opened in step.open:
        if opened.id not in known and opened.element_id not in held.case.stations:
            sender = held.task.engine_id if held.task is not None else None
            price = engine.rewind_price(held.loaded.compiled, held.case.blob, opened.element_id, from_task=sender)
            found |= {opened.element_id, *price.region}
    return found


def _refusal(error: engine.EngineError) -> Refusal:
    """The engine's own sentence, which it has in every language."""
    refusal = Refusal(error.message("en"))
    refusal.texts = {locale: error.message(locale) for locale in LANGUAGES}
    return refusal


def _alone(opened: Sequence[UserTask]) -> list[UserTask]:
    """Without stations that ask several people at once: whose each task was can't be told from the station."""
    many = Counter(task.element_id for task in opened)
    return [task for task in opened if many[task.element_id] == 1]


def supersede(case: ProcessInstance, again: set[str], act: Act, *, but: UserTask | None = None) -> list[UserTask]:
    """Visits of the target and of everything after it are void from now on, but the one just completed (`but`); they stay on
    record. Returns them."""
    passed = [element_id for element_id in case.visits if element_id in again]
    if not passed:
        return []
    statement = select(UserTask).where(
        UserTask.instance_id == case.id,
        UserTask.element_id.in_(passed),
        UserTask.state == TaskState.COMPLETED,
        UserTask.superseded_at.is_(None),
    )
    kept = but.id if but is not None and but.completed_at == act.now else None
    void = [visit for visit in session.scalars(statement) if visit.id != kept]
    for visit in void:
        visit.superseded_at = act.now
    return [visit for visit in void if visit.parent_id is None]


def stands_again(case: ProcessInstance, at: datetime) -> None:
    """What was made void at this moment counts again: the act that did it has been taken back."""
    void = select(UserTask).where(UserTask.instance_id == case.id, UserTask.superseded_at == at)
    for visit in session.scalars(void):
        visit.superseded_at = None


def _remember(held: Held, target: str, mode: str, step: engine.Progress, act: Act, void: Sequence[UserTask]) -> None:
    """Put the return on the stack: who waits for whom, which values the path depended on, and which visits it made void."""
    case = held.case
    if mode != STRAIGHT or step.ticket is None:
        case.returns = [entry for entry in case.returns if entry["target"] != target]
        return
    row = CaseReturn(id=new_id(), instance_id=case.id, ticket=step.ticket.body, at=act.now)
    session.add(row)
    gone = [task for task in held.open if task.engine_id in step.cancelled and task.assignee_id is not None]
    holders = {task.element_id: _answerer(task) for task in gone if task.parent_id is None}
    entry = {"id": str(row.id), "target": target, "sender": held.the_task.element_id, "holders": holders}
    entry |= {"variables": dict(case.variables), "void": [str(visit.id) for visit in void]}
    case.returns = [*case.returns, entry]


def _answerer(task: UserTask) -> int | None:
    """Who must answer for the task: its holder, or who asked him for his opinion first."""
    return task.owner_ids[0] if task.owner_ids else task.assignee_id
