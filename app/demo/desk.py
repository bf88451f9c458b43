"""What demo people do with a task, by the operations of the site: claim, hand in, vote, hand over; shared by the
generator and replay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.demo import papers
from app.demo.staff import STAFF
from app.identity import queries as people
from app.identity.rules import Person
from app.web.access import Permission
from app.workflow import asked_documents, engine, rules, user_tasks
from app.workflow.committees import ballots, votes
from app.workflow.deploying import definitions
from app.workflow.models import ProcessInstance, UserTask
from app.workflow.moves import returns
from app.workflow.user_tasks import Answer, Done

AGAINST = "refuse"


class NobodyLeft(Exception):
    """No one of the demo bank may do this task; the text says which."""


@dataclass(frozen=True)
class Staff:
    """The people of the demo bank as the operations know them, by id and by user name."""

    by_id: Mapping[int, Person]
    by_name: Mapping[str, Person]

    def pool(self, task: UserTask) -> list[Person]:
        """Who may claim the task, by user name. Raises NobodyLeft."""
        found = sorted((p for p in self.by_id.values() if rules.is_candidate(p, task)), key=lambda p: p.username)
        if not found:
            raise NobodyLeft(f"Nobody of the demo bank may do {task.element_id}.")
        return found

    def initiators(self) -> list[Person]:
        """The customer managers, by user name: they begin the cases of both routes."""
        managers = {member.username for member in STAFF if "customer_manager" in member.roles}
        return [self.by_name[username] for username in sorted(managers & self.by_name.keys())]

    @property
    def supervisor(self) -> Person:
        """The first who may reassign in every branch."""
        return next(p for p in self.by_id.values() if p.may(Permission.BANK_SUPERVISE))


def staff() -> Staff:
    """The demo bank's people; those that somebody has removed are left out. Raises NobodyLeft where there are none."""
    found = [person for member in STAFF if (person := people.person_by_username(member.username)) is not None]
    if not found:
        raise NobodyLeft("The demo bank is not loaded; start Creditflow with CREDITFLOW_DEMO=1 once.")
    return Staff({person.id: person for person in found}, {person.username: person for person in found})


def step_of(case: ProcessInstance, task: UserTask) -> engine.Step:
    """The configuration of the task's station."""
    return definitions.load(case.definition_id).step(task.element_id)


def usual_outcome(step: engine.Step, *, against: bool = False) -> str | None:
    """The button that lets the case go on, or the one that refuses where there is one; None where there is one button."""
    refusing = [outcome.id for outcome in step.outcomes if outcome.kind == AGAINST]
    if against and refusing:
        return refusing[0]
    going = [outcome.id for outcome in step.outcomes if outcome.kind != AGAINST]
    return going[0] if going else None


def hand_in(
    case: ProcessInstance,
    task: UserTask,
    *,
    outcome: str | None,
    values: Mapping[str, Any],
    opinion: str | None,
    person: Person,
    now: datetime,
) -> Done:
    """Complete a task its holder has, with the documents that the station requires."""
    required = asked_documents.required(step_of(case, task), {**case.variables, **values})
    if required:
        papers.attach(case.id, required, element_id=task.element_id, person=person, now=now)
    answer = Answer(outcome=outcome, opinion=opinion, values=values)
    return user_tasks.complete(task_id=task.id, answer=answer, person=person, now=now)


def cast(task: UserTask, choice: votes.Choice, opinion: str, staff: Staff, now: datetime) -> Done:
    """The ballot of the next member who has not voted. Raises NobodyLeft where all have and the vote is still open."""
    waiting: Sequence[int] = task.candidate_user_ids
    voter = next((staff.by_id[i] for i in waiting if i in staff.by_id), None)
    if voter is None:
        raise NobodyLeft(f"All members have voted in {task.element_id} and it is not decided.")
    return ballots.cast(task_id=task.id, choice=choice, opinion=opinion, person=voter, now=now)


def send_back(task: UserTask, target: str, reason_code: str, reason: str, person: Person, now: datetime) -> None:
    """Back to a station the case has passed; it comes straight back to where it was."""
    returns.send_back(
        task_id=task.id,
        target=target,
        reason_code=reason_code,
        reason=reason,
        mode=returns.STRAIGHT,
        person=person,
        now=now,
    )
