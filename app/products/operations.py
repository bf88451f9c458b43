"""Keeping the catalogue."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from app.audit import operations as audit
from app.audit.operations import Actor
from app.kernel.db import session
from app.products.catalogue import DEMO_PRODUCTS
from app.products.models import Product


def seed_products(*, actor: Actor, now: datetime) -> list[Product]:
    """Add the demo bank's products that are not there yet; those that are stay as the bank has made them. Returns the new ones."""
    known = set(session.scalars(select(Product.key)))
    added = [Product(**fields) for fields in DEMO_PRODUCTS if fields["key"] not in known]
    session.add_all(added)
    session.flush()
    for product in added:
        audit.record(
            chain="products", verb="create_product", object_type="product", object_id=product.key, actor=actor, now=now
        )
    return added
