"""The stored state: small, complete, strict, and no larger for what has been."""

from __future__ import annotations

import statistics
import time
import zlib
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from decimal import Decimal
from typing import Any

import pytest

from app.workflow import engine
from app.workflow.engine import state
from tests.engine import drawing as draw
from tests.engine.drawing import NOW, Case, defined, end, flow, path, process, start, timer, user, xor


def reworked() -> engine.Definition:
    parts = [xor("m"), user("a"), user("b"), xor("x", "out"), end("e")]
    lines = [path("s", "m", "a", "b", "x"), flow("x", "e", None, "out"), flow("x", "m", "again > 0")]
    return defined(process("p", start("s"), *parts, *lines))


@pytest.mark.parametrize(
    "value",
    [
        None, True, 7, "字", 1.5, Decimal("123456789012345678.90"), date(2026, 3, 2), NOW, clock_time(9, 30),
        timedelta(hours=1, seconds=1), [1, [Decimal("2.50")]], {"a": {"b": [None]}}, {}, [],
    ],
)  # fmt: skip
def test_a_variable_comes_back_as_it_went_in(value: Any) -> None:
    case = Case(reworked())
    last = case.do("a", value=value)
    assert last.variables["value"] == value
    again = engine.look(case.definition, last.state, now=NOW).variables["value"]
    assert (again, type(again)) == (value, type(value))


def test_a_value_that_can_not_be_kept_is_refused_when_it_is_given() -> None:
    case = Case(reworked())
    with pytest.raises(TypeError):
        case.do("a", value=object())


def test_looking_at_a_case_changes_nothing() -> None:
    case = Case(reworked())
    looked = engine.look(case.definition, case.last.state, now=NOW)
    assert (looked.open, looked.variables, looked.passed) == (case.last.open, {}, ())


@pytest.mark.parametrize(
    "damaged",
    [b"", b"nonsense", zlib.compress(b"{}"), zlib.compress(b"[1]"), zlib.compress(b'{"v":99,"vars":{},"tokens":[]}')],
)
def test_a_damaged_state_is_named_as_such(damaged: bytes) -> None:
    with pytest.raises(engine.StateUnreadable):
        engine.look(reworked(), damaged, now=NOW)


def test_a_state_of_another_diagram_is_named_as_such() -> None:
    other = defined(process("p", start("s"), user("somewhere"), end("e"), path("s", "somewhere", "e")))
    with pytest.raises(engine.StateUnreadable):
        engine.look(reworked(), Case(other).last.state, now=NOW)


def test_nothing_of_the_diagram_and_nothing_of_the_past_is_stored() -> None:
    case = Case(reworked())
    body = state.read(case.do("a").state)
    assert [token["s"] for token in body["tokens"]] == ["b"]
    assert set(body) == {"vars", "tokens"}
    assert len(case.last.state) < 200


def test_task_ids_stay_the_same_while_a_task_is_open() -> None:
    parts = [draw.fork("f"), user("a"), user("b"), user("c"), draw.fork("j"), end("e")]
    case = Case(defined(process("p", start("s"), *parts, path("s", "f", "a", "c", "j", "e"), path("f", "b", "j"))))
    before = case.task("b").id
    case.do("a")
    case.do("c")
    assert case.task("b").id == before


def test_a_thousand_rounds_work_and_the_last_costs_what_the_tenth_costs() -> None:
    case = Case(reworked())
    sizes, costs = [], []
    for _ in range(1000):
        begun = time.perf_counter()
        case.do("a")
        case.do("b", again=1)
        costs.append(time.perf_counter() - begun)
        sizes.append(len(case.last.state))
    assert case.open == ["a"]
    assert max(sizes) - min(sizes) < 20
    early, late = statistics.median(costs[10:60]), statistics.median(costs[-50:])
    assert late <= 1.3 * early + 0.0002
    case.back("b")
    assert case.open == ["b"]


def test_a_thousand_rounds_through_a_fork_work() -> None:
    parts = [xor("m"), draw.fork("f"), user("a"), user("b"), draw.fork("j"), xor("x", "out"), end("e")]
    lines = [
        path("s", "m", "f", "a", "j", "x"),
        path("f", "b", "j"),
        flow("x", "e", None, "out"),
        flow("x", "m", "again > 0"),
    ]
    case = Case(defined(process("p", start("s"), *parts, *lines)))
    for _ in range(1000):
        case.do("a", again=1)
        case.do("b")
    assert case.open == ["a", "b"]


def test_a_path_of_four_hundred_nodes_runs_from_end_to_end() -> None:
    names = [f"t{number}" for number in range(398)]
    case = Case(defined(process("p", start("s"), *[user(name) for name in names], end("e"), path("s", *names, "e"))))
    for name in names:
        case.do(name)
    assert case.last.finished


def test_a_long_run_without_people_is_not_cut_short() -> None:
    names = [f"t{number}" for number in range(390)]
    parts = [draw.script(name, "n = n + 1") for name in names]
    case = Case(defined(process("p", start("s"), *parts, end("e"), path("s", *names, "e"))), {"n": 0})
    assert (case.last.finished, case.last.variables["n"], case.last.incident) == (True, 390, None)


def test_clocks_keep_their_due_time_through_the_store() -> None:
    definition = defined(process("p", start("s"), draw.catch("t", timer("P3D")), end("e"), path("s", "t", "e")))
    case = Case(definition)
    later = engine.look(definition, case.last.state, now=NOW + timedelta(days=1))
    assert later.timers == case.last.timers


def test_the_time_given_is_the_only_time() -> None:
    definition = defined(
        process("p", start("s"), draw.script("t", "d = string(today())"), user("a"), end("e"), path("s", "t", "a", "e"))
    )
    then = datetime(2031, 5, 6, 7, tzinfo=UTC)
    last = engine.start(definition, {}, now=then, services=draw.no_services())
    assert last.variables["d"].startswith("2031-05-06")


def test_many_cases_share_the_specs_of_a_definition_and_do_not_touch_each_other() -> None:
    definition = reworked()
    one, two = Case(definition), Case(engine.Definition.from_bytes(definition.to_bytes()))
    one.do("a", note="one")
    assert (one.open, two.open) == (["b"], ["a"])
    assert "note" not in two.last.variables
    assert definition.specs is two.definition.specs


def test_the_packed_form_of_plain_values_is_read_back_exactly() -> None:
    value = {"n": Decimal("0.10"), "list": (1, 2), "when": NOW, "deep": [{"d": date(2026, 1, 1)}]}
    assert state.unpack(state.pack(value)) == {**value, "list": [1, 2]}
