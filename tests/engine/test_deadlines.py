"""Chains after a due date as the diagram says them, and timers that may not approve: read, ordered, found wrong."""

from __future__ import annotations

import pytest

from app.workflow import engine
from app.workflow.engine import Catalogue, Definition, Link

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:credit="urn:creditflow:bpmn:1"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" targetNamespace="t">'
)
PLAIN = 'due="P2D"'
FULL = 'remind="PT0M, PT4H before, PT8H after" superior="P1D" deputy="P2D" supervisor="P3D"'
OUTCOMES = '<credit:outcome id="approve" kind="approve"/><credit:outcome id="refuse" kind="refuse"/>'


def parsed(deadline: str = "", step: str = PLAIN, inside: str = "", timer: str = "", ends: str = "") -> engine.Parsed:
    """A station with an approval behind it; `timer`: where the timer on its edge leads."""
    chain = f"<credit:deadline {deadline}/>" if deadline else ""
    edge = (
        '<boundaryEvent id="late" attachedToRef="review"><timerEventDefinition><timeDuration>P1D</timeDuration>'
        f'</timerEventDefinition></boundaryEvent><sequenceFlow id="f9" sourceRef="late" targetRef="{timer}"/>'
        if timer
        else ""
    )
    text = f"""{HEAD}<process id="loan" isExecutable="true"><startEvent id="s"/>
    <sequenceFlow id="f1" sourceRef="s" targetRef="review"/>
    <userTask id="review" name="审查"><extensionElements><credit:step {step}>{chain}{inside}</credit:step></extensionElements>
    </userTask><sequenceFlow id="f2" sourceRef="review" targetRef="which"/>
    <exclusiveGateway id="which" default="f4"/>
    <sequenceFlow id="f3" sourceRef="which" targetRef="sign"><conditionExpression>review_result = "approve"</conditionExpression>
    </sequenceFlow><sequenceFlow id="f4" sourceRef="which" targetRef="refused"/>
    <userTask id="sign" name="签约"/><sequenceFlow id="f5" sourceRef="sign" targetRef="paid"/>
    <userTask id="ask" name="主管"/><sequenceFlow id="f6" sourceRef="ask" targetRef="refused"/>
    <endEvent id="paid"><extensionElements><credit:end status="approved"/></extensionElements></endEvent>
    <endEvent id="refused"><extensionElements><credit:end status="refused"/></extensionElements></endEvent>{edge}
    </process></definitions>"""
    if timer != "ask":
        text = text.replace(
            '<userTask id="ask" name="主管"/><sequenceFlow id="f6" sourceRef="ask" targetRef="refused"/>', ""
        )
    return engine.check({"loan.bpmn": text.encode()}, Catalogue())


def codes(found: engine.Parsed) -> set[str]:
    return {finding.code for finding in found.findings if finding.severity == "error"}


def test_the_links_are_put_in_the_order_in_which_they_come() -> None:
    (definition,) = parsed(FULL).definitions
    assert definition.steps["review"].deadline == (
        Link("remind", "PT4H", before=True),
        Link("remind", "PT0M"),
        Link("remind", "PT8H"),
        Link("superior", "P1D"),
        Link("deputy", "P2D"),
        Link("supervisor", "P3D"),
    )


def test_a_stored_definition_keeps_the_chain_and_one_of_before_has_none() -> None:
    (definition,) = parsed(FULL, step='due="P2D" waits="customer"').definitions
    again = Definition.from_bytes(definition.to_bytes())
    assert again.steps["review"].deadline == definition.steps["review"].deadline
    assert (again.steps["review"].waits, again.steps["sign"].waits) == ("customer", None)
    assert again.steps["sign"].deadline == ()


@pytest.mark.parametrize(
    ("deadline", "step", "inside", "code"),
    [
        ('remind="soon"', PLAIN, "", "deadline_unreadable"),
        ('remind="PT4H early"', PLAIN, "", "deadline_unreadable"),
        ('remind="P1M"', PLAIN, "", "deadline_unreadable"),
        ('superior="PT-4H"', PLAIN, "", "deadline_unreadable"),
        ('remind="PT4H"', "", "", "deadline_without_due"),
        ('remind="P3D before"', PLAIN, "", "deadline_before_start"),
        ('superior="P2D" deputy="P1D"', PLAIN, "", "deadline_order"),
        ('deputy="P2D" supervisor="P1D"', PLAIN, "", "deadline_order"),
        ('remind="' + "PT1H, " * 30 + '"', PLAIN, "", "deadline_too_long"),
        ('deputy="P1D"', PLAIN, '<credit:vote electorate="committee"/>', "deadline_vote_deputy"),
        ('remaind="PT4H"', PLAIN, "", "step_unknown"),
        ("", 'due="P1M"', "", "due_unreadable"),
        ("", 'due="P1D" waits="godot"', "", "waits_unknown"),
    ],
)
def test_what_is_wrong_with_a_chain_is_found_before_it_is_deployed(deadline, step, inside, code) -> None:
    found = parsed(deadline, step, inside)
    assert code in codes(found)
    assert found.definitions == ()


def test_a_timer_may_not_come_to_an_end_that_approves() -> None:
    found = parsed(timer="paid", inside=OUTCOMES)
    assert "timer_approves" in codes(found)
    assert all(finding.message[lang] for finding in found.findings for lang in ("en", "zh_Hans", "zh_Hant"))


def test_a_timer_may_not_come_to_where_only_an_approval_leads() -> None:
    assert "timer_like_approval" in codes(parsed(timer="sign", inside=OUTCOMES))


@pytest.mark.parametrize("target", ["refused", "ask"])
def test_a_timer_may_lead_to_a_refusal_or_to_somebody_else(target) -> None:
    assert codes(parsed(timer=target, inside=OUTCOMES)) == set()


def test_a_timer_through_a_gateway_is_followed_to_the_end() -> None:
    found = parsed(timer="which", inside=OUTCOMES)
    assert "timer_like_approval" in codes(found)


def test_no_shipped_diagram_lets_time_approve_and_every_station_of_the_route_has_a_chain() -> None:
    from tests.process.journey import definition
    from tests.process.journey import parsed as shipped

    assert {f.code for f in shipped().findings if f.code.startswith("timer_")} == set()
    steps = definition("credit_application").steps.values()
    assert [step.element_id for step in steps if step.due and not step.deadline] == []
    assert {link.kind for step in steps for link in step.deadline} == {"remind", "superior", "deputy", "supervisor"}
