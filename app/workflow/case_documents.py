"""Who may see and add the documents of a case: whoever may see the case; whoever works on it."""

from __future__ import annotations

import uuid

from app.documents import access
from app.identity.rules import Person
from app.workflow import cases, queries, rules
from app.workflow.committees import conditions
from app.workflow.models import CaseState
from app.workflow.rules import Verb, Who

OWED = frozenset({CaseState.ACTIVE, CaseState.COMPLETED})
WORKING = frozenset({Who.HOLDER, Who.ELECTOR})


def may_see(person: Person, case_id: uuid.UUID) -> bool:
    """Whoever is concerned with the case sees its documents."""
    case = queries.case_by_id(case_id)
    return case is not None and queries.may_see(person, case)


def may_add(person: Person, case_id: uuid.UUID, element_id: str | None) -> bool:
    """Whoever holds an open task of the case (at that station, if one is named) adds documents and takes his own out; also who
    sees to a condition of the approval, at no station, as what shows that it is met often comes when the case has ended."""
    case = queries.case_by_id(case_id)
    if case is not None and element_id is None and case.state in OWED and conditions.owes(person.id, case_id):
        return True
    if case is None or case.state not in rules.MOVES[Verb.COMPLETE].case_states:
        return False
    tasks = [t for t in cases.open_tasks(case_id) if element_id in (None, t.element_id)]
    return any(rules.relations(person, case, task) & WORKING for task in tasks)


def hold(case_id: uuid.UUID) -> None:
    """Lock the case, so that its audit chain has one order."""
    cases.hold_case(case_id)


access.register("case", may_see, may_add, hold)
