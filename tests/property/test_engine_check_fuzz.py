"""Diagrams broken at random: the check answers each with findings, and what it accepts can be built and begun.

Starting from a diagram with every kind of element, elements are deleted, doubled, moved and renamed and attributes
changed to each other's values; whatever comes out, the check does not raise, and a definition that it lets through
starts, takes every open step and never meets anything but an end, an open task, a wait or a named incident.
"""

from __future__ import annotations

import copy
from datetime import timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from app.workflow import engine
from app.workflow.engine.checking import check_here
from app.workflow.engine.trial import tried
from tests.engine import drawing as draw
from tests.engine.drawing import (
    NOW,
    boundary,
    catch,
    document,
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

RICH = document(
    '<bpmn:message id="M" name="paid"/><bpmn:signal id="S" name="go"/><bpmn:error id="E" errorCode="X"/>',
    process(
        "p",
        start("s"),
        user("a", due="P1D", config='<credit:sendBack to="any"/><credit:outcome id="yes" kind="approve"/>'),
        boundary("a_late", "a", timer("PT1H"), interrupting=False),
        user("remind"),
        end("reminded"),
        draw.fork("f"),
        draw.script("t", "n = 1\nm = n + 1"),
        draw.service("v", "room.act"),
        draw.inclusive("o", "o_to_w"),
        node("userTask", "w", many("<bpmn:loopCardinality>2</bpmn:loopCardinality>")),
        node("manualTask", "l", draw.loop("n < 0")),
        draw.inclusive("oj"),
        draw.fork("j"),
        sub("h", start("hs"), user("ha"), end("he"), path("hs", "ha", "he")),
        boundary("h_err", "h", '<bpmn:errorEventDefinition errorRef="E"/>'),
        node("eventBasedGateway", "g"),
        catch("m", message("M")),
        catch("c", timer("P1D")),
        xor("x"),
        draw.call("k", "q"),
        xor("again", "out"),
        end("e"),
        path("s", "a", "f", "t", "v", "o", "w", "oj", "j", "h", "g", "m", "x", "k", "again"),
        path("f", "l", "j"),
        flow("o", "oj", "n > 1"),
        path("g", "c", "x"),
        path("a_late", "remind", "reminded"),
        path("h_err", "x"),
        flow("again", "e", None, "out"),
        flow("again", "k", "n > 5"),
    ),
    process("q", start("qs"), user("qa"), end("qe"), path("qs", "qa", "qe")),
)  # fmt: skip


def broken(seed: int) -> bytes:
    """RICH with one to four random changes."""
    random = Random(seed)
    root = etree.fromstring(RICH)
    for _ in range(random.randint(1, 4)):
        elements = [element for element in root.iter() if element is not root]
        if elements:
            _change(random, root, random.choice(elements), elements)
    return etree.tostring(root)


def _change(random: Random, root: etree._Element, element: etree._Element, elements: list[etree._Element]) -> None:
    parent, other = element.getparent(), random.choice(elements)
    kind = random.randrange(6)
    if kind == 0 and parent is not None:
        parent.remove(element)
    elif kind == 1 and parent is not None:
        parent.append(copy.deepcopy(element))
    elif kind == 2:
        element.tag = other.tag
    elif kind == 3 and element.attrib and other.attrib:
        element.set(random.choice(element.keys()), other.get(random.choice(other.keys())) or "")
    elif kind == 4 and element.attrib:
        del element.attrib[random.choice(element.keys())]
    elif kind == 5:
        element.text = random.choice(
            ["", "1 +", "null", "P", "n > 1", "x" * 3000, "R/", "9" * 400, "'", "${x}", "字 = 1"]
        )


def survives(seed: int) -> bool:
    """Check and, if it is let through, play; whether it was let through."""
    result = tried(check_here({"rich.bpmn": broken(seed)}, engine.Catalogue()))
    assert all(finding.message["en"] for finding in result.findings)
    for definition in result.definitions:
        stored = engine.Definition.from_bytes(definition.to_bytes())
        assert stored == definition
        play(stored, Random(seed))
    return bool(result.definitions)


def play(definition: engine.Definition, random: Random) -> None:
    services = engine.Services(lambda delegate, variables: {"n": 1})
    try:
        last = engine.start(definition, {"n": 1}, now=NOW, services=services)
    except engine.EngineError:
        return
    for step in range(25):
        assert last.finished or last.open or last.timers or last.waits or last.incidents
        now = NOW + timedelta(days=2 * step)
        if last.open:
            last = engine.complete(
                definition, last.state, random.choice(last.open).id, {"n": 1}, now=now, services=services
            )
        elif last.timers:
            last = engine.tick(definition, last.state, now=now, services=services)
        else:
            break


def test_the_unbroken_diagram_is_let_through_and_runs() -> None:
    result = tried(check_here({"rich.bpmn": RICH}, engine.Catalogue()))
    assert result.clean, [finding.message["en"] for finding in result.findings]
    play(result.definitions[0], Random(1))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32))
def test_broken_diagrams_are_answered_and_never_crash(seed: int) -> None:
    survives(seed)


@pytest.mark.slow
def test_three_thousand_broken_diagrams_are_answered_and_some_are_let_through() -> None:
    passed = sum(survives(seed) for seed in range(3000))
    assert 30 < passed < 2900
