"""What the pages of the catalogue share: their blueprint, and products, proposals and versions in the reader's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from flask import Blueprint, url_for
from flask_babel import format_datetime, get_locale, gettext, ngettext

from app.documents import types as papers
from app.identity import queries as people
from app.products import queries, route_notes, terms
from app.products.models import ProductChange
from app.products.rules import CUSTOMER_KINDS, GUARANTEE_KINDS, REPAYMENT_METHODS, Act, ChangeState, Texts
from app.products.terms import NAMES, Terms
from app.web.access import Permission, person
from app.web.i18n import LANGUAGES, text_of

blueprint = Blueprint("products", __name__, template_folder="templates")


@dataclass(frozen=True)
class Row:
    """A field on a page: its label, the lines it says now and would say, and whether these differ."""

    label: str
    old: Sequence[str]
    new: Sequence[str]
    differs: bool


@dataclass(frozen=True)
class Told:
    """A change of the catalogue as a page tells it."""

    id: str
    version: int | None
    act: str
    state: tuple[str, str, str]
    proposed_by: str
    proposed_at: str
    decided_by: str
    decided_at: str
    reason: str
    answer: str
    rows: Sequence[Row]
    url: str


def labels() -> dict[str, str]:
    """What the fields of a product are called, in their order."""
    return {
        "name": gettext("Product name"),
        "summary": gettext("In a sentence"),
        "business_line": gettext("Business line"),
        "customer_kind": gettext("For"),
        "min_amount": gettext("Smallest amount"),
        "max_amount": gettext("Largest amount"),
        "min_term_months": gettext("Shortest term"),
        "max_term_months": gettext("Longest term"),
        "repayment_methods": gettext("Repayment"),
        "guarantee_kinds": gettext("Guarantee"),
        "required_documents": gettext("Documents to bring"),
        "active": gettext("On sale"),
    }


def act_words(act: str) -> str:
    """What a change does to the catalogue."""
    words = {
        Act.CREATE: gettext("New product"),
        Act.CHANGE: gettext("Other terms"),
        Act.WITHDRAW: gettext("Withdrawn from sale"),
        Act.OFFER: gettext("Back on sale"),
    }
    return words[Act(act)]


def state_words(state: str) -> tuple[str, str, str]:
    """What has become of a proposal: words, colour and sign."""
    words = {
        ChangeState.OPEN: (gettext("waits for a second person"), "warn", "clock"),
        ChangeState.AGREED: (gettext("put in force"), "ok", "check"),
        ChangeState.REFUSED: (gettext("refused"), "danger", "x"),
        ChangeState.TAKEN_BACK: (gettext("taken back"), "neutral", "undo-2"),
    }
    return words[ChangeState(state)]


def keeps() -> bool:
    """Whether the reader keeps the catalogue."""
    return bool(person().may(Permission.PRODUCT_MANAGE))


def sees_proposals() -> bool:
    """Whether the reader may know what was proposed and has not come into force."""
    return keeps() or bool(person().may(Permission.AUDIT_SEE))


def lines_of(said: Terms, *, every_language: bool = True) -> dict[str, list[str]]:
    """What every field says, in words, a line for each thing; texts in every language, or in the reader's."""
    texts = _by_language if every_language else _in_own
    lines = {line.key: line.name for line in queries.business_lines()}
    return {
        "name": texts(said.name),
        "summary": texts(said.summary),
        "business_line": [text_of(lines.get(said.business_line)) or said.business_line],
        "customer_kind": [customer_words(said.customer_kind)],
        "min_amount": [yuan(said.min_amount)],
        "max_amount": [yuan(said.max_amount)],
        "min_term_months": [ngettext("%(num)s month", "%(num)s months", said.min_term_months)],
        "max_term_months": [ngettext("%(num)s month", "%(num)s months", said.max_term_months)],
        "repayment_methods": [text_of(REPAYMENT_METHODS.get(key, key)) for key in said.repayment_methods],
        "guarantee_kinds": [text_of(GUARANTEE_KINDS.get(key, key)) for key in said.guarantee_kinds],
        "required_documents": [text_of(papers.label(key)) for key in said.required_documents],
        "active": [gettext("yes") if said.active else gettext("no")],
    }


def compared(before: Terms | None, after: Terms, *, all_fields: bool) -> list[Row]:
    """Both side by side, field by field; all_fields: also those that say the same."""
    old = lines_of(before) if before else {}
    new = lines_of(after)
    differing = terms.changed(before, after) if before else list(NAMES)
    shown = NAMES if all_fields else differing
    words = labels()
    return [Row(words[name], old.get(name, []), new[name], name in differing) for name in shown]


def told(changes: Sequence[ProductChange], versions: Mapping[int, Terms]) -> list[Told]:
    """Changes as a page tells them; versions: what the versions of this product said, by number."""
    names = people.users(i for change in changes for i in (change.proposed_by, change.decided_by) if i)
    return [_told(change, versions, {user_id: user.name for user_id, user in names.items()}) for change in changes]


def before_of(change: ProductChange) -> Terms | None:
    """What held when the change was drawn up; None for a new product."""
    product = queries.product_by_key(change.key)
    return queries.terms_at(product, change.replaces) if product and change.replaces else None


def notes_on(key: str, said: Terms) -> list[str]:
    """What the routes in force make of such a product, where that may surprise."""
    found = []
    if strange := route_notes.strange_to(key):
        tables = _listed(strange)
        told = gettext(
            "These tables have no rule for %(key)s and treat it as a product they do not know: %(tables)s.",
            key=key,
            tables=tables,
        )
        found.append(f"{told} {gettext('Ask an analyst whether it needs rules of its own before it is sold.')}")
    for one in route_notes.narrower_than(said):
        found.append(
            gettext(
                "The form “%(form)s” takes less than the product allows; %(field)s: %(least)s to %(most)s.",
                form=one.form,
                field=one.field,
                least=plain(one.least),
                most=plain(one.most),
            )
        )
    return found


def customer_words(kind: str | None) -> str:
    """Whom a product is for."""
    return text_of(CUSTOMER_KINDS.get(kind, kind)) if kind else gettext("Individuals and enterprises")


def yuan(amount: Decimal) -> str:
    """An exact amount with separators; cents only where there are some."""
    return gettext("%(amount)s yuan", amount=plain(amount))


def plain(number: Decimal | None) -> str:
    """A number with separators; two decimals or none."""
    if number is None:
        return "…"
    return f"{number:,.0f}" if number == number.to_integral_value() else f"{number:,.2f}"


def _told(change: ProductChange, versions: Mapping[int, Terms], names: Mapping[int, str]) -> Told:
    program = gettext("the program, when it was set up")
    return Told(
        id=str(change.id),
        version=change.version,
        act=act_words(change.act),
        state=state_words(change.state),
        proposed_by=names.get(change.proposed_by or 0, program),
        proposed_at=_day(change.proposed_at),
        decided_by=names.get(change.decided_by or 0, program),
        decided_at=_day(change.decided_at),
        reason=change.reason,
        answer=change.answer,
        rows=_difference(change, versions),
        url=url_for("products.change_page", change_id=change.id),
    )


def _difference(change: ProductChange, versions: Mapping[int, Terms]) -> list[Row]:
    before = versions.get(change.replaces)
    return compared(before, terms.from_json(change.terms), all_fields=False) if before else []


def _by_language(texts: Texts) -> list[str]:
    """A line a language; one for all where they say the same."""
    if len(set(texts.values())) == 1:
        return [next(iter(texts.values()))]
    return [f"{LANGUAGES[code]}: {texts[code]}" for code in LANGUAGES if texts.get(code)]


def _in_own(texts: Texts) -> list[str]:
    return [text_of(texts)] if texts else []


def _listed(names: Sequence[str]) -> str:
    between = ", " if str(get_locale()) == "en" else "、"
    return between.join(f"“{name}”" for name in names)


def _day(at: datetime | None) -> str:
    return format_datetime(at, "yyyy-MM-dd HH:mm") if at else ""
