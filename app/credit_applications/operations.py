"""Writing applications and recording decisions. Called from within the act on the case, in its transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.audit import operations as audit
from app.audit.models import case_chain
from app.audit.operations import Actor
from app.credit_applications import queries, rules
from app.credit_applications.models import CreditApplication
from app.credit_applications.rules import DECISIONS, GRANTED, ApplicationState
from app.customers import operations as customers
from app.customers.queries import customer_by_identity
from app.customers.rules import FIELDS as CUSTOMER_FIELDS
from app.customers.rules import IDENTITY_FIELDS, Identity, clean, identity_of
from app.kernel.crypto import blind_index
from app.kernel.db import session
from app.kernel.errors import Conflict, NotFound, Refusal
from app.kernel.ids import new_id
from app.products import queries as products
from app.products.models import Product
from app.products.rules import Fault, Wish, wish_faults
from app.workflow.registry import CaseContext

MONTHS = frozenset({"term_months", "approved_term_months"})
PLAIN = (
    "amount",
    "term_months",
    "repayment_method",
    "guarantee",
    "business_line",
    "rating",
    "approved_amount",
    "approved_term_months",
    "approved_rate",
)
PERSONAL = ("purpose", "conditions")
FIELDS = PLAIN + PERSONAL
JUDGED_BY_PRODUCT = frozenset({"product", "amount", "term_months", "repayment_method", "guarantee"})


class InvalidApplication(Refusal):
    """The values don't fit the product or each other. `field` names the first that is wrong; the sentence begins with its label."""

    def __init__(self, fault: Fault) -> None:
        self.field = fault.field
        super().__init__(fault.text, **fault.values)


class AlreadyDecided(Conflict):
    """A decided or withdrawn application does not change any more."""


class UnknownDecision(Refusal):
    """The diagram's variable `decision` is none of approved, conditional, refused."""


def write_application(
    *, case: CaseContext, values: Mapping[str, Any], customer_values: Mapping[str, Any]
) -> CreditApplication:
    """Write what a form said about the application and its customer; makes the records on the first call.

    `values` may hold "product" (a key) and the names in FIELDS, `customer_values` those of a customer. An application becomes
    `in_review` as soon as it is complete. Raises InvalidApplication, InvalidCustomer, NameDiffers, AlreadyDecided.
    """
    application = queries.application_of(case.instance_id) if case.has_records else None
    # The case's own changes are flushed once, at the end of the act, and not before each question asked here.
    with session.no_autoflush:
        return (
            _write(application, case, values, customer_values) if application else _enter(case, values, customer_values)
        )


def record_decision(*, case: CaseContext, decision: str) -> CreditApplication:
    """Close the application with "approved", "conditional" or "refused"; the customer takes over the rating.

    What was not said otherwise is approved as it was applied for; a refusal leaves no approved terms behind.
    """
    if decision not in DECISIONS:
        raise UnknownDecision("The decision “{decision}” is unknown.", decision=decision)
    application = _required(case)
    state = DECISIONS[decision]
    if state in GRANTED:
        _fill_terms(application)
    else:
        application.approved_amount = application.approved_term_months = application.approved_rate = None
    _close(application, state, case)
    if application.rating:
        customers.rate_customer(
            customer=application.customer, rating=application.rating, actor=case.actor, now=case.now
        )
    return application


def end_application(*, case: CaseContext, refused: bool = False) -> CreditApplication | None:
    """The case ended before its route did; nothing to do where no application was entered or it is closed."""
    application = queries.application_of(case.instance_id)
    if application is not None and rules.is_open(application.state):
        _close(application, ApplicationState.REFUSED if refused else ApplicationState.WITHDRAWN, case)
    return application


def reopen_application(*, case: CaseContext) -> CreditApplication | None:
    """The refused case is reconsidered: the application is under review again; nothing to do where there is none."""
    application = queries.application_of(case.instance_id)
    if application is not None and application.state == ApplicationState.REFUSED:
        before, application.state = application.state, ApplicationState.IN_REVIEW
        application.decided_at, application.decided_by, application.changed_at = None, None, case.now
        _record("reopen_application", application, case.actor, case.now, {"state": [before, application.state]})
    return application


def _write(
    application: CreditApplication, case: CaseContext, values: Mapping[str, Any], customer_values: Mapping[str, Any]
) -> CreditApplication:
    changes, customer_changes = _differences(application, values), _customer_differences(application, customer_values)
    if (changes or customer_changes) and not rules.is_open(application.state):
        raise AlreadyDecided("This application is decided; its values do not change any more.")
    if customer_changes:
        _write_customer(application, customer_changes, case)
    if changes or "kind" in customer_changes:
        _apply(application, changes, case)
    return application


def _enter(case: CaseContext, values: Mapping[str, Any], customer_values: Mapping[str, Any]) -> CreditApplication:
    product = _product(values.get("product"))
    branch = queries.branch_of_case(case.instance_id)
    customer, _ = customers.find_or_create_customer(
        values=customer_values, branch_id=branch, actor=case.actor, now=case.now
    )
    application = CreditApplication(
        id=new_id(),
        instance_id=case.instance_id,
        number=case.number,
        customer=customer,
        product=product,
        product_version=product.version,
        state=ApplicationState.DRAFT,
        created_by=case.started_by or case.actor.user_id,
        branch_id=branch,
        created_at=case.now,
        changed_at=case.now,
    )
    _apply(application, {"product": product, **_differences(application, values)}, case)
    session.add(application)
    return queries.remember(application)


def _apply(application: CreditApplication, changes: Mapping[str, Any], case: CaseContext) -> None:
    """Check the whole record as it will be, then write; the flush is left to the end of the act."""
    _check(application, changes)
    before = {name: _shown(name, getattr(application, name)) for name in changes}
    for name, value in changes.items():
        setattr(application, name, value)
    if "product" in changes:
        application.product_version = application.product.version
    application.changed_at = case.now
    whole = {name: getattr(application, name) for name in rules.NEEDED}
    if application.state == ApplicationState.DRAFT and rules.is_complete(whole):
        application.state = ApplicationState.IN_REVIEW
    detail = {name: [before[name], _shown(name, getattr(application, name))] for name in changes}
    _record("write_application", application, case.actor, case.now, detail)


def _check(application: CreditApplication, changes: Mapping[str, Any]) -> None:
    """The product judges only what is new, and as it was when it was chosen: catalogue changes are for later applications."""
    whole = {name: changes.get(name, getattr(application, name)) for name in ("product", *PLAIN)}
    found: list[Fault] = []
    if JUDGED_BY_PRODUCT & changes.keys() or not changes:
        wish = Wish(
            customer_kind=application.customer.kind,
            amount=whole["amount"],
            term_months=whole["term_months"],
            repayment_method=whole["repayment_method"],
            guarantee=whole["guarantee"],
        )
        product: Product = whole["product"]
        kept = product.version if "product" in changes else application.product_version
        found += wish_faults(products.terms_at(product, kept), wish)
    found += rules.approval_faults(whole)
    if found:
        raise InvalidApplication(found[0])


def _differences(application: CreditApplication, values: Mapping[str, Any]) -> dict[str, Any]:
    """Only real changes, as the columns hold them: writing an encrypted field makes a new ciphertext even of the same text."""
    differences = {}
    for name in FIELDS:
        if name in values:
            value = _stored(name, values[name])
            if getattr(application, name) != value:
                differences[name] = value
    key = values.get("product")
    if key and (application.product is None or key != application.product.key):
        differences["product"] = _product(key)
    return differences


def _stored(name: str, value: Any) -> Any:
    if name in MONTHS:
        return _months(name, value)
    if name == "conditions":
        return [{key: _plain(entry) for key, entry in row.items()} for row in value or ()] or None
    return None if value == "" else value


def _months(name: str, value: Any) -> int | None:
    try:
        return rules.whole_number(value)
    except (ValueError, ArithmeticError) as fault:
        raise InvalidApplication(Fault(name, "Term: a whole number of months.")) from fault


def _plain(entry: Any) -> Any:
    """A cell of the table of conditions as its JSON will give it back (dates in ISO form)."""
    return entry if entry is None or isinstance(entry, str | bool | int) else str(entry)


def _product(key: Any) -> Product:
    product = products.product_by_key(str(key)) if key else None
    if product is None or not product.active:
        raise InvalidApplication(Fault("product", "Product: choose one that the bank offers."))
    return product


def _customer_differences(application: CreditApplication, values: Mapping[str, Any]) -> dict[str, Any]:
    customer = application.customer
    return {field: value for field, value in clean(values).items() if value != getattr(customer, field)}


def _write_customer(application: CreditApplication, changes: Mapping[str, Any], case: CaseContext) -> None:
    """Another number means another customer, unless it mends a slip in a record that this case made and nobody else uses."""
    customer = application.customer
    before = {field: getattr(customer, field) for field in CUSTOMER_FIELDS}
    # The number of the old kind is not that of a customer of the new kind.
    dropped = {IDENTITY_FIELDS[before["kind"]]: None} if "kind" in changes else {}
    after = before | dropped | dict(changes)
    identity = identity_of(after)
    if identity == identity_of(before) or (identity and _is_slip(application, identity)):
        customers.update_customer(customer=customer, changes=after, actor=case.actor, now=case.now)
    else:
        _change_customer(application, after, case)


def _is_slip(application: CreditApplication, identity: Identity) -> bool:
    if application.customer.created_at != application.created_at or queries.has_other_applications(application):
        return False
    return customer_by_identity(identity) is None


def _change_customer(application: CreditApplication, values: Mapping[str, Any], case: CaseContext) -> None:
    customer, _ = customers.find_or_create_customer(
        values=values, branch_id=application.branch_id, actor=case.actor, now=case.now
    )
    detail = {"customer": [str(application.customer_id), str(customer.id)]}
    application.customer, application.changed_at = customer, case.now
    _record("change_customer", application, case.actor, case.now, detail)


def _required(case: CaseContext) -> CreditApplication:
    application = queries.application_of(case.instance_id)
    if application is None:
        raise NotFound("Case {number} has no credit application.", number=case.number)
    return application


def _fill_terms(application: CreditApplication) -> None:
    if application.approved_amount == 0:
        raise InvalidApplication(Fault("approved_amount", "Approved amount: an approval needs an amount above zero."))
    if application.approved_amount is None:
        application.approved_amount = application.amount
    if application.approved_term_months is None:
        application.approved_term_months = application.term_months


def _close(application: CreditApplication, state: ApplicationState, case: CaseContext) -> None:
    if not rules.may_become(application.state, state):
        raise AlreadyDecided(
            "This application can't become “{wanted}” from “{state}”.", wanted=state, state=application.state
        )
    before, application.state = application.state, state
    application.decided_at, application.decided_by, application.changed_at = case.now, case.actor.user_id, case.now
    terms = (application.approved_amount, application.approved_term_months, application.approved_rate)
    _record("close_application", application, case.actor, case.now, {"state": [before, state], "terms": terms})


def _shown(name: str, value: Any) -> Any:
    """What the audit keeps of a value: personal ones as keyed digests."""
    if name == "product" and value is not None:
        return value.key
    if name in PERSONAL and value is not None:
        return blind_index(json.dumps(value, sort_keys=True), f"credit_application.{name}").hex()
    return value


def _record(verb: str, application: CreditApplication, actor: Actor, now: datetime, detail: Mapping[str, Any]) -> None:
    audit.record(
        chain=case_chain(application.instance_id),
        verb=verb,
        object_type="credit_application",
        object_id=application.id,
        actor=actor,
        now=now,
        detail=detail,
    )
