"""How cases travel: every element that a diagram may use, one small diagram each, through the stored form at each move."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from app.workflow import engine
from tests.engine import drawing as draw
from tests.engine.drawing import (
    NOW,
    Case,
    defined,
    end,
    flow,
    many,
    message,
    node,
    path,
    process,
    start,
    sub,
    timer,
    user,
    xor,
)

HOUR = timedelta(hours=1)


def line(*middle: str, ids: str) -> engine.Definition:
    """A process of one line: start, the given nodes in the order of `ids`, end."""
    return defined(process("p", start("s"), *middle, end("e"), path("s", *ids.split(), "e")))


def test_a_sequence_opens_one_step_after_the_other_and_ends() -> None:
    case = Case(line(user("a"), user("b"), ids="a b"))
    assert case.open == ["a"]
    assert case.do("a").passed == ("a",)
    assert case.open == ["b"]
    last = case.do("b")
    assert (last.finished, last.end_event, last.open, last.passed) == (True, "e", (), ("b", "e"))


def test_a_completed_task_can_not_be_completed_again() -> None:
    case = Case(line(user("a"), user("b"), ids="a b"))
    task = case.task("a").id
    case.do("a")
    with pytest.raises(engine.TaskNotOpen):
        engine.complete(case.definition, case.last.state, task, {}, now=NOW, services=case.services)


@pytest.mark.parametrize("task_id", ["", "nonsense", "00000000-0000-0000-0000-000000000000"])
def test_a_task_id_that_is_none_is_refused_in_every_language(task_id: str) -> None:
    case = Case(line(user("a"), ids="a"))
    with pytest.raises(engine.TaskNotOpen) as refusal:
        engine.complete(case.definition, case.last.state, task_id, {}, now=NOW, services=case.services)
    assert all(refusal.value.message(language) for language in ("en", "zh_Hans", "zh_Hant"))


def test_a_move_that_is_refused_leaves_the_state_as_it_was() -> None:
    case = Case(line(user("a"), ids="a"))
    with pytest.raises(engine.NobodyWaits):
        engine.deliver(case.definition, case.last.state, "nothing", {"x": 1}, now=NOW, services=case.services)
    assert engine.look(case.definition, case.last.state, now=NOW).variables == {}


@pytest.mark.parametrize(("amount", "expected"), [(10, "small"), (600, "large"), (500, "small")])
def test_an_exclusive_gateway_takes_the_first_way_whose_condition_holds(amount: int, expected: str) -> None:
    parts = [xor("x", "x_to_small"), user("small"), user("large"), end("e1"), end("e2")]
    lines = [path("s", "a", "x", "small", "e1"), flow("x", "large", "amount > 500"), path("large", "e2")]
    case = Case(defined(process("p", start("s"), user("a"), *parts, *lines)))
    case.do("a", amount=amount)
    assert case.open == [expected]


def test_the_condition_on_the_default_way_is_not_asked() -> None:
    parts = [xor("x", "way"), end("e1"), end("e2")]
    lines = [path("s", "a", "x"), flow("x", "e1", "false", "way"), flow("x", "e2", "n > 5")]
    case = Case(defined(process("p", start("s"), user("a"), *parts, *lines)))
    assert case.do("a", n=1).end_event == "e1"


def forked() -> engine.Definition:
    parts = [user("a"), draw.fork("f"), user("b"), user("c"), draw.fork("j"), user("d"), end("e")]
    return defined(process("p", start("s"), *parts, path("s", "a", "f", "b", "j", "d", "e"), path("f", "c", "j")))


@pytest.mark.parametrize("order", ["bc", "cb"])
def test_a_parallel_join_waits_for_all_branches_in_any_order(order: str) -> None:
    case = Case(forked())
    case.do("a")
    assert case.open == ["b", "c"]
    case.do(order[0])
    assert case.open == [order[1]]
    case.do(order[1])
    assert case.open == ["d"]


def test_a_fork_straight_into_its_join_opens_what_follows_once() -> None:
    parts = [draw.fork("f"), draw.fork("j"), draw.node("exclusiveGateway", "m"), user("a"), end("e")]
    lines = [path("s", "f", "m", "j", "a", "e"), path("f", "j")]
    case = Case(defined(process("p", start("s"), *parts, *lines)))
    assert case.open == ["a"]


def inclusive() -> engine.Definition:
    parts = [
        user("a"),
        draw.inclusive("o", "o1"),
        user("b"),
        user("c"),
        user("d"),
        draw.inclusive("j"),
        user("z"),
        end("e"),
    ]
    lines = [path("s", "a", "o"), flow("o", "b", None, "o1"), flow("o", "c", "n >= 1"), flow("o", "d", "n >= 2")]
    lines += [path("b", "j"), path("c", "j"), path("d", "j"), path("j", "z", "e")]
    return defined(process("p", start("s"), *parts, *lines))


@pytest.mark.parametrize(("n", "expected"), [(0, ["b"]), (1, ["c"]), (2, ["c", "d"])])
def test_an_inclusive_gateway_takes_all_ways_that_hold_and_its_join_waits_for_just_those(
    n: int, expected: list[str]
) -> None:
    case = Case(inclusive())
    case.do("a", n=n)
    assert case.open == expected
    for element in expected:
        assert "z" not in case.open
        case.do(element)
    assert case.open == ["z"]


def test_a_rework_loop_through_a_fork_starts_both_branches_anew() -> None:
    parts = [xor("m"), draw.fork("f"), user("b"), user("c"), draw.fork("j"), xor("x", "out"), end("e")]
    lines = [
        path("s", "m", "f", "b", "j", "x"),
        path("f", "c", "j"),
        flow("x", "e", None, "out"),
        flow("x", "m", "n > 0"),
    ]
    case = Case(defined(process("p", start("s"), *parts, *lines)))
    for _ in range(3):
        case.do("b", n=1)
        case.do("c")
        assert case.open == ["b", "c"]
    case.do("c", n=0)
    assert case.do("b").finished


def test_inner_steps_know_their_scope_and_share_the_variables() -> None:
    inner = sub(
        "sp", start("s2"), user("a"), draw.script("x", "seen = given + 1"), end("e2"), path("s2", "a", "x", "e2")
    )
    case = Case(line(inner, user("b"), ids="sp b"), {"given": 1})
    assert [(task.scope, task.process_id) for task in case.last.open] == [(("sp",), "sp")]
    case.do("a")
    assert case.last.variables["seen"] == 2
    assert case.last.passed == ("a", "x", "e2", "sp")


def called() -> engine.Definition:
    inner = process("q", start("s2"), user("a"), end("e2"), path("s2", "a", "e2"))
    outer = process(
        "p", start("s"), draw.call("one", "q"), draw.call("two", "q"), end("e"), path("s", "one", "two", "e")
    )
    return defined(outer, inner)


def test_a_process_called_twice_tells_by_its_scope_which_call_is_meant() -> None:
    definition = called()
    assert definition.key == "p"
    case = Case(definition)
    assert case.task("a").scope == ("one",)
    case.do("a")
    assert case.task("a").scope == ("two",)
    assert case.task("a").process_id == "q"
    assert case.do("a").finished


def test_a_boundary_clock_that_interrupts_takes_the_task_away() -> None:
    parts = [user("a"), draw.boundary("late", "a", timer("PT2H")), user("b"), end("e"), end("e2")]
    case = Case(defined(process("p", start("s"), *parts, path("s", "a", "e"), path("late", "b", "e2"))))
    assert [clock.due_at for clock in case.last.timers] == [NOW + 2 * HOUR]
    gone = case.task("a").id
    case.wait_until(NOW + HOUR)
    assert case.open == ["a"]
    case.wait_until(NOW + 3 * HOUR)
    assert (case.open, case.last.cancelled, case.last.timers) == (["b"], (gone,), ())


def test_a_boundary_clock_that_does_not_interrupt_rings_beside_the_task() -> None:
    parts = [user("a"), draw.boundary("late", "a", timer("PT2H"), interrupting=False), user("b"), end("e"), end("e2")]
    case = Case(defined(process("p", start("s"), *parts, path("s", "a", "e"), path("late", "b", "e2"))))
    case.wait_until(NOW + 3 * HOUR)
    assert (case.open, case.last.timers) == (["a", "b"], ())
    case.do("a")
    assert not case.last.finished
    assert case.do("b").finished


def test_the_clock_of_a_completed_task_stops() -> None:
    parts = [user("a"), draw.boundary("late", "a", timer("PT2H")), user("b"), user("c"), end("e"), end("e2")]
    case = Case(defined(process("p", start("s"), *parts, path("s", "a", "b", "e"), path("late", "c", "e2"))))
    assert case.do("a").timers == ()
    case.wait_until(NOW + 9 * HOUR)
    assert case.open == ["b"]


def test_a_repeating_reminder_rings_as_often_as_it_says_and_missed_rings_count_as_one() -> None:
    clock = draw.boundary("late", "a", timer("R2/PT1H", "Cycle"), interrupting=False)
    parts = [user("a"), clock, draw.script("n", "rings = (if rings = null then 0 else rings) + 1"), end("e"), end("e2")]
    case = Case(defined(process("p", start("s"), *parts, path("s", "a", "e"), path("late", "n", "e2"))))
    case.wait_until(NOW + 5 * HOUR + HOUR / 2)
    assert case.last.variables["rings"] == 1
    assert [clock.due_at for clock in case.last.timers] == [NOW + 6 * HOUR]
    case.wait_until(NOW + 7 * HOUR)
    assert case.last.variables["rings"] == 2
    case.wait_until(NOW + 99 * HOUR)
    assert case.last.variables["rings"] == 2
    assert case.do("a").finished


@pytest.mark.parametrize(
    ("text", "kind", "due"),
    [
        ("PT90M", "Duration", NOW + 1.5 * HOUR),
        ("P1D", "Duration", NOW + 24 * HOUR),
        ('duration("PT3H")', "Duration", NOW + 3 * HOUR),
        ("wait", "Duration", NOW + 4 * HOUR),
        ("2026-03-05T10:00:00Z", "Date", NOW + 73 * HOUR),
        ("deadline", "Date", NOW + 87 * HOUR),
        ("R/PT1H", "Cycle", NOW + HOUR),
    ],
)
def test_clocks_understand_iso_texts_and_feel(text: str, kind: str, due: Any) -> None:
    case = Case(line(draw.catch("t", timer(text, kind)), ids="t"), {"wait": "PT4H", "deadline": date(2026, 3, 6)})
    assert not case.last.incidents, case.last.incidents
    assert [clock.due_at for clock in case.last.timers] == [due]
    assert case.wait_until(due).finished


def test_an_event_gateway_goes_the_way_of_what_comes_first() -> None:
    parts = [node("eventBasedGateway", "g"), draw.catch("m", message("M")), draw.catch("t", timer("P1D"))]
    parts += [draw.catch("t2", timer("P2D")), end("e1"), end("e2"), end("e3")]
    lines = [path("s", "g", "m", "e1"), path("g", "t", "e2"), path("g", "t2", "e3")]
    definition = defined('<bpmn:message id="M" name="paid"/>', process("p", start("s"), *parts, *lines))
    case = Case(definition)
    assert [wait.message for wait in case.last.waits] == ["paid"]
    assert case.deliver("paid", amount=5).end_event == "e1"
    assert case.last.variables == {"amount": 5}
    case = Case(definition)
    assert case.wait_until(NOW + 25 * HOUR).end_event == "e2"


def test_a_message_comes_to_whoever_waits_for_it_and_else_is_refused() -> None:
    received = node("receiveTask", "r", messageRef="M")
    definition = defined(
        '<bpmn:message id="M" name="docs"/>', process("p", start("s"), received, end("e"), path("s", "r", "e"))
    )
    case = Case(definition)
    with pytest.raises(engine.NobodyWaits):
        case.deliver("other")
    assert case.deliver("docs").finished


def test_a_message_thrown_that_nobody_inside_takes_is_told() -> None:
    thrown = node("intermediateThrowEvent", "t", message("M"))
    definition = defined(
        '<bpmn:message id="M" name="told"/>', process("p", start("s"), thrown, end("e"), path("s", "t", "e"))
    )
    assert Case(definition).last.sent == ("told",)


def test_a_message_thrown_in_one_branch_wakes_the_other() -> None:
    parts = [
        draw.fork("f"),
        user("a"),
        node("sendTask", "t", messageRef="M"),
        draw.catch("c", message("M")),
        draw.fork("j"),
        end("e"),
    ]
    lines = [path("s", "f", "a", "t", "j", "e"), path("f", "c", "j")]
    case = Case(defined('<bpmn:message id="M" name="go"/>', process("p", start("s"), *parts, *lines)))
    last = case.do("a")
    assert last.finished
    assert last.sent == ()


def test_a_case_may_begin_by_a_message() -> None:
    parts = [start("s"), start("s2", message("M")), user("a"), user("b"), end("e"), xor("m")]
    lines = [path("s", "a", "m", "e"), path("s2", "b", "m")]
    definition = defined('<bpmn:message id="M" name="online"/>', process("p", *parts, *lines))
    assert Case(definition).open == ["a"]
    assert Case(definition, message="online").open == ["b"]
    with pytest.raises(engine.NobodyWaits):
        Case(definition, message="other")


def test_a_process_that_begins_only_by_messages_refuses_a_plain_start() -> None:
    parts = [start("s", message("M")), user("a"), end("e"), path("s", "a", "e")]
    with pytest.raises(engine.EngineError):
        Case(defined('<bpmn:message id="M" name="online"/>', process("p", *parts)))


def test_an_error_end_inside_goes_the_way_of_the_boundary_event() -> None:
    error = '<bpmn:errorEventDefinition errorRef="E"/>'
    inner = sub("sp", start("s2"), user("a"), xor("x", "ok"), end("e2"), end("bad", error))
    inner = inner.replace(
        "</bpmn:subProcess>",
        path("s2", "a", "x") + flow("x", "e2", None, "ok") + flow("x", "bad", "n > 0") + "</bpmn:subProcess>",
    )
    parts = [inner, draw.boundary("b", "sp", error), user("good"), user("mend"), end("e"), end("e3")]
    definition = defined(
        '<bpmn:error id="E" errorCode="X"/>',
        process("p", start("s"), *parts, path("s", "sp", "good", "e"), path("b", "mend", "e3")),
    )
    case = Case(definition)
    case.do("a", n=1)
    assert case.open == ["mend"]
    case = Case(definition)
    case.do("a", n=0)
    assert case.open == ["good"]


def test_a_terminating_end_takes_everything_else_away() -> None:
    parts = [draw.fork("f"), user("a"), user("b"), end("e", "<bpmn:terminateEventDefinition/>"), end("e2")]
    case = Case(defined(process("p", start("s"), *parts, path("s", "f", "a", "e"), path("f", "b", "e2"))))
    other = case.task("b").id
    last = case.do("a")
    assert (last.finished, last.open, last.cancelled, last.end_event) == (True, (), (other,), "e")


def test_a_signal_reaches_the_other_branch() -> None:
    signal = '<bpmn:signalEventDefinition signalRef="S"/>'
    parts = [
        draw.fork("f"),
        user("a"),
        node("intermediateThrowEvent", "t", signal),
        draw.catch("c", signal),
        draw.fork("j"),
        end("e"),
    ]
    lines = [path("s", "f", "a", "t", "j", "e"), path("f", "c", "j")]
    case = Case(defined('<bpmn:signal id="S" name="go"/>', process("p", start("s"), *parts, *lines)))
    assert case.do("a").finished


def test_a_conditional_event_goes_on_when_its_condition_comes_true() -> None:
    waiting = draw.catch(
        "c", "<bpmn:conditionalEventDefinition><bpmn:condition>n > 3</bpmn:condition></bpmn:conditionalEventDefinition>"
    )
    parts = [draw.fork("f"), user("a"), user("b"), waiting, draw.fork("j"), end("e")]
    case = Case(defined(process("p", start("s"), *parts, path("s", "f", "a", "b", "j", "e"), path("f", "c", "j"))))
    case.do("a", n=1)
    assert case.open == ["b"]
    assert case.do("b", n=5).finished


def voting(*inside: str, sequential: bool = False) -> engine.Definition:
    task = node("userTask", "v", many(*inside, sequential=sequential))
    return defined(process("p", start("s"), task, user("z"), end("e"), path("s", "v", "z", "e")))


COLLECT = (
    "<bpmn:loopDataInputRef>voters</bpmn:loopDataInputRef><bpmn:loopDataOutputRef>votes</bpmn:loopDataOutputRef>"
    '<bpmn:inputDataItem id="i" name="voter"/><bpmn:outputDataItem id="o" name="vote"/>'
)


def test_the_completion_condition_sees_the_answers_so_far() -> None:
    condition = '<bpmn:completionCondition>count(votes[item = "yes"]) &gt;= 3</bpmn:completionCondition>'
    case = Case(voting(COLLECT, condition), {"voters": list("abcde")})
    assert case.open == ["v"] * 5
    for answer in ("yes", "no", "yes"):
        case.do("v", vote=answer)
        assert "z" not in case.open
    last = case.do("v", vote="yes")
    assert (case.open, len(last.cancelled)) == (["z"], 1)
    assert last.variables["votes"] == ["yes", "no", "yes", "yes"]
    assert "vote" not in last.variables


def test_answers_stand_in_the_order_of_the_questions() -> None:
    case = Case(voting(COLLECT), {"voters": ["x", "y", "z"]})
    for task, answer in zip(reversed(case.last.open), "321", strict=True):
        case._moved(engine.complete, task.id, {"vote": answer})
    assert case.last.variables["votes"] == ["1", "2", "3"]


def test_one_after_the_other_opens_one_instance_at_a_time() -> None:
    case = Case(voting("<bpmn:loopCardinality>n</bpmn:loopCardinality>", sequential=True), {"n": 3})
    for _ in range(3):
        assert case.open == ["v"]
        case.do("v")
    assert case.open == ["z"]


@pytest.mark.parametrize("sequential", [True, False])
def test_nobody_to_ask_means_nothing_to_wait_for(sequential: bool) -> None:
    case = Case(voting(COLLECT, sequential=sequential), {"voters": []})
    assert case.open == ["z"]
    assert case.last.variables["votes"] == []


def test_a_vote_entered_again_begins_with_no_answers() -> None:
    task = node("userTask", "v", many(COLLECT))
    parts = [xor("m"), task, xor("x", "out"), end("e")]
    lines = [path("s", "m", "v", "x"), flow("x", "e", None, "out"), flow("x", "m", "count(votes) < 3 and again > 0")]
    case = Case(defined(process("p", start("s"), *parts, *lines)), {"voters": ["a", "b"], "again": 1})
    case.do("v", vote=1)
    case.do("v", vote=2)
    assert case.open == ["v", "v"]
    case.do("v", vote=3, again=0)
    assert case.do("v", vote=4).variables["votes"] == [3, 4]


def test_each_instance_of_a_repeated_subprocess_has_its_own_item() -> None:
    inner = sub(
        "sp",
        many(COLLECT),
        start("s2"),
        user("a"),
        draw.script("x", 'vote = voter + "!"'),
        end("e2"),
        path("s2", "a", "x", "e2"),
    )
    case = Case(line(inner, ids="sp"), {"voters": ["p", "q"]})
    assert case.open == ["a", "a"]
    case.do("a")
    last = case.do("a")
    assert last.finished
    assert last.variables["votes"] == ["p!", "q!"]


@pytest.mark.parametrize(("before", "rounds"), [(True, 2), (False, 3)])
def test_a_loop_goes_on_while_its_condition_holds(before: bool, rounds: int) -> None:
    case = Case(line(user("a", draw.loop("loopCounter < n", before=before)), ids="a"), {"n": 2 if before else 3})
    for _ in range(rounds):
        assert case.open == ["a"]
        case.do("a")
    assert case.last.finished


def test_scripts_assign_and_services_return_variables() -> None:
    seen: list[Any] = []

    def call(delegate: str, variables: dict[str, Any]) -> dict[str, Any]:
        seen.append((delegate, variables["b"]))
        return {"c": 7}

    definition = line(draw.script("x", "a = 2\n\nb = a * 3"), draw.service("y", "room.act"), user("u"), ids="x y u")
    case = Case(definition, services=engine.Services(call))
    assert seen == [("room.act", 6)]
    assert case.last.variables == {"a": 2, "b": 6, "c": 7}


def test_branches_write_to_the_same_variables_and_lose_nothing() -> None:
    case = Case(forked())
    case.do("a", notes=["base"])
    case.do("b", notes=["base", "x"], from_b=1)
    case.do("c", notes=[*case.last.variables["notes"], "y"])
    assert case.last.variables == {"notes": ["base", "x", "y"], "from_b": 1}


# --- people asked one by one (会签)

AGREE = '<credit:candidates rule="user_of" value="person"/><credit:outcome id="agree"/><credit:outcome id="against" kind="refuse"/>'
PEOPLE = '<bpmn:loopDataInputRef>people</bpmn:loopDataInputRef><bpmn:inputDataItem id="i" name="person"/>'


def countersigned(*inside: str, sequential: bool = False, after: str = "") -> Case:
    task = user("v", many(PEOPLE, *inside, sequential=sequential), config=AGREE)
    parts = [task, xor("x", "no"), user("yes"), user("mixed"), end("e"), end("f"), end("g")]
    lines = [
        path("s", "v", "x"),
        flow("x", "yes", 'v_result = "agree"'),
        flow("x", "mixed", 'v_result = "mixed"'),
        flow("x", "g", None, "no"),
        path("yes", "e"),
        path("mixed", "f"),
    ]
    return Case(defined(process("p", start("s"), *parts, *lines)), {"people": ["a", "b", "c", "d"]})


def test_each_of_several_people_has_a_task_that_knows_whose_it_is() -> None:
    case = countersigned()
    assert [(task.instance, task.data["person"]) for task in case.last.open] == list(enumerate("abcd"))


def test_the_buttons_of_all_are_kept_and_what_all_chose_is_the_result() -> None:
    case = countersigned()
    for _ in range(4):
        assert "v_answers" not in case.last.variables
        case.do("v", v_result="agree")
    assert case.last.variables["v_answers"] == ["agree"] * 4
    assert case.last.variables["v_result"] == "agree"
    assert case.open == ["yes"]


def test_one_against_makes_it_mixed_and_not_the_last_ones_word() -> None:
    case = countersigned()
    for chosen in ("against", "agree", "agree", "agree"):
        case.do("v", v_result=chosen)
    assert case.last.variables["v_answers"] == ["against", "agree", "agree", "agree"]
    assert case.open == ["mixed"]


@pytest.mark.parametrize(
    "condition",
    ["nrOf_agree &gt;= 2", 'count(answers[item = "agree"]) &gt;= 2', "nrOf_agree / nrOfInstances &gt;= 0.5"],
)
@pytest.mark.parametrize("sequential", [True, False])
def test_the_condition_sees_how_many_chose_what_and_the_rest_is_cancelled(condition: str, sequential: bool) -> None:
    case = countersigned(f"<bpmn:completionCondition>{condition}</bpmn:completionCondition>", sequential=sequential)
    case.do("v", v_result="against")
    assert set(case.open) == {"v"}
    case.do("v", v_result="agree")
    last = case.do("v", v_result="agree")
    assert case.open == ["mixed"]
    assert len(last.cancelled) == (0 if sequential else 1)


def test_the_first_refusal_ends_it_where_the_diagram_says_so_and_only_there() -> None:
    first = countersigned("<bpmn:completionCondition>nrOf_against &gt; 0</bpmn:completionCondition>")
    first.do("v", v_result="against")
    assert first.open == []
    patient = countersigned()
    patient.do("v", v_result="against")
    assert patient.open == ["v", "v", "v"]


def test_the_people_of_other_engines_diagrams_are_read() -> None:
    said = 'xmlns:c="http://camunda.org/schema/1.0/bpmn" c:collection="${people}" c:elementVariable="person"'
    loop = f"<bpmn:multiInstanceLoopCharacteristics {said}/>"
    drawn = defined(process("p", start("s"), user("v", loop, config=AGREE), end("e"), path("s", "v", "e")))
    case = Case(drawn, {"people": ["x", "y"]})
    assert [task.data["person"] for task in case.last.open] == ["x", "y"]
    assert "people" in drawn.routing_names
    assert "person" not in drawn.routing_names


def test_a_gateway_behind_several_people_must_reckon_with_different_answers() -> None:
    task = user("v", many(PEOPLE), config=AGREE)
    lines = [path("s", "v", "x"), flow("x", "e", 'v_result = "agree"'), flow("x", "f", 'v_result = "against"')]
    found = draw.parsed(process("p", start("s"), task, xor("x"), end("e"), end("f"), *lines)).findings
    assert ("no_default", "x") in {(finding.code, finding.element) for finding in found}
