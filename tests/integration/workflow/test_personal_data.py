"""Nothing a customer could be known by stands in the database in clear (reliability promise S4)."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.demo import desk
from app.kernel import db
from app.kernel.db import session
from app.workflow import instances, user_tasks
from app.workflow.moves import copies
from app.workflow.user_tasks import Answer
from tests.integration.workflow.route import CORPORATE, RETAIL, Route, everything

OPINION = "客户经营稳健建议同意独一无二"
SECRET_WORDS = "绝密附言"


def rows_as_text() -> dict[str, str]:
    """Every table as text; bytes as hexadecimal, and what is only base64 or plain inside them as it is."""
    session.flush()
    return {
        name: "\n".join(row[0] for row in session.execute(text(f'SELECT t::text FROM "{name}" t')))
        for name in everything()
    }


def forms_of(secret: str) -> list[str]:
    """How a text may stand in a dump: as it is, as JSON escapes, as the bytes of UTF-8 or UTF-16 in hexadecimal."""
    escaped = secret.encode("unicode_escape").decode()
    return [secret, escaped, secret.encode().hex(), secret.encode("utf-16-le").hex()]


def secrets_of(facts) -> dict[str, str]:
    customer = facts.customer
    named = {
        "name": customer.name,
        "number": customer.number,
        "phone": customer.phone,
        "address": customer.address,
        "purpose": facts.purpose,
        "partner": customer.partner,
        "opinion": OPINION,
        "reason": "请补充收入证明",
        "draft": SECRET_WORDS,
    }
    return {what: secret for what, secret in named.items() if secret}


@pytest.mark.parametrize("facts", [RETAIL, CORPORATE], ids=["an individual", "a company"])
def test_no_table_holds_a_customers_data_or_an_opinion_in_clear(start, facts):
    route = start(facts)
    before = rows_as_text()
    while route.open():
        task = route.open()[0]
        if task.is_vote:
            route.step(task)
            continue
        holder = route.holder(task.element_id)
        draft = Answer(values={**route.usual(task.element_id), "note": SECRET_WORDS}, opinion=OPINION)
        user_tasks.save_draft(task_id=task.id, answer=draft, person=holder, now=route.now)
        no_leak(facts, before)
        if task.element_id == "pre_committee_review" and task.round == 1:
            route.send_back("pre_committee_review", "intake", "straight")
            continue
        route.do(task.element_id, opinion=OPINION)
    copies.copy_to(instance_id=route.case.id, usernames=["weina"], person=route.person("zhaomin"), now=route.now)
    assert route.case.state == "completed"
    no_leak(facts, before)


def test_a_withdrawn_case_and_a_handed_over_task_leave_no_words_in_clear(start):
    route = start().go_to("routing")
    before = rows_as_text()
    supervisor, task = route.person("jiangshan"), route.task("routing")
    user_tasks.reassign(task_id=task.id, to_username="wulei", reason=SECRET_WORDS, person=supervisor, now=route.now)
    for operation in (instances.suspend, instances.resume, instances.terminate):
        operation(instance_id=route.case.id, reason=SECRET_WORDS, person=supervisor, now=route.now)
    no_leak(RETAIL, before)


def no_leak(facts, before: dict[str, str]) -> None:
    """No secret stands in a table that it did not stand in before the case began (a demo employee may share a name)."""
    dump = rows_as_text()
    found = [
        (table, what, form)
        for what, secret in secrets_of(facts).items()
        for form in forms_of(secret)
        for table, content in dump.items()
        if form in content and form not in before.get(table, "")
    ]
    assert found == []


def test_the_test_would_notice_a_leak(start):
    route = start()
    before = rows_as_text()
    route.case.variables = {**route.case.variables, "leak": RETAIL.customer.number}
    with pytest.raises(AssertionError):
        no_leak(RETAIL, before)


def test_documents_keep_their_file_names_to_themselves(bank, staff):
    from io import BytesIO

    from app.demo.papers import paper
    from app.documents import operations as documents

    route = Route(staff)
    before = rows_as_text()
    documents.add_document(
        owner_type="case",
        owner_id=route.case.id,
        type_key="id_card",
        file_name=f"{RETAIL.customer.name}{RETAIL.customer.number}.pdf",
        stream=BytesIO(paper("id_card")),
        element_id="intake",
        actor=route.person("zhaomin").actor,
        now=route.now,
    )
    no_leak(RETAIL, before)
    db.session.rollback()
    db.session.remove()
    assert isinstance(staff, desk.Staff)
