"""`python run.py studio export|import`: versions to the shelf and back."""

from __future__ import annotations

from pathlib import Path

from app.audit.operations import SYSTEM
from app.kernel import db
from app.kernel.clock import now
from app.studio.files import shelving


def export(key: str, version: int | None, root: Path) -> list[str]:
    """Write a version under `root`; a line for each file that changed, and a sum."""
    with db.reading():
        done = shelving.export(key=key, version=version, root=root)
    lines = [f"written {path.relative_to(root)}" for path in done.written]
    lines += [f"removed {path.relative_to(root)}" for path in done.removed]
    return [*lines, f"{len(done.written)} written, {len(done.removed)} removed, {len(done.same)} the same."]


def read(folder: str, root: Path) -> str:
    """Begin a draft from the shelf; says where it is."""
    with db.transaction():
        draft = shelving.read(folder=folder, root=root, actor=SYSTEM, now=now())
        return f"Draft {draft.id} ({draft.title}); open it at /studio/drafts/{draft.id}"
