"""The table of products."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import Boolean, CheckConstraint, Identity, Integer, Numeric, SmallInteger, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base


class Product(Base):
    """A kind of loan. `name` and `summary` are in three languages; amounts in yuan, terms in months, both ends included.

    business_line: key of the line that works it. customer_kind: who may have it, None is both.
    required_documents: types of images the bank wants before it decides.
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
