"""Whatever is saved in whatever order, the records say exactly what was accepted last, and a refusal changes nothing."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import event as hypothesis_event
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.credit_applications.bindings import CreditApplicationBinding
from app.credit_applications.models import CreditApplication
from app.customers.models import Customer
from app.kernel.errors import Refusal
from app.products import queries as products
from app.products.rules import Wish, wish_faults
from app.workflow.registry import CaseContext
from tests.identity_numbers import credit_code, resident_id
from tests.integration.records import a_branch, a_case, a_person, the_products

NAMES = {resident_id(n): f"客户{n}" for n in range(3)} | {credit_code(n): f"企业{n}" for n in (11111111, 22222222)}
PEOPLE = [number for number in NAMES if number[0] == "1"]
FIRMS = [number for number in NAMES if number[0] == "9"]

amounts = st.sampled_from(["20000", "80000.50", "120000", "499999.99", "500", "5000001"]).map(Decimal)
months = st.sampled_from([12, 12, 24, 36, 1, 361]).map(Decimal)
application_values = st.fixed_dictionaries(
    {},
    optional={
        "application.product": st.sampled_from(
            ["consumer", "micro_business", "micro_business", "supply_chain", "nothing"]
        ),
        "application.amount": amounts,
        "application.term_months": months,
        "application.purpose": st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40),
        "application.repayment_method": st.sampled_from(
            ["equal_instalment", "interest_first", "interest_first", "bullet"]
        ),
        "application.guarantee": st.sampled_from(["credit", "pledge", "pledge", "mortgage"]),
        "application.rating": st.sampled_from(["A", "C", "C", "E", "Z"]),
        "application.approved_amount": amounts,
        "application.approved_rate": st.sampled_from(["0", "4.3500", "4.3500", "24", "25"]).map(Decimal),
    },
)


def _individual(number: str, phone: str) -> dict[str, Any]:
    return {
        "customer.kind": "individual",
        "customer.name": NAMES[number],
        "customer.id_number": number,
        "customer.phone": phone,
    }


def _enterprise(number: str, phone: str) -> dict[str, Any]:
    return {
        "customer.kind": "enterprise",
        "customer.name": NAMES[number],
        "customer.credit_code": number,
        "customer.phone": phone,
    }


phones = st.sampled_from(["+8613800138000", "+862161234567", "+85291234567"])
customer_values = st.one_of(
    st.just({}),
    st.builds(lambda phone: {"customer.phone": phone}, phones),
    st.builds(_individual, st.sampled_from(PEOPLE), phones),
    st.builds(_enterprise, st.sampled_from(FIRMS), phones),
)
starts = st.tuples(
    st.integers(0, 1),
    st.just({"application.product": "micro_business", "application.amount": Decimal(120000)}),
    st.builds(_individual, st.sampled_from(PEOPLE[:2]), phones),
)
saves = st.one_of(
    st.tuples(st.integers(0, 1), application_values, customer_values),
    st.tuples(st.integers(0, 1), st.just({}), customer_values),
)


@pytest.fixture
def two_cases(session) -> list[CaseContext]:
    the_products()
    manager = a_person("manager", branch=a_branch("east"))
    cases = [a_case("CR-1", manager), a_case("CR-2", manager)]
    session.flush()
    return cases


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(begun=st.lists(starts, min_size=1, max_size=3), steps=st.lists(saves, min_size=1, max_size=10))
def test_records_hold_what_was_accepted_last(session, two_cases, begun, steps):
    example = session.begin_nested()
    try:
        play(session, two_cases, [*begun, *steps])
    finally:
        example.rollback()
        session.info.clear()


def play(session, cases, steps):
    """Save step by step, each in a savepoint, as requests would; check after each."""
    binding, accepted = CreditApplicationBinding(), [{}, {}]
    for which, application, customer in steps:
        savepoint = session.begin_nested()
        try:
            head = binding.save(cases[which], application | customer)
            session.flush()
        except Refusal as refusal:
            hypothesis_event(f"refused: {type(refusal).__name__}")
            savepoint.rollback()
            session.info.clear()
        else:
            hypothesis_event("accepted")
            savepoint.commit()
            accepted[which] |= application | customer
            assert head.amount == accepted[which].get("application.amount")
        check(session, binding, cases, accepted, which)


def check(session, binding, cases, accepted, which):
    """What must hold after every save: the values, one record per case, its own customer under his own name, none twice."""
    session.flush()
    session.expire_all()
    loaded = binding.load(cases[which])
    said = {name: value for name, value in accepted[which].items() if name.startswith("application.")}
    assert {name: loaded[name] for name in said} == said
    assert bool(loaded) == bool(accepted[which])
    rows = session.scalars(select(CreditApplication)).all()
    assert len(rows) == sum(1 for values in accepted if values)
    for row in rows:
        said = accepted[[case.instance_id for case in cases].index(row.instance_id)]
        field = "id_number" if said["customer.kind"] == "individual" else "credit_code"
        number = said[f"customer.{field}"]
        assert (row.customer.kind, getattr(row.customer, field)) == (said["customer.kind"], number)
        assert row.customer.name == NAMES[number]
        assert getattr(row.customer, "credit_code" if field == "id_number" else "id_number") is None
        assert not wish_faults(products.product_by_key(row.product.key), wish_of(row))
    numbers = session.scalars(select(func.coalesce(Customer.id_number_index, Customer.credit_code_index))).all()
    assert len(numbers) == len(set(numbers))


def wish_of(row):
    return Wish(row.customer.kind, row.amount, row.term_months, row.repayment_method, row.guarantee)
