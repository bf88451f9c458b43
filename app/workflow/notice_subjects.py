"""What notices speak of, for the room of notices below: two statements for any number of them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.kernel.db import session
from app.notifications import subjects
from app.notifications.models import Notice
from app.notifications.rules import Group, event_of
from app.notifications.subjects import Subject
from app.workflow.deploying import definitions
from app.workflow.deploying.deployment_models import ProcessDefinition
from app.workflow.models import CaseState, ProcessInstance, TaskState, UserTask
from app.workflow.recording import ZONE

MOST = 50


def describe(notices: Sequence[Notice], locale: str) -> Mapping[int, Subject]:
    """Case number, process and station of each notice, by its id."""
    wanted = {notice.case_id for notice in notices if notice.case_id}
    columns = (ProcessInstance.id, ProcessInstance.number, ProcessInstance.definition_id)
    cases = {row.id: row for row in session.execute(select(*columns).where(ProcessInstance.id.in_(wanted)))}
    return {notice.id: _subject(notice, cases.get(notice.case_id), locale) for notice in notices}


def waiting(user_id: int, locale: str) -> Sequence[Subject]:
    """The open tasks that a user holds, the soonest due first."""
    statement = (
        select(ProcessInstance.number, UserTask.definition_id, UserTask.element_id, UserTask.due_at)
        .join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
        .where(UserTask.assignee_id == user_id, UserTask.state == TaskState.OPEN)
        .where(ProcessInstance.state == CaseState.ACTIVE)
        .order_by(UserTask.due_at.asc().nulls_last(), UserTask.created_at)
        .limit(MOST)
    )
    return [
        Subject(
            case=row.number,
            station=_station(row.definition_id, row.element_id, locale),
            due=row.due_at.astimezone(ZoneInfo(ZONE)).strftime("%Y-%m-%d %H:%M") if row.due_at else "",
        )
        for row in session.execute(statement)
    ]


def _subject(notice: Notice, case: Any, locale: str) -> Subject:
    place = notice.params.get("definition"), notice.params.get("element")
    return Subject(
        case=case.number if case else "",
        process=_in(locale, session.get_one(ProcessDefinition, case.definition_id).name) if case else "",
        station=_station(uuid.UUID(place[0]), place[1], locale) if place[0] and place[1] else "",
        due=str(notice.params.get("due", "")),
        **_staff(notice),
    )


def _staff(notice: Notice) -> dict[str, str]:
    """Members of staff that the notice speaks of; other events may call something else by these words."""
    if event_of(notice.event).group != Group.PEOPLE:
        return {}
    return {word: str(notice.params.get(word, "")) for word in ("name", "deputy")}


def _station(definition_id: uuid.UUID, element_id: str, locale: str) -> str:
    steps = definitions.load(definition_id).compiled.steps
    return _in(locale, steps[element_id].name) if element_id in steps else element_id


def _in(locale: str, texts: Mapping[str, str]) -> str:
    return texts.get(locale) or texts.get("zh_Hans") or ""


subjects.describe_with(describe, waiting)
