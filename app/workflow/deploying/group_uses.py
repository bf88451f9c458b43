"""What refers to a group, so that nobody takes it away under a diagram or a case."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlalchemy import ColumnElement, func, or_, select

from app.identity.models import Group
from app.kernel.db import session
from app.kernel.errors import Refusal
from app.workflow import engine
from app.workflow.committees.vote_models import Sitting, VoteRound
from app.workflow.deploying import definitions
from app.workflow.deploying.deployment_models import ProcessDefinition
from app.workflow.models import CaseState, ProcessInstance, TaskState, UserTask

MOST_NAMED = 5
LITERAL = re.compile(r'"([a-z0-9_]{3,})"')


def must_be_unused(group: Group) -> None:
    """Raise a Refusal that names what refers to the group."""
    if named := sorted(_processes(group.key)):
        raise Refusal("The group is named by: {names}. Publish versions without it first.", names=_some(named))
    if waiting := _cases_that_wait(group.id):
        raise Refusal("Tasks of the group are open in: {names}.", names=_some(waiting))
    if _is_on_record(group.id):
        raise Refusal("Cases were decided with this group, so it stays on record. Take its members out instead.")


def _processes(key: str) -> Iterator[str]:
    """The processes whose version in force, or that of a case under way, names the group."""
    live = select(ProcessInstance.definition_id).where(
        ProcessInstance.state.in_((CaseState.ACTIVE, CaseState.SUSPENDED))
    )
    asked = select(ProcessDefinition).where(or_(ProcessDefinition.active, ProcessDefinition.id.in_(live)))
    for row in session.scalars(asked.order_by(ProcessDefinition.key, ProcessDefinition.version)):
        loaded = definitions.load(row.id)
        if _files_name(key, loaded) or any(_computes(rule, key) for rule in _rules(loaded.compiled)):
            yield f"{row.key} {row.version}"


def _files_name(key: str, loaded: definitions.Loaded) -> bool:
    word = re.compile(rf"(?<![\w]){re.escape(key)}(?![\w])".encode())
    return any(word.search(content) for content in loaded.files.values())


def _rules(compiled: engine.Definition) -> Iterator[engine.Candidates]:
    for step in compiled.steps.values():
        yield from step.candidates


def _computes(rule: engine.Candidates, key: str) -> bool:
    """Whether the rule puts keys together (`business_line + "_officers"`) and this could be one of them."""
    parts = LITERAL.findall(rule.value) if "+" in rule.value else ()
    inner = (*rule.also, *rule.apart)
    return any(key.startswith(part) or key.endswith(part) for part in parts) or any(_computes(r, key) for r in inner)


def _of(group_id: int) -> ColumnElement[bool]:
    return or_(
        UserTask.candidate_group_id == group_id,
        UserTask.candidate_group_ids.contains([group_id]),
        UserTask.secretary_group_ids.contains([group_id]),
    )


def _cases_that_wait(group_id: int) -> list[str]:
    numbers = select(ProcessInstance.number).join(UserTask, UserTask.instance_id == ProcessInstance.id)
    waiting = numbers.where(UserTask.state == TaskState.OPEN, _of(group_id)).distinct()
    return list(session.scalars(waiting.order_by(ProcessInstance.number).limit(MOST_NAMED + 1)))


def _is_on_record(group_id: int) -> bool:
    kept = (
        select(UserTask.id).where(_of(group_id)),
        select(VoteRound.id).where(VoteRound.committee_id == group_id),
        select(Sitting.id).where(Sitting.committee_id == group_id),
    )
    return any(session.scalar(select(func.count()).select_from(one.limit(1).subquery())) for one in kept)


def _some(names: list[str]) -> str:
    return ", ".join(names[:MOST_NAMED]) + (" …" if len(names) > MOST_NAMED else "")
