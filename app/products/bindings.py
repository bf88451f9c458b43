"""The lists that forms choose from: products, business lines, repayment methods, guarantee kinds, industries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.products import queries
from app.products.rules import GUARANTEE_KINDS, INDUSTRIES, REPAYMENT_METHODS, Texts
from app.workflow.registry import Option, option_source

OF_A_PRODUCT = (
    "business_line",
    "customer_kind",
    "min_amount",
    "max_amount",
    "min_term_months",
    "max_term_months",
    "repayment_methods",
    "guarantee_kinds",
)


@option_source("products", *OF_A_PRODUCT)
def product_options() -> Sequence[Option]:
    """All products by key; those withdrawn from sale can be read and kept, but not chosen."""
    return [
        Option(one.key, one.name, one.summary, {name: getattr(one, name) for name in OF_A_PRODUCT}, one.active)
        for one in queries.products(active_only=False)
    ]


@option_source("business_lines")
def business_line_options() -> Sequence[Option]:
    """The lines of business, by key."""
    return [Option(line.key, line.name) for line in queries.business_lines()]


@option_source("repayment_methods", "products")
def repayment_options() -> Sequence[Option]:
    """How a loan may be paid back, each with the keys of the products that allow it."""
    return _allowed(REPAYMENT_METHODS, "repayment_methods")


@option_source("guarantee_kinds", "products")
def guarantee_options() -> Sequence[Option]:
    """What may stand behind a loan, each with the keys of the products that allow it."""
    return _allowed(GUARANTEE_KINDS, "guarantee_kinds")


@option_source("industries")
def industry_options() -> Sequence[Option]:
    """Sections of GB/T 4754-2017."""
    return _options(INDUSTRIES)


def _allowed(words: Mapping[str, Texts], kind: str) -> list[Option]:
    """`kind`: in which column of a product what it allows is listed."""
    found = queries.products(active_only=False)
    return [
        Option(str(value), label, facts={"products": [p.key for p in found if value in getattr(p, kind)]})
        for value, label in words.items()
    ]


def _options(words: Mapping[str, Texts]) -> list[Option]:
    return [Option(str(value), label) for value, label in words.items()]
