"""Entering customers once and keeping their records right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import false, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from app.audit import operations as audit
from app.audit.operations import Actor
from app.customers import queries, related, rules
from app.customers.models import Customer, index_of
from app.customers.queries import SearchBy
from app.customers.rules import FIELDS, Fault, Identity
from app.identity.models import User
from app.identity.rules import Person
from app.kernel.db import session
from app.kernel.errors import Conflict, Refusal
from app.kernel.ids import new_id


class InvalidCustomer(Refusal):
    """The record would be incomplete or hold a wrong number; `faults` has every reason, the text is the first."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        self.field = faults[0].field
        super().__init__(faults[0].text)


class NameDiffers(Refusal):
    """The number is that of a customer with another name: one of the two is wrong."""

    field = "name"


class CustomerExists(Conflict):
    """Another record has this number already."""


class CustomerChanged(Conflict):
    """Somebody else saved the record since the page was opened."""


def find_or_create_customer(
    *, values: Mapping[str, Any], branch_id: int | None, actor: Actor, now: datetime
) -> tuple[Customer, bool]:
    """The customer with the identity in `values`, entered now if unknown; the second value tells whether he is new.

    Phone, address and industry of a known customer are brought up to date. Raises InvalidCustomer, NameDiffers.
    """
    cleaned = rules.clean(values)
    identity = _checked(cleaned)
    # Most are new. Who enters the same customer at this moment waits here, and finds the record below.
    created = _insert(cleaned, identity, branch_id, actor, now)
    if created is not None:
        return created, True
    known = queries.customer_by_identity(identity)
    assert known is not None
    _refuse_other_name(known, cleaned)
    fresh = {field: value for field, value in cleaned.items() if value is not None}
    update_customer(customer=known, changes=fresh, actor=actor, now=now)
    return known, False


def create_customer(*, values: Mapping[str, Any], branch_id: int | None, actor: Actor, now: datetime) -> Customer:
    """A new customer. Raises InvalidCustomer, CustomerExists."""
    cleaned = rules.clean(values)
    created = _insert(cleaned, _checked(cleaned), branch_id, actor, now)
    if created is None:
        raise CustomerExists("There is already a customer with this number.")
    return created


def update_customer(
    *, customer: Customer, changes: Mapping[str, Any], actor: Actor, now: datetime, version: int | None = None
) -> bool:
    """Write the fields in `changes` that differ; tells whether any did. `version` is the one the person saw.

    Raises InvalidCustomer, CustomerExists (the new number is another's), CustomerChanged (`version` is old).
    """
    cleaned = rules.clean(changes)
    if version is not None and version != customer.version:
        raise CustomerChanged("Somebody else has changed this customer since you opened the page. Look at it again.")
    if not _differences(customer, cleaned):
        return False
    session.refresh(customer, with_for_update=True)
    if version is not None and version != customer.version:
        raise CustomerChanged("Somebody else has changed this customer since you opened the page. Look at it again.")
    after = {field: getattr(customer, field) for field in FIELDS} | cleaned
    _refuse_taken(customer, _checked(after))
    _write(customer, _differences(customer, cleaned), actor, now)
    return True


def rate_customer(*, customer: Customer, rating: str, actor: Actor, now: datetime) -> None:
    """Keep the rating of the newest decision."""
    if customer.rating == rating:
        return
    before, customer.rating, customer.changed_at = customer.rating, rating, now
    _record("rate_customer", customer, actor, now, {"rating": [before, rating]})


def search_customers(*, person: Person, by: SearchBy, text: str, now: datetime) -> Sequence[Customer]:
    """Look customers up by exact number, phone or name. Who searched how is on record; for what, only as a digest."""
    found = queries.search(person, by, text)
    audit.record(
        chain=f"user:{person.id}",
        verb="search_customers",
        object_type="customer",
        object_id=index_of(by, text).hex(),
        actor=person.actor,
        now=now,
        detail={"by": by, "found": len(found)},
    )
    return found


def _checked(cleaned: Mapping[str, Any]) -> Identity:
    found = rules.faults(cleaned)
    if found:
        raise InvalidCustomer(found)
    identity = rules.identity_of(cleaned)
    assert identity is not None
    return identity


def _insert(
    cleaned: Mapping[str, Any], identity: Identity, branch_id: int | None, actor: Actor, now: datetime
) -> Customer | None:
    """The new row, or None where another transaction has just entered the same customer (it is waited for)."""
    row = Customer(
        id=new_id(), **cleaned, created_by=actor.user_id, branch_id=branch_id, created_at=now, changed_at=now
    )
    columns = {column.key: getattr(row, column.key) for column in Customer.__table__.columns if column.key != "version"}
    # Whether he works here is asked in the same statement.
    number = columns["id_number_index"]
    same = User.id_number_index == number if number is not None else false()
    himself = select(User.id).where(same).limit(1).scalar_subquery()
    statement = insert(Customer).values(columns).on_conflict_do_nothing().returning(Customer, himself)
    made = session.execute(statement).first()
    created = made[0] if made is not None else None
    if made is not None and created is not None:
        related.remember_new(created, made[1])
        _record("create_customer", created, actor, now, {"identity": index_of(identity.field, identity.number).hex()})
    return created


def _refuse_other_name(known: Customer, cleaned: Mapping[str, Any]) -> None:
    if index_of("name", cleaned["name"]) != known.name_index:
        raise NameDiffers("Name: the number belongs to a customer whose name is another one. Check both.")


def _refuse_taken(customer: Customer, identity: Identity) -> None:
    holder = queries.customer_by_identity(identity)
    if holder is not None and holder.id != customer.id:
        raise CustomerExists("There is already a customer with this number.")


def _differences(customer: Customer, cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """Only real changes are written: setting an encrypted field makes a new ciphertext even of the same text."""
    return {field: value for field, value in cleaned.items() if getattr(customer, field) != value}


def _write(customer: Customer, differences: Mapping[str, Any], actor: Actor, now: datetime) -> None:
    detail = {field: [_trace(field, getattr(customer, field)), _trace(field, to)] for field, to in differences.items()}
    for field, value in differences.items():
        setattr(customer, field, value)
    customer.changed_at = now
    try:
        session.flush()
    except IntegrityError as taken:
        raise CustomerExists("There is already a customer with this number.") from taken
    _record("update_customer", customer, actor, now, detail)


def _trace(field: str, value: str | None) -> str | None:
    """What the audit keeps of a value: the kind and industry as they are, personal values as keyed digests."""
    return value if value is None or field in ("kind", "industry") else index_of(field, value).hex()


def _record(verb: str, customer: Customer, actor: Actor, now: datetime, detail: Mapping[str, Any]) -> None:
    audit.record(
        chain=f"customer:{customer.id}",
        verb=verb,
        object_type="customer",
        object_id=customer.id,
        actor=actor,
        now=now,
        detail=detail,
    )
