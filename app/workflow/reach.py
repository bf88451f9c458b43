"""Whose cases somebody oversees, as conditions of lists and counts: the whole bank's, or those of some branches.

For one case `Person.may_in` says the same.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, select

from app.workflow.models import CaseState, ProcessInstance, UserTask

# None: the whole bank. An empty set: nothing.
Reach = frozenset[int] | None
LIVE = (CaseState.ACTIVE, CaseState.SUSPENDED)


def cases_in(reach: Reach) -> list[ColumnElement[bool]]:
    """The conditions on cases."""
    return [] if reach is None else [ProcessInstance.branch_id.in_(sorted(reach))]


def tasks_in(reach: Reach) -> list[ColumnElement[bool]]:
    """The conditions on tasks, open or not."""
    if reach is None:
        return []
    return [UserTask.instance_id.in_(select(ProcessInstance.id).where(*cases_in(reach)))]


def open_tasks_in(reach: Reach) -> list[ColumnElement[bool]]:
    """The conditions on open tasks; those of live cases only are looked at."""
    if reach is None:
        return []
    live = select(ProcessInstance.id).where(*cases_in(reach), ProcessInstance.state.in_(LIVE))
    return [UserTask.instance_id.in_(live)]
