"""The dry run as an examination: what is asked for, done by a worker, kept as JSON (the shape of `trials.summary.summary`).

asked: process, limit, since and until (ISO days), line, names (gone station → new one), answers (station → outcome).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.studio import examinations
from app.studio.trials import trial_ground
from app.workflow.recording import ZONE
from app.workflow.trials import dry_run
from app.workflow.trials.record import Wanted
from app.workflow.trials.summary import summary

KIND = "dry_run"


@examinations.examiner(KIND)
def examine(task: examinations.Task) -> dict[str, Any]:
    """Replay the cases over the draft; raises NothingToTry."""
    asked = task.asked
    found = trial_ground.versions(task.draft, task.files, asked["process"])
    if found.before is None:
        raise trial_ground.NothingToTry("No version of this process is in force, so there are no cases to replay.")
    plan = dry_run.Plan(found.now, found.files, found.before, asked["names"], asked["answers"])
    trials, medians = dry_run.run(wanted(asked), plan, task.report)
    return summary(trials, plan, medians) | {"process": found.now.key}


def wanted(asked: dict[str, Any] | Any) -> Wanted:
    """The cases that were asked for; both days are counted in."""
    until = _day(asked.get("until"))
    return Wanted(
        asked["process"],
        int(asked["limit"]),
        _day(asked.get("since")),
        until + timedelta(days=1) if until is not None else None,
        asked.get("line") or None,
    )


def _day(text: str | None) -> datetime | None:
    """The beginning of a day of the bank's zone."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE)) if text else None
