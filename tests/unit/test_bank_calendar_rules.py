"""Hours and lists of days as they are typed in; a year at a glance."""

from __future__ import annotations

import contextlib
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.bank_calendar import rules
from app.bank_calendar.rules import BadHours, BadList, Day
from app.kernel.working_time import Calendar

HEAD = "date,kind,branch,reason\n"


@pytest.mark.parametrize("texts", [["09:00-17:00"], ["09:00-12:00", "13:30 - 17:30"], ["00:00–23:59"]])
def test_hours_are_read(texts) -> None:
    assert rules.read_hours(rules.write_hours(rules.read_hours(texts))) == rules.read_hours(texts)


@pytest.mark.parametrize(
    "texts",
    [
        [],
        ["9-17"],
        ["17:00-09:00"],
        ["09:00-09:00"],
        ["24:00-25:00"],
        ["09:00-12:00", "12:00-17:00"],
        ["13:00-17:00", "09:00-12:00"],
        ["09:00-12:00"] * 5,
        ["09:00-12:00\n"],
    ],
)
def test_hours_that_are_none_are_refused(texts) -> None:
    with pytest.raises(BadHours):
        rules.read_hours([*texts[:-1], texts[-1].replace("\n", "x")] if texts else texts)


def test_a_list_is_read_whatever_program_wrote_it() -> None:
    content = ("\ufeff" + HEAD.replace("\n", "\r\n") + "2026-05-06, Closed ,,台风\r\n\r\n").encode()
    assert rules.read_csv(content) == [Day(date(2026, 5, 6), works=False, branch="", reason="台风")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "first line"),
        (b"day,what\n", "first line"),
        ((HEAD + "2026-05-06,open,,x\n").encode(), "Line 2"),
        ((HEAD + "2026-05-06,closed,,\n").encode(), "reason is missing"),
        ((HEAD + "2026-13-06,closed,,x\n").encode(), "no date"),
        ("\u53f0".encode("gb18030") + b"\xff", "UTF-8"),
        ((HEAD + "2026-05-06,closed,,x\n" * 2001).encode(), "At most"),
    ],
)
def test_a_list_that_can_not_be_read_says_where(content, said) -> None:
    with pytest.raises(BadList, match=said):
        rules.read_csv(content)


@given(st.binary(max_size=200))
def test_no_file_whatever_is_in_it_does_more_than_be_refused(content) -> None:
    with contextlib.suppress(BadList):
        rules.read_csv(HEAD.encode() + content)


DAYS = st.builds(
    Day,
    st.dates(date(2004, 1, 1), date(2100, 12, 31)),
    st.booleans(),
    st.sampled_from(["", "north"]),
    st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=40).map(
        lambda t: "因" + t.strip()
    ),
)


@given(st.lists(DAYS, max_size=10))
def test_what_is_written_is_read_back(days) -> None:
    assert rules.read_csv(rules.write_csv(days)) == days


def test_a_reason_never_becomes_a_formula_in_a_spreadsheet() -> None:
    written = rules.write_csv([Day(date(2026, 5, 6), True, "", "=HYPERLINK(1)")]).decode("utf-8-sig")
    assert ",=HYPERLINK" not in written


def test_a_year_shows_every_day_once_and_says_what_it_is() -> None:
    own = {date(2026, 3, 3): False, date(2026, 3, 7): True}
    months = rules.year_at_a_glance(Calendar(own), own, 2026)
    cells = {cell.day: cell for month in months for week in month for cell in week if cell}
    assert len(cells) == 365
    assert [cells[date(2026, *day)].kind for day in ((3, 2), (3, 3), (3, 7), (3, 8), (2, 17), (2, 14))] == [
        "working", "closed", "made_up", "weekend", "holiday", "made_up",
    ]  # fmt: skip
    assert (cells[date(2026, 3, 7)].own, cells[date(2026, 2, 14)].own) == (True, False)
    assert cells[date(2026, 2, 17)].holiday == "Spring Festival"


def test_the_working_days_of_a_year_are_those_of_the_state() -> None:
    assert rules.working_days(Calendar(), 2025) == 248
    assert rules.working_days(Calendar({date(2025, 3, 3): False}), 2025) == 247
    assert Calendar().hours == ((time(9), time(17)),)
