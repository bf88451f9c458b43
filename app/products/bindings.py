"""The lists that forms choose from: products, business lines, repayment methods, guarantee kinds, industries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.products import queries
from app.products.rules import GUARANTEE_KINDS, INDUSTRIES, REPAYMENT_METHODS, Texts
from app.workflow.registry import Option, option_source


@option_source("products")
def product_options() -> Sequence[Option]:
    """The products offered today, by key."""
    return [Option(product.key, product.name, product.summary) for product in queries.products()]


@option_source("business_lines")
def business_line_options() -> Sequence[Option]:
    """The lines of business, by key."""
    return [Option(line.key, line.name) for line in queries.business_lines()]


@option_source("repayment_methods")
def repayment_options() -> Sequence[Option]:
    """How a loan may be paid back."""
    return _options(REPAYMENT_METHODS)


@option_source("guarantee_kinds")
def guarantee_options() -> Sequence[Option]:
    """What may stand behind a loan."""
    return _options(GUARANTEE_KINDS)


@option_source("industries")
def industry_options() -> Sequence[Option]:
    """Sections of GB/T 4754-2017."""
    return _options(INDUSTRIES)


def _options(words: Mapping[str, Texts]) -> list[Option]:
    return [Option(str(value), label) for value, label in words.items()]
