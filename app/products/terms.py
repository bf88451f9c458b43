"""What a product says, as a value: kept as JSON in every proposal and version, checked as a whole, compared with another. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from app.products.rules import (
    CUSTOMER_KINDS,
    GUARANTEE_KINDS,
    REPAYMENT_METHODS,
    Fault,
    Texts,
)

# The column holds 16 digits before the point; no bank lends more than this to one customer.
LARGEST_AMOUNT = Decimal(100_000_000_000)
# As long as an application may run (`credit_applications.rules.LONGEST_TERM`).
LONGEST_TERM = 360
LONGEST_NAME, LONGEST_SUMMARY = 80, 200
AMOUNTS = ("min_amount", "max_amount")
NUMBERS = (*AMOUNTS, "min_term_months", "max_term_months")


@dataclass(frozen=True)
class Terms:
    """A whole product: amounts in yuan, terms in months, both ends included; customer_kind None: everybody. An `Offer`.

    required_documents: types of papers the customer is told to bring. active: on sale.
    """

    name: Texts
    summary: Texts
    business_line: str
    customer_kind: str | None
    min_amount: Decimal
    max_amount: Decimal
    min_term_months: int
    max_term_months: int
    repayment_methods: tuple[str, ...]
    guarantee_kinds: tuple[str, ...]
    required_documents: tuple[str, ...] = ()
    active: bool = True


NAMES = tuple(field.name for field in fields(Terms))


def terms_from(record: object) -> Terms:
    """The terms that a record with the same attributes (a product's row) holds."""
    return _made({name: getattr(record, name) for name in NAMES})


def to_json(terms: Terms) -> dict[str, Any]:
    """As JSON; amounts are texts with two decimals, so that they stay exact."""
    plain = {name: getattr(terms, name) for name in NAMES}
    lists = {name: list(value) for name, value in plain.items() if isinstance(value, tuple)}
    return {**plain, **lists, **{name: f"{plain[name]:.2f}" for name in AMOUNTS}}


def from_json(kept: Mapping[str, Any]) -> Terms:
    """The terms that `to_json` kept."""
    return _made({**kept, **{name: Decimal(kept[name]) for name in AMOUNTS}})


def filled(texts: Texts) -> dict[str, str]:
    """A text in every language: one that was left empty is filled from the nearest of the others; none at all stays empty."""
    hans, hant, en = (texts.get(code, "").strip() for code in ("zh_Hans", "zh_Hant", "en"))
    if not (hans or hant or en):
        return {}
    return {"en": en or hans or hant, "zh_Hans": hans or hant or en, "zh_Hant": hant or hans or en}


def changed(before: Terms, after: Terms) -> list[str]:
    """The names of what differs, in the order of the fields; a list says the same in any order."""
    pairs = ((name, getattr(before, name), getattr(after, name)) for name in NAMES)
    return [name for name, old, new in pairs if _weighed(old) != _weighed(new)]


def faults(terms: Terms, lines: Collection[str], papers: Collection[str]) -> list[Fault]:
    """Everything wrong in the whole of a product. lines: keys of the business lines there are; papers: types of documents."""
    return [*_wrong_texts(terms), *_wrong_limits(terms), *_wrong_choices(terms, lines, papers)]


def _wrong_texts(terms: Terms) -> Iterator[Fault]:
    if not any(terms.name.values()):
        yield Fault("name", "A name is needed, in one language at least.")
    for field, longest in (("name", LONGEST_NAME), ("summary", LONGEST_SUMMARY)):
        if any(len(text) > longest for text in getattr(terms, field).values()):
            yield Fault(field, "At most {most} characters.", {"most": longest})


def _wrong_limits(terms: Terms) -> Iterator[Fault]:
    if terms.min_amount <= 0:
        yield Fault("min_amount", "The smallest amount lies above zero.")
    if terms.max_amount > LARGEST_AMOUNT:
        yield Fault("max_amount", "At most {most} yuan.", {"most": f"{LARGEST_AMOUNT:,}"})
    elif terms.max_amount < terms.min_amount:
        yield Fault("max_amount", "The largest amount is below the smallest one.")
    if not 1 <= terms.min_term_months <= LONGEST_TERM:
        yield Fault("min_term_months", "From 1 to {most} months.", {"most": LONGEST_TERM})
    if terms.max_term_months > LONGEST_TERM:
        yield Fault("max_term_months", "From 1 to {most} months.", {"most": LONGEST_TERM})
    elif terms.max_term_months < terms.min_term_months:
        yield Fault("max_term_months", "The longest term is shorter than the shortest one.")


def _wrong_choices(terms: Terms, lines: Collection[str], papers: Collection[str]) -> Iterator[Fault]:
    if terms.business_line not in lines:
        yield Fault("business_line", "Choose a business line.")
    if terms.customer_kind is not None and terms.customer_kind not in CUSTOMER_KINDS:
        yield Fault("customer_kind", "Choose whom the product is for.")
    if not terms.repayment_methods or set(terms.repayment_methods) - set(REPAYMENT_METHODS):
        yield Fault("repayment_methods", "Choose one way to repay at least.")
    if not terms.guarantee_kinds or set(terms.guarantee_kinds) - set(GUARANTEE_KINDS):
        yield Fault("guarantee_kinds", "Choose one kind of security at least.")
    if set(terms.required_documents) - set(papers):
        yield Fault("required_documents", "Choose documents of the list.")


def _weighed(value: Any) -> Any:
    return frozenset(value) if isinstance(value, tuple) else value


def _made(values: Mapping[str, Any]) -> Terms:
    lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    texts = {name: dict(values[name]) for name in ("name", "summary")}
    return Terms(**{name: {**values, **lists, **texts}[name] for name in NAMES})
