"""The play of a process: against queues whose answer is known, and along routes whose answer is plain."""

from __future__ import annotations

import math

from app.workflow import engine
from app.workflow.engine.definition import Definition
from app.workflow.monitoring.learning import Learnt, Mode, Place, queueing
from app.workflow.monitoring.staffing import HOUR, Change, play

HEAD = '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:credit="urn:creditflow:bpmn:1" id="d" '
HEAD += 'targetNamespace="t"><process id="p" isExecutable="true">'


def definition(body: str) -> Definition:
    parsed = engine.check({"p.bpmn": (HEAD + body + "</process></definitions>").encode()}, engine.Catalogue())
    assert parsed.definitions, [finding.message["en"] for finding in parsed.findings]
    return parsed.definitions[0]


def node(kind: str, name: str) -> str:
    return f'<{kind} id="{name}" name="{name}"/>'


def flow(source: str, target: str, condition: str = "") -> str:
    inside = f"<conditionExpression>{condition}</conditionExpression>" if condition else ""
    return f'<sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">{inside}</sequenceFlow>'


LINE = (
    node("startEvent", "s") + node("userTask", "work") + node("endEvent", "e") + flow("s", "work") + flow("work", "e")
)
NOTHING = Change()


def exponential(mean: float, number: int = 4000) -> list[float]:
    """The quantiles of an exponential distribution."""
    return [-mean * math.log(1 - (i + 0.5) / number) for i in range(number)]


def quiet(done: int, total: int) -> None:
    assert done <= total


def pool(works: list[float], officers: int = 1) -> Place:
    return Place(Mode.POOL, dict.fromkeys(range(officers), 1), works, [0.0] * len(works))


def test_one_officer_is_the_queue_of_the_textbook() -> None:
    """M/M/1 with 0.5 cases and 1 work an hour: the mean time there is 2 h, the mean number 1."""
    learnt = Learnt(0.5, {"work": pool(exponential(HOUR))}, {})
    found = play(definition(LINE), learnt, (), 3000 * HOUR, NOTHING, quiet)["work"]
    assert abs(found.queue - 1.0) < 0.2
    assert found.median is not None
    assert abs(found.median - 2 * math.log(2)) < 0.25


def test_more_cases_and_fewer_officers_lengthen_the_queue() -> None:
    learnt = Learnt(1.5, {"work": pool(exponential(HOUR), 2)}, {})
    usual = play(definition(LINE), learnt, (), 400 * HOUR, NOTHING, quiet)["work"]
    more = play(definition(LINE), learnt, (), 400 * HOUR, Change(growth=1.2), quiet)["work"]
    fewer = play(definition(LINE), learnt, (), 400 * HOUR, Change(absent=frozenset({1}), away=40 * HOUR), quiet)["work"]
    assert more.queue > usual.queue * 1.3
    assert fewer.queue > usual.queue * 1.3
    assert more.visits > usual.visits * 1.1


def test_where_everybody_is_away_cases_wait_until_somebody_is_back() -> None:
    learnt = Learnt(0.0, {"work": pool([HOUR])}, {})
    change = Change(absent=frozenset({0}), away=10 * HOUR)
    found = play(definition(LINE), learnt, [["work"]], 100 * HOUR, change, quiet)["work"]
    assert found.median == 11


def test_the_same_question_has_the_same_answer() -> None:
    learnt = Learnt(0.5, {"work": pool(exponential(HOUR, 50))}, {})
    answers = [play(definition(LINE), learnt, (), 100 * HOUR, NOTHING, quiet) for _ in range(2)]
    assert answers[0] == answers[1]


def test_ways_are_taken_by_their_share_and_joins_wait_for_all() -> None:
    body = node("startEvent", "s") + node("exclusiveGateway", "which").replace("/>", ' default="which_b"/>')
    body += (
        node("userTask", "a")
        + node("userTask", "b")
        + node("exclusiveGateway", "again")
        + node("parallelGateway", "fork")
    )
    body += (
        node("userTask", "left")
        + node("userTask", "right")
        + node("parallelGateway", "join")
        + node("userTask", "last")
    )
    body += node("endEvent", "e") + flow("s", "which") + flow("which", "a", "x = 1") + flow("which", "b")
    body += (
        flow("a", "again") + flow("b", "again") + flow("again", "fork") + flow("fork", "left") + flow("fork", "right")
    )
    body += flow("left", "join") + flow("right", "join") + flow("join", "last") + flow("last", "e")
    vote = {name: Place(Mode.VOTE, {}, [0.0], [HOUR]) for name in ("a", "b", "left", "right", "last")}
    learnt = Learnt(1.0, vote, {"which_a": 3, "which_b": 1})
    found = play(definition(body), learnt, (), 1000 * HOUR, NOTHING, quiet)
    assert abs(found["a"].visits / (found["a"].visits + found["b"].visits) - 0.75) < 0.05
    assert abs(found["last"].visits - found["left"].visits) < 5
    assert abs(found["last"].visits - 1000) < 60


def test_a_case_that_stands_beside_a_branch_already_done_still_passes_the_join() -> None:
    body = (
        node("startEvent", "s") + node("parallelGateway", "fork") + node("userTask", "left") + node("userTask", "right")
    )
    body += node("parallelGateway", "join") + node("userTask", "last") + node("endEvent", "e") + flow("s", "fork")
    body += flow("fork", "left") + flow("fork", "right") + flow("left", "join") + flow("right", "join")
    body += flow("join", "last") + flow("last", "e")
    learnt = Learnt(0.0, {name: Place(Mode.VOTE, {}, [0.0], [HOUR]) for name in ("left", "right", "last")}, {})
    found = play(definition(body), learnt, [["left"]], 100 * HOUR, NOTHING, quiet)
    assert found["last"].visits == 1


def test_returns_and_losses_happen_as_often_as_they_did() -> None:
    place = Place(Mode.VOTE, {}, [0.0], [HOUR], {"work": 0.5}, 0.0)
    found = play(definition(LINE), Learnt(1.0, {"work": place}, {}), (), 1000 * HOUR, NOTHING, quiet)["work"]
    assert abs(found.visits - 2000) < 150


def test_what_a_queue_explains_is_what_one_would_wait_in_it() -> None:
    assert queueing([0, 1, 2], [5, 5, 5], 1) == [0, 4, 8]
    assert queueing([0, 1, 2], [5, 5, 5], 2) == [0, 0, 3]
