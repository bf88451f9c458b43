"""Clocks of a case that stood still: they are put off, except those set for a date."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.workflow import engine
from tests.engine import drawing as d

HOUR = timedelta(hours=1)


def due(text: str, kind: str, *, interrupting: bool = True) -> tuple[engine.Definition, engine.Progress]:
    definition = d.defined(
        d.process(
            "p",
            d.start("begin"),
            d.user("answer"),
            d.boundary("late", "answer", d.timer(text, kind), interrupting=interrupting),
            d.end("answered"),
            d.end("given_up"),
            d.path("begin", "answer", "answered"),
            d.path("late", "given_up"),
        )
    )
    return definition, engine.start(definition, {}, now=d.NOW, services=d.no_services())


@pytest.mark.parametrize(("text", "kind"), [('"PT2H"', "Duration"), ("PT2H", "Duration"), ('"R3/PT2H"', "Cycle")])
def test_a_clock_for_a_length_of_time_is_put_off(text: str, kind: str):
    definition, begun = due(text, kind, interrupting=kind != "Cycle")
    later = engine.postpone(definition, begun.state, HOUR, now=d.NOW + HOUR)
    assert [t.due_at for t in later.timers] == [t.due_at + HOUR for t in begun.timers] == [d.NOW + 3 * HOUR]
    assert [t.id for t in later.open] == [t.id for t in begun.open]


def test_a_clock_for_a_date_keeps_its_date():
    definition, begun = due('date and time("2026-03-05T09:00:00Z")', "Date")
    later = engine.postpone(definition, begun.state, HOUR, now=d.NOW + HOUR)
    assert later.timers == begun.timers


def test_a_clock_that_was_put_off_rings_at_its_new_time_and_not_before():
    definition, begun = due('"PT2H"', "Duration")
    state = engine.postpone(definition, begun.state, 5 * HOUR, now=d.NOW + 5 * HOUR).state
    early = engine.tick(definition, state, now=d.NOW + 6 * HOUR, services=d.no_services())
    assert early.open
    rung = engine.tick(definition, early.state, now=d.NOW + 7 * HOUR, services=d.no_services())
    assert rung.end_event == "given_up"
