"""`python run.py diff OLD NEW`: two versions compared at the command line, as a git difftool or before a commit."""

from __future__ import annotations

from pathlib import Path

from app.workflow.difference import Change, between
from app.workflow.difference.values import Kind

SIGNS = {Kind.ADDED: "+", Kind.REMOVED: "-", Kind.CHANGED: "~", Kind.MOVED: "↕"}
ENDINGS = (".bpmn", ".dmn", ".form")


def compare_paths(old: Path, new: Path, language: str) -> tuple[list[str], int]:
    """A line for each difference between two files or folders, and the exit code: 0 where there is none, else 1.

    Raises OSError for what can't be read.
    """
    before, after = _read(old), _read(new)
    if old.is_file() and new.is_file():
        # Git hands over temporary names; what is compared is one file.
        after = {next(iter(before)): content for content in after.values()}
    changes = between(before, after)
    return [line(change, language) for change in changes], int(bool(changes))


def line(change: Change, language: str) -> str:
    """A change as a line, with what an added or removed thing holds beneath it."""
    details = "".join(f"\n      {detail[language]}" for detail in change.details)
    return f"{SIGNS[change.kind]} [{change.weight}] {change.file}: {change.sentence[language]}{details}"


def _read(path: Path) -> dict[str, bytes]:
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.suffix in ENDINGS)
        return {file.relative_to(path).as_posix(): file.read_bytes() for file in files}
    return {path.name: path.read_bytes()}
