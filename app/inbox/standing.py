"""What the reader should know before he reads anything else: who asked him for what, whom his task waits for, what was copied to
him and why, and what waits for his confirmation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from flask_babel import gettext

from app.inbox import case_record
from app.inbox.case_page import Open
from app.web.access import Permission
from app.workflow import queries
from app.workflow.models import CaseEvent, UserTask
from app.workflow.moves import pending
from app.workflow.rules import Verb
from app.workflow.words import WORDS


@dataclass(frozen=True)
class Notice:
    """A sentence on top of the case, why, and the values that changed where it is about values: label, before, now."""

    title: str
    text: str = ""
    kind: str = "info"
    changes: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Wish:
    """An act that waits for a second person: what, of whom, why; whether the reader may be that person."""

    id: str
    title: str
    reason: str
    may_confirm: bool


def notices(page: Open) -> list[Notice]:
    """What concerns the reader, the most pressing first."""
    return [*_asked(page), *_waiting(page), *_copied(page)]


def wishes(page: Open) -> list[Wish]:
    """What waits for a second person's confirmation, for supervisors."""
    if not page.person.may_in(Permission.CASE_SUPERVISE, page.case.branch_id):
        return []
    return [
        Wish(
            str(row.id),
            gettext(
                "%(name)s asks for confirmation: %(verb)s %(station)s",
                name=page.name(row.asked_by),
                verb=gettext(WORDS[Verb(row.verb)].button),
                station=page.station(row.given["target"]) if "target" in row.given else "",
            ).strip(),
            row.given.get("reason", ""),
            row.asked_by != page.person.id,
        )
        for row in pending.open_acts(page.case.id)
    ]


def _asked(page: Open) -> Iterator[Notice]:
    """Why the reader has this task, where somebody gave it to him."""
    task = page.task
    if task is None or task.assignee_id != page.person.id:
        return
    if task.parent_id is not None:
        event = _last(page, "add_signer", task.parent_id)
        yield Notice(gettext("%(name)s asks you to join in this task", name=_by(page, event)), _why(event))
    elif task.owner_ids:
        event = _last(page, "delegate", task.id)
        yield Notice(gettext("%(name)s asks for your opinion", name=page.name(task.owner_ids[-1])), _why(event))
    else:
        event = _last(page, "transfer", task.id)
        if event is not None and event.detail.get("to_user") == page.person.id:
            yield Notice(gettext("%(name)s transferred this task to you", name=_by(page, event)), _why(event))
        yield from _opinions(page, task)


def _opinions(page: Open, task: UserTask) -> Iterator[Notice]:
    """What those said whom the holder asked or added."""
    added = {row.id for row in page.tasks if row.parent_id == task.id}
    for event in page.events:
        if event.verb == "resolve" and event.task_id == task.id:
            yield Notice(gettext("%(name)s's opinion", name=_by(page, event)), event.comment or "", "ok")
        if event.verb == "answer" and event.task_id in added:
            row = next(row for row in page.tasks if row.id == event.task_id)
            agrees = event.detail["choice"] == "agree"
            title = gettext("%(name)s agrees", name=_by(page, event))
            title = title if agrees else gettext("%(name)s does not agree", name=_by(page, event))
            yield Notice(title, row.opinion or "", "ok" if agrees else "danger")


def _waiting(page: Open) -> Iterator[Notice]:
    task = page.task
    if task is None or not (task.signer_ids or task.planned_ids):
        return
    comma = gettext(", ")
    if task.signer_ids:
        names = comma.join(page.name(i) for i in task.signer_ids)
        yield Notice(gettext("The task waits for %(names)s", names=names), kind="info" if task.stage else "ok")
    if task.planned_ids:
        names = comma.join(page.name(i) for i in task.planned_ids)
        yield Notice(gettext("After your answer %(names)s will be asked", names=names))


def _copied(page: Open) -> Iterator[Notice]:
    for copy in queries.copies_of(page.case.id, page.person.id):
        station = page.station(copy.element_id) if copy.element_id else ""
        if copy.visit_id is not None:
            title = gettext("The case went straight back; this was changed at %(station)s", station=station)
            yield Notice(title, changes=case_record.changes_of(page, copy.visit_id))
        else:
            yield Notice(
                gettext("%(name)s copied this case to you", name=page.name(copy.sent_by)), copy.note or "", "info"
            )


def _last(page: Open, verb: str, task_id: object = None) -> CaseEvent | None:
    found = [e for e in page.events if e.verb == verb and (task_id is None or e.task_id == task_id)]
    return found[-1] if found else None


def _by(page: Open, event: CaseEvent | None) -> str:
    return page.name(event.actor_id) if event is not None else ""


def _why(event: CaseEvent | None) -> str:
    return (event.comment or "") if event is not None else ""
