"""What a customer's page shows of his applications."""

from __future__ import annotations

from flask import Blueprint, render_template
from markupsafe import Markup

from app.credit_applications import queries, rules
from app.customers.models import Customer
from app.customers.panels import panel
from app.identity.rules import Person
from app.workflow.queries import may_see

# Only its templates: pages of applications are the pages of their cases.
blueprint = Blueprint("credit_applications", __name__, template_folder="templates")


@panel
def applications_of_customer(customer: Customer, person: Person) -> Markup:
    """The customer's exposure, and those of his applications whose cases the person may see."""
    rows = queries.applications_of_customer(customer.id)
    visible = [(application, case) for application, case in rows if may_see(person, case)]
    page = render_template(
        "credit_applications/_of_customer.html",
        rows=visible,
        hidden=len(rows) - len(visible),
        exposure=rules.exposure(application for application, _ in rows),
        states=rules.STATES,
    )
    return Markup(page)  # noqa: S704  a rendered template, which has escaped what it prints
