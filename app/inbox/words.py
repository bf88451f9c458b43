"""Moments, money and stations in the reader's words."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from flask_babel import format_datetime, format_decimal, format_timedelta, gettext

from app.web.i18n import text_of
from app.workflow.clocks.clock_words import Due, due
from app.workflow.deploying import definitions
from app.workflow.models import CaseState, ProcessInstance

__all__ = ["Due", "Moment", "due", "moment", "money", "station", "status"]


@dataclass(frozen=True)
class Moment:
    """A point in time: for machines, in relation to now, and exactly."""

    iso: str
    shown: str
    absolute: str


def moment(at: datetime | None, now: datetime) -> Moment | None:
    """`at` for the page; None stays None."""
    if at is None:
        return None
    ago = format_timedelta(at - now, add_direction=True, granularity="minute", threshold=1.1)
    return Moment(at.isoformat(), ago, format_datetime(at, "yyyy-MM-dd HH:mm"))


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
        "discuss": gettext("Discuss again"),
    }
