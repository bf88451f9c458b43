"""What a vote leaves behind, over HTTP: conditions of an approval with owner, day and evidence, and resolutions."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from flask_login import current_user

from app.identity import queries as people
from app.kernel.clock import now
from app.kernel.errors import NotFound
from app.web.access import Permission, requires, signed_in
from app.workflow.api.operation import operation
from app.workflow.api.schema import Count, Day, Id, Model, Moment, Text, Word
from app.workflow.api.visibility import visible_case
from app.workflow.committees import conditions, resolutions, votes
from app.workflow.committees.vote_models import CaseCondition, Resolution


class ConditionAnswer(Model):
    """A condition. state: open, met, waived, or void (the vote that set it was taken again, or the case was refused).

    `owner` sees to it by `dueOn`; `evidence` is the document that shows that it is met; `resolutionId` null: written by hand;
    `blocksPayOut` false: it is to be met after the pay-out.
    """

    id: uuid.UUID
    process_instance_id: uuid.UUID
    resolution_id: uuid.UUID | None
    text: str
    state: str
    blocks_pay_out: bool
    owner: str | None
    due_on: Day | None
    made_at: Moment
    made_by: str | None
    settled_at: Moment | None
    settled_by: str | None
    evidence: uuid.UUID | None
    note: str | None


class ConditionBody(Model):
    """A further condition. `owner`: a user name; left out, the initiator sees to it."""

    text: Text
    owner: Word | None = None
    due_on: Day | None = None


class PlanBody(Model):
    """Who sees to the condition (left out: who does already) and by which day (null: none)."""

    owner: Word | None = None
    due_on: Day | None = None


class MeetBody(Model):
    """The document of the case that shows it (see `/process-instance/{id}/document`)."""

    evidence: Id
    note: Text | None = None


class WhyBody(Model):
    """Why."""

    reason: Text


class ResolutionAnswer(Model):
    """A resolution (决议) as it was frozen; `body` without ballots where the rule keeps them from the caller.

    `digest` is the SHA-256 of the whole body as canonical JSON, `genuine` whether the body still has it.
    """

    id: uuid.UUID
    number: str
    process_instance_id: uuid.UUID
    task_id: uuid.UUID
    result: str
    made_at: Moment
    digest: str
    genuine: bool
    body: dict[str, Any]


@operation("GET", "/process-instance/<uuid:instance_id>/condition", answer=list[ConditionAnswer])
@signed_in
def list_conditions(instance_id: uuid.UUID) -> list[ConditionAnswer]:
    """The conditions of a case, ended or not, oldest first."""
    return _answers(conditions.conditions_of(visible_case(instance_id, current_user).id))


@operation(
    "POST", "/process-instance/<uuid:instance_id>/condition", body=ConditionBody, answer=ConditionAnswer, once=True
)
@requires(Permission.CASE_WORK)
def add_condition(instance_id: uuid.UUID, body: ConditionBody) -> ConditionAnswer:
    """Write a further condition; whoever has the case in hand may."""
    visible_case(instance_id, current_user)
    return _one(
        conditions.add(
            instance_id=instance_id,
            text=body.text,
            owner=body.owner,
            due_on=body.due_on,
            person=current_user,
            now=now(),
        )
    )


@operation("GET", "/condition", answer=list[ConditionAnswer])
@requires(Permission.CASE_WORK)
def list_own_conditions() -> list[ConditionAnswer]:
    """The open conditions that the caller has to see to, the most urgent first."""
    return _answers([one for one, _ in conditions.open_for(current_user.id)])


@operation("GET", "/condition/count", answer=Count)
@requires(Permission.CASE_WORK)
def count_own_conditions() -> Count:
    """How many open conditions the caller has to see to."""
    return Count(count=conditions.count_for(current_user.id))


@operation("GET", "/condition/<uuid:condition_id>", answer=ConditionAnswer)
@signed_in
def get_condition(condition_id: uuid.UUID) -> ConditionAnswer:
    """One condition of a case that the caller is concerned with."""
    return _one(_visible(condition_id))


@operation("POST", "/condition/<uuid:condition_id>/plan", body=PlanBody, answer=ConditionAnswer, once=True)
@requires(Permission.CASE_WORK)
def plan_condition(condition_id: uuid.UUID, body: PlanBody) -> ConditionAnswer:
    """Say who sees to an open condition and by when."""
    _visible(condition_id)
    planned = conditions.plan(
        condition_id=condition_id, owner=body.owner, due_on=body.due_on, person=current_user, now=now()
    )
    return _one(planned)


@operation("POST", "/condition/<uuid:condition_id>/meet", body=MeetBody, answer=ConditionAnswer, once=True)
@requires(Permission.CASE_WORK)
def meet_condition(condition_id: uuid.UUID, body: MeetBody) -> ConditionAnswer:
    """Its owner or a supervisor shows by a document of the case that a condition is met."""
    _visible(condition_id)
    met = conditions.meet(
        condition_id=condition_id, evidence_id=body.evidence, note=body.note or "", person=current_user, now=now()
    )
    return _one(met)


@operation("POST", "/condition/<uuid:condition_id>/waive", body=WhyBody, answer=ConditionAnswer, once=True)
@requires(Permission.CASE_WORK)
def waive_condition(condition_id: uuid.UUID, body: WhyBody) -> ConditionAnswer:
    """A supervisor does without a condition; never one that he has to meet himself."""
    _visible(condition_id)
    return _one(conditions.waive(condition_id=condition_id, reason=body.reason, person=current_user, now=now()))


@operation("POST", "/condition/<uuid:condition_id>/reopen", body=WhyBody, answer=ConditionAnswer, once=True)
@requires(Permission.CASE_WORK)
def reopen_condition(condition_id: uuid.UUID, body: WhyBody) -> ConditionAnswer:
    """A supervisor finds that a condition is not met after all."""
    _visible(condition_id)
    return _one(conditions.reopen(condition_id=condition_id, reason=body.reason, person=current_user, now=now()))


@operation("GET", "/process-instance/<uuid:instance_id>/resolution", answer=list[ResolutionAnswer])
@signed_in
def list_resolutions(instance_id: uuid.UUID) -> list[ResolutionAnswer]:
    """The resolutions of a case, ended or not, oldest first."""
    case = visible_case(instance_id, current_user)
    return [_resolution(one) for one in resolutions.resolutions_of(case.id)]


def _visible(condition_id: uuid.UUID) -> CaseCondition:
    """The condition, for whoever is concerned with its case."""
    found = conditions.condition(condition_id)
    if found is None:
        raise NotFound("There is no such condition.")
    try:
        visible_case(found.instance_id, current_user)
    except NotFound:
        raise NotFound("There is no such condition.") from None
    return found


def _one(row: CaseCondition) -> ConditionAnswer:
    return _answers([row])[0]


def _answers(rows: Sequence[CaseCondition]) -> list[ConditionAnswer]:
    names = _names(one for row in rows for one in (row.owner_id, row.made_by, row.settled_by))
    return [
        ConditionAnswer(
            id=row.id,
            process_instance_id=row.instance_id,
            resolution_id=row.resolution_id,
            text=row.text or "",
            state=row.state,
            blocks_pay_out=row.blocks,
            owner=names.get(row.owner_id),
            due_on=row.due_on,
            made_at=row.made_at,
            made_by=names.get(row.made_by),
            settled_at=row.settled_at,
            settled_by=names.get(row.settled_by),
            evidence=row.evidence_id,
            note=row.note,
        )
        for row in rows
    ]


def _names(ids: Iterable[int | None]) -> dict[int | None, str]:
    found = people.users(one for one in ids if one is not None)
    return {one: user.username for one, user in found.items()}


def _resolution(row: Resolution) -> ResolutionAnswer:
    body = dict(row.body or {})
    audits = current_user.may(Permission.AUDIT_SEE)
    if not votes.sight(body["rule"]["visibility"], closed=True, audits=audits).ballots:
        body["members"] = [{**one, "choice": None, "opinion": None, "at": None} for one in body["members"]]
        body["casting"] = None
    return ResolutionAnswer(
        id=row.id,
        number=row.number,
        process_instance_id=row.instance_id,
        task_id=row.task_id,
        result=row.result,
        made_at=row.made_at,
        digest=row.digest.hex(),
        genuine=resolutions.is_genuine(row),
        body=body,
    )
