"""Lists as files: CSV and XLSX, written while they are read, safe to open in a spreadsheet.

A cell that begins like a formula is text here: a name must not run on the desk of who opens the file (OWASP, CSV injection).
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from flask import Response, stream_with_context
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from app.kernel import db
from app.kernel.errors import NotFound

Cell = str | int | Decimal | datetime | None
Rows = Iterable[Sequence[Cell]]
BLOCK = 64 * 1024
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
IN_MEMORY = 1024 * 1024


def answer(kind: str, name: str, header: Sequence[str], rows: Callable[[], Rows]) -> Response:
    """A file of the kind "csv" or "xlsx" called `name`; `rows` are read while it is sent. Raises NotFound for other kinds."""
    writers = {"csv": (_csv, "text/csv; charset=utf-8"), "xlsx": (_xlsx, XLSX)}
    if kind not in writers:
        raise NotFound("Lists can be had as csv or xlsx.")
    write, media_type = writers[kind]
    sent = Response(stream_with_context(_reading(write, header, rows)), mimetype=media_type)
    sent.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    sent.headers["Cache-Control"] = "no-store"
    return sent


def safe(cell: Cell) -> Cell:
    """The cell, with an apostrophe before a text that a spreadsheet would take for a formula; numbers stay numbers."""
    if not isinstance(cell, str):
        return cell
    text = "".join(sign for sign in cell if sign >= " " or sign in "\t\n\r")
    return f"'{text}" if text.startswith(FORMULA) else text


def _reading(
    write: Callable[[Sequence[str], Rows], Iterator[bytes]], header: Sequence[str], rows: Callable[[], Rows]
) -> Iterator[bytes]:
    """The view has answered and its session is gone; the file has one of its own."""
    with db.reading():
        yield from write(header, rows())


def _csv(header: Sequence[str], rows: Rows) -> Iterator[bytes]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    yield b"\xef\xbb\xbf"  # the mark by which spreadsheets know UTF-8
    writer.writerow(header)
    for row in rows:
        writer.writerow([_text(safe(cell)) for cell in row])
        if buffer.tell() > BLOCK:
            yield _taken(buffer)
    yield _taken(buffer)


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    return cell.isoformat(" ", "minutes") if isinstance(cell, datetime) else str(cell)


def _taken(buffer: io.StringIO) -> bytes:
    content = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return content


def _xlsx(header: Sequence[str], rows: Rows) -> Iterator[bytes]:
    """A workbook keeps its index at the end of the file, so it is written to a spool first; rows never stay in memory."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    heads = [WriteOnlyCell(sheet, text) for text in header]
    for head in heads:
        head.font = Font(bold=True)
    sheet.append(heads)
    for row in rows:
        sheet.append([_plain(safe(cell)) for cell in row])
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as spool:
        book.save(spool)
        spool.seek(0)
        yield from iter(lambda: spool.read(BLOCK), b"")


def _plain(cell: Cell) -> Cell:
    """Spreadsheets know no time zones."""
    return cell.replace(tzinfo=None) if isinstance(cell, datetime) else cell
