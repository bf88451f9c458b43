"""Timers of the diagram that count the time in which the bank is open."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel.working_time import Calendar, is_working_day
from app.workflow import engine
from app.workflow.engine.checking import Parsed
from app.workflow.engine.definition import Definition
from tests.engine import drawing as d
from tests.working_minutes import CALENDARS, counted

BEIJING = ZoneInfo("Asia/Shanghai")
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
WORKING = d.extension('<credit:timer counts="working"/>')


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING).astimezone(UTC)


def edge(text: str, kind: str, *, interrupting: bool = True, config: str = WORKING) -> str:
    clock = d.node(
        "boundaryEvent",
        "late",
        config,
        d.timer(text, kind),
        attachedToRef="answer",
        cancelActivity=str(interrupting).lower(),
    )
    return d.process(
        "p",
        d.start("begin"),
        d.user("answer"),
        d.user("check"),
        clock,
        d.end("answered"),
        d.user("look"),
        d.end("looked"),
        d.path("begin", "answer", "check", "answered"),
        d.path("late", "look", "looked"),
    )  # fmt: skip


def lent(calendar: Calendar | None = None) -> engine.Services:
    return engine.Services(lambda delegate, variables: {}, calendar=lambda: calendar or Calendar())


def begun(text: str, now: datetime, kind: str = "Duration", *, calendar: Calendar | None = None, **more: Any):
    definition = d.defined(edge(text, kind, **more))
    return definition, engine.start(definition, {}, now=now, services=lent(calendar))


def stations(step: engine.Progress) -> list[str]:
    return sorted(task.element_id for task in step.open)


def test_over_a_holiday_the_clock_stands_still_and_a_day_made_up_for_counts() -> None:
    assert is_working_day(date(2026, 2, 14))  # a Saturday that is worked for Spring Festival
    assert not any(is_working_day(date(2026, 2, day)) for day in range(16, 24))
    _, step = begun("P2D", at("2026-02-13T15:00"))
    assert [timer.due_at for timer in step.timers] == [at("2026-02-24T15:00")]
    _, plain = begun("P2D", at("2026-02-13T15:00"), config="")
    assert [timer.due_at for timer in plain.timers] == [at("2026-02-15T15:00")]


def test_the_banks_own_days_and_hours_count() -> None:
    short = Calendar({date(2026, 3, 3): False}, ((time(9), time(12)), (time(13, 30), time(16, 30))))
    _, step = begun("PT4H", at("2026-03-02T11:00"), calendar=short)
    assert [timer.due_at for timer in step.timers] == [at("2026-03-02T16:30")]
    _, step = begun("P1DT1H", at("2026-03-02T11:00"), calendar=short)
    assert [timer.due_at for timer in step.timers] == [at("2026-03-04T12:00")]


def test_it_rings_when_the_working_time_is_over_and_not_before() -> None:
    definition, step = begun("PT8H", at("2026-03-06T16:00"))
    friday_night = engine.tick(definition, step.state, now=at("2026-03-08T12:00"), services=lent())
    assert stations(friday_night) == ["answer"]
    rung = engine.tick(definition, friday_night.state, now=at("2026-03-09T16:00"), services=lent())
    assert stations(rung) == ["look"]


def test_a_clock_belongs_to_a_visit() -> None:
    definition, step = begun("P1D", at("2026-03-02T09:00"))
    step = engine.complete(definition, step.state, step.open[0].id, {}, now=at("2026-03-02T12:00"), services=lent())
    assert step.timers == ()
    sent = engine.rewind(
        definition, step.state, "answer", from_task=step.open[0].id, now=at("2026-03-02T15:00"), services=lent()
    )
    assert [timer.due_at for timer in sent.timers] == [at("2026-03-03T15:00")]
    assert sent.ticket is not None
    back = engine.go_straight_back(
        definition, sent.state, sent.open[0].id, sent.ticket, {}, now=at("2026-03-04T09:00"), services=lent()
    )
    assert (stations(back), back.timers) == (["check"], ())


def test_a_clock_that_goes_straight_back_to_its_sender_begins_anew() -> None:
    diagram = d.process(
        "p",
        d.start("begin"),
        d.user("first"),
        d.user("answer"),
        d.node("boundaryEvent", "late", WORKING, d.timer("P1D"), attachedToRef="answer"),
        d.end("answered"),
        d.end("out"),
        d.path("begin", "first", "answer", "answered"),
        d.path("late", "out"),
    )
    definition = d.defined(diagram)
    step = engine.start(definition, {}, now=at("2026-03-02T09:00"), services=lent())
    step = engine.complete(definition, step.state, step.open[0].id, {}, now=at("2026-03-02T10:00"), services=lent())
    sent = engine.rewind(
        definition, step.state, "first", from_task=step.open[0].id, now=at("2026-03-02T16:00"), services=lent()
    )
    assert (sent.timers, sent.ticket is not None) == ((), True)
    back = engine.go_straight_back(
        definition, sent.state, sent.open[0].id, sent.ticket, {}, now=at("2026-03-05T10:00"), services=lent()
    )
    assert [timer.due_at for timer in back.timers] == [at("2026-03-06T10:00")]


def test_a_case_that_stood_still_has_exactly_the_working_time_left_that_it_had() -> None:
    definition, step = begun("P1D", at("2026-03-06T12:00"))
    stopped, resumed = at("2026-03-06T16:30"), at("2026-03-11T10:00")
    step = engine.postpone(definition, step.state, resumed - stopped, now=resumed)
    assert [timer.due_at for timer in step.timers] == [at("2026-03-11T13:30")]


def test_a_changed_calendar_moves_the_ring_when_the_case_is_looked_at_by_it() -> None:
    definition, step = begun("P1D", at("2026-03-02T09:00"))
    closed = Calendar({date(2026, 3, 2): False, date(2026, 3, 3): False})
    assert [t.due_at for t in engine.timers_by(definition, step.state, closed)] == [at("2026-03-04T17:00")]
    same = engine.tick(definition, step.state, now=at("2026-03-02T18:00"), services=lent(closed))
    assert (stations(same), same.passed) == (["answer"], ())
    assert [timer.due_at for timer in same.timers] == [at("2026-03-04T17:00")]


@pytest.mark.parametrize(("rings", "left"), [("R2/PT4H", 2), ("R/PT4H", 3)])
def test_a_clock_that_repeats_rings_again_and_again_in_working_time(rings: str, left: int) -> None:
    definition, step = begun(rings, at("2026-03-06T10:00"), "Cycle", interrupting=False)
    due = [at("2026-03-06T14:00"), at("2026-03-09T10:00"), at("2026-03-09T14:00")]
    for number, moment in enumerate(due[:left], 1):
        assert [timer.due_at for timer in step.timers] == [moment]
        step = engine.tick(definition, step.state, now=moment, services=lent())
        assert stations(step) == ["answer", *["look"] * number]
    later = engine.tick(definition, step.state, now=at("2026-04-01T09:00"), services=lent())
    assert stations(later) == ["answer", *["look"] * (left + (rings == "R/PT4H"))]


def test_rings_that_nobody_looked_for_count_as_one() -> None:
    definition, step = begun("R/PT4H", at("2026-03-02T09:00"), "Cycle", interrupting=False)
    step = engine.tick(definition, step.state, now=at("2026-03-05T11:00"), services=lent())
    assert stations(step) == ["answer", "look"]
    assert [timer.due_at for timer in step.timers] == [at("2026-03-05T13:00")]


def pace(definition: Definition, step: engine.Progress, waits: bool, now: datetime, calendar=Calendar):
    waiting = {task.id for task in step.open} if waits else set()
    return engine.pace(definition, step, waiting, now=now, calendar=calendar)


def test_it_stands_still_while_the_station_waits_for_the_customer() -> None:
    definition, step = begun("P1D", at("2026-03-02T09:00"))
    still = pace(definition, step, True, at("2026-03-02T14:00"))
    assert (still.timers, still.paced) == ((), True)
    assert stations(engine.tick(definition, still.state, now=at("2026-06-01T09:00"), services=lent())) == ["answer"]
    again = pace(definition, still, False, at("2026-03-09T09:00"))
    assert [timer.due_at for timer in again.timers] == [at("2026-03-09T12:00")]
    assert pace(definition, again, False, at("2026-03-09T10:00")).timers == again.timers


def test_around_a_sub_process_it_stands_still_only_when_everybody_in_it_waits() -> None:
    inside = d.sub(
        "both",
        d.start("s"),
        d.fork("f"),
        d.user("one"),
        d.user("two"),
        d.fork("j"),
        d.end("e"),
        d.path("s", "f", "one", "j", "e"),
        d.path("f", "two", "j"),
    )
    diagram = d.process(
        "p",
        d.start("begin"),
        inside,
        d.node("boundaryEvent", "late", WORKING, d.timer("P1D"), attachedToRef="both"),
        d.end("done"),
        d.end("out"),
        d.path("begin", "both", "done"),
        d.path("late", "out"),
    )
    definition = d.defined(diagram)
    step = engine.start(definition, {}, now=at("2026-03-02T09:00"), services=lent())
    one, two = (task.id for task in sorted(step.open, key=lambda task: task.element_id))
    partly = engine.pace(definition, step, {one}, now=at("2026-03-02T10:00"))
    assert [timer.due_at for timer in partly.timers] == [at("2026-03-02T17:00")]
    still = engine.pace(definition, partly, {one, two}, now=at("2026-03-02T11:00"))
    assert still.timers == ()
    left = engine.complete(definition, still.state, two, {}, now=at("2026-03-03T09:00"), services=lent())
    assert engine.pace(definition, left, {one}, now=at("2026-03-03T09:00")).timers == ()
    again = engine.pace(definition, left, set(), now=at("2026-03-03T09:00"))
    assert [timer.due_at for timer in again.timers] == [at("2026-03-03T15:00")]


def test_a_wait_on_the_way_counts_working_time_and_waits_for_nobody() -> None:
    diagram = d.process(
        "p",
        d.start("begin"),
        d.node("intermediateCatchEvent", "pause", WORKING, d.timer("PT4H")),
        d.end("e"),
        d.path("begin", "pause", "e"),
    )
    definition = d.defined(diagram)
    step = engine.start(definition, {}, now=at("2026-03-06T15:00"), services=lent())
    assert ([timer.due_at for timer in step.timers], step.paced) == ([at("2026-03-09T11:00")], False)
    assert engine.pace(definition, step, set(), now=at("2026-03-06T16:00")) is step
    assert engine.tick(definition, step.state, now=at("2026-03-09T11:00"), services=lent()).finished


def test_going_back_to_an_earlier_state_keeps_what_the_clock_has_left_today() -> None:
    definition, step = begun("P1D", at("2026-03-02T09:00"))
    still = pace(definition, step, True, at("2026-03-02T14:00"))
    again = pace(definition, still, False, at("2026-03-09T09:00"))
    back = engine.restore(definition, again.state, step.state, now=at("2026-03-09T10:00"), services=lent())
    assert back.timers == again.timers


@pytest.mark.parametrize("waits", [False, True])
def test_a_case_that_goes_over_to_another_version_keeps_its_clock(waits: bool) -> None:
    definition, step = begun("P1D", at("2026-03-02T09:00"))
    step = pace(definition, step, waits, at("2026-03-02T12:00"))
    other = d.defined(edge("P5D", "Duration", config=""))
    moved = engine.migrate(definition, other, step.state, {}, now=at("2026-03-02T13:00"), services=lent())
    assert moved.timers == step.timers
    again = pace(other, moved, False, at("2026-03-02T14:00"))
    assert [timer.due_at for timer in again.timers] == [at("2026-03-03T11:00" if waits else "2026-03-02T17:00")]


def test_an_expression_gives_the_working_time_as_a_text() -> None:
    definition = d.defined(edge('if amount > 500 then "P2D" else "PT4H"', "Duration"))
    for amount, due in ((900, "2026-03-03T17:00"), (100, "2026-03-02T13:00")):
        step = engine.start(definition, {"amount": amount}, now=at("2026-03-02T09:00"), services=lent())
        assert [timer.due_at for timer in step.timers] == [at(due)]


def test_a_value_that_is_no_working_time_holds_the_case_with_a_sentence() -> None:
    definition = d.defined(edge("given", "Duration"))
    step = engine.start(definition, {"given": "soon"}, now=d.NOW, services=lent())
    assert [incident.code for incident in step.incidents] == ["timer_not_working"]
    mended = engine.retry(definition, step.state, now=d.NOW, services=lent(), variables={"given": "P1D"})
    assert (mended.incidents, len(mended.timers)) == ((), 1)


FOUND = [
    ("P2D", "Duration", "working", ""),
    ("P1DT4H30M", "Duration", "working", ""),
    ("P1W", "Duration", "working", ""),
    ("R3/PT4H", "Cycle", "working", ""),
    ("P2D", "Duration", "wall", ""),
    ("P1M", "Duration", "wall", ""),
    ('"P2D"', "Duration", "working", ""),
    ("P1M", "Duration", "working", "timer_not_working_time"),
    ("PT30S", "Duration", "working", "timer_not_working_time"),
    ("P1.5D", "Duration", "working", "timer_not_working_time"),
    ("R0/PT4H", "Cycle", "working", "timer_not_working_time"),
    ("R3/2026-03-02/PT4H", "Cycle", "working", "timer_not_working_time"),
    ('duration("PT24H")', "Duration", "working", "timer_not_working_time"),
    ('if amount > 5 then duration("P2D") else duration("P1D")', "Duration", "working", "timer_not_working_time"),
    ('"soon"', "Duration", "working", "timer_not_working_time"),
    ("12", "Duration", "working", "timer_not_working_time"),
    ("2026-05-01", "Date", "working", "timer_date_working"),
    ("P2D", "Duration", "office", "timer_counts"),
]


@pytest.mark.parametrize(("text", "kind", "counts", "code"), FOUND)
def test_what_can_not_be_counted_is_found_before_it_is_deployed(text: str, kind: str, counts: str, code: str) -> None:
    config = d.extension(f'<credit:timer counts="{counts}"/>')
    found = d.parsed(edge(text, kind, interrupting=kind != "Cycle", config=config))
    assert errors(found) == ([code] if code else [])
    assert all(finding.message and finding.mend for finding in found.findings if finding.code == code)


def test_an_unknown_word_and_a_place_that_is_no_timer_are_found() -> None:
    config = d.extension('<credit:timer count="working"/>')
    assert errors(d.parsed(edge("P2D", "Duration", config=config))) == ["step_unknown"]
    on_a_start = d.process("p", d.start("s", WORKING), d.user("a"), d.end("e"), d.path("s", "a", "e"))
    assert errors(d.parsed(on_a_start)) == ["timer_misplaced"]


def errors(found: Parsed) -> list[str]:
    return [finding.code for finding in found.findings if finding.severity is engine.Severity.ERROR]


def test_a_stored_definition_knows_what_its_timers_count() -> None:
    definition = d.defined(edge("P2D", "Duration"))
    assert Definition.from_bytes(definition.to_bytes()).counts_working_time
    assert not d.defined(edge("P2D", "Duration", config="")).counts_working_time


@settings(max_examples=60, deadline=None)
@given(
    calendar=CALENDARS,
    work=st.integers(1, 3000),
    acts=st.lists(st.tuples(st.integers(1, 6000), st.sampled_from(["wait", "go", "suspend", "look"])), max_size=8),
)
def test_whatever_happens_it_rings_after_exactly_the_minutes_in_which_bank_and_case_were_at_work(
    calendar, work, acts
) -> None:
    definition, step = begun(f"PT{work}M", at("2025-06-02T10:30"), calendar=calendar)
    now, waits, passed, give = at("2025-06-02T10:30"), False, 0, lambda: calendar
    for minutes, act in acts:
        then = now + minutes * MINUTE
        if act == "suspend":
            step = engine.postpone(definition, step.state, then - now, now=then, calendar=give)
        elif not waits:
            passed += counted(calendar, now, then) // MINUTE
        now = then
        if passed >= work:
            break
        waits = act == "wait" or (waits and act != "go")
        step = pace(definition, step, waits, now, give)
    step = engine.tick(definition, step.state, now=now, services=lent(calendar))
    assert stations(step) == (["look"] if passed >= work else ["answer"])
    if passed < work and not waits:
        due = step.timers[0].due_at
        assert counted(calendar, now, due) == (work - passed) * MINUTE
        assert counted(calendar, now, due - MINUTE) == (work - passed - 1) * MINUTE
