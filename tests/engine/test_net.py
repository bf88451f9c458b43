"""The net of a process: what can be open together, what lies ahead, and what a join needs back."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from app.workflow.engine.net import Arrival, Net
from tests.engine import drawing as draw
from tests.engine.drawing import boundary, defined, end, flow, fork, path, process, start, timer, user, xor


def net(*inside: str) -> Net:
    definition = defined(process("p", start("s"), *inside, end("e")))
    return definition.nets["p"]


def diamond(*more: str) -> Net:
    steps = [user(name) for name in ("a", "b1", "b2", "c", "d")]
    return net(*steps, fork("f"), fork("j"), path("s", "a", "f", "b1", "b2", "j", "d", "e"), path("f", "c", "j"), *more)


def test_only_branches_of_a_fork_are_concurrent() -> None:
    together = diamond().concurrent
    assert together["b1"] == together["b2"] == {"c", Arrival("c", "j")}
    assert together["c"] == {"b1", "b2", Arrival("b2", "j")}
    assert together["a"] == together["d"] == set()
    assert together[Arrival("b2", "j")] == {"c", Arrival("c", "j")}


def test_nested_forks_are_concurrent_with_the_outer_branch_as_a_whole() -> None:
    steps = [user(name) for name in ("a", "b", "c", "d")]
    inner = [fork("f1"), fork("f2"), fork("j2"), fork("j1")]
    found = net(
        *steps, *inner, path("s", "f1", "a", "j1", "e"), path("f1", "f2", "b", "j2", "d", "j1"), path("f2", "c", "j2")
    )
    assert {"b", "c", "d", "f2", "j2"} <= found.concurrent["a"]
    assert "c" in found.concurrent["b"]
    assert "d" not in found.concurrent["b"]


def test_a_loop_around_a_fork_adds_nothing() -> None:
    steps = [user(name) for name in ("b", "c", "d")]
    gates = [xor("m"), fork("f"), fork("j"), xor("x", "x_to_e")]
    found = net(
        *steps, *gates, path("s", "m", "f", "b", "j", "d", "x", "e"), path("f", "c", "j"), flow("x", "m", "y > 1")
    )
    assert found.concurrent["b"] == {"c", Arrival("c", "j")}
    assert found.concurrent["d"] == set()
    assert "c" in found.after("b")
    assert "c" not in found.ahead("b")


def test_a_side_clock_is_concurrent_with_its_task_and_with_what_follows() -> None:
    parts = [user("a"), user("z"), boundary("late", "a", timer("P1D"), interrupting=False), user("note"), end("e2")]
    found = net(*parts, path("s", "a", "z", "e"), path("late", "note", "e2"))
    assert {"a", "z"} <= found.concurrent["note"]
    assert "note" not in found.together_with("a")
    assert "note" in found.together_with("z")
    assert found.concurrent_by_gateways["note"] == set()


def test_an_interrupting_clock_excludes_its_task() -> None:
    parts = [user("a"), boundary("late", "a", timer("P1D")), user("note"), end("e2")]
    found = net(*parts, path("s", "a", "e"), path("late", "note", "e2"))
    assert found.concurrent["note"] == set()


@pytest.mark.parametrize(
    ("target", "kept", "filled"),
    [
        ("b1", [], [Arrival("c", "j")]),
        ("c", [], [Arrival("b2", "j")]),
        ("b1", ["c"], []),
        ("b1", [Arrival("c", "j")], []),
        ("c", ["b1"], []),
        ("a", [], []),
        ("d", [], []),
    ],
)
def test_a_join_gets_back_what_the_finished_branches_had_brought(
    target: str, kept: list[Any], filled: list[Arrival]
) -> None:
    assert diamond().arrivals_to_fill(target, kept) == filled


def test_a_join_inside_a_finished_sibling_gets_nothing() -> None:
    steps = [user(name) for name in ("a", "b", "c", "d")]
    inner = [fork("f1"), fork("f2"), fork("j2"), fork("j1")]
    found = net(
        *steps, *inner, path("s", "f1", "a", "j1", "e"), path("f1", "f2", "b", "j2", "d", "j1"), path("f2", "c", "j2")
    )
    assert found.arrivals_to_fill("a", []) == [Arrival("d", "j1")]
    assert found.arrivals_to_fill("b", []) == [Arrival("a", "j1"), Arrival("c", "j2")]
    assert found.arrivals_to_fill("b", ["c", "a"]) == []


def test_the_branches_beside_a_target_are_those_of_the_forks_around_it() -> None:
    assert diamond().branches_beside("b2") == [("f", "c")]
    assert diamond().branches_beside("a") == []


def test_a_long_chain_and_a_wide_fork_are_worked_out() -> None:
    names = [f"t{n}" for n in range(150)]
    branches = [f"b{n}" for n in range(100)]
    lines = [path("s", *names, "f"), path("j", "e")] + [
        "".join(path(*pair) for pair in pairwise(("f", name, "j"))) for name in branches
    ]
    found = net(*[user(name) for name in (*names, *branches)], fork("f"), fork("j"), *lines)
    assert len(found.concurrent["b0"]) == 198


def test_inclusive_gateways_count_as_forks_and_need_nothing_back() -> None:
    parts = [draw.inclusive("o", "o_to_a"), user("a"), user("b"), draw.inclusive("j")]
    found = net(*parts, path("s", "o", "a", "j", "e"), flow("o", "b", "x > 1"), path("b", "j"))
    assert "b" in found.concurrent["a"]
    assert found.arrivals_to_fill("a", []) == []
