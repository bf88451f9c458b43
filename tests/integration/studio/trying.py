"""Drafts for trials: begun from the version in force, changed in one place, examined as a worker does. For tests only."""

from __future__ import annotations

import uuid
from typing import Any

from app.audit.operations import SYSTEM
from app.kernel.clock import now
from app.kernel.db import transaction
from app.studio import drafts, examinations
from app.studio.models import Examination
from app.workflow.deploying import definitions

PROCESS = "credit_application"
TABLE = f"{PROCESS}/risk_committee_needed.dmn"
ROUTE = f"{PROCESS}/{PROCESS}.bpmn"
ASKED = {"process": PROCESS, "limit": 500, "since": "", "until": "", "line": "", "names": {}, "answers": {}}


def draft(**changes: tuple[str, str]) -> uuid.UUID:
    """A draft of the credit route with texts replaced: "table" or "route" → (old, new). Committed."""
    with transaction():
        row = definitions.active(PROCESS)
        files = dict(definitions.load(row.id).files)
        for key, (old, new) in changes.items():
            name = {"table": TABLE, "route": ROUTE}[key]
            assert old.encode() in files[name]
            files[name] = files[name].replace(old.encode(), new.encode())
        made = drafts.begin(
            name=PROCESS, title="授信审批", files=files, actor=SYSTEM, now=now(), deployment_id=row.deployment_id
        )
        return made.id


def examined(draft_id: uuid.UUID, **asked: Any) -> dict[str, Any]:
    """What a dry run of the draft finds."""
    with transaction():
        row = examinations.begin(
            draft=drafts.find(draft_id), kind="dry_run", asked={**ASKED, **asked}, actor=SYSTEM, now=now()
        )
        row_id = row.id
    work(row_id)
    with transaction():
        done = examinations.find(row_id)
        assert done.state == "done", done.fault
        assert done.found is not None
        return done.found


def work(row_id: uuid.UUID) -> None:
    """What the worker does."""
    with transaction():
        examinations.examine(examination=str(row_id), key="")


def waiting(draft_id: uuid.UUID, kind: str = "dry_run") -> uuid.UUID:
    """The examination that was asked for on a page."""
    with transaction():
        row = examinations.newest(drafts.find(draft_id), kind)
        assert isinstance(row, Examination)
        return row.id
