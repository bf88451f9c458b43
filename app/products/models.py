"""The tables of products and of proposed changes, of which those agreed to are the versions of a product."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    String,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base


class Product(Base):
    """A kind of loan. `name` and `summary` are in three languages; amounts in yuan, terms in months, both ends included.

    business_line: key of the line that works it. customer_kind: who may have it, None is both.
    required_documents: types of images the customer is told to bring. active: on sale. version: the number of the version in
    force; each is a `ProductChange` that was agreed to.
    """

    __tablename__ = "product"
    __table_args__ = (
        CheckConstraint("min_amount > 0 AND min_amount <= max_amount", name="amounts"),
        CheckConstraint("min_term_months > 0 AND min_term_months <= max_term_months", name="terms"),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[dict[str, str]] = mapped_column(JSONB)
    summary: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)
    business_line: Mapped[str] = mapped_column(String(40))
    customer_kind: Mapped[str | None] = mapped_column(String(12))
    min_amount: Mapped[Decimal] = mapped_column(Numeric(18, 2))
    max_amount: Mapped[Decimal] = mapped_column(Numeric(18, 2))
    min_term_months: Mapped[int] = mapped_column(SmallInteger)
    max_term_months: Mapped[int] = mapped_column(SmallInteger)
    repayment_methods: Mapped[list[str]] = mapped_column(JSONB)
    guarantee_kinds: Mapped[list[str]] = mapped_column(JSONB)
    required_documents: Mapped[list[str]] = mapped_column(JSONB, default=list)
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    version: Mapped[int] = mapped_column(Integer, default=1)


class ProductChange(Base):
    """A change of the catalogue that one person proposed, and what became of it.

    key: of the product; a new one has no row of its own until a second person agrees. terms: the whole product as it would be
    (`terms.to_json`). replaces: the version it was drawn up against, 0 for a new product. version: its own number, once it is in
    force. act, state: words of `rules`. proposed_by and decided_by are None where the program itself set a product up.
    """

    __tablename__ = "product_change"
    __table_args__ = (
        UniqueConstraint("key", "version"),
        Index("ix_product_change_open", "key", unique=True, postgresql_where=text("state = 'open'")),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    key: Mapped[str] = mapped_column(String(40))
    act: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(12))
    terms: Mapped[dict[str, Any]] = mapped_column(JSONB)
    replaces: Mapped[int] = mapped_column(Integer)
    version: Mapped[int | None] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(String(400), default="")
    proposed_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    proposed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    answer: Mapped[str] = mapped_column(String(400), default="")
