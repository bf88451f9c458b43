"""Questions about the catalogue."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from app.identity.models import BusinessLine
from app.kernel.db import session
from app.products.models import Product


def products(*, active_only: bool = True) -> Sequence[Product]:
    """The catalogue in the order it was written."""
    statement = select(Product).order_by(Product.id)
    return session.scalars(statement.where(Product.active) if active_only else statement).all()


def product_by_key(key: str) -> Product | None:
    """The product, offered today or not."""
    return session.scalars(select(Product).where(Product.key == key)).first()


def business_lines() -> Sequence[BusinessLine]:
    """The lines of business in the order they were set up."""
    return session.scalars(select(BusinessLine).order_by(BusinessLine.id)).all()
