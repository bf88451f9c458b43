"""Quantiles, shares, and the profile that ships."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.demo.profile import POINTS, Curve, Shares, load, quantiles


def test_quantiles_of_0_to_1000_are_the_points_themselves() -> None:
    assert quantiles(list(range(1001))) == pytest.approx([point * 1000 for point in POINTS])


def test_quantiles_of_one_value_are_that_value() -> None:
    assert quantiles([7.0]) == [7.0] * len(POINTS)


def test_quantiles_of_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="nothing to measure"):
        quantiles([])


def test_the_order_of_the_values_does_not_matter() -> None:
    values = [random.Random(3).expovariate(1) for _ in range(500)]
    assert quantiles(values) == quantiles(sorted(values, reverse=True))


def test_a_curve_gives_back_its_quantiles_and_lines_between_them() -> None:
    curve = Curve(tuple(float(i) for i in range(len(POINTS))))
    assert [curve.at(point) for point in POINTS] == pytest.approx(list(curve.values))
    assert curve.at((POINTS[3] + POINTS[4]) / 2) == pytest.approx(3.5)


@given(st.floats(0, 1))
def test_a_curve_never_leaves_its_outer_quantiles(share: float) -> None:
    curve = Curve((2.0,) * 6 + (3.0,) * 6 + (9.0,))
    assert 2.0 <= curve.at(share) <= 9.0


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_curve_never_falls(one: float, two: float) -> None:
    curve = load().curves["amount_eur"]
    assert curve.at(min(one, two)) <= curve.at(max(one, two))


def test_drawing_from_shares_keeps_the_shares() -> None:
    shares = Shares.of({"a": 1, "b": 3})
    drawn = Counter(shares.at(i / 1000) for i in range(1, 1001))
    assert drawn == {"a": 250, "b": 750}


def test_every_number_between_0_and_1_falls_on_a_name() -> None:
    shares = Shares.of({"a": 0.1, "b": 0.2, "c": 0.7})
    assert shares.at(0.0) == "a"
    assert shares.at(1.0) == "c"


def test_the_profile_that_ships_names_its_sources_with_their_numbers() -> None:
    sources = load().sources
    assert len(sources) == 6
    assert sum(bool(source["doi"]) for source in sources) == 5
    assert all(source["used_for"] for source in sources)


def test_the_profile_that_ships_has_only_sums_of_one_and_rising_curves() -> None:
    profile = load()
    assert all(shares.sums[-1] == pytest.approx(1) for shares in profile.shares.values())
    assert all(list(curve.values) == sorted(curve.values) for curve in profile.curves.values())


@pytest.mark.parametrize(
    "name", ["arrival_hour", "arrival_weekday", "outcome", "ended_at", "purpose", "returns", "months_overdue"]
)
def test_the_generator_finds_its_shares(name: str) -> None:
    assert load().shares[name].weights


@pytest.mark.parametrize(
    "name", ["amount_eur", "term_months", "income_dem_month", "debt_ratio", "hours_until_approved"]
)
def test_the_generator_finds_its_curves(name: str) -> None:
    assert len(load().curves[name].values) == len(POINTS)
