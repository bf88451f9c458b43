"""The form on which a product is entered: what it says as terms, and terms as it shows them.

Numbers are read as the forms of the routes read them (full-width digits, separators, 万); an amount is never rounded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from werkzeug.datastructures import MultiDict

from app.documents.types import TYPES
from app.kernel.errors import Refusal
from app.products.operations import InvalidProduct
from app.products.rules import GUARANTEE_KINDS, REPAYMENT_METHODS, texts
from app.products.terms import LARGEST_AMOUNT, LONGEST_NAME, LONGEST_SUMMARY, LONGEST_TERM, Terms, filled
from app.web.i18n import LANGUAGES
from app.workflow.forms import Field, FieldType, ValueRefused, parse
from app.workflow.forms.model import Limits

EVERYBODY = "both"
LISTS: Mapping[str, Sequence[str]] = {
    "repayment_methods": list(REPAYMENT_METHODS),
    "guarantee_kinds": list(GUARANTEE_KINDS),
    "required_documents": list(TYPES),
}
YUAN, MONTHS = texts("yuan", "元", "元"), texts("months", "个月", "個月")
NUMBERS = {
    name: Field(name, FieldType.NUMBER, {}, limits=bounds, decimals=decimals, unit=unit)
    for name, bounds, decimals, unit in (
        ("min_amount", Limits(minimum=Decimal("0.01"), maximum=LARGEST_AMOUNT), 2, YUAN),
        ("max_amount", Limits(minimum=Decimal("0.01"), maximum=LARGEST_AMOUNT), 2, YUAN),
        ("min_term_months", Limits(minimum=Decimal(1), maximum=Decimal(LONGEST_TERM)), 0, MONTHS),
        ("max_term_months", Limits(minimum=Decimal(1), maximum=Decimal(LONGEST_TERM)), 0, MONTHS),
    )
}
TEXTS = {
    f"{name}_{code}": Field(f"{name}_{code}", FieldType.TEXTFIELD, {}, limits=Limits(max_length=longest))
    for name, longest in (("name", LONGEST_NAME), ("summary", LONGEST_SUMMARY))
    for code in LANGUAGES
}
Check = Callable[[Terms], Mapping[str, Refusal]]


def read(posted: MultiDict[str, str], check: Check, today: date) -> Terms:
    """The terms that the form says. check: what is wrong with terms as a whole, by field.

    Raises InvalidProduct with everything that is wrong, also where some number can't be read.
    """
    unread: dict[str, Refusal] = {}
    numbers = {name: _number(name, posted.get(name, ""), today, unread) for name in NUMBERS}
    words = {name: _taken(field, posted.get(name, ""), today, unread) or "" for name, field in TEXTS.items()}
    kind = posted.get("customer_kind", "")
    terms = Terms(
        name=filled({code: words[f"name_{code}"] for code in LANGUAGES}),
        summary=filled({code: words[f"summary_{code}"] for code in LANGUAGES}),
        business_line=posted.get("business_line", ""),
        customer_kind=None if kind == EVERYBODY else kind,
        min_amount=numbers["min_amount"],
        max_amount=numbers["max_amount"],
        min_term_months=int(numbers["min_term_months"]),
        max_term_months=int(numbers["max_term_months"]),
        repayment_methods=_chosen(posted, "repayment_methods"),
        guarantee_kinds=_chosen(posted, "guarantee_kinds"),
        required_documents=_chosen(posted, "required_documents"),
    )
    wrong = {**check(terms), **unread}
    if wrong:
        raise InvalidProduct(wrong)
    return terms


def shown(terms: Terms | None) -> MultiDict[str, str]:
    """The fields of the form for these terms; None: the empty form."""
    if terms is None:
        return MultiDict()
    given: MultiDict[str, str] = MultiDict(
        {f"{name}_{code}": getattr(terms, name).get(code, "") for name in ("name", "summary") for code in LANGUAGES}
    )
    given["business_line"], given["customer_kind"] = terms.business_line, terms.customer_kind or EVERYBODY
    for name, field in NUMBERS.items():
        given[name] = f"{getattr(terms, name):,.{field.decimals}f}"
    for name in LISTS:
        given.setlist(name, list(getattr(terms, name)))
    return given


def _number(name: str, raw: str, today: date, unread: dict[str, Refusal]) -> Any:
    """The number, or what fits any other where it can't be read: then there is a sentence for it in `unread`."""
    found = _taken(NUMBERS[name], raw, today, unread)
    if found is None:
        unread.setdefault(name, Refusal("Please fill this in."))
        return LARGEST_AMOUNT if name == "max_amount" else Decimal(LONGEST_TERM if name == "max_term_months" else 1)
    return found


def _taken(field: Field, raw: str, today: date, unread: dict[str, Refusal]) -> Any:
    """What was typed as a value; None for nothing, and where it can't be taken: then there is a sentence for it in `unread`."""
    try:
        return parse(field, raw, offered=(), old=None, today=today)
    except ValueRefused as refused:
        unread[field.key] = Refusal(refused.texts["en"])
        unread[field.key].texts = refused.texts
        return None


def _chosen(posted: MultiDict[str, str], name: str) -> tuple[str, ...]:
    """The boxes that were ticked, in the order of the page and each once; strange ones come last, to be refused."""
    order, ticked = LISTS[name], dict.fromkeys(posted.getlist(name))
    return tuple(sorted(ticked, key=lambda key: order.index(key) if key in order else len(order)))
