"""Lists of the studio as CSV, safe to open in a spreadsheet: a cell that begins like a formula is text there."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from flask import Response

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def answer(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A file `name`.csv with a byte order mark, so that spreadsheets read Chinese."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(header)
    for row in rows:
        writer.writerow([_safe(str(cell)) for cell in row])
    sent = Response("\ufeff" + buffer.getvalue(), mimetype="text/csv; charset=utf-8")
    sent.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    sent.headers["Cache-Control"] = "no-store"
    return sent


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text
