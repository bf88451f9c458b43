"""Which person stands for a resource of the log."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.replay.people import choose

POOLS = st.lists(st.text("abcdef", min_size=1, max_size=4), min_size=1, max_size=6, unique=True).map(sorted)
RESOURCES = st.text("0123456789", max_size=5)


@given(POOLS, RESOURCES)
def test_the_same_resource_is_always_the_same_person(pool: list[str], resource: str) -> None:
    assert choose(pool, resource) == choose(pool, resource)
    assert choose(pool, resource) in pool


@given(POOLS.filter(lambda pool: len(pool) > 1), RESOURCES, RESOURCES)
def test_another_resource_is_another_person(pool: list[str], one: str, two: str) -> None:
    first = choose(pool, one)
    if one != two:
        assert choose(pool, two, [one, first]) != first


@given(POOLS, RESOURCES)
def test_whoever_had_it_goes_on_with_it(pool: list[str], resource: str) -> None:
    moved = pool[-1]
    assert choose(pool, resource, [resource, moved]) == moved


@given(RESOURCES, RESOURCES)
def test_a_pool_of_one_has_no_choice(one: str, two: str) -> None:
    assert choose(["only"], two, [one, "only"]) == "only"


def test_somebody_who_has_left_the_pool_is_not_chosen_again() -> None:
    assert choose(["a", "b"], "11", ["11", "gone"]) in ("a", "b")
