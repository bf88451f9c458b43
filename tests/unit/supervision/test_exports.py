"""Files of lists: what a spreadsheet would take for a formula is text, numbers stay numbers, nothing is kept in memory."""

from __future__ import annotations

import csv
import io
import tracemalloc
from datetime import UTC, datetime
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.supervision import exports

EVIL = ["=1+1", "+49", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＠x", "=HYPERLINK('http://evil')"]


def written(kind: str, rows, header=("a",)) -> bytes:
    write = {"csv": exports._csv, "xlsx": exports._xlsx}[kind]
    return b"".join(write(header, rows))


def read(kind: str, content: bytes) -> list[list]:
    if kind == "csv":
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    return [list(row) for row in sheet.iter_rows(values_only=True)]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("text", EVIL)
def test_no_text_of_a_list_becomes_a_formula(kind: str, text: str) -> None:
    cell = read(kind, written(kind, [(text,)]))[1][0]
    assert cell.startswith("'")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_numbers_and_moments_stay_what_they_are(kind: str) -> None:
    at = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    row = read(kind, written(kind, [(Decimal("-12.50"), 7, at, None)]))[1]
    if kind == "csv":
        assert row == ["-12.50", "7", "2026-03-02 09:30+00:00", ""]
    else:
        assert [float(row[0]), *row[1:3]] == [-12.5, 7, at.replace(tzinfo=None)]


@given(st.text(max_size=60))
def test_any_text_is_written_and_none_begins_like_a_formula(text: str) -> None:
    cell = exports.safe(text)
    assert isinstance(cell, str)
    assert not cell.startswith(exports.FORMULA)


def test_a_long_list_is_sent_in_blocks_and_never_kept() -> None:
    rows = ((f"CA-2026-{n:06d}", "王小明 · 个人消费贷款", n) for n in range(50_000))
    tracemalloc.start()
    blocks = sum(1 for _ in exports._csv(("a", "b", "c"), rows))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert blocks > 20
    assert peak < 3_000_000
