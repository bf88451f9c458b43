"""Work that reached the outside world (money paid, a contract signed) bars every way back to before it.

The diagram says which elements do that (`outside="true"`), and may name the delegate that undoes one (`compensation`); then the
way is open, and the delegate is called in the same transaction as the return.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from app.kernel.db import session
from app.kernel.errors import Refusal
from app.web.i18n import LANGUAGES
from app.workflow import engine, progress
from app.workflow.cases import Held
from app.workflow.models import CaseEvent, TaskState, UserTask
from app.workflow.recording import Act


def reached(held: Held, since: int = 0) -> set[str]:
    """The elements of this case that have written outside (after event number `since`) and were not undone since."""
    outside = held.loaded.compiled.outside
    if not outside:
        return set()
    case_id = held.case.id
    later = select(CaseEvent).where(CaseEvent.instance_id == case_id, CaseEvent.seq > since)
    events = session.scalars(later.order_by(CaseEvent.seq))
    completed = UserTask.state == TaskState.COMPLETED, UserTask.parent_id.is_(None)
    own = UserTask.instance_id == case_id, UserTask.element_id.in_(outside)
    done: dict[object, set[str]] = {}
    # By the moment of their completion: the act that ended a step is not always one on its own task (an added person's answer).
    for visit in session.scalars(select(UserTask).where(*own, *completed)):
        done.setdefault(visit.completed_at, set()).add(visit.element_id)
    found: set[str] = set()
    for event in events:
        found |= {element for element in event.passed if element in outside} | done.get(event.at, set())
        found -= set(event.detail.get("compensated", ()))
    return found


def barred_by(held: Held, target: str) -> str | None:
    """The element that stands in the way of a return to `target`, if there is one."""
    done = {element for element in reached(held) if held.loaded.compiled.outside[element] is None}
    return next(iter(sorted(done & _again(held, target))), None) if done else None


def check(held: Held, target: str) -> None:
    """Refuse a return to before work that reached the outside world and that nothing undoes."""
    refuse(held, barred_by(held, target))


def refuse(held: Held, element: str | None) -> None:
    """Say that what was done at the element bars the way; nothing where there is none."""
    if element is not None:
        names = held.loaded.compiled.labels[element]
        refusal = Refusal(
            "What was done at {station} has reached the outside world; there is no way back to before it."
        )
        refusal.values = {"station": names["zh_Hans"]}
        refusal.texts = {language: WORDS[language].format(station=names[language]) for language in LANGUAGES}
        raise refusal


def undo(held: Held, target: str, act: Act) -> None:
    """Call the compensation of everything outside that a return to `target` makes undone, the newest first."""
    outside = held.loaded.compiled.outside
    undoable = {element for element in reached(held) if outside[element] is not None}
    if undoable:
        compensate(held, sorted(undoable & _again(held, target)), act)


def compensate(held: Held, undone: Sequence[str], act: Act) -> None:
    """Call the delegates that undo what the elements did outside."""
    if not undone:
        return
    outside = held.loaded.compiled.outside
    services = progress.services(held.case, act)
    for element in undone:
        services.call(str(outside[element]), dict(held.case.variables))
    act.detail = {**act.detail, "compensated": undone}


def _again(held: Held, target: str) -> set[str]:
    """What would have to be passed again, the target included; no more than that where the engine will not go there at all."""
    sender = held.task.engine_id if held.task is not None else None
    try:
        return {target, *engine.rewind_price(held.loaded.compiled, held.case.blob, target, from_task=sender).region}
    except engine.RewindRefused:
        return {target}


WORDS = {
    "en": "What was done at {station} has reached the outside world; there is no way back to before it.",
    "zh_Hans": "“{station}”的办理结果已对外生效，不能退回到该环节之前。",
    "zh_Hant": "「{station}」的辦理結果已對外生效，不能退回到該環節之前。",
}
