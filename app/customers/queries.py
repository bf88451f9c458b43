"""Questions about customers. Search is exact: names and numbers are encrypted, only their blind indexes can be compared."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import ColumnElement, or_, select, true

from app.customers.models import Customer, index_of
from app.customers.rules import Identity, clean, may_see
from app.identity.rules import Person
from app.kernel.db import session
from app.products.rules import CustomerKind
from app.web.access import Permission

PAGE = 50


class SearchBy(StrEnum):
    """What a search compares."""

    NUMBER = "number"
    PHONE = "phone"
    NAME = "name"


def customer_for(person: Person, customer_id: uuid.UUID) -> Customer | None:
    """The customer, or None where there is none or this person may not know of him."""
    customer = session.get(Customer, customer_id)
    return customer if customer is not None and may_see(person, customer) else None


def customer_by_identity(identity: Identity) -> Customer | None:
    """The one customer of this kind with this number."""
    return session.scalars(select(Customer).where(_has_identity(identity))).first()


def customers(person: Person, *, before: uuid.UUID | None = None, limit: int = PAGE) -> Sequence[Customer]:
    """The customers a person may see, newest first; `before` is the id to go on from."""
    statement = select(Customer).where(visible(person)).order_by(Customer.id.desc()).limit(limit)
    return session.scalars(statement if before is None else statement.where(Customer.id < before)).all()


def search(person: Person, by: SearchBy, text: str, *, limit: int = PAGE) -> Sequence[Customer]:
    """The customers a person may see whose number, phone or name is exactly `text`, newest first."""
    statement = select(Customer).where(_matches(by, text), visible(person))
    return session.scalars(statement.order_by(Customer.id.desc()).limit(limit)).all()


def visible(person: Person) -> ColumnElement[bool]:
    """`rules.may_see` as a filter, for people with the permission to see customers at all."""
    if person.may(Permission.CASE_SEE_ALL):
        return true()
    own = Customer.created_by == person.id
    return own if person.branch_id is None else or_(own, Customer.branch_id == person.branch_id)


def _matches(by: SearchBy, text: str) -> ColumnElement[bool]:
    if by is SearchBy.NAME:
        return Customer.name_index == index_of("name", text)
    if by is SearchBy.PHONE:
        return Customer.phone_index == index_of("phone", clean({"phone": text})["phone"] or "")
    numbers = clean({"id_number": text, "credit_code": text})
    return or_(
        _has_identity(Identity(CustomerKind.INDIVIDUAL, numbers["id_number"] or "")),
        _has_identity(Identity(CustomerKind.ENTERPRISE, numbers["credit_code"] or "")),
    )


def _has_identity(identity: Identity) -> ColumnElement[bool]:
    """Both conditions, so that the partial unique index of the kind serves it."""
    column = getattr(Customer, f"{identity.field}_index")
    # The literal lets PostgreSQL match the index's own condition also in a prepared generic plan.
    kind = Customer.kind == identity.kind
    return (column == index_of(identity.field, identity.number)) & kind
