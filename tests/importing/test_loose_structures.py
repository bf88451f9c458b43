"""Drawings that no standard foresees and people make all the same: each is mended or told of, and what comes out runs."""

from __future__ import annotations

import pytest

from app.workflow.importing.values import Fate
from tests.importing.kit import brought, errors, file, flow, item, unaccounted, why

S, E = '<startEvent id="s"/>', '<endEvent id="e"/>'
TIMER = "<timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition>"
ANSWERS = ("all", "one")

DRAWN = {
    "a circle of passing events": file(
        S, '<intermediateThrowEvent id="a"/><intermediateThrowEvent id="b"/>', E,
        flow("s", "a"), flow("a", "b"), flow("b", "a"),
    ),
    "an end that leads back to itself": file(S, E, flow("s", "e"), flow("e", "e")),
    "a fork that leads back to itself": file(
        S, '<parallelGateway id="g"/><userTask id="a"/>', E, flow("s", "g"), flow("g", "g"), flow("g", "a"), flow("a", "e")
    ),
    "an inclusive gateway that leads back to itself": file(
        S, '<inclusiveGateway id="g"/><userTask id="a"/>', E, flow("s", "g"), flow("g", "g"), flow("g", "a"), flow("a", "e")
    ),
    "a complex gateway without conditions in a circle": file(
        S, '<complexGateway id="g"/><scriptTask id="a"/>', E, flow("s", "g"), flow("g", "a"), flow("a", "g"), flow("g", "e")
    ),
    "an event on the edge of an event": file(
        S, f'<intermediateThrowEvent id="a"/><boundaryEvent id="t" attachedToRef="a">{TIMER}</boundaryEvent>', E,
        flow("s", "a"), flow("a", "e"), flow("t", "e"),
    ),
    "a link on an edge": file(
        S, '<userTask id="a"/><boundaryEvent id="t" attachedToRef="a"><linkEventDefinition name="L"/></boundaryEvent>', E,
        flow("s", "a"), flow("a", "e"), flow("t", "e"),
    ),
    "a cancelling start in the middle": file(
        '<startEvent id="s"/><startEvent id="m"><cancelEventDefinition/></startEvent><userTask id="a"/>', E,
        flow("s", "a"), flow("a", "m"), flow("m", "a"), flow("m", "e"),
    ),
    "a timed start without a time in the middle": file(
        '<startEvent id="s"/><startEvent id="m"><timerEventDefinition/></startEvent><userTask id="a"/>', E,
        flow("s", "a"), flow("a", "m"), flow("m", "a"), flow("m", "e"),
    ),
    "lines at an event sub-process": file(
        S, '<userTask id="a"/><subProcess id="x" triggeredByEvent="true"><startEvent id="xs"><messageEventDefinition/></startEvent>'
        '<endEvent id="xe"/><sequenceFlow id="x1" sourceRef="xs" targetRef="xe"/></subProcess>'
        f'<boundaryEvent id="t" attachedToRef="x">{TIMER}</boundaryEvent>', E,
        flow("s", "a"), flow("a", "e"), flow("a", "x"), flow("x", "e"), flow("t", "e"),
    ),
    "a sub-process that holds only an event on no edge": file(
        S, f'<subProcess id="x"><boundaryEvent id="t" attachedToRef="?">{TIMER}</boundaryEvent></subProcess>', E,
        flow("s", "x"), flow("x", "e"),
    ),
    "a fork that leads to one step by three lines": file(
        S, '<userTask id="a"/><userTask id="b"/>', E, flow("s", "a"), flow("a", "b"), flow("a", "e"),
        flow("a", "e", id="again"), flow("b", "e"), flow("b", "a"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DRAWN)
def test_what_nobody_foresaw_is_mended_or_told_of_and_runs(name: str) -> None:
    made = brought(DRAWN[name])
    assert unaccounted(DRAWN[name], made) == []
    assert errors(made) == []


@pytest.mark.parametrize("name", DRAWN)
def test_whatever_is_chosen_of_the_answers_it_still_runs(name: str) -> None:
    questions = brought(DRAWN[name]).questions
    for turn in range(4):
        answers = {
            question.id: {
                entry.name: entry.choices[turn % len(entry.choices)].value if entry.choices else entry.proposed
                for entry in question.entries
            }
            for question in questions
        }
        made = brought(DRAWN[name], answers)
        assert unaccounted(DRAWN[name], made) == []
        assert [error for error in errors(made) if made.open_questions == ()] == []


def test_the_line_that_would_turn_for_ever_is_named() -> None:
    made = brought(DRAWN["a circle of passing events"])
    assert item(made, "b_a").fate is Fate.CANNOT_RUN
    assert "turn for ever" in why(made, "b_a")


def test_a_circle_that_somebody_or_a_choice_can_end_stays_as_it_is() -> None:
    content = file(
        S, '<userTask id="a"/><exclusiveGateway id="m"/><scriptTask id="c" scriptFormat="x"><script>n = 1</script></scriptTask>',
        '<exclusiveGateway id="g" default="g_e"/>', E,
        flow("s", "a"), flow("a", "m"), flow("m", "c"), flow("c", "g"), flow("g", "m", "${n &lt; 3}"), flow("g", "e"),
    )  # fmt: skip
    made = brought(content)
    assert errors(made) == []
    assert all(item(made, name).fate is not Fate.CANNOT_RUN for name in ("g_m", "m_c", "c_g"))


def test_a_file_that_repairs_leave_empty_is_refused_with_its_reason() -> None:
    made = brought(file('<boundaryEvent id="t" attachedToRef="gone"/>'))
    assert not made.usable
    report = made.reports[0]
    assert report.refused is not None
    assert {one.fate for one in report.items} == {Fate.CANNOT_RUN}


def test_two_gateways_whose_names_are_cut_to_the_same_ask_in_two_fields() -> None:
    long = "g" * 60
    content = file(
        S, f'<userTask id="a"/><inclusiveGateway id="j"/><exclusiveGateway id="{long}1"/><exclusiveGateway id="{long}2"/>'
        '<userTask id="b"/>', E,
        flow("s", "a"), flow("a", "j"), flow("j", f"{long}1", id="f1"), flow(f"{long}1", f"{long}2", id="f2"),
        flow(f"{long}1", "b", id="f3"), flow(f"{long}2", "b", id="f4"), flow(f"{long}2", "e", id="f5"), flow("b", "e"),
    )  # fmt: skip
    made = brought(content)
    assert errors(made) == []
    form = next(c for n, c in made.files.items() if n.endswith(".form")).decode()
    keys = [part.split('"')[1] for part in form.split('"key": ')[2:]]
    assert len(keys) == len(set(keys)) == 2
