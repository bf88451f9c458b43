"""Questions about the catalogue."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from app.identity.models import BusinessLine
from app.kernel.db import session
from app.products.models import Product


def products(*, active_only: bool = True) -> Sequence[Product]:
    """The catalogue in the order it was written."""
    return [product for product in _catalogue() if product.active or not active_only]


def product_by_key(key: str) -> Product | None:
    """The product, offered today or not."""
    return next((product for product in _catalogue() if product.key == key), None)


def _catalogue() -> Sequence[Product]:
    """All products, read once in a transaction: a form offers them, and then the application asks for the chosen one."""
    known: Sequence[Product] | None = session.info.get(Product)
    if not known or not all(product in session for product in known):
        known = session.info[Product] = session.scalars(select(Product).order_by(Product.id)).all()
    return known


def business_lines() -> Sequence[BusinessLine]:
    """The lines of business in the order they were set up."""
    return session.scalars(select(BusinessLine).order_by(BusinessLine.id)).all()
