"""The clock of a task in the reader's words: what is left in working time, since when it waits, what happens next and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import format_datetime, gettext, ngettext

from app.bank_calendar import queries as bank_calendar
from app.workflow.clocks import deadlines
from app.workflow.engine import Link, Step
from app.workflow.models import CaseState, ProcessInstance, UserTask

SOON = timedelta(hours=4)
EXACT = "yyyy-MM-dd HH:mm"


@dataclass(frozen=True)
class Due:
    """A deadline. `state`: none, ok, soon, overdue, paused, waiting. iso, absolute: when it is due, or since when it waits."""

    state: str
    shown: str = ""
    iso: str = ""
    absolute: str = ""


NO_DUE = Due("none")


def due(task: UserTask | None, case: ProcessInstance, now: datetime) -> Due:
    """The deadline of a task for the page."""
    if task is None:
        return NO_DUE
    calendar = bank_calendar.calendar(case.branch_id)
    left = deadlines.left(task, calendar, now)
    if task.waiting_since is not None:
        shown = _stands(gettext("Waiting for the customer"), left, calendar.day_length)
        return Due("waiting", shown, task.waiting_since.isoformat(), _since(task.waiting_since))
    if left is None:
        return NO_DUE
    if case.state == CaseState.SUSPENDED or task.due_at is None:
        return Due("paused", _stands(gettext("Paused"), left, calendar.day_length))
    state = "overdue" if task.due_at < now else "soon" if left < SOON else "ok"
    return Due(
        state,
        _left(left, calendar.day_length, late=state == "overdue"),
        task.due_at.isoformat(),
        _absolute(task.due_at, state),
    )


def in_working_time(work: timedelta, day: timedelta) -> str:
    """Working time in words: days of the bank's length and hours; minutes where there is no whole day. The sign is left out."""
    days, rest = divmod(abs(work), day)
    hours, rest = divmod(rest, timedelta(hours=1))
    minutes = rest // timedelta(minutes=1)
    parts = [
        ngettext("%(num)s working day", "%(num)s working days", days) if days else "",
        ngettext("%(num)s hour", "%(num)s hours", hours) if hours else "",
        ngettext("%(num)s minute", "%(num)s minutes", minutes) if minutes and not days else "",
    ]
    return " ".join(filter(None, parts)) or gettext("less than a minute")


def what_comes_next(task: UserTask | None, step: Step, case: ProcessInstance) -> str:
    """What the chain does next and when, as a sentence; nothing where nothing comes or the clock stands still."""
    link = deadlines.next_link(task, step) if task is not None else None
    if task is None or link is None or task.chain_at is None or case.state != CaseState.ACTIVE:
        return ""
    return _sentence(link, task, when=format_datetime(task.chain_at, EXACT))


def _sentence(link: Link, task: UserTask, *, when: str) -> str:
    if link.kind == "remind" and task.is_vote:
        return gettext("Those who have not voted will be reminded on %(when)s", when=when)
    if link.kind == "remind" and task.assignee_id is None:
        return gettext("The head of the group will be reminded on %(when)s", when=when)
    if link.kind == "remind":
        return gettext("The holder will be reminded on %(when)s", when=when)
    if link.kind == "superior":
        return gettext("The superior will be reminded on %(when)s", when=when)
    if link.kind == "deputy":
        return gettext("The deputy will take over on %(when)s", when=when)
    return gettext("It will go to the supervisors on %(when)s", when=when)


def _stands(why: str, left: timedelta | None, day: timedelta) -> str:
    return why if left is None else f"{why} · {_left(left, day, late=left < timedelta())}"


def _left(left: timedelta, day: timedelta, *, late: bool) -> str:
    length = in_working_time(left, day)
    return gettext("%(time)s late", time=length) if late else gettext("%(time)s left", time=length)


def _absolute(due_at: datetime, state: str) -> str:
    when = format_datetime(due_at, EXACT)
    return gettext("overdue since %(when)s", when=when) if state == "overdue" else gettext("due %(when)s", when=when)


def _since(moment: datetime) -> str:
    return gettext("waiting since %(when)s", when=format_datetime(moment, EXACT))
