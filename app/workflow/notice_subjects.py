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
from app.workflow.rules import Verb

MOST = 50
# Why a task is no longer needed, by the reason that stands on it. "withdrawn" is said of two things: see `_why`.
WHY: Mapping[str, Mapping[str, str]] = {
    "returned": {"en": "the case was sent back", "zh_Hans": "业务已被退回", "zh_Hant": "業務已被退回"},
    "refused": {
        "en": "the case was refused at another station",
        "zh_Hans": "业务已在其他环节被否决",
        "zh_Hant": "業務已在其他環節被否決",
    },
    "withdrawn": {"en": "the step before it was taken back", "zh_Hans": "上一步已被撤回", "zh_Hant": "上一步已被撤回"},
    "given_up": {"en": "the initiator gave the case up", "zh_Hans": "发起人已放弃申请", "zh_Hant": "發起人已放棄申請"},
    "recalled": {"en": "the initiator recalled the case", "zh_Hans": "发起人已撤销", "zh_Hant": "發起人已撤銷"},
    "jumped": {
        "en": "a supervisor put the case at another station",
        "zh_Hans": "主管已将业务跳转到其他环节",
        "zh_Hant": "主管已將業務跳轉到其他環節",
    },
    "restored": {
        "en": "a supervisor rewound the case to an earlier moment",
        "zh_Hans": "主管已将业务恢复到较早时点",
        "zh_Hant": "主管已將業務恢復到較早時點",
    },
    "cancelled": {"en": "the case was terminated", "zh_Hans": "业务已终止", "zh_Hant": "業務已終止"},
    "timed_out": {"en": "its time is over", "zh_Hans": "办理时限已过", "zh_Hant": "辦理時限已過"},
    "migrated": {
        "en": "the case went over to another version of its process",
        "zh_Hans": "业务已迁移到流程的其他版本",
        "zh_Hant": "業務已遷移到流程的其他版本",
    },
    "conflict": {
        "en": "you are a related party of the customer",
        "zh_Hans": "您是该客户的关联方，须回避",
        "zh_Hant": "您是該客戶的關聯方，須迴避",
    },
    "signer_removed": {
        "en": "you are no longer asked about it",
        "zh_Hans": "您的会签已被取消",
        "zh_Hant": "您的會簽已被取消",
    },
    "signer_refused": {
        "en": "another added person did not agree",
        "zh_Hans": "另一位加签人不同意",
        "zh_Hant": "另一位加簽人不同意",
    },
    "answer_void": {
        "en": "it has another holder, who answers first",
        "zh_Hans": "任务已换人办理，须先由新办理人答复",
        "zh_Hant": "任務已換人辦理，須先由新辦理人答覆",
    },
}
OVERTAKEN = {"en": "the case went on without it", "zh_Hans": "业务已继续办理", "zh_Hant": "業務已繼續辦理"}
DECIDED = {"en": "the case was decided", "zh_Hans": "业务已有结论", "zh_Hant": "業務已有結論"}


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
        why=_in(locale, _why(notice)),
        **_staff(notice),
    )


def _why(notice: Notice) -> Mapping[str, str]:
    """Why a task was cancelled; a reason without words of its own is the end that the case came to."""
    reason = str(notice.params.get("reason", "overtaken"))
    if reason == "withdrawn" and notice.params.get("verb") == Verb.GIVE_UP:
        return WHY["given_up"]
    return OVERTAKEN if reason == "overtaken" else WHY.get(reason, DECIDED)


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
