"""What demo people do with a task: the right people, the usual buttons, the documents a station wants."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.demo import desk, loan_answers
from app.demo.desk import NobodyLeft
from app.demo.generate import lives
from app.demo.staff import STAFF
from app.documents import queries as documents
from app.kernel import db
from app.kernel.errors import Refusal
from app.workflow import cases, instances, user_tasks
from app.workflow.committees import votes
from app.workflow.deploying import definitions
from app.workflow.models import ProcessInstance, UserTask

NOW = datetime(2026, 3, 18, 6, 30, tzinfo=UTC)


@pytest.fixture
def people(bank: Any) -> Iterator[desk.Staff]:
    """The demo bank's people, in a transaction that is rolled back."""
    with bank.app.app_context(), db.reading():
        yield desk.staff()


@pytest.fixture
def loan() -> loan_answers.Loan:
    """An unsecured retail application that the pre-check lets pass."""
    return next(
        life.loan
        for life in lives(NOW, 200)
        if life.loan.line == "retail" and life.loan.guarantee == "credit" and not life.loan.overdue_now
    )


def begin(people: desk.Staff) -> ProcessInstance:
    return instances.start(key="credit_application", person=people.by_name["zhaomin"], now=NOW)


def task_of(case: ProcessInstance) -> UserTask:
    return cases.open_tasks(case.id)[0]


def hand_in(case: ProcessInstance, loan: loan_answers.Loan, people: desk.Staff, **more: Any) -> user_tasks.Done:
    task = task_of(case)
    if task.assignee_id is None:
        user_tasks.claim(task_id=task.id, person=people.pool(task)[0], now=NOW)
    values = {"outcome": desk.usual_outcome(desk.step_of(case, task)), "opinion": "同意。", **more}
    filled = loan_answers.answer(task.element_id, loan, NOW.date())
    person = people.by_id[task_of(case).assignee_id or 0]
    return desk.hand_in(case, task_of(case), values=filled, person=person, now=NOW, **values)


def test_everybody_of_the_bank_is_there(people: desk.Staff) -> None:
    assert people.by_name.keys() == {member.username for member in STAFF}
    assert {p.username for p in people.initiators()} == {"zhaomin", "qianjin", "sunli", "litao"}
    assert people.supervisor.username == "jiangshan"


def test_a_pool_is_who_may_claim_in_a_fixed_order(people: desk.Staff, loan: loan_answers.Loan) -> None:
    case = begin(people)
    done = hand_in(case, loan, people)
    assert [person.username for person in people.pool(done.opened[0])] == ["wulei", "zhouyan"]


def test_an_empty_pool_is_said(people: desk.Staff, loan: loan_answers.Loan) -> None:
    case = begin(people)
    task = hand_in(case, loan, people).opened[0]
    task.excluded_ids = [person.id for person in people.by_id.values()]
    with pytest.raises(NobodyLeft, match="routing"):
        people.pool(task)


def test_documents_that_a_station_requires_are_added_once(people: desk.Staff, loan: loan_answers.Loan) -> None:
    case = begin(people)
    required = ["id_card", "credit_report_authorisation"]
    required += ["income_proof"] if loan.customer.kind == "individual" else ["business_licence", "financial_statements"]
    required += ["collateral_papers"] if loan.guarantee in ("mortgage", "pledge", "combined") else []
    hand_in(case, loan, people)
    kept = [document.type_key for document in documents.documents_of("case", case.id)]
    assert sorted(kept) == sorted(required)
    hand_in(case, loan, people)
    assert len(documents.documents_of("case", case.id)) == len(required)


def test_the_usual_button_goes_on_and_the_other_refuses(people: desk.Staff) -> None:
    steps = definitions.load(definitions.active("credit_application").id).compiled.steps
    assert desk.usual_outcome(steps["routing"]) == "route"
    assert desk.usual_outcome(steps["routing"], against=True) == "refuse"
    assert desk.usual_outcome(steps["retail_phone_check"], against=True) == "doubtful"
    assert desk.usual_outcome(steps["assignment"], against=True) == "assign"


def test_a_vote_is_cast_member_by_member_until_it_closes(people: desk.Staff, loan: loan_answers.Loan) -> None:
    case = begin(people)
    for _ in range(20):
        if task_of(case).is_vote:
            break
        hand_in(case, loan, people)
    vote = task_of(case)
    electors = len(vote.elector_ids)
    for _ in range(electors):
        last = desk.cast(vote, votes.Choice.AGREE, "同意。", people, NOW)
    assert [task.element_id for task in last.opened] == ["committee_resolution"]
    with pytest.raises((NobodyLeft, Refusal)):
        desk.cast(vote, votes.Choice.AGREE, "同意。", people, NOW)


def test_what_is_sent_back_comes_back_to_whoever_did_it(people: desk.Staff, loan: loan_answers.Loan) -> None:
    case = begin(people)
    for _ in range(20):
        if task_of(case).element_id == "pre_committee_review":
            break
        hand_in(case, loan, people)
    review = task_of(case)
    holder = people.pool(review)[0]
    user_tasks.claim(task_id=review.id, person=holder, now=NOW)
    desk.send_back(review, "retail_conclusion", "incomplete", "请补充。", holder, NOW + timedelta(hours=1))
    back = task_of(case)
    assert (back.element_id, back.returned_from) == ("retail_conclusion", "pre_committee_review")
    assert people.by_id[back.assignee_id or 0].username == loan.officer


def test_without_the_demo_bank_nobody_can_act(database: str) -> None:
    db.connect(database)
    with db.reading(), pytest.raises(NobodyLeft, match="The demo bank is not loaded"):
        desk.staff()
    db.disconnect()
