"""Sending back: the five branch cases of the rules, votes, insides, clocks, the price, and straight back again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.workflow import engine
from tests.engine import drawing as draw
from tests.engine.drawing import NOW, Case, defined, end, flow, many, node, path, process, start, sub, timer, user, xor

HOUR = timedelta(hours=1)


def branches() -> engine.Definition:
    """a → fork (b1 → b2 | c) → join → d → g → again to a, or end."""
    steps = [user(name) for name in ("a", "b1", "b2", "c", "d", "g")]
    parts = [draw.fork("f"), draw.fork("j"), xor("m"), xor("x", "out"), end("e")]
    lines = [path("s", "m", "a", "f", "b1", "b2", "j", "d", "g", "x"), path("f", "c", "j")]
    lines += [flow("x", "e", None, "out"), flow("x", "m", "again > 0")]
    return defined(process("p", start("s"), *steps, *parts, *lines))


def case_after(definition: engine.Definition, *done: str) -> Case:
    case = Case(definition)
    for element in done:
        case.do(element)
    return case


# -- the five branch cases ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("done", "sender"), [("a", "b1"), ("a", "c"), ("a b1", "b2"), ("a b1", "c"), ("a c", "b1"), ("a b1 b2", "c")]
)
def test_a_target_before_the_fork_cancels_every_branch(done: str, sender: str) -> None:
    case = case_after(branches(), *done.split())
    before = {task.id for task in case.last.open}
    case.back("a", sender)
    assert case.open == ["a"]
    assert set(case.last.cancelled) == before


def test_a_target_in_a_branch_with_the_sender_after_the_join_reopens_that_branch_alone() -> None:
    case = case_after(branches(), "a", "c", "b1", "b2", "d")
    case.back("b1", "g")
    assert case.open == ["b1"]
    case.do("b1")
    case.do("b2")
    assert case.open == ["d"], "the finished branch must not be asked again"


def test_either_branch_can_be_reopened_whichever_came_last_to_the_join() -> None:
    for order in (["c", "b1", "b2"], ["b1", "b2", "c"]):
        for target in ("c", "b2"):
            case = case_after(branches(), "a", *order)
            case.back(target, "d")
            assert case.open == [target]
            case.do(target)
            assert case.open == ["d"]


def test_ticking_redo_asks_the_other_branches_again() -> None:
    case = case_after(branches(), "a", "c", "b1", "b2", "d")
    case.back("b2", "g", redo_branches=True)
    assert case.open == ["b2", "c"]
    case.do("b2")
    assert case.open == ["c"]
    case.do("c")
    assert case.open == ["d"]


def test_redo_within_a_branch_begins_an_unfinished_sibling_anew() -> None:
    steps = [user(name) for name in ("b1", "b2", "c1", "c2", "d")]
    parts = [draw.fork("f"), draw.fork("j"), end("e")]
    lines = [path("s", "f", "b1", "b2", "j", "d", "e"), path("f", "c1", "c2", "j")]
    case = case_after(defined(process("p", start("s"), *steps, *parts, *lines)), "b1", "c1")
    case.back("b1", "b2", redo_branches=True)
    assert case.open == ["b1", "c1"]


def forked_inside(name: str) -> str:
    """A subprocess with two branches: fork (x1 | x2) → join → x3."""
    steps = [user(f"{name}{number}") for number in (1, 2, 3)]
    gates = [start(f"{name}s"), draw.fork(f"{name}f"), draw.fork(f"{name}j"), end(f"{name}e")]
    lines = [path(f"{name}s", f"{name}f", f"{name}1", f"{name}j", f"{name}3", f"{name}e")]
    return sub(f"h{name}", *gates, *steps, *lines, path(f"{name}f", f"{name}2", f"{name}j"))


@pytest.mark.parametrize("redo", [False, True])
def test_a_sender_whose_activity_goes_away_may_redo_the_branches_beside_the_target(redo: bool) -> None:
    parts = [forked_inside("k"), forked_inside("m"), draw.xor("way", "to_m"), user("a"), end("e")]
    lines = [path("s", "a", "way"), flow("way", "hk", "small"), flow("way", "hm", None, "to_m")]
    lines += [path("hk", "e"), path("hm", "e")]
    definition = defined(process("p", start("s"), *parts, *lines))
    case = Case(definition, {"small": True})
    case.do("a")
    case.back("m1", "k1", redo_branches=redo)
    assert case.open == (["m1", "m2"] if redo else ["m1"])
    for element in case.open:
        case.do(element)
    assert case.open == ["m3"]


def test_target_and_sender_in_the_same_branch_leave_the_sibling_untouched() -> None:
    case = case_after(branches(), "a", "b1")
    sibling = case.task("c").id
    case.back("b1", "b2")
    assert case.open == ["b1", "c"]
    assert case.task("c").id == sibling


def test_a_sibling_that_waits_at_the_join_goes_on_waiting() -> None:
    case = case_after(branches(), "a", "c", "b1")
    case.back("b1", "b2")
    case.do("b1")
    case.do("b2")
    assert case.open == ["d"]


def test_a_target_in_the_other_branch_reopens_it_beside_the_sender() -> None:
    case = case_after(branches(), "a", "c")
    sender = case.task("b1").id
    case.back("c", "b1")
    assert case.open == ["b1", "c"]
    assert case.task("b1").id == sender
    for element in ("b1", "b2", "c"):
        assert "d" not in case.open
        case.do(element)
    assert case.open == ["d"]


@pytest.mark.parametrize("kind", ["sub", "call"])
def test_a_target_outside_cancels_the_inside_and_entering_again_is_new(kind: str) -> None:
    inside = [start("s2"), user("i1"), user("i2"), end("e2"), path("s2", "i1", "i2", "e2")]
    holder = sub("h", *inside) if kind == "sub" else draw.call("h", "q")
    more = [] if kind == "sub" else [process("q", *inside)]
    outer = process("p", start("s"), user("a"), holder, end("e"), path("s", "a", "h", "e"))
    case = case_after(defined(outer, *more), "a", "i1")
    case.back("a", "i2")
    assert case.open == ["a"]
    case.do("a")
    assert case.open == ["i1"]


def nested() -> engine.Definition:
    """a → sub( fork (i1 | i2) → join → i3 ) with a clock → z."""
    inside = [start("s2"), draw.fork("f"), user("i1"), user("i2"), draw.fork("j"), user("i3"), end("e2")]
    inside += [path("s2", "f", "i1", "j", "i3", "e2"), path("f", "i2", "j")]
    clock = draw.boundary("late", "h", timer("PT2H"))
    parts = [user("a"), sub("h", *inside), clock, user("z"), user("y"), end("e"), end("e3")]
    return defined(process("p", start("s"), *parts, path("s", "a", "h", "z", "e"), path("late", "y", "e3")))


def test_a_target_inside_a_finished_subprocess_enters_it_there_with_its_clock_wound_anew() -> None:
    case = case_after(nested(), "a", "i1", "i2", "i3")
    case.now = NOW + 5 * HOUR
    case.back("i1", "z")
    assert [(task.element_id, task.scope) for task in case.last.open] == [("i1", ("h",))]
    assert [clock.due_at for clock in case.last.timers] == [NOW + 7 * HOUR]
    case.do("i1")
    assert case.open == ["i3"], "the finished inner branch must not be asked again"
    case.do("i3")
    assert case.open == ["z"]


def test_the_subprocess_itself_may_be_the_target() -> None:
    case = case_after(nested(), "a", "i1", "i2", "i3")
    case.back("h", "z")
    assert case.open == ["i1", "i2"]


def test_within_a_running_subprocess_only_its_inside_changes() -> None:
    case = case_after(nested(), "a", "i1", "i2")
    due = case.last.timers
    case.now = NOW + HOUR
    case.back("i2", "i3")
    assert case.open == ["i2"]
    assert case.last.timers == due


def test_an_inner_fork_between_outer_branches_gets_its_own_token_back_and_no_other() -> None:
    steps = [user(name) for name in ("a", "b", "c", "d", "z")]
    parts = [draw.fork("f1"), draw.fork("f2"), draw.fork("j2"), draw.fork("j1"), end("e")]
    lines = [path("s", "f1", "a", "j1", "z", "e"), path("f1", "f2", "b", "j2", "d", "j1"), path("f2", "c", "j2")]
    definition = defined(process("p", start("s"), *steps, *parts, *lines))
    case = case_after(definition, "a", "b", "c", "d")
    case.back("a", "z")
    assert case.open == ["a"], "the finished branch with its inner fork stays finished"
    case.do("a")
    assert case.open == ["z"]
    case = case_after(definition, "b", "c")
    case.back("b", "d")
    assert case.open == ["a", "b"]
    case.do("b")
    assert case.open == ["a", "d"]


# -- loops, votes, clocks ----------------------------------------------------------------------------------------------


def test_a_loop_around_the_fork_does_not_make_siblings_part_of_the_region() -> None:
    case = case_after(branches(), "a", "b1")
    price = engine.rewind_price(case.definition, case.last.state, "b1", from_task=case.task("b2").id)
    assert "c" not in price.region
    assert "d" in price.region


def test_any_step_ever_completed_is_a_target_after_many_rounds() -> None:
    case = Case(branches())
    for _ in range(50):
        for element in ("a", "c", "b1", "b2", "d"):
            case.do(element)
        case.do("g", again=1)
    for target in ("g", "d", "b2", "b1"):
        assert target not in case.open
        case.back(target, case.open[0])
        assert case.open == [target]


def test_sending_back_into_a_vote_opens_a_whole_new_round() -> None:
    vote = node("userTask", "v", many("<bpmn:loopCardinality>3</bpmn:loopCardinality>"))
    definition = defined(process("p", start("s"), user("a"), vote, user("z"), end("e"), path("s", "a", "v", "z", "e")))
    case = case_after(definition, "a", "v", "v", "v")
    case.back("v", "z")
    assert case.open == ["v", "v", "v"]


def test_sending_back_out_of_a_vote_closes_the_round() -> None:
    vote = node("userTask", "v", many("<bpmn:loopCardinality>3</bpmn:loopCardinality>"))
    definition = defined(process("p", start("s"), user("a"), vote, user("z"), end("e"), path("s", "a", "v", "z", "e")))
    case = case_after(definition, "a", "v")
    case.back("a", "v")
    assert case.open == ["a"]
    assert len(case.last.cancelled) == 2
    case.do("a")
    assert case.open == ["v", "v", "v"]


def test_inside_a_repeated_subprocess_only_the_senders_instance_goes_back() -> None:
    inner = sub(
        "h", many("<bpmn:loopCardinality>2</bpmn:loopCardinality>"), start("s2"), user("i1"), user("i2"), end("e2"),
        path("s2", "i1", "i2", "e2"),
    )  # fmt: skip
    definition = defined(process("p", start("s"), inner, user("z"), end("e"), path("s", "h", "z", "e")))
    case = case_after(definition, "i1", "i1")
    one, other = (task.id for task in case.last.open)
    case._moved(engine.rewind, "i1", from_task=one)
    assert case.open == ["i1", "i2"]
    assert case.task("i2").id == other
    case.do("i1")
    case.do("i2")
    case.do("i2")
    case.back("i1", "z")
    assert case.open == ["i1", "i1"], "from outside nobody knows which instance is meant: all begin anew"


def reminded() -> engine.Definition:
    """a → b with a reminder beside it → c."""
    clock = draw.boundary("late", "b", timer("PT2H"), interrupting=False)
    parts = [user("a"), user("b"), clock, user("note"), user("c"), end("e"), end("e2")]
    return defined(process("p", start("s"), *parts, path("s", "a", "b", "c", "e"), path("late", "note", "e2")))


def test_a_reminder_is_taken_away_when_its_task_begins_anew_and_stays_when_it_does_not() -> None:
    case = case_after(reminded(), "a")
    case.wait_until(NOW + 3 * HOUR)
    assert case.open == ["b", "note"]
    case.back("a", "b")
    assert case.open == ["a"]
    case.do("a")
    assert [clock.due_at for clock in case.last.timers] == [NOW + 5 * HOUR]
    case.wait_until(NOW + 6 * HOUR)
    case.do("b")
    assert case.open == ["c", "note"]
    case.back("b", "c")
    assert case.open == ["b"], "the clock of b will ring again, so its old reminder goes"


def test_what_an_interrupting_clock_opened_goes_when_the_case_goes_back() -> None:
    parts = [user("a"), user("b"), draw.boundary("late", "b", timer("PT2H")), user("x"), end("e"), end("e2")]
    definition = defined(process("p", start("s"), *parts, path("s", "a", "b", "e"), path("late", "x", "e2")))
    case = case_after(definition, "a")
    case.wait_until(NOW + 3 * HOUR)
    case.back("a", "x")
    assert case.open == ["a"]


def test_an_inclusive_join_does_not_wait_for_branches_that_are_not_there() -> None:
    parts = [draw.inclusive("o", "o1"), user("b"), user("c"), draw.inclusive("j"), user("z"), end("e")]
    lines = [
        path("s", "o"),
        flow("o", "b", None, "o1"),
        flow("o", "c", "n > 0"),
        path("b", "j", "z", "e"),
        path("c", "j"),
    ]
    definition = defined(process("p", start("s"), *parts, *lines))
    case = Case(definition, {"n": 1})
    case.do("c")
    case.back("c", "z")
    assert case.open == ["c"]
    case = Case(definition, {"n": 0})
    case.do("b")
    case.back("b", "z")
    case.do("b")
    assert case.open == ["z"]


def test_a_token_that_could_only_come_round_an_outer_loop_does_not_count_for_a_join() -> None:
    steps = [user(name) for name in ("x", "p1", "p2")]
    gates = [
        xor("m"),
        draw.inclusive("o", "o_to_x"),
        draw.fork("f"),
        draw.fork("j"),
        draw.inclusive("oj"),
        xor("g", "out"),
    ]
    lines = [
        path("s", "m", "o", "x", "oj", "g"),
        flow("o", "f", "n >= 1"),
        path("f", "p1", "j", "oj"),
        path("f", "p2", "j"),
    ]
    lines += [flow("g", "e", None, "out"), flow("g", "m", "again > 0")]
    case = Case(defined(process("p", start("s"), *steps, *gates, end("e"), *lines)), {"n": 1})
    case.do("p1")
    case.do("p2", n=0, again=1)
    assert case.open == ["x"]
    case.back("p1", "x")
    assert case.open == ["p1", "x"]
    case.do("x", again=0)
    assert case.do("p1").finished


# -- price, refusals, straight back ------------------------------------------------------------------------------------


def test_the_price_names_what_is_cancelled_and_what_comes_again_and_changes_nothing() -> None:
    case = case_after(branches(), "a", "b1")
    price = engine.rewind_price(case.definition, case.last.state, "a", from_task=case.task("c").id)
    assert set(price.cancelled) == {task.id for task in case.last.open}
    assert {"b1", "b2", "c", "d", "g"} <= set(price.region)
    assert "a" not in price.region
    assert case.do("b2").open != ()


def test_the_price_counts_the_steps_inside_called_processes() -> None:
    case = case_after(nested(), "a")
    price = engine.rewind_price(case.definition, case.last.state, "a", from_task=case.task("i1").id)
    assert {"h", "i1", "i2", "i3", "z"} <= set(price.region)


@pytest.mark.parametrize(
    ("target", "code"),
    [("nowhere", "rewind_unknown"), ("b1", "rewind_open"), ("f", "rewind_kind"), ("q/a", "rewind_unknown")],
)
def test_a_target_that_makes_no_sense_is_refused_in_words(target: str, code: str) -> None:
    case = case_after(branches(), "a")
    with pytest.raises(engine.RewindRefused) as refusal:
        case.back(target, "c")
    assert refusal.value.code == code
    assert target.rpartition("/")[2] in refusal.value.message("zh_Hans")


def test_the_sender_must_still_be_open() -> None:
    case = case_after(branches(), "a")
    gone = case.task("c").id
    case.do("c")
    with pytest.raises(engine.TaskNotOpen):
        case._moved(engine.rewind, "a", from_task=gone)


def test_a_step_reached_in_two_ways_is_named_by_its_path_or_by_the_sender() -> None:
    inner = process("q", start("s2"), user("i1"), user("i2"), end("e2"), path("s2", "i1", "i2", "e2"))
    outer = process("p", start("s"), draw.call("one", "q"), draw.call("two", "q"), user("z"), end("e"))
    outer = outer.replace("</bpmn:process>", path("s", "one", "two", "z", "e") + "</bpmn:process>")
    case = case_after(defined(outer, inner), "i1", "i2", "i1")
    case.back("i1", "i2")
    assert case.task("i1").scope == ("two",)
    case.back("one/i1", "i1")
    assert case.task("i1").scope == ("one",)
    for element in ("i1", "i2", "i1", "i2"):
        case.do(element)
    with pytest.raises(engine.RewindRefused) as refusal:
        case.back("i2", "z")
    assert refusal.value.code == "rewind_ambiguous"


def straight(case: Case, element: str, ticket: engine.Ticket | None, **variables: object) -> None:
    assert ticket is not None
    case._moved(engine.go_straight_back, case.task(element).id, ticket, variables)


def test_straight_back_opens_what_the_return_closed() -> None:
    case = case_after(branches(), "a", "b1")
    ticket = case.back("a", "b2").ticket
    straight(case, "a", ticket, mended=True)
    assert case.open == ["b2", "c"]
    assert case.last.variables == {"mended": True}
    assert case.last.passed == ("a",)
    case.do("b2")
    case.do("c")
    assert case.open == ["d"]


def test_straight_back_from_inside_a_branch_leaves_the_join_passed_once() -> None:
    case = case_after(branches(), "a", "c", "b1", "b2", "d")
    straight(case, "b1", case.back("b1", "g").ticket)
    assert case.open == ["g"]
    assert case.do("g", again=0).finished


def test_straight_back_keeps_what_the_sibling_did_meanwhile() -> None:
    case = case_after(branches(), "a", "b1")
    ticket = case.back("b1", "b2").ticket
    case.do("c")
    straight(case, "b1", ticket)
    assert case.open == ["b2"]
    case.do("b2")
    assert case.open == ["d"]


def test_straight_back_is_refused_while_a_redone_branch_is_not_finished() -> None:
    case = case_after(branches(), "a", "c", "b1", "b2", "d")
    ticket = case.back("b2", "g", redo_branches=True).ticket
    with pytest.raises(engine.RewindRefused) as refusal:
        straight(case, "b2", ticket)
    assert refusal.value.code == "straight_changed"
    assert case.open == ["b2", "c"]


def test_returns_nest_and_come_back_one_after_the_other() -> None:
    case = case_after(branches(), "a", "c", "b1", "b2", "d")
    first = case.back("d", "g").ticket
    second = case.back("a", "d").ticket
    straight(case, "a", second)
    assert case.open == ["d"]
    straight(case, "d", first)
    assert case.open == ["g"]


def test_straight_back_into_a_vote_begins_a_new_round() -> None:
    vote = node("userTask", "v", many("<bpmn:loopCardinality>3</bpmn:loopCardinality>"))
    definition = defined(process("p", start("s"), user("a"), vote, user("z"), end("e"), path("s", "a", "v", "z", "e")))
    case = case_after(definition, "a", "v")
    straight(case, "a", case.back("a", "v").ticket)
    assert case.open == ["v", "v", "v"]


def test_straight_back_into_a_subprocess_winds_its_clock_anew() -> None:
    case = case_after(nested(), "a", "i1")
    ticket = case.back("a", "i2").ticket
    case.now = NOW + 9 * HOUR
    straight(case, "a", ticket)
    assert case.open == ["i2"]
    assert [clock.due_at for clock in case.last.timers] == [NOW + 11 * HOUR]
    case.do("i2")
    assert case.open == ["i3"]


def test_a_finished_case_can_be_opened_again_at_a_step() -> None:
    case = case_after(branches(), "a", "c", "b1", "b2", "d")
    case.do("g", again=0)
    assert case.last.finished
    case.back("b2")
    assert (case.open, case.last.finished) == (["b2"], False)
    case.do("b2")
    assert case.open == ["d"]


def test_variables_given_with_the_return_are_kept() -> None:
    case = case_after(branches(), "a")
    assert case.back("a", "c", variables={"reason": "papers"}).variables == {"reason": "papers"}
