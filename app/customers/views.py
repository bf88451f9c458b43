"""Pages of customers: list, exact search, record, editing."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext
from flask_login import current_user
from werkzeug.wrappers import Response

from app.customers import operations, queries, related, rules
from app.customers.models import Customer
from app.customers.operations import CustomerExists, InvalidCustomer
from app.customers.panels import panels_for
from app.customers.queries import PAGE, SearchBy
from app.customers.rules import FIELDS, Fault
from app.kernel.clock import now
from app.kernel.errors import NotFound, Refusal
from app.kernel.identifiers import phone_for_display
from app.kernel.ids import parse_id
from app.products.rules import CUSTOMER_KINDS, INDUSTRIES, Texts
from app.web.access import Permission, requires
from app.web.errors import translated
from app.web.i18n import text_of
from app.web.shell import MenuEntry, add_to_menu

blueprint = Blueprint("customers", __name__, template_folder="templates")
ZONE = ZoneInfo("Asia/Shanghai")
add_to_menu(MenuEntry("customers.customers", "Customers", Permission.CUSTOMER_SEE, "users", 50))


@blueprint.get("/customers")
@requires(Permission.CUSTOMER_SEE)
def customers() -> str:
    """GET /customers?before=<id>: the customers this person may see, newest first."""
    rows = queries.customers(current_user, before=parse_id(request.args.get("before", "")), limit=PAGE + 1)
    following = rows[PAGE - 1].id if len(rows) > PAGE else None
    return _list(rows[:PAGE], following=following, is_first="before" not in request.args)


@blueprint.post("/customers/search")
@requires(Permission.CUSTOMER_SEE)
def search() -> str | Response:
    """POST /customers/search: exact search. Not a GET, for numbers must not stay in addresses, histories and logs."""
    text = request.form.get("q", "").strip()[:200]
    by = request.form.get("by", "")
    if not text or by not in set(SearchBy):
        return redirect(url_for("customers.customers"))
    rows = operations.search_customers(person=current_user, by=SearchBy(by), text=text, now=now())
    return _list(rows, searched=text, by=by)


@blueprint.get("/customers/new")
@requires(Permission.CUSTOMER_EDIT)
def new() -> str:
    """GET /customers/new: the empty form."""
    return _form(None, {"kind": "individual"}, {})


@blueprint.post("/customers")
@requires(Permission.CUSTOMER_EDIT)
def create() -> tuple[str, int] | Response:
    """POST /customers: enter a customer."""
    values = _posted()
    try:
        customer = operations.create_customer(
            values=values, branch_id=current_user.branch_id, actor=current_user.actor, now=now()
        )
    except (InvalidCustomer, CustomerExists) as refused:
        return _form(None, values, _errors(refused, values)), refused.status
    flash(gettext("The customer has been entered."), "success")
    return redirect(url_for("customers.customer", customer_id=customer.id))


@blueprint.get("/customers/<uuid:customer_id>")
@requires(Permission.CUSTOMER_SEE)
def customer(customer_id: uuid.UUID) -> str:
    """GET /customers/<id>: the record, what is missing in it, and what other rooms know of the customer."""
    return _record_page(_customer(customer_id))


@blueprint.post("/customers/<uuid:customer_id>/related")
@requires(Permission.CUSTOMER_RELATED)
def add_related(customer_id: uuid.UUID) -> tuple[str, int] | Response:
    """POST /customers/<id>/related: keep somebody close to the customer."""
    found, form = _customer(customer_id), request.form
    try:
        related.add_related_party(
            customer=found,
            who=form.get("who", "").replace("\0", "")[:60],
            name=form.get("name", "").replace("\0", "")[:100],
            relation=form.get("relation", ""),
            since=_day("since"),
            until=_day("until"),
            actor=current_user.actor,
            now=now(),
        )
    except Refusal as refused:
        return _record_page(found, error=translated(refused), values=form.to_dict()), refused.status
    flash(gettext("Saved."), "success")
    return redirect(url_for("customers.customer", customer_id=customer_id) + "#related")


@blueprint.post("/customers/<uuid:customer_id>/related/<uuid:party_id>/end")
@requires(Permission.CUSTOMER_RELATED)
def end_related(customer_id: uuid.UUID, party_id: uuid.UUID) -> Response:
    """POST /customers/<id>/related/<id>/end: he is no longer related after the day given."""
    if related.party(_customer(customer_id), party_id) is None:
        raise NotFound("There is no such related party.")
    last_day = _day("last_day") or now().astimezone(ZONE).date()
    related.end_related_party(party_id=party_id, last_day=last_day, person=current_user, now=now())
    flash(gettext("Saved."), "success")
    return redirect(url_for("customers.customer", customer_id=customer_id) + "#related")


def _day(name: str) -> date | None:
    text = request.form.get(name, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Refusal("This is no day.") from None


def _record_page(found: Customer, error: str | None = None, values: Mapping[str, str] | None = None) -> str:
    own = {field: getattr(found, field) for field in FIELDS}
    return render_template(
        "customers/customer.html",
        customer=found,
        phone=_phone(found),
        missing=rules.missing_fields(own),
        panels=panels_for(found, current_user),
        kinds=CUSTOMER_KINDS,
        industries=INDUSTRIES,
        ratings=rules.RATINGS,
        rules=rules,
        parties=related.parties_of(found),
        relations=related.RELATIONS,
        relation_options=_choices(related.RELATIONS),
        related_error=error,
        related_values=values or {},
        today=now().astimezone(ZONE).date().isoformat(),
    )


@blueprint.get("/customers/<uuid:customer_id>/edit")
@requires(Permission.CUSTOMER_EDIT)
def edit(customer_id: uuid.UUID) -> str:
    """GET /customers/<id>/edit: the form with the record in it."""
    found = _customer(customer_id)
    values = {field: getattr(found, field) for field in FIELDS} | {"phone": _phone(found), "version": found.version}
    return _form(found, values, {})


@blueprint.post("/customers/<uuid:customer_id>")
@requires(Permission.CUSTOMER_EDIT)
def update(customer_id: uuid.UUID) -> tuple[str, int] | Response:
    """POST /customers/<id>: write what was changed, unless somebody else was faster."""
    found, values = _customer(customer_id), _posted()
    seen = request.form.get("version", "")
    try:
        operations.update_customer(
            customer=found,
            changes=values,
            actor=current_user.actor,
            now=now(),
            version=int(seen) if seen.isdecimal() else None,
        )
    except (InvalidCustomer, CustomerExists) as refused:
        return _form(found, values | {"version": seen}, _errors(refused, values)), refused.status
    related.announce(found, actor=current_user.actor, now=now())
    flash(gettext("Saved."), "success")
    return redirect(url_for("customers.customer", customer_id=customer_id))


def _customer(customer_id: uuid.UUID) -> Customer:
    found = queries.customer_for(current_user, customer_id)
    if found is None:
        raise NotFound("There is no such customer, or he is not for you to see.")
    return found


def _phone(found: Customer) -> str | None:
    return phone_for_display(found.phone) if found.phone else None


def _posted() -> dict[str, str]:
    return {field: request.form[field][:400] for field in FIELDS if field in request.form}


def _list(rows: object, **more: object) -> str:
    return render_template("customers/customers.html", customers=rows, rules=rules, kinds=CUSTOMER_KINDS, **more)


def _form(found: Customer | None, values: dict[str, object] | dict[str, str], errors: dict[str, str]) -> str:
    return render_template(
        "customers/form.html",
        customer=found,
        values=values,
        errors=errors,
        kind_options=_choices(CUSTOMER_KINDS),
        industry_options=_choices(INDUSTRIES),
    )


def _choices(words: Mapping[str, Texts]) -> list[tuple[str, str]]:
    return [(str(value), text_of(label)) for value, label in words.items()]


def _errors(refused: InvalidCustomer | CustomerExists, values: dict[str, str]) -> dict[str, str]:
    """A sentence for each field that is wrong, in the reader's language."""
    if isinstance(refused, InvalidCustomer):
        return {fault.field: _sentence(fault) for fault in refused.faults}
    field = rules.IDENTITY_FIELDS.get(values.get("kind", ""), "id_number")
    return {field: gettext(refused.text)}


def _sentence(fault: Fault) -> str:
    sentence = gettext(fault.text)
    return f"{sentence} {fault.reason.message(str(get_locale()))}" if fault.reason else sentence
