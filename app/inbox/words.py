"""Moments, money and stations in the reader's words."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from flask_babel import format_datetime, format_decimal, format_timedelta, gettext

from app.web.i18n import text_of
from app.workflow import definitions
from app.workflow.models import CaseState, ProcessInstance, UserTask

SOON = timedelta(hours=4)


@dataclass(frozen=True)
class Moment:
    """A point in time: for machines, in relation to now, and exactly."""

    iso: str
    shown: str
    absolute: str


@dataclass(frozen=True)
class Due:
    """A deadline. `state`: none, ok, soon, overdue, paused."""

    state: str
    shown: str = ""
    iso: str = ""
    absolute: str = ""


def moment(at: datetime | None, now: datetime) -> Moment | None:
    """`at` for the page; None stays None."""
    if at is None:
        return None
    ago = format_timedelta(at - now, add_direction=True, granularity="minute", threshold=1.1)
    return Moment(at.isoformat(), ago, format_datetime(at, "yyyy-MM-dd HH:mm"))


def due(task: UserTask | None, case: ProcessInstance, now: datetime) -> Due:
    """The deadline of a task for the page."""
    if task is None or task.due_at is None:
        return Due("none")
    absolute = format_datetime(task.due_at, "yyyy-MM-dd HH:mm")
    if case.state == CaseState.SUSPENDED:
        return Due("paused", gettext("Paused"), task.due_at.isoformat(), absolute)
    left = task.due_at - now
    state = "overdue" if left < timedelta() else "soon" if left < SOON else "ok"
    length = format_timedelta(abs(left), granularity="minute", threshold=1.1)
    shown = gettext("%(time)s late", time=length) if state == "overdue" else gettext("in %(time)s", time=length)
    return Due(state, shown, task.due_at.isoformat(), absolute)


def money(amount: Decimal | None) -> str:
    """An amount in yuan with separators, or nothing."""
    return "" if amount is None else format_decimal(amount, "#,##0.00")


def station(definition_id: uuid.UUID, element_id: str) -> str:
    """The name of a station in the reader's language."""
    steps = definitions.load(definition_id).compiled.steps
    return text_of(steps[element_id].name) if element_id in steps else element_id


def status(case: ProcessInstance) -> str:
    """The key of the case's stamp: what the end it reached makes of it, or its state."""
    if case.state == CaseState.COMPLETED:
        ends = definitions.load(case.definition_id).compiled.ends
        return ends.get(case.outcome or "", "refused" if case.outcome == "refused" else "approved")
    return "running" if case.state == CaseState.ACTIVE else case.state


def ballot_words() -> dict[str, str]:
    """What may stand on a ballot."""
    return {
        "agree": gettext("Agree"),
        "conditional": gettext("Agree with conditions"),
        "disagree": gettext("Disagree"),
        "abstain": gettext("Abstain"),
    }
