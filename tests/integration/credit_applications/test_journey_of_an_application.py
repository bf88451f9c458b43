"""An application through the real route with the real forms: what each station writes to the records, and what it costs."""

import io
import re
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

import pytest
from PIL import Image
from sqlalchemy import event, select

import app.bindings  # noqa: F401 - rooms offer delegates and bindings at import
from app.audit.operations import SYSTEM
from app.credit_applications.models import CreditApplication
from app.credit_applications.rules import ApplicationState as State
from app.customers.models import Customer
from app.demo.bank import load_bank
from app.documents import operations as documents
from app.documents import queries as papers
from app.documents import storage
from app.identity import queries as people
from app.kernel.crypto import blind_index
from app.kernel.db import session as current
from app.kernel.db import transaction
from app.kernel.errors import Refusal
from app.notifications.models import Notice
from app.workflow import cases, instances, user_tasks
from app.workflow.committees import ballots, conditions
from app.workflow.deploying import shelf
from app.workflow.models import UserTask
from config import ROOT
from tests.identity_numbers import resident_id
from tests.integration.records import NOW, Site, the_products
from tests.process.answers import fill

LATER = NOW + timedelta(hours=2)
INTAKE = {
    "customer_kind": "individual",
    "customer_name": "李明",
    "id_number": resident_id(1),
    "phone": "+8613800138000",
    "address": "上海市一号",
    "product": "consumer",
    "amount": Decimal("80000"),
    "term_months": Decimal(24),
    "purpose": "装修住房",
    "repayment_method": "equal_instalment",
    "guarantee": "credit",
    "industry_restricted": "no",
    "current_overdue": "no",
    "overdue_count": Decimal(0),
    "debt_ratio": Decimal(30),
}
WORDS = {
    "intake": INTAKE,
    "routing": {"business_line": "retail"},
    "assignment": {"credit_officer": "hanmei"},
    "retail_conclusion": {"rating": "B", "recommended_amount": Decimal(70000), "recommended_term_months": Decimal(24)},
    "final_approval": {
        "approved_amount": Decimal(60000),
        "approved_rate": Decimal("4.35"),
        "conditions": [{"condition": "提供收入证明原件", "stage": "before_payout"}],
    },
}
OUTCOMES = {"final_approval": "conditional"}


@pytest.fixture(scope="module")
def site(databases, settings, tmp_path_factory):
    opened = Site(databases, settings)
    storage.use(storage.FolderStorage(tmp_path_factory.mktemp("documents")))
    with transaction():
        load_bank(NOW)
        the_products()
    with transaction():
        shelf.deploy_all(root=ROOT, actor=SYSTEM, now=NOW)
    yield opened
    opened.close()


@pytest.fixture
def bank(site):
    """The running bank; what a test does is rolled back."""
    yield
    current.remove()


def begun():
    """A fresh case of the credit route."""
    person = people.person_by_username("zhaomin")
    case = instances.start(key="credit_application", person=person, now=NOW)
    current.flush()
    return case


def the_tasks(case):
    current.flush()
    return cases.open_tasks(case.id)


def somebody_for(task):
    """A person who may do the task now."""
    ids = [task.assignee_id] if task.assignee_id else [*task.candidate_user_ids]
    for group in task.candidate_group_ids:
        ids += [user.id for user in people.members(group)]
    return next(p for i in ids if i not in task.excluded_ids and (p := people.person(i)))


def attach(case, task):
    """Put every paper the station requires into the file."""
    held = cases.hold_task(task.id)
    for paper in held.step.documents:
        if paper.required:
            picture = io.BytesIO()
            Image.new("RGB", (8, 8)).save(picture, "PNG")
            picture.seek(0)
            documents.add_document(
                owner_type="case",
                owner_id=case.id,
                type_key=paper.type,
                file_name="scan.png",
                stream=picture,
                element_id=task.element_id,
                actor=SYSTEM,
                now=LATER,
            )


def settle(case):
    """The initiator shows each condition of the approval with a paper of the case."""
    paper, owner = papers.documents_of("case", case.id)[0], people.person(case.started_by)
    for one in conditions.unmet(case.id):
        conditions.meet(condition_id=one.id, evidence_id=paper.id, note="已收", person=owner, now=LATER)


def do(case, task, *, is_settled=True, **more):
    """Somebody does the task as a tidy clerk would."""
    if is_settled and task.element_id == "conditions_release":
        settle(case)
    if task.is_vote:
        for elector in list(task.elector_ids):
            if current.get(UserTask, task.id).state == "open":
                person = people.person(elector)
                ballots.cast(task_id=task.id, choice="agree", opinion="同意", person=person, now=LATER)
        return
    person = somebody_for(task)
    if task.assignee_id is None:
        user_tasks.claim(task_id=task.id, person=person, now=LATER)
    attach(case, task)
    held = cases.hold_task(task.id)
    form = held.loaded.form(held.step.form)
    known = cases.form_values(form, cases.values_of(case, person.actor, LATER))
    offered = [outcome.id for outcome in held.step.outcomes]
    outcome = OUTCOMES.get(task.element_id, offered[0] if offered else None)
    said = fill(task.element_id, known, **{**WORDS.get(task.element_id, {}), **more})
    answer = user_tasks.Answer(outcome=outcome, opinion="同意", values=said)
    user_tasks.complete(task_id=task.id, answer=answer, person=person, now=LATER)


def travel(case, *, until=None):
    """Do every task that opens until the case ends or `until` is open; returns that task and the stations passed."""
    passed = []
    for _ in range(40):
        tasks = the_tasks(case)
        waiting = next((task for task in tasks if task.element_id == until), None)
        if not tasks or waiting:
            return waiting, passed
        passed.append(tasks[0].element_id)
        do(case, tasks[0])
    raise AssertionError(f"the case goes in circles: {passed}")


def application_of(case):
    current.flush()
    current.expire_all()
    return current.scalars(select(CreditApplication).where(CreditApplication.instance_id == case.id)).one()


def test_an_application_goes_from_intake_to_a_conditional_approval(bank):
    case = begun()
    release, passed = travel(case, until="conditions_release")
    assert passed[0] == "intake"
    assert passed[-1] == "final_approval"
    (owed,) = conditions.conditions_of(case.id)
    assert (owed.text, owed.owner_id, owed.state) == ("提供收入证明原件", case.started_by, "open")
    with pytest.raises(conditions.ConditionsUnmet):
        do(case, release, is_settled=False)
    do(case, release)
    assert conditions.conditions_of(case.id)[0].state == "met"
    application = application_of(case)
    assert application.state == State.APPROVED_WITH_CONDITIONS
    assert (application.approved_amount, application.approved_term_months) == (Decimal("60000.00"), 24)
    assert (application.approved_rate, application.rating) == (Decimal("4.3500"), "B")
    assert application.conditions[0]["condition"] == "提供收入证明原件"
    assert application.business_line == "retail"
    assert application.customer.rating == "B"
    assert case.state == "completed"


def test_the_initiator_is_told_the_decision(bank):
    case = begun()
    travel(case)
    current.flush()
    notice = current.scalars(select(Notice).where(Notice.case_id == case.id, Notice.event == "case_decided")).one()
    assert notice.user_id == case.started_by
    assert notice.params == {"number": case.number, "decision": "conditional"}


def test_the_inbox_shows_customer_product_and_amount_from_the_intake_on(bank):
    case = begun()
    do(case, the_tasks(case)[0])
    assert case.title == "李明 · 个人消费贷款"
    assert case.amount == Decimal("80000")
    assert case.party_index == blind_index("李明", "party")


def test_after_the_intake_the_customer_belongs_to_the_branch_of_the_case(bank):
    case = begun()
    do(case, the_tasks(case)[0])
    customer = current.get(Customer, application_of(case).customer_id)
    assert (customer.branch_id, customer.created_by) == (case.branch_id, case.started_by)


def test_an_amount_the_product_does_not_cover_stops_the_intake_and_nothing_opens(bank):
    case = begun()
    task = the_tasks(case)[0]
    with pytest.raises(Refusal, match=r"^Amount: this product"):
        do(case, task, amount=Decimal("600000"))
    assert [open_task.element_id for open_task in cases.open_tasks(case.id)] == ["intake"]


def test_a_refusal_by_the_pre_check_closes_the_application(bank):
    case = begun()
    do(case, the_tasks(case)[0], current_overdue="yes")
    assert application_of(case).state == State.REFUSED
    assert case.state == "completed"


@pytest.mark.parametrize(("station", "writes"), [("routing", 1), ("assignment", 0), ("final_approval", 2)])
def test_a_station_reads_the_records_once_and_writes_only_what_it_changed(bank, station, writes):
    """Routing sets the business line, assignment nothing here; the final approval closes and rates."""
    case = begun()
    task, _ = travel(case, until=station)
    person = somebody_for(task)
    if task.assignee_id is None:
        user_tasks.claim(task_id=task.id, person=person, now=LATER)
    current.flush()
    said = WORDS[station]
    outcome = OUTCOMES.get(station, {"routing": "route", "assignment": "assign"}.get(station))
    current.expunge_all()
    current.info.clear()
    with statements_on_records() as sent:
        answer = user_tasks.Answer(outcome=outcome, opinion="同意", values=said)
        user_tasks.complete(task_id=task.id, answer=answer, person=person, now=LATER)
        current.flush()
    reads = [statement for statement in sent if statement.startswith("SELECT")]
    assert (len(reads), len(sent) - len(reads)) == (1, writes), sent


@contextmanager
def statements_on_records():
    """The SQL sent meanwhile that touches customers or applications."""
    sent: list[str] = []
    touching = re.compile(r"(FROM|UPDATE|INTO) (customer|credit_application)\b")

    def note(_connection, _cursor, statement, *_more):
        if touching.search(statement):
            sent.append(statement)

    engine = current.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)
