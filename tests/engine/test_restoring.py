"""Back to how a case stood: the same stations are open again, what has stood since stays, and the case can still be finished."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.workflow import engine
from tests.engine import drawing as draw
from tests.engine.drawing import Case, defined, end, many, node, path, process, start, sub, timer, user
from tests.engine.test_sending_back import branches, case_after

HOUR = timedelta(hours=1)


def restored(case: Case, earlier: bytes, *, blind: bool = False) -> engine.Progress:
    state = None if blind else case.last.state
    case.last = engine.restore(case.definition, state, earlier, now=case.now, services=case.services)
    return case.last


def with_insides() -> engine.Definition:
    """a → sub(i1 → i2) with a reminder every hour → n times m → z."""
    body = sub("inside", start("is"), user("i1"), user("i2"), end("ie"), path("is", "i1", "i2", "ie"))
    bell = draw.boundary("bell", "inside", timer("PT1H"), interrupting=False)
    each = user("m", many(node("loopCardinality", "lc", "3")))
    parts = [user("a"), body, bell, user("remind"), end("re"), each, user("z"), end("e")]
    return defined(
        process("p", start("s"), *parts, path("s", "a", "inside", "m", "z", "e"), path("bell", "remind", "re"))
    )


def test_the_stations_of_the_moment_are_open_again_and_the_case_ends() -> None:
    case = case_after(branches(), "a")
    then = case.last.state
    for element in ("b1", "c", "b2"):
        case.do(element)
    assert case.open == ["d"]
    restored(case, then)
    assert case.open == ["b1", "c"]
    for element in ("b1", "b2", "c", "d", "g"):
        case.do(element, again=0)
    assert case.last.finished


def test_a_task_that_has_stood_since_keeps_its_name_and_one_that_was_done_comes_back_under_a_new_one() -> None:
    case = case_after(branches(), "a")
    then, c, b1 = case.last.state, case.task("c").id, case.task("b1").id
    case.do("b1")
    gone = case.task("b2").id
    restored(case, then)
    assert case.task("c").id == c
    assert case.task("b1").id != b1
    assert case.last.cancelled == (gone,)


def test_values_stay_as_last_known() -> None:
    case = Case(branches(), {"amount": 1})
    then = case.last.state
    case.do("a", amount=2)
    restored(case, then)
    assert case.last.variables["amount"] == 2


def test_a_join_that_one_branch_had_reached_waits_for_the_other_alone() -> None:
    case = case_after(branches(), "a", "c", "b1")
    then = case.last.state
    for element in ("b2", "d"):
        case.do(element)
    restored(case, then)
    assert case.open == ["b2"]
    case.do("b2")
    assert case.open == ["d"]


def test_an_inside_comes_back_at_its_place_with_its_clock_wound_anew() -> None:
    case = case_after(with_insides(), "a", "i1")
    then, due = case.last.state, case.last.timers[0].due_at
    case.do("i2")
    case.now += 2 * HOUR
    restored(case, then)
    assert case.open == ["i2"]
    assert [timer.due_at - case.now for timer in case.last.timers] == [HOUR]
    assert due < case.now


def test_a_clock_that_has_run_since_goes_on() -> None:
    case = case_after(with_insides(), "a")
    then, due = case.last.state, case.last.timers[0].due_at
    case.do("i1")
    case.now += HOUR / 2
    restored(case, then)
    assert case.open == ["i1"]
    assert [timer.due_at for timer in case.last.timers] == [due]


def test_a_repetition_keeps_the_answers_it_had_collected() -> None:
    case = case_after(with_insides(), "a", "i1", "i2", "m")
    then = case.last.state
    case.do("m")
    case.do("m")
    assert case.open == ["z"]
    restored(case, then)
    assert case.open == ["m", "m"]
    case.do("m")
    case.do("m")
    assert case.open == ["z"]


def test_a_case_whose_state_cant_be_read_comes_back_from_the_earlier_one() -> None:
    case = case_after(branches(), "a")
    then = case.last.state
    case.do("b1")
    restored(case, then, blind=True)
    assert case.open == ["b1", "c"]


def test_an_earlier_state_that_cant_be_read_is_refused() -> None:
    case = case_after(branches(), "a")
    with pytest.raises(engine.StateUnreadable):
        restored(case, b"damaged")


def test_the_price_names_what_is_taken_away_and_what_opens_and_changes_nothing() -> None:
    case = case_after(branches(), "a")
    then = case.last.state
    case.do("b1")
    gone, state = case.task("b2").id, case.last.state
    price = engine.restore_price(case.definition, state, then)
    assert price.cancelled == (gone,)
    assert [task.element_id for task in price.opened] == ["b1"]
    assert case.last.state == state


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_any_moment_of_any_walk_can_be_restored_and_worked_to_the_end(data: st.DataObject) -> None:
    case = Case(data.draw(st.sampled_from((branches(), with_insides()))), {"again": 0})
    moments = [(case.last.state, case.open)]
    for _ in range(data.draw(st.integers(1, 25))):
        if not case.open:
            break
        if data.draw(st.integers(0, 4)) == 0:
            state, stood = data.draw(st.sampled_from(moments))
            restored(case, state)
            assert case.open == stood
        else:
            case.do(data.draw(st.sampled_from(case.open)))
        moments.append((case.last.state, case.open))
        assert case.last.finished or case.open
    for _ in range(60):
        if not case.open:
            break
        case.do(case.open[0])
    assert case.last.finished


def test_a_join_tells_whom_it_waits_for_and_whether_he_can_still_come() -> None:
    case = case_after(branches(), "a", "c")
    (join,) = engine.waiting_joins(case.definition, case.last.state, now=case.now)
    assert (join.element_id, join.arrived, join.missing, join.hopeless) == ("j", ("c",), ("b2",), False)


def test_a_join_whose_other_branch_is_gone_is_hopeless() -> None:
    case = case_after(branches(), "a", "c")
    state = without(case.last.state, "b1")
    (join,) = engine.waiting_joins(case.definition, state, now=case.now)
    assert join.hopeless
    assert engine.look(case.definition, state, now=case.now).open == ()


def without(state: bytes, element: str) -> bytes:
    """A damaged state: the token on `element` is lost."""
    import zlib

    from app.workflow.engine import state as states

    body = states.unpack(zlib.decompress(state))
    body["tokens"] = [token for token in body["tokens"] if token["s"] != element]
    return zlib.compress(states.pack(body), 1)
