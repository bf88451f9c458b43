"""What is wrong in the files of a draft, as the editors show it: a line each, in the reader's language.

The check is the one that guards deployments. The same files are not checked twice: what was found is kept by their digest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from app.web.i18n import text_of
from app.workflow import engine
from app.workflow.deploying import definitions
from app.workflow.deploying.definitions import AnyFinding

KEPT = 16


@dataclass(frozen=True)
class Line:
    """One finding. element: in a diagram, or the decision; component: in a form.

    row, first: rules of a table, from 1; column: label of its column; line, offset: in the text of an expression, from 1.
    """

    file: str
    severity: str
    code: str
    message: str
    mend: str
    element: str | None = None
    component: str | None = None
    row: int | None = None
    column: str | None = None
    line: int | None = None
    offset: int | None = None
    first: int | None = None


@dataclass(frozen=True)
class _Question:
    """Files to be checked against what the bank has; equal when both are."""

    digest: bytes
    known: engine.Catalogue
    files: Mapping[str, bytes] = field(compare=False, repr=False)


def lines(files: Mapping[str, bytes]) -> list[Line]:
    """Everything found in the files, errors first."""
    return [_line(finding) for finding in of_files(files)]


def of_files(files: Mapping[str, bytes]) -> Sequence[AnyFinding]:
    """The findings themselves, errors first."""
    known = definitions.catalogue(files)
    return _findings(_Question(definitions.digest_of(files), known, files))


def counts(files: Mapping[str, bytes]) -> dict[str, dict[str, int]]:
    """How many errors and warnings each file has; files without any are left out."""
    found: dict[str, dict[str, int]] = {}
    for finding in of_files(files):
        own = found.setdefault(finding.file, {"error": 0, "warning": 0})
        own[str(finding.severity)] += 1
    return found


@lru_cache(maxsize=KEPT)
def _findings(asked: _Question) -> tuple[AnyFinding, ...]:
    _, every = definitions.examine(asked.files, asked.known, again_soon=True)
    return tuple(sorted(every, key=lambda finding: str(finding.severity) != "error"))


def _line(finding: AnyFinding) -> Line:
    said = (finding.file, str(finding.severity))
    words = (text_of(finding.message), text_of(finding.mend))
    if not isinstance(finding, engine.Finding):
        return Line(*said, finding.code, *words, component=finding.component or None)
    spot = finding.spot
    if spot is None:
        return Line(*said, finding.code, *words, element=finding.element)
    return Line(
        *said,
        spot.code,
        *words,
        element=finding.element,
        row=spot.row or None,
        column=spot.column or None,
        line=spot.line or None,
        offset=spot.offset or None,
        first=spot.first or None,
    )
