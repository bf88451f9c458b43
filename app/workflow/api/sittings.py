"""Sittings of committees over HTTP: what waits for one, the agenda, who is there, and the end. Ballots are cast on the task."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, Literal

from flask_login import current_user

from app.identity import queries as people
from app.identity.models import Group
from app.kernel.clock import now
from app.kernel.errors import NotFound
from app.web.access import Permission, requires
from app.web.i18n import text_of
from app.workflow import queries
from app.workflow.api.operation import operation
from app.workflow.api.schema import Ids, Model, Moment, Text, Word, Words
from app.workflow.committees import sittings
from app.workflow.committees.sittings import AgendaItem
from app.workflow.committees.vote_models import Sitting

BY = {"up": -1, "down": 1}


class Committee(Model):
    """A committee whose sittings the caller makes."""

    key: str
    name: str


class WaitingCase(Model):
    """A case whose vote waits for the committee and that is on no open sitting's agenda."""

    task_id: uuid.UUID
    process_instance_id: uuid.UUID
    business_key: str
    task_definition_key: str


class SittingAnswer(Model):
    """A sitting. state: planned, open or closed; `secretary`: whether the caller keeps it; `present` are user names."""

    id: uuid.UUID
    committee: str
    state: str
    held_at: Moment
    place: str
    present: list[str]
    secretary: bool
    closed_at: Moment | None
    remarks: str | None


class AgendaAnswer(WaitingCase):
    """A case on the agenda; `outcome` is null while its vote is open, and for whoever may not know of the case."""

    position: int
    open: bool
    outcome: str | None


class SittingWithAgenda(SittingAnswer):
    """A sitting with its cases in order, and whom its secretary may mark as present."""

    agenda: list[AgendaAnswer]
    concerned: list[str]


class SittingBody(Model):
    """When and where a committee (a group key) meets, and which cases are on its agenda, by task, in this order."""

    committee: Word
    held_at: Moment
    place: Word = ""
    task_ids: Ids = []


class AgendaBody(Model):
    """Further cases, by task."""

    task_ids: Ids


class MoveBody(Model):
    """Which way."""

    by: Literal["up", "down"]


class PresentBody(Model):
    """Everybody who is there, by user name; who is not named is not there."""

    user_ids: Words


class CloseBody(Model):
    """What the minutes add."""

    remarks: Text | None = None


@operation("GET", "/committee", answer=list[Committee])
@requires(Permission.CASE_WORK)
def list_committees() -> list[Committee]:
    """The committees whose sittings the caller makes."""
    return [Committee(key=group.key, name=text_of(group.name)) for group in sittings.committees_of(current_user)]


@operation("GET", "/committee/<key:key>/waiting", answer=list[WaitingCase])
@requires(Permission.CASE_WORK)
def list_waiting(key: str) -> list[WaitingCase]:
    """The cases that wait for a committee of the caller's, oldest first."""
    return [_waiting(item) for item in sittings.waiting(_own_committee(key).id)]


@operation("GET", "/sitting", answer=list[SittingAnswer])
@requires(Permission.CASE_WORK)
def list_sittings() -> list[SittingAnswer]:
    """The hundred newest sittings that the caller takes part in, keeps or oversees."""
    return [SittingAnswer(**_sitting(row)) for row in sittings.visible(current_user)]


@operation("POST", "/sitting", body=SittingBody, answer=SittingWithAgenda, once=True)
@requires(Permission.CASE_WORK)
def plan_sitting(body: SittingBody) -> SittingWithAgenda:
    """Make a sitting; its members are told."""
    made = sittings.plan(
        committee_id=_own_committee(body.committee).id,
        held_at=body.held_at,
        place=body.place,
        task_ids=body.task_ids,
        person=current_user,
        now=now(),
    )
    return _with_agenda(made)


@operation("GET", "/sitting/<uuid:sitting_id>", answer=SittingWithAgenda)
@requires(Permission.CASE_WORK)
def get_sitting(sitting_id: uuid.UUID) -> SittingWithAgenda:
    """One sitting with its agenda."""
    return _with_agenda(sittings.sitting(sitting_id, current_user))


@operation("POST", "/sitting/<uuid:sitting_id>/agenda", body=AgendaBody, answer=SittingWithAgenda, once=True)
@requires(Permission.CASE_WORK)
def add_to_agenda(sitting_id: uuid.UUID, body: AgendaBody) -> SittingWithAgenda:
    """Put cases at the end of the agenda."""
    found = sittings.add_to_agenda(sitting_id=sitting_id, task_ids=body.task_ids, person=current_user, now=now())
    return _with_agenda(found)


@operation(
    "POST",
    "/sitting/<uuid:sitting_id>/agenda/<uuid:task_id>/move",
    body=MoveBody,
    answer=SittingWithAgenda,
    once=True,
)
@requires(Permission.CASE_WORK)
def move_on_agenda(sitting_id: uuid.UUID, task_id: uuid.UUID, body: MoveBody) -> SittingWithAgenda:
    """Move a case one place up or down."""
    return _moved(sitting_id, task_id, BY[body.by])


@operation("DELETE", "/sitting/<uuid:sitting_id>/agenda/<uuid:task_id>", answer=SittingWithAgenda)
@requires(Permission.CASE_WORK)
def take_off_agenda(sitting_id: uuid.UUID, task_id: uuid.UUID) -> SittingWithAgenda:
    """Take a case off the agenda; its vote stays open."""
    return _moved(sitting_id, task_id, 0)


@operation("PUT", "/sitting/<uuid:sitting_id>/present", body=PresentBody, answer=SittingWithAgenda)
@requires(Permission.CASE_WORK)
def mark_present(sitting_id: uuid.UUID, body: PresentBody) -> SittingWithAgenda:
    """Say who is there; a first mark opens the sitting."""
    found = sittings.sitting(sitting_id, current_user)
    ids = _people(body.user_ids, sittings.concerned(found))
    return _with_agenda(sittings.mark_present(sitting_id=sitting_id, user_ids=ids, person=current_user, now=now()))


@operation("POST", "/sitting/<uuid:sitting_id>/close", body=CloseBody, answer=SittingWithAgenda, once=True)
@requires(Permission.CASE_WORK)
def close_sitting(sitting_id: uuid.UUID, body: CloseBody) -> SittingWithAgenda:
    """End a sitting; its minutes can be printed from then on."""
    found = sittings.close_sitting(sitting_id=sitting_id, remarks=body.remarks or "", person=current_user, now=now())
    return _with_agenda(found)


def _own_committee(key: str) -> Group:
    found = next((group for group in sittings.committees_of(current_user) if group.key == key), None)
    if found is None:
        raise NotFound("There is no such committee, or you do not keep its sittings.")
    return found


def _people(names: Sequence[str], concerned: Sequence[int]) -> list[int]:
    """The ids of those named, who must have to do with the sitting."""
    by_name = {user.username: one for one, user in people.users(concerned).items()}
    strange = next((name for name in names if name not in by_name), None)
    if strange is not None:
        raise NotFound("{name} has nothing to do with this sitting.", name=strange)
    return [by_name[name] for name in names]


def _moved(sitting_id: uuid.UUID, task_id: uuid.UUID, by: int) -> SittingWithAgenda:
    return _with_agenda(sittings.move(sitting_id=sitting_id, task_id=task_id, by=by, person=current_user, now=now()))


def _waiting(item: AgendaItem) -> WaitingCase:
    return WaitingCase(
        task_id=item.task.id,
        process_instance_id=item.case.id,
        business_key=item.case.number,
        task_definition_key=item.task.element_id,
    )


def _sitting(row: Sitting) -> dict[str, Any]:
    present = people.users(row.present_ids)
    return {
        "id": row.id,
        "committee": next((group.key for group in people.groups() if group.id == row.committee_id), ""),
        "state": row.state,
        "held_at": row.held_at,
        "place": row.place,
        "present": [present[one].username for one in row.present_ids if one in present],
        "secretary": sittings.is_secretary(row, current_user),
        "closed_at": row.closed_at,
        "remarks": row.remarks,
    }


def _with_agenda(row: Sitting) -> SittingWithAgenda:
    concerned = people.users(sittings.concerned(row)).values()
    return SittingWithAgenda(
        **_sitting(row),
        agenda=[_item(item) for item in sittings.agenda(row.id)],
        concerned=sorted(user.username for user in concerned),
    )


def _item(item: AgendaItem) -> AgendaAnswer:
    outcome = item.task.outcome if queries.may_see(current_user, item.case) else None
    return AgendaAnswer(
        **_waiting(item).model_dump(), position=item.position, open=item.task.state == "open", outcome=outcome
    )
