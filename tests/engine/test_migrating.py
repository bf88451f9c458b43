"""A case under another version of its process: what goes on, what begins, and what is refused with a sentence."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.workflow import engine
from tests.engine.drawing import (
    Case,
    boundary,
    call,
    catch,
    defined,
    end,
    flow,
    fork,
    inclusive,
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


def over(case: Case, new: engine.Definition, **mapping: str | None) -> Case:
    """The case under `new`, through the stored form."""
    case.last = engine.migrate(case.definition, new, case.last.state, mapping, now=case.now, services=case.services)
    case.definition = new
    return case


def refused(case: Case, new: engine.Definition, **mapping: str | None) -> str:
    before = case.last.state
    with pytest.raises(engine.MigrationRefused) as caught:
        over(case, new, **mapping)
    assert engine.look(case.definition, before, now=case.now).open == case.last.open
    return caught.value.message("en")


def line(*ids: str) -> engine.Definition:
    return defined(process("p", start("s"), *(user(i) for i in ids), end("e"), path("s", *ids, "e")))


def branches(*ids: str, joins: bool = True) -> engine.Definition:
    lines = "".join(path("f", i, "j") for i in ids)
    return defined(process("p", start("s"), fork("f"), *(user(i) for i in ids), fork("j"), user("z"), end("e"),
                           path("s", "f"), lines, path("j", "z", "e")))  # fmt: skip


def test_a_task_keeps_its_name_and_the_new_way_is_taken():
    case = Case(line("a", "b"))
    before = case.task("a").id
    over(case, line("a", "x", "b"))
    assert case.task("a").id == before
    case.do("a")
    assert case.open == ["x"]


def test_what_stands_at_a_station_that_is_gone_wants_to_know_where_to():
    case = Case(line("a", "b"))
    assert refused(case, line("c", "b")) == "“a” is not in the new version; say which station takes its place"
    assert over(case, line("c", "b"), a="c").open == ["c"]


def test_a_person_can_not_become_a_clock():
    case = Case(line("a"))
    other = defined(process("p", start("s"), catch("t", timer("P1D")), end("e"), path("s", "t", "e")))
    assert "different kinds" in refused(case, other, a="t")


def test_a_branch_that_is_new_begins_for_a_case_inside_the_fork():
    case = Case(branches("a", "b"))
    case.do("a")
    over(case, branches("a", "b", "c"))
    assert case.open == ["b", "c"]
    case.do("b")
    assert case.open == ["c"]
    case.do("c")
    assert case.open == ["z"]


def test_a_branch_that_is_new_is_not_asked_of_a_case_past_the_fork():
    case = Case(branches("a", "b"))
    case.do("a")
    case.do("b")
    assert over(case, branches("a", "b", "c")).open == ["z"]


def test_a_finished_branch_that_is_gone_is_not_waited_for():
    case = Case(branches("a", "b", "c"))
    case.do("c")
    over(case, branches("a", "b"))
    case.do("a")
    case.do("b")
    assert case.open == ["z"]


def test_a_branch_that_is_gone_can_be_taken_away():
    case = Case(branches("a", "b", "c"))
    assert "“c” is not in the new version" in refused(case, branches("a", "b"))
    gone = case.task("c").id
    over(case, branches("a", "b"), c=None)
    assert case.open == ["a", "b"]
    assert case.last.cancelled == (gone,)


def test_a_finished_branch_stays_finished_when_a_station_is_put_at_its_end():
    case = Case(branches("a", "b"))
    case.do("a")
    longer = defined(process("p", start("s"), fork("f"), *(user(i) for i in ("a", "x", "b", "z")), fork("j"), end("e"),
                             path("s", "f", "a", "x", "j", "z", "e"), path("f", "b", "j")))  # fmt: skip
    over(case, longer)
    assert case.open == ["b"]
    case.do("b")
    assert case.open == ["z"]


def test_two_branches_can_not_stand_where_only_one_is_chosen():
    case = Case(branches("a", "b"))
    chosen = defined(process("p", start("s"), xor("f", "f_to_b"), user("a"), user("b"), xor("j"), user("z"), end("e"),
                             path("s", "f"), flow("f", "a", "x = 1"), flow("f", "b"), path("a", "j"), path("b", "j"),
                             path("j", "z", "e")))  # fmt: skip
    assert "the case would be stuck" in refused(case, chosen)


def test_one_of_a_choice_can_not_stand_where_all_are_asked():
    chosen = defined(process("p", start("s"), xor("f", "f_to_b"), user("a"), user("b"), xor("j"), user("z"), end("e"),
                             path("s", "f"), flow("f", "a", "x = 1"), flow("f", "b"), path("a", "j"), path("b", "j"),
                             path("j", "z", "e")))  # fmt: skip
    case = Case(chosen, {"x": 1})
    assert "the case would be stuck" in refused(case, branches("a", "b"))


def clocked(duration: str | None, *more: str) -> engine.Definition:
    body = user("a") + user("late") + end("e") + end("l")
    if duration:
        body += boundary("clock", "a", timer(duration)) + path("clock", "late", "l")
    else:
        body += path("a", "late") + path("late", "l")
        return defined(process("p", start("s"), user("a"), user("late"), end("l"), path("s", "a", "late", "l")))
    return defined(process("p", start("s"), body, *more, path("s", "a", "e")))


def test_a_clock_that_runs_is_not_started_anew():
    case = Case(clocked("P2D"))
    due = case.last.timers[0].due_at
    case.now += timedelta(days=1)
    over(case, clocked("P5D"))
    assert [t.due_at for t in case.last.timers] == [due]


def test_a_clock_that_is_new_begins_now_and_one_that_is_gone_stops():
    case = Case(clocked(None))
    case.now += timedelta(days=1)
    over(case, clocked("P2D"))
    assert case.last.timers[0].due_at == case.now + timedelta(days=2)
    assert case.wait_until(case.now + timedelta(days=3)).open[0].element_id == "late"
    again = over(Case(clocked("P2D")), clocked(None))
    assert again.last.timers == ()


def side(*extra: str) -> engine.Definition:
    body = (
        boundary("remind", "a", timer("PT1H"), interrupting=False) + user("r") + end("re") + path("remind", "r", "re")
    )
    return defined(process("p", start("s"), user("a"), *(user(i) for i in extra), end("e"), body,
                           path("s", "a", *extra, "e")))  # fmt: skip


def test_a_reminder_that_has_come_does_not_come_again():
    case = Case(side())
    case.wait_until(case.now + timedelta(hours=2))
    assert case.open == ["a", "r"]
    over(case, side("b"))
    case.wait_until(case.now + timedelta(days=2))
    assert case.open == ["a", "r"]


def asked(number: int, *, sequential: bool = False) -> engine.Definition:
    loop = many(f"<bpmn:loopCardinality>{number}</bpmn:loopCardinality>", sequential=sequential)
    return defined(
        process("p", start("s"), user("a", loop), user("b"), user("c"), end("e"), path("s", "a", "b", "c", "e"))
    )


def test_people_asked_one_by_one_keep_their_answers():
    case = Case(asked(3))
    case._moved(engine.complete, case.last.open[0].id, {"a_result": "approve"})
    over(case, asked(5))
    assert case.open == ["a", "a"]
    for _ in range(2):
        case._moved(engine.complete, case.last.open[0].id, {"a_result": "approve"})
    assert case.open == ["b"]
    assert case.last.variables["a_answers"] == ["approve"] * 3


def test_people_asked_together_can_not_be_asked_in_turn_half_way():
    assert "repeated in another way" in refused(Case(asked(2)), asked(2, sequential=True))
    assert "repeated in another way" in refused(Case(asked(2)), line("a", "b", "c"))


def inside(kind: str) -> engine.Definition:
    body = start("is") + user("b") + user("c") + end("ie") + path("is", "b", "c", "ie")
    if kind == "sub":
        return defined(
            process("p", start("s"), user("a"), sub("box", body), user("d"), end("e"), path("s", "a", "box", "d", "e"))
        )
    if kind == "call":
        outer = process(
            "p", start("s"), user("a"), call("box", "inner"), user("d"), end("e"), path("s", "a", "box", "d", "e")
        )
        return defined(outer, process("inner", body))
    return line("a", "b", "c", "d")


@pytest.mark.parametrize(
    ("one", "other"), [("flat", "sub"), ("sub", "flat"), ("flat", "call"), ("call", "flat"), ("sub", "call")]
)
def test_a_station_moves_into_a_sub_process_or_out_of_it_with_the_case_in_it(one: str, other: str):
    case = Case(inside(one))
    case.do("a")
    before = case.task("b").id
    over(case, inside(other))
    assert case.task("b").id == before
    for station in ("b", "c", "d"):
        case.do(station)
    assert case.last.finished


def waiting(*, more: bool) -> engine.Definition:
    names = ["t", "m", *(["n"] if more else [])]
    body = node("eventBasedGateway", "g") + catch("t", timer("P3D")) + catch("m", message("m1"))
    body += catch("n", message("m2")) if more else ""
    body += "".join(path("g", i, f"u_{i}", f"e_{i}") + user(f"u_{i}") + end(f"e_{i}") for i in names)
    messages = '<bpmn:message id="m1" name="one"/><bpmn:message id="m2" name="two"/>'
    return defined(messages, process("p", start("s"), body, path("s", "g")))


def test_a_case_that_waits_for_one_of_several_events_waits_for_the_new_one_too():
    case = Case(waiting(more=False))
    due = case.last.timers[0].due_at
    case.now += timedelta(days=1)
    over(case, waiting(more=True))
    assert case.last.timers[0].due_at == due
    case.deliver("two")
    assert case.open == ["u_n"]


def test_nothing_that_is_not_to_be_seen_is_left_of_a_refusal():
    case = Case(branches("a", "b"))
    for locale in ("en", "zh_Hans", "zh_Hant"):
        with pytest.raises(engine.MigrationRefused) as caught:
            over(case, line("q"))
        assert "{" not in caught.value.message(locale)


def test_proposals_go_by_id_and_by_the_only_station_of_that_name():
    old = defined(process("p", start("s"), user("a"), user("b"), end("e"), path("s", "a", "b", "e")))
    new = line("a", "c")
    found = {one.element_id: (one.to, one.by) for one in engine.proposed(old, new)}
    assert found == {"a": ("a", "id"), "b": (None, "")}


def test_taking_everything_away_is_refused():
    assert "nothing of the case" in refused(Case(line("a")), line("b"), a=None)


def picks(*ids: str, default: str | None = None, **asked: str) -> engine.Definition:
    """An inclusive fork with a branch for each station, taken where the variable of its name is true, or as `asked`."""
    conditions = {**{i: f"{i}_wanted = true" for i in ids}, **asked}
    ways = "".join(flow("f", i, None if i == default else conditions[i], f"to_{i}") for i in ids)
    parts = [inclusive("f", f"to_{default}" if default else None), *(user(i) for i in ids), inclusive("j"), user("z")]
    joined = "".join(path(i, "j") for i in ids)
    return defined(process("p", start("s"), *parts, end("e"), path("s", "f"), ways, joined, path("j", "z", "e")))


def picking(*wanted: str) -> Case:
    return Case(picks("a", "b"), {f"{i}_wanted": i in wanted for i in ("a", "b", "c")})


def test_a_new_branch_of_an_inclusive_fork_begins_where_its_condition_holds():
    case = picking("a", "b", "c")
    case.do("a")
    over(case, picks("a", "b", "c"))
    assert case.open == ["b", "c"]
    case.do("c")
    case.do("b")
    assert case.open == ["z"]


def test_it_does_not_begin_where_its_condition_does_not_hold_nor_where_it_is_the_default():
    case = picking("a", "b")
    over(case, picks("a", "b", "c"))
    assert case.open == ["a", "b"]
    case = picking("a")
    over(case, picks("a", "b", "c", default="c"))
    assert case.open == ["a"]
    case.do("a")
    assert case.open == ["z"]


def test_a_branch_that_the_case_did_not_take_is_not_begun_by_going_over():
    case = picking("a")
    over(case, picks("a", "b", "c"))
    assert case.open == ["a"]


def test_a_condition_that_the_case_can_not_answer_refuses_it_beforehand():
    case = Case(picks("a", "b"), {"a_wanted": True, "b_wanted": True})
    said = refused(case, picks("a", "b", "c", c="amount > 5"))
    assert "amount > 5" in said
    assert "inclusive gateway" in said
    assert case.open == ["a", "b"]


def test_a_case_past_the_inclusive_join_is_not_asked_for_the_new_branch():
    case = picking("a", "c")
    case.do("a")
    assert over(case, picks("a", "b", "c")).open == ["z"]
