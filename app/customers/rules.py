"""Who may see a customer, what a customer's record must hold, and how personal numbers are shown in lists: pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from app.identity.rules import Person
from app.kernel import identifiers
from app.kernel.identifiers import IdentifierRefused
from app.products.rules import CustomerKind, Texts, texts
from app.web.access import Permission

FIELDS = ("kind", "name", "id_number", "credit_code", "phone", "address", "industry")
LONGEST = {"name": 100, "address": 200, "industry": 40}
ID_KINDS = ("cn", "tw", "hk")


class Rating(StrEnum):
    """How good a debtor is, best first."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"


RATINGS: Mapping[str, Texts] = {
    Rating.A: texts("Excellent", "优良", "優良"),
    Rating.B: texts("Good", "良好", "良好"),
    Rating.C: texts("Fair", "一般", "一般"),
    Rating.D: texts("Weak", "较差", "較差"),
    Rating.E: texts("Poor", "差", "差"),
}

IDENTITY_FIELDS: Mapping[str, str] = {CustomerKind.INDIVIDUAL: "id_number", CustomerKind.ENTERPRISE: "credit_code"}


class Record(Protocol):
    """What the rule of sight needs of a customer."""

    created_by: int | None
    branch_id: int | None


@dataclass(frozen=True)
class Fault:
    """What is wrong with one field: an English sentence, also the key of its translation; `reason` tells more about a number."""

    field: str
    text: str
    reason: IdentifierRefused | None = None


@dataclass(frozen=True)
class Identity:
    """What makes a customer unique: the kind, and the number that such a customer is known by."""

    kind: str
    number: str

    @property
    def field(self) -> str:
        """The field that holds the number."""
        return IDENTITY_FIELDS[self.kind]


def may_see(person: Person, customer: Record) -> bool:
    """Whoever entered the customer, works in his branch, or oversees its cases; `queries.visible` says the same in SQL."""
    if not person.may(Permission.CUSTOMER_SEE):
        return False
    if person.may_in(Permission.CASE_SEE_ALL, customer.branch_id) or customer.created_by == person.id:
        return True
    return person.branch_id is not None and customer.branch_id == person.branch_id


def clean(values: Mapping[str, Any]) -> dict[str, str | None]:
    """The fields of a customer in `values` in the form they are stored: trimmed, numbers canonical, empty as None.

    A number that can't be read stays as it was typed; `faults` says why.
    """
    cleaned: dict[str, str | None] = {}
    for field in FIELDS:
        if field in values:
            text = " ".join(str(values[field] or "").split())
            cleaned[field] = (_canonical(field, text) if field in CHECKS else text) or None
    return cleaned


def faults(values: Mapping[str, Any]) -> list[Fault]:
    """Everything that is wrong or missing in a whole, cleaned record, in the order of the fields."""
    kind = str(values.get("kind"))
    if kind not in IDENTITY_FIELDS:
        return [Fault("kind", "Kind of customer: choose individual or enterprise.")]
    found = [_missing(field, values.get(field)) for field in ("name", IDENTITY_FIELDS[kind])]
    found += [_too_long(field, values.get(field)) for field in LONGEST]
    found += [_unreadable(field, values.get(field)) for field in CHECKS]
    return [fault for fault in found if fault is not None]


def identity_of(values: Mapping[str, Any]) -> Identity | None:
    """The identity in the values; None where kind or number is missing."""
    kind = values.get("kind")
    number = values.get(IDENTITY_FIELDS.get(kind or "", ""))
    return Identity(str(kind), number) if kind in IDENTITY_FIELDS and number else None


def missing_fields(values: Mapping[str, Any]) -> list[str]:
    """The fields a complete file of the customer would hold and this one does not."""
    identity = IDENTITY_FIELDS.get(values.get("kind") or "", "id_number")
    return [field for field in ("name", identity, "phone", "address", "industry") if not values.get(field)]


def mask_id_number(number: str | None) -> str:
    """The first six and last four characters, the rest as stars: 110101********1234. Short numbers keep only their ends."""
    if not number:
        return ""
    head, tail = (6, 4) if len(number) > 12 else (1, 2)
    return number[:head] + "*" * (len(number) - head - tail) + number[-tail:]


def mask_phone(number: str | None) -> str:
    """138****1234; the country code of mainland numbers is left out, that of others stays."""
    if not number:
        return ""
    local = number.removeprefix("+86")
    return local[:-8] + "****" + local[-4:] if len(local) > 8 else "****" + local[-4:]


MISSING = {
    "name": "Name: enter the customer's name.",
    "id_number": "Identity number: an individual needs one.",
    "credit_code": "Unified social credit code: an enterprise needs one.",
}
TOO_LONG = {
    "name": "Name: at most 100 characters.",
    "address": "Address: at most 200 characters.",
    "industry": "Industry: choose one of the list.",
}
UNREADABLE = {
    "id_number": "Identity number: this is not a valid number.",
    "credit_code": "Unified social credit code: this is not a valid code.",
    "phone": "Phone: this is not a valid telephone number.",
}
CHECKS: Mapping[str, Callable[[str], str]] = {
    "id_number": lambda text: identifiers.id_number(text, ID_KINDS),
    "credit_code": identifiers.credit_code,
    "phone": lambda text: identifiers.phone(text, identifiers.PHONE_REGIONS),
}


def _canonical(field: str, text: str) -> str:
    try:
        return CHECKS[field](identifiers.narrow(text)) if text else ""
    except IdentifierRefused:
        return text


def _missing(field: str, value: str | None) -> Fault | None:
    return None if value else Fault(field, MISSING[field])


def _too_long(field: str, value: str | None) -> Fault | None:
    return Fault(field, TOO_LONG[field]) if value and len(value) > LONGEST[field] else None


def _unreadable(field: str, value: str | None) -> Fault | None:
    try:
        if value:
            CHECKS[field](value)
    except IdentifierRefused as refused:
        return Fault(field, UNREADABLE[field], refused)
    return None
