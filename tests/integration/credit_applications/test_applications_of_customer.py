"""What a customer's page shows of his applications: those whose cases the reader is concerned with, and the exposure."""

from decimal import Decimal

import pytest

from app.credit_applications import operations
from app.credit_applications.bindings import CreditApplicationBinding
from app.kernel.db import session, transaction
from app.workflow.models import ProcessInstance
from tests.identity_numbers import resident_id
from tests.integration.records import LI, Site, a_branch, a_case, a_person, context, the_products


@pytest.fixture(scope="module")
def site(databases, settings):
    opened = Site(databases, settings)
    yield opened
    opened.close()


class Scene:
    """One customer: 30,000 granted of 50,000 in the colleague's case, 20,000 asked for in the manager's."""

    def __init__(self):
        the_products()
        branch = a_branch("east")
        self.manager, self.colleague = a_person("manager", branch=branch), a_person("colleague", branch=branch)
        self.boss = a_person("boss", roles=("supervisor",))
        decided = self._enter("CR-OLD", self.colleague, "50000", {"application.approved_amount": Decimal(30000)})
        operations.record_decision(case=context(session.get(ProcessInstance, decided), self.boss), decision="approved")
        self._enter("CR-NEW", self.manager, "20000", {})
        session.flush()

    def _enter(self, number, person, amount, more):
        case = a_case(number, person)
        loan = {"application.product": "consumer", "application.amount": Decimal(amount), "application.term_months": 12}
        customer = {f"customer.{key}": value for key, value in LI.items()}
        CreditApplicationBinding().save(case, loan | customer | more)
        self.customer = operations.queries.application_of(case.instance_id).customer.id
        return case.instance_id


@pytest.fixture(scope="module")
def scene(site):
    with transaction():
        return Scene()


def page(site, scene, person):
    return site.browser(person).get(f"/customers/{scene.customer}").get_data(as_text=True)


def test_whoever_oversees_all_cases_sees_all_applications_with_links_to_their_cases(site, scene):
    shown = page(site, scene, scene.boss)
    assert shown.count('href="/cases/') == 2
    assert "granted 30,000.00" in shown
    assert "Personal consumer loan" in shown


def test_of_a_case_that_is_none_of_the_readers_only_the_fact_is_shown(site, scene):
    shown = page(site, scene, scene.manager)
    assert "CR-NEW" in shown
    assert "CR-OLD" not in shown
    assert "1 further application is not for you to see" in shown


def test_the_exposure_counts_what_is_granted_and_what_is_asked_for(site, scene):
    shown = page(site, scene, scene.manager)
    for amount in ("30,000.00", "20,000.00", "50,000.00"):
        assert amount in shown


def test_a_customer_without_applications_has_an_empty_panel_and_no_fault(site, scene):
    form = {**LI, "id_number": resident_id(7), "phone": "13800138000"}
    browser = site.browser(scene.manager)
    answer = browser.get(browser.post("/customers", data=form).location)
    assert answer.status_code == 200
    assert "No applications yet" in answer.get_data(as_text=True)
