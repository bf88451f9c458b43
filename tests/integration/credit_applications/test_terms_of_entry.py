"""An application under way is judged by the version of its product that held when it was entered, whatever came later."""

import re
import uuid
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import select

from app.credit_applications.models import CreditApplication
from app.demo import desk
from app.kernel.clock import now
from app.kernel.db import session, transaction
from app.products import operations, queries, usage
from app.products.terms import terms_from
from app.workflow.moves import returns
from benchmarks import route
from benchmarks.route import Post

LOAN = replace(route.loan("terms of entry"), repayment_method="interest_first", amount=Decimal(200_000), term_months=36)


@pytest.fixture(scope="module")
def staff(bank):
    with transaction():
        return desk.staff()


def catalogue(staff, key, **changes):
    """Change a product as two people of the bank do."""
    with transaction():
        product = queries.product_by_key(key)
        wanted = replace(terms_from(product), **changes)
        given = {"reason": "测试", "actor": staff.by_name["tangwei"].actor, "now": now()}
        if "active" in changes:
            change = operations.propose_sale(product=product, on_sale=changes["active"], **given)
        else:
            change = operations.propose_change(product=product, wanted=wanted, **given)
        operations.agree(change_id=change.id, person=staff.by_name["zhangming"], now=now())


def entered(sign_in, staff, loan=LOAN) -> uuid.UUID:
    """A case whose application was handed in; it waits in the pool of the market department."""
    case_id = begun(sign_in, loan)
    assert hand_in(sign_in, staff, case_id, loan).status_code == 302
    return case_id


def begun(sign_in, loan=LOAN) -> uuid.UUID:
    fields = {"process_key": route.PROCESS, "key": uuid.uuid4().hex, "product": loan.product}
    answer = sign_in(route.INITIATOR).post("/start", fields)
    with transaction():
        return session.get_one(route.UserTask, uuid.UUID(answer.location.rpartition("/")[2])).instance_id


def hand_in(sign_in, staff, case_id, loan=LOAN, **other):
    """Press the button of the first station, with other values than the loan's where given."""
    with transaction():
        case, task = route.case_of(case_id), route.open_tasks(case_id)[0]
        assert task.element_id == "intake"
        route.add_papers(case, task, staff)
        post = route.working(case, task, staff, loan)
    return pressed(sign_in, replace_fields(post, other))


def replace_fields(post: Post, other) -> Post:
    for name, value in other.items():
        post.fields[name] = value
    return post


def pressed(sign_in, post: Post):
    client = sign_in(post.username)
    return client.http.post(post.path, data={**post.fields.to_dict(), "csrf_token": client.token()})


def returned(staff, case_id) -> None:
    """The market department sends it back to the customer manager."""
    with transaction():
        task = route.open_tasks(case_id)[0]
        returns.send_back(
            task_id=task.id,
            target="intake",
            reason_code=next(iter(returns.REASONS)),
            reason="请核对",
            mode="straight",
            person=staff.by_name["jiangshan"],
            now=now(),
        )


def page_of(sign_in, case_id) -> str:
    with transaction():
        task = route.open_tasks(case_id)[0].id
    return re.sub(r"\s+", " ", sign_in(route.INITIATOR).get(f"/tasks/{task}").get_data(as_text=True))


def the_application(case_id) -> CreditApplication:
    return session.scalars(select(CreditApplication).where(CreditApplication.instance_id == case_id)).one()


def test_narrower_terms_leave_a_returned_application_alone_and_stop_a_new_one(sign_in, staff) -> None:
    case_id = entered(sign_in, staff)
    returned(staff, case_id)
    ways = ("equal_instalment", "equal_principal")
    catalogue(staff, "consumer", max_amount=Decimal(100_000), max_term_months=24, repayment_methods=ways)
    assert 'value="interest_first" selected' in page_of(sign_in, case_id)
    assert hand_in(sign_in, staff, case_id, term_months="48").status_code == 302
    with transaction():
        assert the_application(case_id).term_months == 48
        assert the_application(case_id).product_version == 1
    # Beyond what held then it is refused as it would have been then.
    returned(staff, case_id)
    refused = hand_in(sign_in, staff, case_id, term_months="85")
    assert refused.status_code == 422
    assert "3 至 84 个月" in refused.get_data(as_text=True)
    # Whoever begins now is told at the field, and gets no choice that is gone.
    late = begun(sign_in)
    assert 'value="interest_first"' not in page_of(sign_in, late)
    assert hand_in(sign_in, staff, late).status_code == 422
    assert hand_in(sign_in, staff, late, repayment_method="equal_instalment").status_code == 422
    given = {"repayment_method": "equal_instalment", "amount": "90000", "term_months": "24"}
    assert hand_in(sign_in, staff, late, **given).status_code == 302
    with transaction():
        assert the_application(late).product_version == 2
        assert usage.under_way("consumer") == {2: 1, 1: 1}


def test_a_withdrawn_product_stays_with_the_application_and_keeps_its_name(sign_in, staff) -> None:
    loan = replace(LOAN, product="personal_business")
    case_id = entered(sign_in, staff, loan)
    returned(staff, case_id)
    catalogue(staff, "personal_business", active=False)
    page = page_of(sign_in, case_id)
    assert "个人经营贷款（已停用）" in page
    assert hand_in(sign_in, staff, case_id, loan, amount="210000").status_code == 302
    case = sign_in("jiangshan").get(f"/cases/{case_id}").get_data(as_text=True)
    assert "个人经营贷款" in case
    assert ">personal_business<" not in case


def test_a_withdrawn_product_can_no_longer_be_chosen_even_by_hand(sign_in, staff) -> None:
    catalogue(staff, "micro_business", active=False)
    late = begun(sign_in, replace(LOAN, product="micro_business"))
    assert hand_in(sign_in, staff, late, replace(LOAN, product="micro_business")).status_code == 422


def test_another_product_is_taken_as_it_is_when_it_is_chosen(sign_in, staff) -> None:
    case_id = entered(sign_in, staff, replace(LOAN, product="agriculture"))
    returned(staff, case_id)
    catalogue(staff, "housing", max_term_months=240)
    given = {"product": "housing", "guarantee": "mortgage", "repayment_method": "equal_instalment"}
    refused = hand_in(sign_in, staff, case_id, replace(LOAN, product="housing"), **given, term_months="300")
    assert refused.status_code == 422
    with transaction():
        assert the_application(case_id).product.key == "agriculture"
