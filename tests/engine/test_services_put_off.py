"""A service that the diagram calls asynchronous waits outside the move, where the caller wants that."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.workflow import engine
from tests.engine import drawing as draw
from tests.engine.drawing import Case, defined, end, path, process, start, user


def two_branches() -> engine.Definition:
    parts = [draw.fork("f"), user("a"), draw.service("v", "bureau.ask", 'async="true"'), draw.fork("j"), end("e")]
    return defined(process("p", start("s"), *parts, path("s", "f", "v", "j", "e"), path("f", "a", "j")))


def asked(calls: list[str], fail: bool = False) -> engine.Services:
    def call(delegate: str, variables: dict[str, Any]) -> dict[str, Any]:
        calls.append(delegate)
        if fail:
            raise RuntimeError("bureau is closed")
        return {"score": 7}

    return engine.Services(call, puts_off=True)


def test_it_is_told_and_not_called_and_is_no_incident() -> None:
    calls: list[str] = []
    case = Case(two_branches(), services=asked(calls))
    assert [service.element_id for service in case.last.put_off] == ["v"]
    assert calls == []
    assert case.last.incidents == ()
    assert case.open == ["a"]


def test_it_is_told_at_every_move_until_it_has_run() -> None:
    calls: list[str] = []
    case = Case(two_branches(), services=asked(calls))
    assert len(case.do("a").put_off) == 1
    assert not case.last.finished
    case.services = replace(case.services, due=case.last.put_off[0].task_id)
    last = case.retry(task_id=case.last.put_off[0].task_id)
    assert calls == ["bureau.ask"]
    assert (last.put_off, last.finished, last.variables["score"]) == ((), True, 7)


def test_it_runs_once_even_when_it_is_told_to_run_twice() -> None:
    calls: list[str] = []
    case = Case(two_branches(), services=asked(calls))
    task_id = case.last.put_off[0].task_id
    case.services = replace(case.services, due=task_id)
    case.retry(task_id=task_id)
    with pytest.raises(engine.TaskNotOpen):
        case.retry(task_id=task_id)
    assert calls == ["bureau.ask"]


def test_its_failure_is_an_incident_and_another_try_puts_it_off_again() -> None:
    case = Case(two_branches(), services=asked([], fail=True))
    task_id = case.last.put_off[0].task_id
    case.services = replace(case.services, due=task_id)
    last = case.retry(task_id=task_id)
    assert "bureau is closed" in last.incidents[0].message["en"]
    assert last.put_off == ()
    case.services = asked([])
    last = case.retry()
    assert last.incidents == ()
    assert [service.task_id for service in last.put_off] == [task_id]


def test_a_second_one_after_the_first_is_put_off_in_its_turn() -> None:
    calls: list[str] = []
    parts = [draw.service("v", "one", 'async="true"'), draw.service("w", "two", 'async="true"'), end("e")]
    case = Case(defined(process("p", start("s"), *parts, path("s", "v", "w", "e"))), services=asked(calls))
    task_id = case.last.put_off[0].task_id
    case.services = replace(case.services, due=task_id)
    last = case.retry(task_id=task_id)
    assert calls == ["one"]
    assert [service.element_id for service in last.put_off] == ["w"]


def test_a_case_sent_back_forgets_it() -> None:
    parts = [user("b"), draw.fork("f"), user("a"), draw.service("v", "bureau.ask", 'async="true"'), draw.fork("j")]
    lines = [path("s", "b", "f", "v", "j", "e"), path("f", "a", "j")]
    case = Case(defined(process("p", start("s"), *parts, end("e"), *lines)), services=asked([]))
    case.do("b")
    assert len(case.last.put_off) == 1
    assert case.back("b", "a").put_off == ()


def test_a_caller_who_does_not_put_off_runs_it_at_once() -> None:
    calls: list[str] = []
    case = Case(two_branches(), services=replace(asked(calls), puts_off=False))
    assert calls == ["bureau.ask"]
    assert case.last.put_off == ()


def test_a_service_that_is_not_called_asynchronous_runs_inside_the_move() -> None:
    calls: list[str] = []
    parts = [draw.service("v", "one"), draw.service("w", "two", 'async="false"'), end("e")]
    case = Case(defined(process("p", start("s"), *parts, path("s", "v", "w", "e"))), services=asked(calls))
    assert calls == ["one", "two"]
    assert case.last.finished
