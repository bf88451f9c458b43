"""The report as a file: a paper to put into the file of the change, and a list for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping

from flask_babel import format_datetime, get_locale, gettext

from app.kernel import pdf
from app.studio.models import Draft, Examination
from app.studio.reports import report_page

# A cell that begins like a formula would run on the desk of who opens the file (OWASP, CSV injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
VERDICTS = {
    "clean": "May be published",
    "warnings": "May be published; has warnings",
    "undecided": "Not decided within the limits",
    "errors": "Has errors",
}


def _as_pdf(row: Examination, draft: Draft) -> tuple[bytes, str]:
    return pdf.render(paper(row, draft)), "application/pdf"


def _as_csv(row: Examination, draft: Draft) -> tuple[bytes, str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(_header())
    writer.writerows([_safe(cell) for cell in cells] for cells in _cells(row, draft))
    return ("\ufeff" + buffer.getvalue()).encode(), "text/csv; charset=utf-8"


KINDS: Mapping[str, Callable[[Examination, Draft], tuple[bytes, str]]] = {"pdf": _as_pdf, "csv": _as_csv}


def paper(row: Examination, draft: Draft) -> pdf.Paper:
    """The report to print: the verdict, what was looked at, and every finding."""
    found = row.result or {}
    facts = [
        (gettext("Draft"), draft.title),
        (gettext("Examined"), format_datetime(row.ended_at or row.begun_at)),
        (gettext("Verdict"), verdict_words(row)),
        (gettext("States looked at"), str(sum(found.get("states", {}).values()))),
        (gettext("Looked at"), "; ".join(report_page.section_words(name) for name in found.get("looked_at", ()))),
    ]
    blocks: list[pdf.Block] = [pdf.Facts(facts)]
    for group in report_page.groups_of(row, draft):
        rows = [
            [_severity(line.is_error), line.name or "—", line.message + (f" ({line.mend})" if line.mend else "")]
            for line in group.rows
        ]
        blocks.append(pdf.Heading(group.file))
        blocks.append(pdf.Table([gettext("Severity"), gettext("Element"), gettext("Finding")], rows, (1, 2, 6)))
    title = gettext("Report before publishing")
    return pdf.Paper(title, blocks, draft.title, [f"{draft.name} · {row.digest.hex()[:16]}"], str(get_locale()))


def verdict_words(row: Examination) -> str:
    """The verdict in a few words."""
    return gettext(VERDICTS[(row.result or {})["verdict"]])


def _severity(is_error: bool) -> str:
    return gettext("Error") if is_error else gettext("Warning")


def _header() -> list[str]:
    return [gettext("Severity"), gettext("Part"), gettext("File"), gettext("Element"), gettext("Name of the element"),
            gettext("Finding"), gettext("How to mend it")]  # fmt: skip


def _cells(row: Examination, draft: Draft) -> Iterator[list[str]]:
    for group in report_page.groups_of(row, draft):
        for line in group.rows:
            yield [
                _severity(line.is_error), line.section, group.file, line.element, line.name, line.message, line.mend
            ]  # fmt: skip


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell
