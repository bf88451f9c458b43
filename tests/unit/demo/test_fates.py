"""What is meant to happen to generated applications follows the profile, and the bank's hours."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.demo import fates, profile
from app.demo.fates import (
    DAYS,
    RECENT_DAYS,
    REFUSED_AT,
    UNDECIDED_AT,
    WITHDRAWN_AT,
    ZONE,
    Fate,
    draw_fate,
    to_office_hours,
)
from app.kernel.working_time import CLOSES, OPENS, is_working_day

NOW = datetime(2026, 3, 18, 6, 30, tzinfo=UTC)
MANY = 2_000


@pytest.fixture(scope="module")
def drawn() -> list[Fate]:
    measured = profile.load()
    return [draw_fate(measured, random.Random(n), NOW) for n in range(MANY)]


def test_outcomes_have_the_shares_of_the_log(drawn: list[Fate]) -> None:
    wanted = profile.load().shares["outcome"].weights
    counted = Counter(fate.ends for fate in drawn)
    assert {name: counted[name] / MANY for name in wanted} == pytest.approx(dict(wanted), abs=0.04)


def test_a_third_of_the_refusals_is_the_pre_checks(drawn: list[Fate]) -> None:
    refused = [fate for fate in drawn if fate.ends == "refused"]
    share = sum(fate.ends_at == "pre_check" for fate in refused) / len(refused)
    assert share == pytest.approx(profile.load().shares["ended_at"].below("refused:").weights["at_once"], abs=0.05)


def test_only_what_is_refused_or_withdrawn_ends_at_a_station(drawn: list[Fate]) -> None:
    for fate in drawn:
        assert bool(fate.ends_at) == (fate.ends in ("refused", "withdrawn"))
        assert bool(fate.rests_at) == (fate.ends == "undecided")


def test_stations_are_those_of_the_mapping(drawn: list[Fate]) -> None:
    assert {fate.ends_at for fate in drawn if fate.ends == "refused"} <= set(REFUSED_AT.values())
    assert {fate.ends_at for fate in drawn if fate.ends == "withdrawn"} <= set(WITHDRAWN_AT.values())
    assert {fate.rests_at for fate in drawn if fate.rests_at} == set(UNDECIDED_AT)


def test_everybody_arrives_within_sixty_days_and_before_now(drawn: list[Fate]) -> None:
    assert all(NOW - timedelta(days=DAYS + 1) < fate.arrives < NOW for fate in drawn)


def test_many_have_arrived_lately(drawn: list[Fate]) -> None:
    recent = sum(fate.arrives > NOW - timedelta(days=RECENT_DAYS) for fate in drawn) / MANY
    assert recent == pytest.approx(fates.RECENT_SHARE, abs=0.06)


def test_nobody_arrives_at_night(drawn: list[Fate]) -> None:
    older = [fate for fate in drawn if fate.arrives < NOW - timedelta(days=1)]
    assert all(OPENS <= fate.arrives.astimezone(ZONE).time() < CLOSES for fate in older)


def test_every_task_is_claimed_at_least_once(drawn: list[Fate]) -> None:
    assert all(turns >= 1 for fate in drawn for turns in fate.turns.values())


def test_returns_are_as_rare_as_measured(drawn: list[Fate]) -> None:
    assert sum(fate.returns > 0 for fate in drawn) / MANY == pytest.approx(0.114, abs=0.03)


@given(st.integers(0, 700 * 24 * 60), st.integers())
def test_acts_fall_into_office_hours_and_never_earlier_than_asked(minutes: int, seed: int) -> None:
    moment = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    found = to_office_hours(moment, random.Random(seed))
    local = found.astimezone(ZONE)
    assert found >= moment
    assert is_working_day(local.date())
    assert OPENS <= local.time() < CLOSES


def test_a_moment_in_office_hours_stays() -> None:
    assert to_office_hours(NOW, random.Random(1)) == NOW


@pytest.mark.parametrize(
    ("station", "kind"),
    [
        ("routing", "leads"),
        ("retail_phone_check", "incomplete"),
        ("pre_committee_review", "review"),
        ("corporate_site_visit", "intake"),
        ("agriculture_village_review", "intake"),
    ],
)
def test_stations_wait_like_the_work_items_they_resemble(station: str, kind: str) -> None:
    assert fates.kind_of(station) == kind


def test_a_wait_is_drawn_from_the_curve_of_its_kind() -> None:
    curve = profile.load().curves["hours_claim_review"]
    drawn = [
        fates.wait(profile.load(), random.Random(n), "pre_committee_review", "claim") / timedelta(hours=1)
        for n in range(200)
    ]
    assert min(drawn) >= curve.values[0]
    assert max(drawn) <= curve.values[-1]
