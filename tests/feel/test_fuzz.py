"""A short run of the grammar fuzz; the long one is `python -m app.feel.fuzz 500000`."""

from __future__ import annotations

import pytest

from app.feel import fuzz


@pytest.mark.parametrize("seed", [11, 12])
def test_random_expressions_break_nothing_and_stay_within_bounds(seed: int) -> None:
    outcome = fuzz.run(1_000, seed)
    assert outcome.broken == []
    assert outcome.slowest < 5, outcome.slowest_text
    assert outcome.grown_mb < 50
    assert outcome.evaluated > 400


def test_a_seed_gives_the_same_expressions_everywhere() -> None:
    assert list(fuzz.Generator(5).texts(20)) == list(fuzz.Generator(5).texts(20))
    assert list(fuzz.Generator(5).texts(20)) != list(fuzz.Generator(6).texts(20))


def test_the_fuzz_notices_an_error_that_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(value: object) -> object:
        raise ZeroDivisionError

    monkeypatch.setattr(fuzz, "from_feel", broken)
    assert fuzz.run(20, 1).broken
    assert fuzz.main(["20", "1"]) == 1
