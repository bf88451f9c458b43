"""Why rows of an act on many were not done: as it is kept with the row, and as it stands in the audit."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from app.audit import operations as audit
from app.identity.rules import Person
from app.kernel.errors import Refusal
from app.supervision.models import BulkAct, BulkRow
from app.web.i18n import LANGUAGES
from app.workflow import engine
from app.workflow.rules import About

log = logging.getLogger("creditflow.supervision")
FAULT = "Something went wrong on our side with this row. Nothing was written for it."


def said(refusal: Refusal | engine.EngineError) -> dict[str, Any]:
    """A refusal as it is kept with a row, to be read in any language."""
    if isinstance(refusal, engine.EngineError):
        return {"texts": {locale: refusal.message(locale) for locale in LANGUAGES}}
    values = {name: str(value) for name, value in refusal.values.items()}
    return {"text": refusal.text, "values": values, "texts": dict(refusal.texts)}


def told(fault: Exception, row: BulkRow) -> dict[str, Any]:
    """Why a row was not done. What is no refusal stands in the log: one damaged case must not stop the other rows."""
    if isinstance(fault, (Refusal, engine.EngineError)):
        return said(fault)
    log.error("row %s of act %s", row.place, row.act_id, exc_info=fault)
    return said(Refusal(FAULT))


def note(rows: Sequence[BulkRow], act: BulkAct, person: Person, now: datetime) -> None:
    """An audit entry for each row that was refused, as for an act on one; what only a preview refused was never asked for.

    On the person's own chain, as the cases may be held by whoever was faster; written after the last row of a chunk, so that two
    who go on with the same act wait for each other at its end only. One statement for all of them.
    """
    for row in rows:
        refusal = row.refusal or {}
        why = refusal.get("text") or refusal.get("texts", {}).get("en", "")
        audit.record(
            chain=f"refused:{person.id}",
            verb="refused",
            object_type="user_task" if act.subject == About.TASK else "process_instance",
            object_id=row.subject_id,
            actor=person.actor,
            now=now,
            detail={"act": act.verb, "why": why, "case": str(row.case_id), "bulk": str(act.id)},
        )
