"""What a station hides is hidden on the page, on paper, in the history and over REST; a label two fields share decides nothing."""

from __future__ import annotations

import json
import re
import uuid

import pytest

from app.audit.operations import SYSTEM
from app.demo import desk
from app.kernel import clock
from app.kernel.db import session, transaction
from app.workflow import cases, instances, user_tasks
from app.workflow.deploying import definitions
from app.workflow.models import ProcessInstance, UserTask
from app.workflow.user_tasks import Answer
from tests.integration.desk_fixtures import words
from tests.integration.rest import small_loan
from tests.integration.rest.kit import Program, token_of

SECRET, OPEN = "父母代为偿还", "装修自住房屋"


def one_label(content: bytes, access: dict[str, str]) -> bytes:
    """The form with a field `secret` that carries the label of the field `purpose`."""
    body = json.loads(content)
    purpose = next(part for part in body["components"] if part["key"] == "purpose")
    body["components"].insert(0, {**purpose, "key": "secret"})
    body["access"] |= access
    return json.dumps(body).encode()


@pytest.fixture(scope="module")
def case(bank):
    """A case that has been entered and lies at its review, where the secret is hidden."""
    files = small_loan.files()
    apply, review = f"{small_loan.KEY}/apply.form", f"{small_loan.KEY}/review.form"
    files[apply], files[review] = one_label(files[apply], {}), one_label(files[review], {"secret": "hidden"})
    staff = desk.staff()
    with transaction():
        definitions.deploy(name="one label", files=files, actor=SYSTEM, now=clock.now())
        started = instances.start(key=small_loan.KEY, person=staff.by_name["zhaomin"], now=clock.now())
        (task,) = cases.open_tasks(started.id)
        entered = {"amount": "120000", "purpose": OPEN, "secret": SECRET, "parts": []}
        answer = Answer(values=entered)
        user_tasks.complete(task_id=task.id, answer=answer, person=staff.by_name["zhaomin"], now=clock.now())
        number = str(started.id)
    session.remove()
    return number


@pytest.mark.parametrize("page", ["", "/print", "/marks"])
def test_the_reviewer_reads_the_field_of_the_same_label_and_not_the_hidden_one(sign_in, case, page):
    shown = words(sign_in("zhouyan").get(f"/cases/{case}{page}").get_data(as_text=True))
    assert SECRET not in shown
    assert OPEN in shown or page == "/marks"


def test_the_history_tells_the_value_of_the_same_label_and_not_the_hidden_one(sign_in, case):
    page = sign_in("zhouyan").get(f"/cases/{case}").get_data(as_text=True)
    history = page[page.index('id="history"') :]
    assert OPEN in history
    assert SECRET not in history


def test_a_program_of_the_reviewer_is_told_as_little(bank, case):
    program = Program(bank.app.test_client(), token_of("zhouyan"), "zhouyan")
    told = program.read(f"/process-instance/{case}/variables")
    assert told["purpose"]["value"] == OPEN
    assert "secret" not in told


def test_the_initiator_reads_both(sign_in, case):
    shown = words(sign_in("zhaomin").get(f"/cases/{case}").get_data(as_text=True))
    assert SECRET in shown
    assert OPEN in shown


def test_a_hidden_field_is_nowhere_in_what_the_browser_gets_and_ignored_in_what_it_sends(sign_in, case):
    (task,) = cases.open_tasks(uuid.UUID(case))
    client = sign_in("zhouyan")
    client.post(f"/tasks/{task.id}/act/claim")
    page = client.get(f"/tasks/{task.id}").get_data(as_text=True)
    assert SECRET not in page
    assert 'name="secret"' not in page
    hidden = dict(re.findall(r'type="hidden" name="(seen|screen|key)" value="([^"]*)"', page))
    posted = {**hidden, "secret": "改写", "purpose": OPEN, "amount": "120000", "outcome": "approve", "opinion": "同意"}
    answer = client.post(f"/tasks/{task.id}/complete", posted)
    assert answer.status_code == 302, words(answer.get_data(as_text=True))
    session.expire_all()
    data = session.get_one(ProcessInstance, uuid.UUID(case)).data or {}
    assert data["secret"] == SECRET
    assert "secret" not in (session.get_one(UserTask, task.id).submitted or {})
