"""The catalogue in the database, as page and as lists for forms."""

from decimal import Decimal

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

import app.products.bindings  # noqa: F401  registers the option sources
from app.audit import queries as audits
from app.audit.operations import SYSTEM
from app.identity.models import BusinessLine
from app.kernel.db import transaction
from app.products import queries
from app.products.models import Product
from app.products.operations import seed_products
from app.workflow.registry import options
from tests.integration.records import NOW, Site, a_person, the_products


@pytest.fixture(scope="module")
def site(databases, settings):
    opened = Site(databases, settings)
    yield opened
    opened.close()


def test_the_demo_bank_has_eight_products_in_the_order_of_the_catalogue(session):
    the_products()
    assert [product.key for product in queries.products()][:3] == ["consumer", "housing", "personal_business"]
    assert session.scalar(select(func.count()).select_from(Product)) == 8


def test_seeding_again_adds_nothing_and_leaves_the_banks_own_changes(session):
    the_products()
    queries.product_by_key("consumer").max_amount = Decimal(300_000)
    assert seed_products(actor=SYSTEM, now=NOW) == []
    assert queries.product_by_key("consumer").max_amount == Decimal(300_000)


def test_every_new_product_is_on_record(session):
    the_products()
    session.flush()
    verbs = [entry.verb for entry in audits.entries("products")]
    assert verbs.count("create_product") >= 8


def test_a_product_no_longer_offered_is_in_no_list_but_still_known(session):
    the_products()
    session.execute(text("UPDATE product SET active = false WHERE key = 'consumer'"))
    assert "consumer" not in {product.key for product in queries.products()}
    assert "consumer" in {product.key for product in queries.products(active_only=False)}
    assert queries.product_by_key("consumer") is not None
    assert [option.value for option in options("products") if not option.is_offered] == ["consumer"]


@pytest.mark.parametrize(
    "change", ["min_amount = 0", "max_amount = min_amount - 1", "min_term_months = max_term_months + 1"]
)
def test_the_database_refuses_limits_that_make_no_sense(session, change):
    the_products()
    with pytest.raises(IntegrityError):
        session.execute(text(f"UPDATE product SET {change} WHERE key = 'consumer'"))


def test_lists_for_forms_have_labels_in_three_languages(session):
    the_products()
    session.add(BusinessLine(key="retail", name={"en": "Retail", "zh_Hans": "个贷", "zh_Hant": "個貸"}))
    session.flush()
    for source in ("products", "business_lines", "repayment_methods", "guarantee_kinds", "industries"):
        offered = options(source)
        assert offered, source
        assert all(set(option.label) == {"en", "zh_Hans", "zh_Hant"} for option in offered), source


def test_values_of_the_lists_are_plain_strings_as_posted_forms_compare_them(session):
    for source in ("repayment_methods", "guarantee_kinds", "industries"):
        assert all(type(option.value) is str for option in options(source)), source


def test_the_page_shows_every_product_with_its_limits_to_everybody_signed_in(site):
    with transaction():
        the_products()
        person = a_person("clerk", roles=("employee",))
    page = site.browser(person).get("/products").get_data(as_text=True)
    assert page.count('role="row"') == 9
    assert "1,000 – 500,000" in page
    assert "3 to 84 months" in page
    assert "Home mortgage loan" in page


def test_the_page_is_closed_to_visitors(site):
    assert site.app.test_client().get("/products").status_code == 302
