"""Questions about customers. Search is exact: names and numbers are encrypted, only their blind indexes can be compared."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import ColumnElement, literal, or_, select, true, union

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
    goes_on = true() if before is None else Customer.id < before
    # One short walk along an index for each reason to see a customer; a single OR would read the whole table for a small branch.
    newest = [
        select(Customer.id).where(reason, goes_on).order_by(Customer.id.desc()).limit(limit)
        for reason in _reasons(person)
    ]
    found = select(Customer).where(Customer.id.in_(union(*newest).subquery().select()))
    return session.scalars(found.order_by(Customer.id.desc()).limit(limit)).all()


def search(person: Person, by: SearchBy, text: str, *, limit: int = PAGE) -> Sequence[Customer]:
    """The customers a person may see whose number, phone or name is exactly `text`, newest first."""
    statement = select(Customer).where(_matches(by, text), visible(person))
    return session.scalars(statement.order_by(Customer.id.desc()).limit(limit)).all()


def visible(person: Person) -> ColumnElement[bool]:
    """`rules.may_see` as a filter, for people with the permission to see customers at all."""
    return or_(*_reasons(person))


def _reasons(person: Person) -> list[ColumnElement[bool]]:
    """Each one is enough to see a customer, and each has an index that ends with the id."""
    overseen = person.reach(Permission.CASE_SEE_ALL)
    if overseen is None:
        return [true()]
    own = Customer.created_by == person.id
    branches = overseen | ({person.branch_id} if person.branch_id is not None else set())
    return [own, *(Customer.branch_id == branch for branch in sorted(branches))]


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
    """Both conditions, so that the unique index of the kind serves it."""
    column = getattr(Customer, f"{identity.field}_index")
    # Written out: with a parameter a prepared statement's generic plan could not use the partial index.
    kind = Customer.kind == literal(identity.kind, literal_execute=True)
    return (column == index_of(identity.field, identity.number)) & kind
