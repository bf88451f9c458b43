"""How the forms of the credit route load and save the application and its customer, and whom a leader may choose as officer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.audit.operations import Actor
from app.credit_applications import operations, queries
from app.credit_applications.models import CreditApplication
from app.credit_applications.operations import FIELDS, MONTHS
from app.customers import related
from app.customers.models import Customer
from app.customers.rules import FIELDS as CUSTOMER_FIELDS
from app.customers.rules import RATINGS
from app.products import queries as products
from app.products import usage
from app.web.i18n import LANGUAGES
from app.workflow.committees import recusals
from app.workflow.registry import CaseContext, CaseHead, Option, bind, case_options, needs_groups, option_source

PROCESS = "credit_application"
APPLICATION, CUSTOMER = "application.", "customer."
MOST_TELLING = (
    "product",
    "term_months",
    "purpose",
    "guarantee",
    "repayment_method",
    "business_line",
    "rating",
    "approved_amount",
)


class CreditApplicationBinding:
    """The Binding of the process `credit_application`. `fields` is every name that a form may bind to."""

    fields = frozenset(
        [f"{APPLICATION}{name}" for name in ("product", *FIELDS)] + [f"{CUSTOMER}{name}" for name in CUSTOMER_FIELDS]
    )

    summary = tuple(f"{APPLICATION}{name}" for name in MOST_TELLING)

    def load(self, case: CaseContext) -> dict[str, Any]:
        """Every bound value, in one statement; empty before the application is entered."""
        application = queries.application_of(case.instance_id) if case.has_records else None
        return {} if application is None else _values(application)

    def save(self, case: CaseContext, values: Mapping[str, Any]) -> CaseHead:
        """Write what differs: one statement where nothing does. Raises the refusals of `operations.write_application`."""
        mine, customers = _part(values, APPLICATION), _part(values, CUSTOMER)
        before = queries.application_of(case.instance_id) if case.has_records else None
        was = before.customer_id if before is not None else None
        application = operations.write_application(case=case, values=mine, customer_values=customers)
        return CaseHead(
            title=f"{application.customer.name} · {application.product.name['zh_Hans']}",
            party=application.customer.name,
            amount=application.amount,
            related=related.staff_related_to(application.customer) if application.customer.id != was else None,
        )

    def end(self, case: CaseContext, *, refused: bool = False) -> None:
        """Close the application of a case that was refused where it stood, given up or ended by hand."""
        operations.end_application(case=case, refused=refused)

    def reopen(self, case: CaseContext) -> None:
        """The application of a refused case is under review again."""
        operations.reopen_application(case=case)


bind(PROCESS, CreditApplicationBinding())


@usage.counter
def applications_under_way(product_key: str) -> Mapping[int, int]:
    """How many applications under way use a product, by the version they were entered under."""
    return queries.under_way_by_version(product_key)


@case_options(PROCESS)
def options_of_application(case: CaseContext, source: str, found: Sequence[Option]) -> Sequence[Option]:
    """The choices as the version of the product has them that the application was entered under, where it is not the newest."""
    application = queries.application_of(case.instance_id)
    if application is None or application.product_version == application.product.version:
        return found
    terms = products.terms_at(application.product, application.product_version)
    key = application.product.key
    if source == "products":
        kept = {"customer_kind": terms.customer_kind}
        return [replace(one, facts={**one.facts, **kept}) if one.value == key else one for one in found]
    if source in ("repayment_methods", "guarantee_kinds"):
        allowed = getattr(terms, source)
        return [_as_then(one, key, one.value in allowed) for one in found]
    return found


def _as_then(option: Option, product_key: str, is_allowed: bool) -> Option:
    others = [key for key in option.facts["products"] if key != product_key]
    return replace(option, facts={**option.facts, "products": [*others, product_key] if is_allowed else others})


@related.on_change
def judge_cases_anew(customer: Customer, staff: Sequence[Mapping[str, Any]], actor: Actor, now: datetime) -> None:
    """Somebody on the staff became related to a customer, or no longer is: his cases under way must know."""
    for instance_id in queries.live_cases_of(customer.id):
        recusals.refresh(instance_id=instance_id, related=staff, actor=actor, now=now)


@needs_groups(PROCESS)
def groups_of_officers() -> list[str]:
    """Each business line has its credit officers in a group of their own."""
    return [f"{line.key}_officers" for line in products.business_lines()]


@option_source("credit_officers", "branch", "lines")
@option_source("second_officers", "branch", "lines")
def officer_options() -> Sequence[Option]:
    """The credit officers of all business lines by user name, labelled with name, branch and lines."""
    found: dict[str, tuple[str, list[Mapping[str, str]], dict[str, Any]]] = {}
    for user, branch, line in queries.officers():
        alone: dict[str, Any] = {"branch": branch.key if branch else None, "lines": []}
        _, places, facts = found.setdefault(user.username, (user.name, [branch.name] if branch else [], alone))
        places.append(line.name)
        facts["lines"].append(line.key)
    return [
        Option(username, {locale: _label(name, places, locale) for locale in LANGUAGES}, facts=facts)
        for username, (name, places, facts) in found.items()
    ]


@option_source("ratings")
def rating_options() -> Sequence[Option]:
    """The five grades, best first."""
    return [Option(str(grade), label) for grade, label in RATINGS.items()]


def _values(application: CreditApplication) -> dict[str, Any]:
    values = {f"{CUSTOMER}{name}": getattr(application.customer, name) for name in CUSTOMER_FIELDS}
    values[f"{APPLICATION}product"] = application.product.key
    for name in FIELDS:
        value = getattr(application, name)
        # Forms know one type of number.
        values[f"{APPLICATION}{name}"] = Decimal(value) if name in MONTHS and value is not None else value
    return values


def _part(values: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {name.removeprefix(prefix): value for name, value in values.items() if name.startswith(prefix)}


def _label(name: str, places: Sequence[Mapping[str, str]], locale: str) -> str:
    return " · ".join([name, *(place.get(locale) or place["zh_Hans"] for place in places)])
