"""Conditions of an approval (用信条件): each with an owner, a date and evidence, and settled one by one.

They come from the ballots that agreed with conditions, or are written by whoever works on the case. A station of the diagram may
wait until all are settled (`<credit:step conditions="met">`). They outlive the case: what was promised is owed after approval too.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, exists, func, select, update

from app.audit.operations import Actor
from app.documents import queries as documents
from app.identity import queries as people
from app.identity.models import User
from app.identity.rules import Person
from app.kernel.db import session
from app.kernel.errors import Conflict, Forbidden, NotFound, Refusal
from app.kernel.ids import new_id
from app.notifications import operations as notifications
from app.web.access import Permission
from app.workflow import cases, queries, recording, rules
from app.workflow.cases import Held
from app.workflow.committees import votes
from app.workflow.committees.vote_models import CaseCondition, ConditionState, Resolution
from app.workflow.committees.votes import Choice
from app.workflow.models import CaseState, ProcessInstance
from app.workflow.recording import Act
from app.workflow.rules import Who

LONGEST = 2000


@dataclass(frozen=True)
class Asked:
    """A condition as a decision words it, the day by which it is to be met, if any is said, and whether the money waits for it."""

    text: str
    due_on: date | None = None
    blocks: bool = True


class ConditionsUnmet(Refusal):
    """The step waits until the conditions of the approval are settled."""


def conditions_of(instance_id: uuid.UUID) -> Sequence[CaseCondition]:
    """All conditions of a case, oldest first."""
    statement = select(CaseCondition).where(CaseCondition.instance_id == instance_id)
    return session.scalars(statement.order_by(CaseCondition.id)).all()


def condition(condition_id: uuid.UUID) -> CaseCondition | None:
    """One condition."""
    return session.get(CaseCondition, condition_id)


def people_of(instance_id: uuid.UUID) -> set[int | None]:
    """Who has to do with the conditions of a case."""
    return {one for found in conditions_of(instance_id) for one in (found.owner_id, found.settled_by)}


def unmet(instance_id: uuid.UUID) -> Sequence[CaseCondition]:
    """The conditions of a case that are neither met nor waived; a pay-out may not be made while there are any.

    What is to be done after the pay-out is not among them.
    """
    return [one for one in conditions_of(instance_id) if one.state == ConditionState.OPEN and one.blocks]


def open_for(user_id: int, limit: int = 50) -> Sequence[tuple[CaseCondition, ProcessInstance]]:
    """What a person has to see to, the most urgent first."""
    statement = (
        select(CaseCondition, ProcessInstance)
        .join(ProcessInstance, ProcessInstance.id == CaseCondition.instance_id)
        .where(*_owed_by(user_id))
        .order_by(CaseCondition.due_on.nulls_last(), CaseCondition.id)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in session.execute(statement)]


def count_for(user_id: int) -> int:
    """How many conditions a person has to see to."""
    of_cases = select(func.count()).select_from(CaseCondition).join(ProcessInstance)
    return session.scalar(of_cases.where(*_owed_by(user_id))) or 0


def _owed_by(user_id: int) -> tuple[ColumnElement[bool], ...]:
    """Of a case that was given up or ended by hand nobody owes anything any more, though its pay-out stays barred."""
    alive = ProcessInstance.state.in_((CaseState.ACTIVE, CaseState.SUSPENDED, CaseState.COMPLETED))
    return CaseCondition.owner_id == user_id, CaseCondition.state == ConditionState.OPEN, alive


def owes(user_id: int, instance_id: uuid.UUID) -> bool:
    """Whether a person still has to see to a condition of the case."""
    own = CaseCondition.instance_id == instance_id, CaseCondition.owner_id == user_id
    return session.scalar(select(exists().where(*own, CaseCondition.state == ConditionState.OPEN))) or False


def must_be_met(instance_id: uuid.UUID) -> None:
    """Raise ConditionsUnmet where one is still open."""
    left = unmet(instance_id)
    if left:
        raise ConditionsUnmet(
            "{count} conditions of the approval are not met yet; the first is: {first}",
            count=len(left),
            first=left[0].text,
        )


def attach(
    held: Held, resolution: Resolution, ballots: Sequence[tuple[Choice, str | None]], act: Act
) -> list[CaseCondition]:
    """The conditions the ballots set, each once; the initiator of the case sees to them until somebody else is named."""
    texts = votes.conditions_in(ballots)
    if texts:
        # They name the resolution, so it must stand before them.
        session.flush()
    made = [
        _new(held.case, text[:LONGEST], act, owner_id=held.case.started_by, resolution_id=resolution.id)
        for text in texts
    ]
    if made and held.case.started_by is not None:
        _tell(held.case, held.case.started_by, act)
    return made


def ask(*, instance_id: uuid.UUID, asked: Sequence[Asked], actor: Actor, now: datetime) -> list[CaseCondition]:
    """Conditions that a decision on record sets; the initiator of the case sees to them. One that the case has already, by its
    words, is not set twice.
    """
    known = {one.text for one in conditions_of(instance_id) if one.state != ConditionState.VOID}
    new = {each.text.strip()[:LONGEST]: each for each in asked if each.text.strip()}
    case, act = session.get_one(ProcessInstance, instance_id), Act("condition_add", actor, now)
    made = [
        _new(case, text, act, owner_id=case.started_by, due_on=each.due_on, blocks=each.blocks)
        for text, each in new.items()
        if text not in known
    ]
    if made:
        _tell(case, case.started_by, act)
    return made


def lapse(case: ProcessInstance, now: datetime) -> None:
    """The case was refused: what an approval would have asked for is owed by nobody."""
    still = (CaseCondition.instance_id == case.id, CaseCondition.state == ConditionState.OPEN)
    session.execute(update(CaseCondition).where(*still).values(state=ConditionState.VOID, settled_at=now))


def replace_earlier(case: ProcessInstance, element_id: str, now: datetime) -> None:
    """A vote has been taken again: what its earlier resolution asked for and nobody has settled is void."""
    earlier = (CaseCondition.instance_id == case.id, CaseCondition.element_id == element_id)
    still = CaseCondition.state == ConditionState.OPEN
    session.execute(
        update(CaseCondition).where(*earlier, still).values(state=ConditionState.VOID, settled_at=now, settled_by=None)
    )


def add(
    *,
    instance_id: uuid.UUID,
    text: str,
    owner: str | None,
    due_on: date | None,
    person: Person,
    now: datetime,
) -> CaseCondition:
    """Write a further condition. Whoever works on the case may; the owner is told."""
    held = _held(instance_id, person)
    _must_work(held, person)
    if not text.strip():
        raise Refusal("Say what is to be done.")
    owner_id = _owner(held.case, owner) if owner else held.case.started_by
    act = Act("condition_add", person.actor, now, comment=text.strip()[:LONGEST])
    made = _new(held.case, text.strip()[:LONGEST], act, owner_id=owner_id, due_on=due_on)
    _tell(held.case, owner_id, act)
    recording.record(held.case, act)
    return made


def plan(
    *, condition_id: uuid.UUID, owner: str | None, due_on: date | None, person: Person, now: datetime
) -> CaseCondition:
    """Say who sees to an open condition and by when."""
    held, found = _open(condition_id, person)
    _must_work(held, person)
    before, found.due_on = found.owner_id, due_on
    found.owner_id = _owner(held.case, owner) if owner else found.owner_id
    act = _act("condition_plan", found, person, now)
    act.detail |= {"from_user": before, "to_user": found.owner_id, "due_on": due_on.isoformat() if due_on else None}
    if found.owner_id != before:
        _tell(held.case, found.owner_id, act)
    recording.record(held.case, act)
    return found


def meet(*, condition_id: uuid.UUID, evidence_id: uuid.UUID, note: str, person: Person, now: datetime) -> CaseCondition:
    """Its owner or a supervisor shows by a document of the case that a condition is met."""
    held, found = _open(condition_id, person)
    if person.id != found.owner_id and not _oversees(held, person):
        raise Forbidden("Only who sees to the condition, or a supervisor, may say that it is met.")
    document = documents.document(evidence_id)
    of_case = document is not None and (document.owner_type, document.owner_id) == ("case", held.case.id)
    if document is None or document.removed_at is not None or not of_case:
        raise Refusal("Choose the document of this case that shows it.")
    _settle(found, ConditionState.MET, note, person, now)
    found.evidence_id = evidence_id
    act = _act("condition_meet", found, person, now, note)
    act.detail["evidence"] = str(evidence_id)
    recording.record(held.case, act)
    return found


def waive(*, condition_id: uuid.UUID, reason: str, person: Person, now: datetime) -> CaseCondition:
    """A supervisor does without a condition, with a reason; never one that he has to meet himself."""
    held, found = _open(condition_id, person)
    if not _oversees(held, person):
        raise Forbidden("Only a supervisor may waive a condition.")
    if person.id == found.owner_id:
        raise Forbidden("You have to see to this condition yourself; somebody else must waive it.")
    if not reason.strip():
        raise Refusal("Please give a reason.")
    _settle(found, ConditionState.WAIVED, reason, person, now)
    recording.record(held.case, _act("condition_waive", found, person, now, reason))
    return found


def reopen(*, condition_id: uuid.UUID, reason: str, person: Person, now: datetime) -> CaseCondition:
    """A supervisor finds that a condition is not met after all."""
    held, found = _locked(condition_id, person)
    if not _oversees(held, person):
        raise Forbidden("Only a supervisor may open a condition again.")
    if found.state not in (ConditionState.MET, ConditionState.WAIVED) or not reason.strip():
        raise Refusal("Please give a reason.")
    found.state, found.settled_at, found.settled_by, found.evidence_id = ConditionState.OPEN, None, None, None
    found.note = None
    act = _act("condition_reopen", found, person, now, reason)
    _tell(held.case, found.owner_id, act)
    recording.record(held.case, act)
    return found


def _new(case: ProcessInstance, text: str, act: Act, **more: object) -> CaseCondition:
    made = CaseCondition(
        id=new_id(),
        instance_id=case.id,
        element_id=act.task.element_id if act.task else None,
        state=ConditionState.OPEN,
        made_at=act.now,
        made_by=act.actor.user_id,
        **{"blocks": True, **more},
    )
    made.text = text
    session.add(made)
    return made


def _settle(found: CaseCondition, state: ConditionState, note: str, person: Person, now: datetime) -> None:
    found.state, found.settled_at, found.settled_by = state, now, person.id
    found.note = note.strip()[:LONGEST] or None


def _act(verb: str, found: CaseCondition, person: Person, now: datetime, comment: str = "") -> Act:
    return Act(verb, person.actor, now, comment=comment.strip() or None, detail={"condition": str(found.id)})


def _held(instance_id: uuid.UUID, person: Person) -> Held:
    held = cases.hold_case_of(instance_id, person)
    cases.must_be(held.case, CaseState.ACTIVE, CaseState.COMPLETED)
    return held


def _locked(condition_id: uuid.UUID, person: Person) -> tuple[Held, CaseCondition]:
    found = session.get(CaseCondition, condition_id)
    if found is None:
        raise NotFound("There is no such condition.")
    held = _held(found.instance_id, person)
    session.refresh(found)
    return held, found


def _open(condition_id: uuid.UUID, person: Person) -> tuple[Held, CaseCondition]:
    held, found = _locked(condition_id, person)
    if found.state != ConditionState.OPEN:
        raise Conflict("This condition has been settled already.")
    return held, found


def _oversees(held: Held, person: Person) -> bool:
    return Who.SUPERVISOR in rules.relations(person, held.case, None)


def _must_work(held: Held, person: Person) -> None:
    """Conditions are written by who has the case in his hands: a holder, a committee's secretary, a supervisor."""
    if _oversees(held, person) or is_secretary(held.case, person):
        return
    if not any(Who.HOLDER in rules.relations(person, held.case, task) for task in held.open):
        raise Forbidden("Only who works on the case may set its conditions.")


def is_secretary(case: ProcessInstance, person: Person) -> bool:
    """Whether the person keeps the minutes of one of the committees that voted on the case."""
    return any(set(task.secretary_group_ids) & set(person.group_ids) for task in queries.tasks_of(case.id))


def _owner(case: ProcessInstance, username: str) -> int:
    found = people.person_by_username(username)
    user = session.get(User, found.id) if found else None
    if found is None or user is None or not user.active or not found.may(Permission.CASE_WORK):
        raise NotFound("There is no user {name}.", name=username)
    return found.id


def _tell(case: ProcessInstance, user_id: int | None, act: Act) -> None:
    if user_id is not None and user_id != act.actor.user_id:
        notifications.notify(user_ids=[user_id], event="condition_set", case_id=case.id, now=act.now)
