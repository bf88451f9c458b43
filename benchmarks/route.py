"""A retail loan on its way along the credit route: who does the open task, and what a browser would post.

The same walk feeds the benchmarks, the budget of statements and the harnesses of tests/load. It reads the database it walks
in through the program's own session; the acts themselves go through whatever client the caller hands in.
"""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from decimal import Decimal

from werkzeug.datastructures import MultiDict

from app.demo import desk, loan_answers, papers
from app.demo.desk import Staff
from app.demo.loan_answers import Loan
from app.demo.synthetic import individual
from app.identity.rules import Person
from app.kernel import db
from app.kernel.clock import now
from app.workflow import cases, forms, proofs
from app.workflow.deploying import definitions
from app.workflow.models import ProcessInstance, UserTask

PROCESS = "credit_application"
INITIATOR = "zhaomin"
OFFICER = "hanmei"


@dataclass(frozen=True)
class Post:
    """One press of a button: the station it is for, who presses, the address, and the fields of the form."""

    station: str
    username: str
    path: str
    fields: MultiDict[str, str]


def loan(seed: str) -> Loan:
    """A consumer loan of a made-up person, the same for the same seed; it goes the whole route and is approved."""
    return Loan(
        customer=individual(f"benchmark {seed}"),
        product="consumer",
        line="retail",
        amount=Decimal(200_000),
        term_months=36,
        purpose="装修",
        repayment_method="equal_instalment",
        guarantee="credit",
        income=Decimal(20_000),
        debt_ratio=Decimal(35),
        overdue_count=0,
        rating="B",
        rate=Decimal("7.20"),
        officer=OFFICER,
    )


def open_tasks(case_id: uuid.UUID) -> list[UserTask]:
    """The open tasks of a case."""
    return list(cases.open_tasks(case_id))


def who(task: UserTask, staff: Staff) -> Person:
    """Who does the task next: its holder, the next member who has not voted, or the first of its pool."""
    if task.is_vote:
        return staff.by_id[task.candidate_user_ids[0]]
    return staff.by_id[task.assignee_id] if task.assignee_id is not None else staff.pool(task)[0]


def claiming(task: UserTask, staff: Staff) -> Post | None:
    """The claim that must come before the work; None where somebody holds the task or it is a vote."""
    if task.is_vote or task.assignee_id is not None:
        return None
    return Post(task.element_id, who(task, staff).username, f"/tasks/{task.id}/act/claim", MultiDict())


def working(case: ProcessInstance, task: UserTask, staff: Staff, wanted: Loan) -> Post:
    """The press that finishes the task, or the next ballot; with an idempotency key of its own."""
    person = who(task, staff)
    fields: MultiDict[str, str] = MultiDict({"key": secrets.token_hex(16)})
    if task.is_vote:
        fields["choice"] = "agree"
        return Post(task.element_id, person.username, f"/tasks/{task.id}/vote", fields)
    step = desk.step_of(case, task)
    outcome = desk.usual_outcome(step)
    if outcome is not None:
        fields["outcome"] = outcome
    fields["opinion"] = loan_answers.opinion(task.element_id, against=False)
    fields.update(_form_fields(case, task, person, wanted))
    return Post(task.element_id, person.username, f"/tasks/{task.id}/complete", fields)


def add_papers(case: ProcessInstance, task: UserTask, staff: Staff) -> None:
    """Put the documents to the case that its station asks for."""
    required = [document.type for document in desk.step_of(case, task).documents if document.required]
    if required:
        papers.attach(case.id, required, element_id=task.element_id, person=who(task, staff), now=now())


def case_of(case_id: uuid.UUID) -> ProcessInstance:
    """The row of a case."""
    return db.session.get_one(ProcessInstance, case_id)


def _form_fields(case: ProcessInstance, task: UserTask, person: Person, wanted: Loan) -> MultiDict[str, str]:
    key = desk.step_of(case, task).form
    if key is None:
        return MultiDict()
    form = definitions.load(case.definition_id).form(key)
    shown = cases.form_values(form, cases.values_of(case, person.actor, now()))
    entered = loan_answers.answer(task.element_id, wanted, now().date())
    fields = forms.to_posted(form, {k: v for k, v in entered.items() if k in form.fields}, shown)
    fields["seen"] = proofs.of_screen(case, shown)
    return fields
