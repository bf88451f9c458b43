"""Which papers a station asks for, by what is known of the case."""

from __future__ import annotations

import pytest

from app.workflow.asked_documents import asked, required
from app.workflow.engine import Document, Step

STEP = Step(
    "intake",
    "loan",
    {},
    documents=(
        Document("id_card", True),
        Document("business_licence", True, 'customer_kind = "enterprise"'),
        Document("income_proof", True, 'customer_kind = "individual"'),
        Document("collateral_papers", True, 'guarantee in ("mortgage", "pledge")'),
        Document("audited_accounts", False, "amount > 5000000"),
        Document("site_photos", False),
    ),
)


def types(**variables: object) -> list[str]:
    return [document.type for document in asked(STEP, variables)]


def test_an_enterprise_brings_other_papers_than_a_person():
    company = types(customer_kind="enterprise", guarantee="credit", amount=1)
    person = types(customer_kind="individual", guarantee="credit", amount=1)
    assert company == ["id_card", "business_licence", "site_photos"]
    assert person == ["id_card", "income_proof", "site_photos"]


def test_only_what_is_required_keeps_a_station_open():
    known = {"customer_kind": "individual", "guarantee": "pledge", "amount": 6_000_000}
    assert required(STEP, known) == ["id_card", "income_proof", "collateral_papers"]


@pytest.mark.parametrize("amount", ["6000000", None])
def test_what_cant_be_told_yet_is_asked_for(amount: str | None):
    assert "audited_accounts" in types(customer_kind="individual", guarantee="credit", amount=amount)


def test_a_station_without_conditions_asks_always_for_the_same():
    plain = Step("a", "p", {}, documents=(Document("contract", True),))
    assert required(plain, {}) == required(plain, {"contract": "x"}) == ["contract"]
