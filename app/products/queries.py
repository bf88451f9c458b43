"""Questions about the catalogue, its versions, and the changes that wait for a second person."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from app.identity.models import BusinessLine
from app.kernel.db import session
from app.products.models import Product, ProductChange
from app.products.rules import ChangeState
from app.products.terms import Terms, from_json, terms_from


@dataclass(frozen=True)
class Wanted:
    """Which products a list is to show. text: part of a name or of the key; sale: "on", "off", or "" for both."""

    text: str = ""
    line: str = ""
    sale: str = "on"


def products(*, active_only: bool = True) -> Sequence[Product]:
    """The catalogue in the order it was written."""
    return [product for product in _catalogue() if product.active or not active_only]


def listed(wanted: Wanted) -> Sequence[Product]:
    """The products that match; a catalogue is short enough to be looked through in memory."""
    return [product for product in _catalogue() if _matches(product, wanted)]


def product_by_key(key: str) -> Product | None:
    """The product, offered today or not."""
    return next((product for product in _catalogue() if product.key == key), None)


def read_catalogue_anew() -> None:
    """What this transaction has read of the catalogue may be out of date: somebody else, or it itself, has changed it."""
    statement = select(Product).order_by(Product.id).execution_options(populate_existing=True)
    session.info[Product] = session.scalars(statement).all()


def forget_catalogue() -> None:
    """Products were added: whoever asks next reads them again."""
    session.info.pop(Product, None)


def terms_at(product: Product, version: int) -> Terms:
    """What a version of the product said: no statement for the one in force."""
    if version == product.version:
        return terms_from(product)
    statement = select(ProductChange.terms).where(ProductChange.key == product.key, ProductChange.version == version)
    return from_json(session.scalars(statement).one())


def change_by_id(change_id: uuid.UUID) -> ProductChange | None:
    """A proposed change, decided or not."""
    return session.get(ProductChange, change_id)


def open_changes() -> Sequence[ProductChange]:
    """What waits for a second person, oldest first."""
    is_open = ProductChange.state == ChangeState.OPEN
    return session.scalars(select(ProductChange).where(is_open).order_by(ProductChange.proposed_at)).all()


def open_change_of(key: str) -> ProductChange | None:
    """The change of a product that waits; there is one at most."""
    is_open = ProductChange.key == key, ProductChange.state == ChangeState.OPEN
    return session.scalars(select(ProductChange).where(*is_open)).first()


def count_for(user_id: int) -> int:
    """How many changes wait for this person: he did not propose them himself."""
    waits = ProductChange.state == ChangeState.OPEN, ProductChange.proposed_by.is_distinct_from(user_id)
    return session.scalar(select(func.count()).select_from(ProductChange).where(*waits)) or 0


def changes_of(keys: Iterable[str], *, agreed_only: bool) -> Sequence[ProductChange]:
    """Everything that was decided about some products, newest first; agreed_only: their versions."""
    states = [ChangeState.AGREED] if agreed_only else [state for state in ChangeState if state != ChangeState.OPEN]
    statement = select(ProductChange).where(ProductChange.key.in_(list(keys)), ProductChange.state.in_(states))
    return session.scalars(
        statement.order_by(ProductChange.decided_at.desc(), ProductChange.version.desc().nulls_last())
    ).all()


def business_lines() -> Sequence[BusinessLine]:
    """The lines of business in the order they were set up."""
    return session.scalars(select(BusinessLine).order_by(BusinessLine.id)).all()


def _catalogue() -> Sequence[Product]:
    """All products, read once in a transaction: a form offers them, and then the application asks for the chosen one."""
    known: Sequence[Product] | None = session.info.get(Product)
    if not known or not all(product in session for product in known):
        known = session.info[Product] = session.scalars(select(Product).order_by(Product.id)).all()
    return known


def _matches(product: Product, wanted: Wanted) -> bool:
    if wanted.line and product.business_line != wanted.line:
        return False
    if wanted.sale and product.active != (wanted.sale == "on"):
        return False
    words = (product.key, *product.name.values())
    return any(wanted.text.strip().casefold() in word.casefold() for word in words)
