"""When a case can't go on by itself: an incident that names the reason, nothing lost, and a second try."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.workflow import engine
from tests.engine import drawing as draw
from tests.engine.drawing import NOW, Case, defined, end, flow, many, node, path, process, start, timer, user, xor


def decided_by(condition: str) -> engine.Definition:
    parts = [user("a"), xor("x", "out"), user("b"), end("e"), end("e2")]
    lines = [path("s", "a", "x"), flow("x", "b", condition, "way"), path("b", "e2"), flow("x", "e", None, "out")]
    return defined(process("p", start("s"), *parts, *lines))


@pytest.mark.parametrize(
    "condition", ["amount > 500000", "amount", "null", '"yes"', "if amount = null then null else true"]
)
def test_a_condition_that_is_neither_true_nor_false_is_an_incident_and_never_a_silent_no(condition: str) -> None:
    case = Case(decided_by(condition))
    last = case.do("a", rating="A")
    assert (case.open, last.finished) == ([], False)
    assert last.incident is not None
    assert (last.incident.element_id, last.incident.code) == ("x", "condition_not_boolean")
    for language in ("en", "zh_Hans", "zh_Hant"):
        assert condition in last.incident.message[language]
        assert "way" in last.incident.message[language]


def test_the_incident_names_the_values_that_the_condition_read() -> None:
    case = Case(decided_by("amount > limit"), {"limit": 5, "unread": 1})
    incident = case.do("a").incident
    assert incident is not None
    assert "amount = None, limit = 5" in incident.message["en"]
    assert "unread" not in incident.message["en"]


def test_a_retry_with_the_missing_value_goes_on_where_the_case_stood() -> None:
    case = Case(decided_by("amount > 5"))
    case.do("a")
    assert case.retry().incident is not None, "a retry without the value meets the same trouble"
    case.retry(variables={"amount": 9})
    assert (case.open, case.last.incident) == (["b"], None)


def test_an_incident_is_told_again_until_it_is_mended() -> None:
    parts = [draw.fork("f"), user("a"), user("c"), draw.service("v", "room.act"), draw.fork("j"), end("e")]
    lines = [path("s", "f", "a", "v", "j", "e"), path("f", "c", "j")]
    calls: list[str] = []

    def fails(delegate: str, variables: dict[str, Any]) -> dict[str, Any]:
        calls.append(delegate)
        raise RuntimeError("bureau is closed")

    case = Case(defined(process("p", start("s"), *parts, *lines)), services=engine.Services(fails))
    incident = case.do("a").incident
    assert incident is not None
    assert "bureau is closed" in incident.message["zh_Hans"]
    assert "room.act" in incident.message["en"]
    assert case.open == ["c"], "the other branch goes on"
    assert case.do("c").incident is not None
    assert calls == ["room.act"], "another move must not try the failed service again"
    case.services = engine.Services(lambda delegate, variables: {"ok": True})
    last = case.retry()
    assert last.finished
    assert last.variables == {"ok": True}


def test_one_incident_of_several_can_be_retried_alone() -> None:
    parts = [draw.fork("f"), draw.service("u", "one"), draw.service("v", "two"), draw.fork("j"), end("e")]
    lines = [path("s", "f", "u", "j", "e"), path("f", "v", "j")]
    broken = {"one", "two"}

    def call(delegate: str, variables: dict[str, Any]) -> dict[str, Any]:
        if delegate in broken:
            raise RuntimeError("no")
        return {}

    case = Case(defined(process("p", start("s"), *parts, *lines)), services=engine.Services(call))
    assert {incident.element_id for incident in case.last.incidents} == {"u", "v"}
    broken.clear()
    first = next(incident for incident in case.last.incidents if incident.element_id == "u")
    case.retry(task_id=first.task_id)
    assert [incident.element_id for incident in case.last.incidents] == ["v"]
    assert case.retry().finished


def test_a_retry_without_an_incident_is_refused() -> None:
    case = Case(decided_by("true"))
    with pytest.raises(engine.TaskNotOpen):
        case.retry()


def test_a_gateway_without_a_way_that_holds_stops_there() -> None:
    parts = [user("a"), xor("x"), end("e"), end("e2")]
    lines = [path("s", "a", "x"), flow("x", "e", "n > 5"), flow("x", "e2", "n < 2")]
    case = Case(defined(process("p", start("s"), *parts, *lines)))
    incident = case.do("a", n=3).incident
    assert incident is not None
    assert (incident.element_id, incident.code) == ("x", "no_way_out")
    assert case.retry(variables={"n": 9}).end_event == "e"


def test_a_loop_in_which_nobody_waits_is_stopped_by_the_budget() -> None:
    parts = [xor("m"), draw.script("t", "n = n + 1"), xor("x", "out"), end("e")]
    lines = [path("s", "m", "t", "x"), flow("x", "m", "n > 0"), flow("x", "e", None, "out")]
    case = Case(defined(process("p", start("s"), *parts, *lines)), {"n": 1})
    assert case.last.incident is not None
    assert case.last.incident.code == "step_budget"
    assert not case.last.finished
    assert case.last.variables["n"] > 600
    assert case.retry(variables={"n": -9}).finished


@pytest.mark.parametrize("value", ["soon", 5, None, "P", "2026-99-99"])
def test_a_clock_that_can_not_be_read_holds_the_token_at_its_element(value: Any) -> None:
    parts = [user("a"), draw.catch("t", timer("wait")), user("b"), end("e")]
    case = Case(defined(process("p", start("s"), *parts, path("s", "a", "t", "b", "e"))))
    incident = case.do("a", wait=value).incident
    assert incident is not None
    assert (incident.element_id, incident.code) == ("t", "timer_unreadable")
    assert [clock.element_id for clock in case.retry(variables={"wait": "PT1H"}).timers] == ["t"]
    case.wait_until(NOW + timedelta(hours=1))
    assert case.open == ["b"]


def test_an_unreadable_boundary_clock_does_not_keep_the_task_closed() -> None:
    parts = [user("a"), draw.boundary("late", "a", timer("wait")), end("e"), end("e2")]
    case = Case(defined(process("p", start("s"), *parts, path("s", "a", "e"), path("late", "e2"))))
    assert case.open == ["a"]
    assert case.last.incident is not None
    assert case.last.incident.element_id == "late"
    assert case.do("a").finished


@pytest.mark.parametrize(
    ("voters", "code"),
    [("everybody", "many_unreadable"), (None, "many_unreadable"), (list(range(201)), "too_many_instances")],
)
def test_a_repetition_over_nothing_sensible_is_held_before_it_begins(voters: Any, code: str) -> None:
    task = node("userTask", "v", many("<bpmn:loopDataInputRef>voters</bpmn:loopDataInputRef>"))
    case = Case(defined(process("p", start("s"), user("a"), task, end("e"), path("s", "a", "v", "e"))))
    incident = case.do("a", voters=voters).incident
    assert incident is not None
    assert (incident.element_id, incident.code) == ("v", code)
    assert len(case.retry(variables={"voters": [1, 2]}).open) == 2


def test_two_hundred_instances_are_still_allowed() -> None:
    task = node("userTask", "v", many("<bpmn:loopCardinality>200</bpmn:loopCardinality>"))
    assert len(Case(defined(process("p", start("s"), task, end("e"), path("s", "v", "e")))).open) == 200


def test_an_expression_that_breaks_a_bound_is_an_incident() -> None:
    bomb = draw.script("t", "n = count(for i in 1..99999, j in 1..99999 return i)")
    case = Case(defined(process("p", start("s"), user("a"), bomb, end("e"), path("s", "a", "t", "e"))))
    incident = case.do("a").incident
    assert incident is not None
    assert incident.code == "expression_failed"


def test_a_held_case_can_be_sent_back() -> None:
    case = Case(decided_by("amount > 5"))
    case.do("a")
    case.back("a")
    assert (case.open, case.last.incidents) == (["a"], ())
    case.do("a", amount=9)
    assert case.open == ["b"]


def test_a_case_that_stops_on_its_first_step_can_still_be_started() -> None:
    definition = defined(
        process(
            "p",
            start("s"),
            draw.script("t", "n = m"),
            xor("x", "out"),
            end("e"),
            end("e2"),
            path("s", "t", "x"),
            flow("x", "e", "n > 1"),
            flow("x", "e2", None, "out"),
        )
    )
    case = Case(definition)
    assert case.last.incident is not None
    assert case.retry(variables={"n": 5}).end_event == "e"


def test_a_completion_condition_that_can_not_be_answered_holds_the_vote_and_loses_no_answer() -> None:
    loop = many(
        "<bpmn:loopCardinality>3</bpmn:loopCardinality><bpmn:loopDataOutputRef>votes</bpmn:loopDataOutputRef>",
        '<bpmn:outputDataItem id="o" name="vote"/>',
        "<bpmn:completionCondition>count(votes) &gt;= enough</bpmn:completionCondition>",
    )
    case = Case(defined(process("p", start("s"), node("userTask", "v", loop), end("e"), path("s", "v", "e"))))
    incident = case.do("v", vote=1).incident
    assert incident is not None
    assert (incident.element_id, incident.code) == ("v", "condition_not_boolean")
    assert case.open == ["v", "v"]
    held = case.last
    assert case.retry(variables={"enough": 2}).incident is None
    assert case.open == ["v", "v"]
    last = case.do("v", vote=2)
    assert (last.finished, last.variables["votes"]) == (True, [1, 2])
    case.last = held
    last = case.do("v", vote=2, enough=2)
    assert (last.finished, last.incidents) == (True, ()), "the next answer asks anew without a retry"


def test_a_loop_condition_that_can_not_be_answered_is_asked_again_on_retry() -> None:
    case = Case(defined(process("p", start("s"), user("a", draw.loop("more > 0")), end("e"), path("s", "a", "e"))))
    last = case.do("a")
    assert (last.open, last.finished) == ((), False)
    assert last.incident is not None
    case.retry(variables={"more": 1})
    assert case.open == ["a"]
    assert case.do("a", more=0).finished
