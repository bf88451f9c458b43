"""Who is told how and when, and which words an administrator may write."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.notifications import rules
from app.notifications.rules import Channel, Group, Wishes
from app.web.i18n import LANGUAGES

ZONE = "Asia/Shanghai"
ALL = frozenset(Channel)
NIGHT = Wishes(quiet_from=time(22), quiet_to=time(7, 30))


def test_by_default_only_what_must_not_wait_is_mailed() -> None:
    mailed = {key for key in rules.EVENTS if rules.channels_for(key, Wishes(), ALL) == [Channel.MAIL]}
    silent = {key for key in rules.EVENTS if rules.channels_for(key, Wishes(), ALL) == []}
    assert {"task_returned", "urged", "task_due_soon", "task_escalated"} <= mailed
    assert {"task_assigned", "task_reassigned", "case_copied", "case_decided", "vote_opened"} <= silent
    assert mailed | silent == set(rules.EVENTS)


def test_nobody_is_told_by_a_way_that_does_not_reach_him() -> None:
    wishes = Wishes({Group.RETURNS: ALL})
    assert rules.channels_for("task_returned", wishes, {Channel.SMS}) == [Channel.SMS]
    assert rules.channels_for("task_returned", wishes, ()) == []


def test_a_choice_replaces_the_default_of_its_group_only() -> None:
    wishes = Wishes({Group.RETURNS: frozenset(), Group.WORK: frozenset({Channel.DIGEST})})
    assert rules.channels_for("task_returned", wishes, ALL) == []
    assert rules.channels_for("task_assigned", wishes, ALL) == [Channel.DIGEST]
    assert rules.channels_for("urged", wishes, ALL) == [Channel.MAIL]


def test_an_event_that_nobody_has_described_is_told_by_the_bell_alone() -> None:
    assert rules.channels_for("something_new", Wishes(), ALL) == []


@pytest.mark.parametrize(
    ("hour", "minute", "until"),
    [(21, 59, None), (22, 0, (3, 7, 30)), (3, 0, (2, 7, 30)), (7, 29, (2, 7, 30)), (7, 30, None), (12, 0, None)],
)
def test_quiet_hours_over_midnight_hold_back_until_they_end(
    hour: int, minute: int, until: tuple[int, int, int] | None
) -> None:
    moment = datetime(2026, 3, 2, hour, minute, tzinfo=UTC).replace(tzinfo=None)
    from zoneinfo import ZoneInfo

    found = rules.not_before("task_returned", NIGHT, moment.replace(tzinfo=ZoneInfo(ZONE)), ZONE)
    if until is None:
        assert found is None
    else:
        assert found is not None
        assert (found.day, found.hour, found.minute) == until


def test_what_is_urgent_passes_quiet_hours() -> None:
    midnight = datetime(2026, 3, 2, 16, 30, tzinfo=UTC)
    assert rules.not_before("urged", NIGHT, midnight, ZONE) is None
    assert rules.not_before("task_returned", NIGHT, midnight, ZONE) is not None


def test_without_quiet_hours_nothing_waits() -> None:
    assert rules.not_before("task_returned", Wishes(), datetime(2026, 3, 2, 16, tzinfo=UTC), ZONE) is None


@given(st.times(), st.times(), st.times())
def test_a_moment_is_quiet_in_one_of_a_span_and_the_span_the_other_way_round(at: time, begin: time, end: time) -> None:
    if begin != end:
        assert rules.is_quiet(at, begin, end) != rules.is_quiet(at, end, begin)


def test_a_digest_is_due_once_a_day_from_its_time_on() -> None:
    local, today = datetime(2026, 3, 2, 8, 30, tzinfo=UTC), date(2026, 3, 2)
    assert rules.digest_is_due(local, time(8, 30), None)
    assert rules.digest_is_due(local, time(8, 30), date(2026, 3, 1))
    assert not rules.digest_is_due(local, time(8, 30), today)
    assert not rules.digest_is_due(local, time(8, 31), None)


def test_places_are_filled_and_values_are_never_read_as_places() -> None:
    values = {"case": "CA-1 {station}", "station": "贷前审查"}
    assert rules.fill("{case}: {station} {due}", values) == "CA-1 {station}: 贷前审查 "


@pytest.mark.parametrize(
    "text", ["{customer}", "{case.number}", "{case!r}", "{case:>9}", "{0}", "{}", "{", "}", "{{case}}"]
)
def test_only_the_four_places_may_stand_in_a_text(text: str) -> None:
    assert rules.text_faults("Title", f"A {text} thing")
    assert rules.text_faults(f"A {text} thing", "Sentence")


@pytest.mark.parametrize("text", ["", "  ", "two\nlines", "bell\x07", "right‮to left", "x" * 301])
def test_a_text_is_one_printable_line_of_bounded_length(text: str) -> None:
    assert rules.text_faults("Title", text)


def test_a_good_text_has_no_fault() -> None:
    assert rules.text_faults("退回", "{case} 已退回给您：{station}（{process}，时限 {due}）") == []


@given(st.text(max_size=60))
def test_filling_never_fails_whatever_the_text(text: str) -> None:
    filled = rules.fill(text, {"case": "CA-1"})
    assert "{case}" not in filled


def test_addresses_and_numbers_are_shown_masked() -> None:
    assert rules.mask("zhaomin@bank.example") == "z***@bank.example"
    assert rules.mask("13800000001") == "138****0001"
    assert rules.mask("12345") == "****"
    assert rules.mask(None) == ""


@pytest.mark.parametrize("locale", LANGUAGES)
def test_every_event_has_words_in_every_language_that_an_administrator_could_have_written(locale: str) -> None:
    from app.notifications import wording

    words = wording.own(locale)
    assert set(words) == {*rules.EVENTS, wording.OTHER}
    assert {
        event: rules.text_faults(w.title, w.sentence)
        for event, w in words.items()
        if rules.text_faults(w.title, w.sentence)
    } == {}
