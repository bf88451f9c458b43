"""Whose rows a person gets to see: the rule of `queries.may_see`, for one case and as a condition of a list.

A list costs what it shows: every part of a condition is served by an index of its own.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, literal, or_, select, union_all

from app.identity.rules import Person
from app.kernel.db import session
from app.kernel.errors import NotFound
from app.web.access import Permission
from app.workflow import queries
from app.workflow.models import ProcessInstance, TaskState, UserTask
from app.workflow.moves.move_models import Copy
from app.workflow.reach import cases_in


def visible_case(instance_id: uuid.UUID, person: Person) -> ProcessInstance:
    """The case; raises NotFound for whoever is not concerned with it."""
    case = queries.case_by_id(instance_id)
    if case is None or not queries.may_see(person, case):
        raise NotFound("There is no such case.")
    return case


def visible_task(task_id: uuid.UUID, person: Person) -> tuple[UserTask, ProcessInstance]:
    """The task, open or not, with its case; raises NotFound for whoever is not concerned with the case."""
    task = queries.task_by_id(task_id)
    case = queries.case_by_id(task.instance_id) if task else None
    if task is None or case is None or not queries.may_see(person, case):
        raise NotFound("There is no such task.")
    return task, case


def sees_all(person: Person) -> bool:
    """Whether lists are not narrowed to what concerns the person."""
    return person.reach(Permission.CASE_SEE_ALL) is None


def concerned(person: Person) -> ColumnElement[bool]:
    """Condition on cases: the person began it, works or worked on it, could claim a task of it, got a copy, or oversees the
    branch."""
    if sees_all(person):
        return literal(value=True)
    waits = [
        select(UserTask.instance_id).where(UserTask.state == TaskState.OPEN, branch)
        for tab in ("todo", "pool")
        for branch in queries.branches(person, tab)
    ]
    worked = select(UserTask.instance_id).where(_worked(person))
    copies = select(Copy.instance_id).where(Copy.user_id == person.id)
    overseen = person.reach(Permission.CASE_SEE_ALL)
    return or_(
        *(cases_in(overseen) if overseen else ()),
        ProcessInstance.started_by == person.id,
        ProcessInstance.id.in_(union_all(*waits, worked, copies)),
    )


def _worked(person: Person) -> ColumnElement[bool]:
    return or_(
        UserTask.completed_by == person.id,
        UserTask.assignee_id == person.id,
        UserTask.elector_ids.contains([person.id]),
        UserTask.had_ids.contains([person.id]),
    )


def cases_named(
    person: Person, ids: Sequence[uuid.UUID] | None, numbers: Sequence[str] | None
) -> Sequence[uuid.UUID] | None:
    """The cases a filter names, those the person may see; None where it names none."""
    if ids is None and numbers is None:
        return None
    statement: Select[Any] = select(ProcessInstance)
    if ids is not None:
        statement = statement.where(ProcessInstance.id.in_(ids))
    if numbers is not None:
        statement = statement.where(ProcessInstance.number.in_(numbers))
    return [case.id for case in session.scalars(statement) if queries.may_see(person, case)]
