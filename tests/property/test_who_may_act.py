"""Random houses, substitutes and histories: nobody judges his own work or his own case, also not through whoever stands in."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from app.identity.rules import LONGEST_CHAIN, Link, Mandate, Person, closes_circle, mandates
from app.web.access import Permission
from app.workflow import rules
from app.workflow.assigning import conflicts
from app.workflow.engine import Candidates, Outcome, Step
from app.workflow.models import CaseState, ProcessInstance, TaskState, UserTask
from app.workflow.rules import Verb

NOW = datetime(2026, 3, 2, tzinfo=UTC)
STEPS = ("intake", "investigation", "review", "approval")
PEOPLE = st.integers(1, 8)
APPROVE = (Outcome("approve", "approve", {}),)


@st.composite
def links(draw: st.DrawFn) -> list[Link]:
    """Substitutions among eight people; circles are welcome."""
    pairs = draw(st.lists(st.tuples(PEOPLE, PEOPLE).filter(lambda pair: pair[0] != pair[1]), max_size=12, unique=True))
    return [
        Link(
            principal_id=principal,
            deputy_id=deputy,
            principal=str(principal),
            group_ids=tuple(draw(st.sets(st.integers(100, 103), max_size=2))),
            from_at=NOW - timedelta(days=draw(st.integers(0, 3))),
            until_at=NOW + timedelta(days=1),
            process_key=draw(st.sampled_from([None, None, "loan", "expense"])),
            business_line=draw(st.sampled_from([None, None, "retail", "corporate"])),
            ceiling=draw(st.sampled_from([None, None, Decimal(100), Decimal(1000)])),
            existing=draw(st.booleans()),
        )
        for principal, deputy in pairs
    ]


@dataclass
class House:
    """A case at one of its steps, with what happened before, and everybody who works there."""

    case: ProcessInstance
    task: UserTask
    step: Step
    steps: dict[str, Step]
    people: list[Person]
    links: list[Link]


@st.composite
def houses(draw: st.DrawFn) -> House:
    apart = {
        name: tuple(draw(st.sets(st.sampled_from(STEPS).filter(lambda s, n=name: s != n), max_size=2)))
        for name in STEPS
    }
    steps = {
        name: Step(
            name,
            "loan",
            {},
            candidates=(Candidates("group", "g"),),
            four_eyes=apart[name],
            outcomes=APPROVE if draw(st.booleans()) else (),
        )
        for name in STEPS
    }
    element = draw(st.sampled_from(STEPS))
    case = ProcessInstance(
        process_key="loan",
        state=CaseState.ACTIVE,
        started_by=draw(PEOPLE),
        visits={name: {"n": 1, "by": sorted(draw(st.sets(PEOPLE, max_size=2)))} for name in STEPS if name != element},
        related=[
            {"user": i, "relation": {"en": "spouse"}, "since": None, "until": None}
            for i in draw(st.sets(PEOPLE, max_size=2))
        ],
        amount=draw(st.sampled_from([None, Decimal(50), Decimal(500), Decimal(5000)])),
        variables={"business_line": draw(st.sampled_from(["retail", "corporate"]))},
    )
    away = conflicts.kept_away(steps[element], steps, case, NOW)
    free = sorted(set(range(1, 9)) - set(away))
    held = draw(st.sampled_from([None, *free]))
    task = UserTask(
        state=TaskState.OPEN,
        element_id=element,
        is_vote=False,
        assignee_id=held,
        candidate_group_ids=draw(st.lists(st.integers(100, 103), max_size=2)),
        candidate_user_ids=draw(st.lists(st.sampled_from(free), max_size=2)) if free else [],
        elector_ids=[],
        excluded_ids=sorted(away),
        created_at=NOW - timedelta(days=draw(st.integers(0, 4))),
    )
    found = draw(links())
    people = [
        Person(
            id=i,
            username=str(i),
            name=str(i),
            branch_id=None,
            roles=(),
            permissions=frozenset({Permission.CASE_WORK}),
            group_ids=tuple(draw(st.sets(st.integers(100, 103), max_size=2))),
            language="en",
            stands_for=mandates(i, found),
        )
        for i in range(1, 9)
    ]
    return House(case, task, steps[element], steps, people, found)


@given(houses())
@settings(max_examples=1500, deadline=None)
def test_whoever_may_act_keeps_four_eyes_and_is_neither_applicant_nor_related(house: House) -> None:
    for person in house.people:
        for verb in (Verb.CLAIM, Verb.COMPLETE, Verb.SEND_BACK, Verb.RELEASE):
            if not rules.may(verb, person, house.case, house.task):
                continue
            mandate = rules.acting_for(verb, person, house.case, house.task)
            hands = {person.id, *(mandate.path if mandate else ())}
            apart = rules.apart_from(house.step.element_id, house.steps)
            did_apart = {i for name in apart for i in house.case.visits.get(name, {"by": []})["by"]}
            assert not hands & did_apart, "four eyes"
            assert not hands & conflicts.related(house.case, NOW).keys(), "a related party"
            if house.step.is_approval:
                assert house.case.started_by not in hands, "approves his own case"


@given(houses())
@settings(max_examples=1500, deadline=None)
def test_whoever_acts_is_one_the_rules_name_or_stands_in_for_one(house: House) -> None:
    for person in house.people:
        for verb in (Verb.CLAIM, Verb.COMPLETE):
            if rules.may(verb, person, house.case, house.task):
                mandate = rules.acting_for(verb, person, house.case, house.task)
                subject = mandate.principal_id if mandate else person.id
                groups = mandate.group_ids if mandate else person.group_ids
                named = subject in (house.task.assignee_id, *house.task.candidate_user_ids)
                assert named or set(groups) & set(house.task.candidate_group_ids)
                assert mandate is None or is_chain(mandate, person.id, house.links)


@given(houses())
@settings(max_examples=500, deadline=None)
def test_a_mandate_never_reaches_further_than_each_link_of_its_chain(house: House) -> None:
    case, task = house.case, house.task
    for person in house.people:
        for mandate in person.stands_for:
            if rules.covers(mandate, person, case, task):
                assert mandate.processes <= {case.process_key}
                assert mandate.lines <= {case.variables["business_line"]}
                assert mandate.ceiling is None or (case.amount is not None and case.amount <= mandate.ceiling)
                assert case.started_by not in {person.id, *mandate.path[1:]}


@given(links(), PEOPLE)
@settings(max_examples=1000, deadline=None)
def test_chains_end_also_in_circles_and_lead_back_to_nobody(found: list[Link], person: int) -> None:
    for mandate in mandates(person, found):
        assert person not in mandate.path
        assert len(set(mandate.path)) == len(mandate.path) <= LONGEST_CHAIN
        assert is_chain(mandate, person, found)


@given(st.lists(st.tuples(PEOPLE, PEOPLE).filter(lambda pair: pair[0] != pair[1]), max_size=15))
@settings(max_examples=1000, deadline=None)
def test_substitutes_named_one_by_one_never_form_a_circle(wishes: list[tuple[int, int]]) -> None:
    kept: list[tuple[int, int]] = []
    for principal, deputy in wishes:
        if not closes_circle(principal, deputy, kept):
            kept.append((principal, deputy))
    for start in range(1, 9):
        ahead = {deputy for principal, deputy in kept if principal == start}
        for _ in range(8):
            assert start not in ahead
            ahead |= {deputy for principal, deputy in kept if principal in ahead}


def is_chain(mandate: Mandate, person: int, found: list[Link]) -> bool:
    """Whether every step of the path is a substitution that was named."""
    way = [*mandate.path, person]
    named = {(link.principal_id, link.deputy_id) for link in found}
    return all((principal, deputy) in named for principal, deputy in itertools.pairwise(way))
