"""Related parties of a customer (关联人): who is close to him, kept with a window of days, and who of them works here.

A member of staff who is one may not act in the customer's cases (回避). He is recognised by his account or by his identity number,
also where the customer is he himself. Rooms above are told of every change, so that cases under way are judged anew at once.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, null, or_, select

from app.audit import operations as audit
from app.audit.operations import Actor
from app.customers.models import Customer, RelatedParty
from app.identity import queries as people
from app.identity.models import User
from app.identity.rules import Person
from app.kernel import identifiers
from app.kernel.db import session
from app.kernel.errors import Forbidden, NotFound, Refusal
from app.kernel.identifiers import IdentifierRefused
from app.kernel.ids import new_id
from app.products.rules import Texts, texts

SELF = "self"
RELATIONS: Mapping[str, Texts] = {
    SELF: texts("the customer himself", "本人", "本人"),
    "spouse": texts("spouse", "配偶", "配偶"),
    "parent": texts("parent", "父母", "父母"),
    "child": texts("child", "子女", "子女"),
    "sibling": texts("sibling", "兄弟姐妹", "兄弟姊妹"),
    "relative": texts("other relative", "其他近亲属", "其他近親屬"),
    "shareholder": texts("shareholder", "股东", "股東"),
    "director": texts("director or executive", "董事、监事或高管", "董事、監事或高階主管"),
    "guarantor": texts("guarantor", "保证人", "保證人"),
    "partner": texts("business partner", "生意合伙人", "生意合夥人"),
    "other": texts("other interest", "其他利害关系", "其他利害關係"),
}

Listener = Callable[[Customer, Sequence[Mapping[str, Any]], Actor, datetime], None]
_listeners: list[Listener] = []


@dataclass(frozen=True)
class Party:
    """A related party as the page shows it: the row, his name, and the user name where he works here."""

    row: RelatedParty
    name: str
    username: str | None


def on_change(listener: Listener) -> Listener:
    """Be told when the members of staff related to a customer change."""
    _listeners.append(listener)
    return listener


def add_related_party(
    *,
    customer: Customer,
    who: str,
    name: str,
    relation: str,
    since: date | None,
    until: date | None,
    actor: Actor,
    now: datetime,
) -> RelatedParty:
    """Keep somebody close to the customer. `who`: a user name, or an identity number.

    Raises Refusal (unknown relation, neither user nor number, window the wrong way round).
    """
    if relation not in RELATIONS:
        raise Refusal("Choose how he is related.")
    if since and until and until < since:
        raise Refusal("The last day lies before the first.")
    _lock(customer)
    row = RelatedParty(id=new_id(), customer_id=customer.id, relation=relation, since=since, until=until, added_at=now)
    row.added_by = actor.user_id
    user = people.user_by_username(who.strip())
    row.user_id = user.id if user else None
    if user is None:
        row.id_number = _number(who)
        row.name = name.strip()[:100] or None
    session.add(row)
    session.flush()
    _record("add_related_party", row, actor, now)
    announce(customer, actor=actor, now=now)
    return row


def end_related_party(*, party_id: uuid.UUID, last_day: date, person: Person, now: datetime) -> RelatedParty:
    """He is no longer related after `last_day`; the row stays on record. Nobody ends a relation of his own."""
    row = session.get(RelatedParty, party_id, with_for_update=True)
    if row is None:
        raise NotFound("There is no such related party.")
    customer = session.get_one(Customer, row.customer_id)
    if person.id in {entry["user"] for entry in staff_related_to(customer)}:
        raise Forbidden("You are related to this customer yourself; somebody else must keep his related parties.")
    _lock(customer)
    row.until = last_day
    _record("end_related_party", row, person.actor, now)
    session.flush()
    announce(customer, actor=person.actor, now=now)
    return row


def announce(customer: Customer, *, actor: Actor, now: datetime) -> None:
    """Tell the rooms above who of the staff is related to the customer now."""
    related = staff_related_to(customer)
    for listener in _listeners:
        listener(customer, related, actor, now)


def party(customer: Customer, party_id: uuid.UUID) -> RelatedParty | None:
    """A related party of this customer."""
    row = session.get(RelatedParty, party_id)
    return row if row is not None and row.customer_id == customer.id else None


def parties_of(customer: Customer) -> list[Party]:
    """The related parties of a customer, newest first, those that are over included."""
    same_number = and_(User.id_number_index.is_not(None), User.id_number_index == RelatedParty.id_number_index)
    statement = (
        select(RelatedParty, User)
        .outerjoin(User, or_(User.id == RelatedParty.user_id, same_number))
        .where(RelatedParty.customer_id == customer.id)
        .order_by(RelatedParty.id.desc())
    )
    rows = session.execute(statement)
    return [Party(row, user.name if user else row.name or "", user.username if user else None) for row, user in rows]


def staff_related_to(customer: Customer) -> list[dict[str, Any]]:
    """The members of staff among the related parties as a case keeps them: user, relation in every language, since, until."""
    if (RelatedParty, customer.id) in session.info:
        staff_id = session.info[RelatedParty, customer.id]
        return [_entry(staff_id, SELF, None, None)] if staff_id is not None else []
    rows = session.execute(_related_staff(customer)).all()
    himself = [_entry(row[0], SELF, None, None) for row in rows if row[1] is None]
    return himself + [_entry(user_id, relation, since, until) for user_id, relation, since, until in rows if relation]


def remember_new(customer: Customer, staff_id: int | None) -> None:
    """A customer just entered has no related parties yet; only he himself may be a member of staff."""
    session.info[RelatedParty, customer.id] = staff_id


def _related_staff(customer: Customer) -> Any:
    """Member of staff, relation (none: he himself), since, until; one statement."""
    same_number = and_(User.id_number_index.is_not(None), User.id_number_index == RelatedParty.id_number_index)
    parties = (
        select(User.id, RelatedParty.relation, RelatedParty.since, RelatedParty.until)
        .join(RelatedParty, or_(RelatedParty.user_id == User.id, same_number))
        .where(RelatedParty.customer_id == customer.id)
    )
    himself = select(User.id, null(), null(), null()).where(User.id_number_index == customer.id_number_index)
    return parties.union_all(himself) if customer.id_number_index is not None else parties


def _lock(customer: Customer) -> None:
    """An application that is being entered for the customer waits, and then finds what is kept here (and the other way round)."""
    session.refresh(customer, with_for_update=True)
    session.info.pop((RelatedParty, customer.id), None)


def _entry(user_id: int, relation: str, since: date | None, until: date | None) -> dict[str, Any]:
    return {
        "user": user_id,
        "relation": dict(RELATIONS[relation]),
        "since": since.isoformat() if since else None,
        "until": until.isoformat() if until else None,
    }


def _number(text: str) -> str:
    try:
        return identifiers.id_number(identifiers.narrow(text.strip()), ("cn", "tw", "hk"))
    except IdentifierRefused:
        raise Refusal("Enter the user name of a member of staff, or a valid identity number.") from None


def _record(verb: str, row: RelatedParty, actor: Actor, now: datetime) -> None:
    number = row.id_number_index.hex() if row.id_number_index else None
    window = [day.isoformat() if day else None for day in (row.since, row.until)]
    audit.record(
        chain=f"customer:{row.customer_id}",
        verb=verb,
        object_type="related_party",
        object_id=row.id,
        actor=actor,
        now=now,
        detail={"user": row.user_id, "number": number, "relation": row.relation, "window": window},
    )
