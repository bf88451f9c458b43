"""Who must keep away from a task, and why: four eyes, the applicant himself, related parties of the customer. Pure.

Related parties are kept away from every step but those of the initiator; the one who began a case is kept away from judging it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from app.workflow import rules
from app.workflow.engine import Step
from app.workflow.models import ProcessInstance

ZONE = ZoneInfo("Asia/Shanghai")


class Code(StrEnum):
    """Why somebody must keep away."""

    FOUR_EYES = "four_eyes"
    APPLICANT = "applicant"
    RELATED = "related"


@dataclass(frozen=True)
class Away:
    """The reason one person is kept away: the step he did, or his relation to the customer in every language."""

    code: Code
    step: str | None = None
    relation: Mapping[str, str] | None = None

    @property
    def is_conflict(self) -> bool:
        """Whether it is a conflict of interests; then his superior takes his place."""
        return self.code is not Code.FOUR_EYES

    def to_json(self) -> dict[str, Any]:
        """As the task keeps it."""
        found = {"code": str(self.code), "step": self.step, "relation": dict(self.relation or {})}
        return {name: value for name, value in found.items() if value}


def kept_away(step: Step, steps: Mapping[str, Step], case: ProcessInstance, now: datetime) -> dict[int, Away]:
    """Everybody who may not do `step`, one of the `steps` of the definition, in this case, with the strongest reason."""
    found: dict[int, Away] = {}
    for other in sorted(rules.apart_from(step.element_id, steps)):
        for user_id in case.visits.get(other, {}).get("by", []):
            found.setdefault(user_id, Away(Code.FOUR_EYES, step=other))
    if any(candidates.rule == "initiator" for candidates in step.candidates):
        return found
    if step.is_approval and case.started_by is not None:
        found[case.started_by] = Away(Code.APPLICANT)
    return {**found, **related(case, now)}


def related(case: ProcessInstance, now: datetime) -> dict[int, Away]:
    """The members of staff who are related parties of the case's customer on the day of `now`."""
    today = now.astimezone(ZONE).date().isoformat()
    return {
        entry["user"]: Away(Code.RELATED, relation=entry["relation"])
        for entry in case.related or ()
        if (entry["since"] or "") <= today <= (entry["until"] or "9999")
    }


def conflicted(case: ProcessInstance, user_ids: Iterable[int], *, now: datetime) -> dict[int, Away]:
    """Those of the users who may not judge this case whatever the diagram says: who began it, and related parties."""
    found = related(case, now)
    if case.started_by is not None:
        found.setdefault(case.started_by, Away(Code.APPLICANT))
    return {user_id: found[user_id] for user_id in user_ids if user_id in found}
