"""The table of credit applications."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    Uuid,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.credit_applications.rules import ApplicationState
from app.customers.models import Customer
from app.kernel.crypto import EncryptedJson, EncryptedText
from app.kernel.db import Base
from app.products.models import Product


class CreditApplication(Base):
    """One application: what is asked for, and what was decided. Amounts in yuan, terms in months, rate in per cent a year.

    number: that of the case. product_version: the version of the product that was in force when it was chosen; it goes on to judge
    the application. approved_*, conditions: what the approvers have said so far, binding only when decided.
    """

    __tablename__ = "credit_application"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("term_months > 0", name="term_months"),
        Index("ix_credit_application_customer_id", "customer_id", "id"),
        Index("ix_credit_application_product_id", "product_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    instance_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_instance.id"), unique=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    product_version: Mapped[int] = mapped_column(Integer)
    amount: Mapped[Decimal | None] = mapped_column(Numeric(18, 2))
    term_months: Mapped[int | None] = mapped_column(SmallInteger)
    purpose_cipher: Mapped[bytes | None] = mapped_column(LargeBinary)
    repayment_method: Mapped[str | None] = mapped_column(String(30))
    guarantee: Mapped[str | None] = mapped_column(String(30))
    business_line: Mapped[str | None] = mapped_column(String(40))
    rating: Mapped[str | None] = mapped_column(String(1))
    state: Mapped[str] = mapped_column(String(30), default=ApplicationState.DRAFT)
    approved_amount: Mapped[Decimal | None] = mapped_column(Numeric(18, 2))
    approved_term_months: Mapped[int | None] = mapped_column(SmallInteger)
    approved_rate: Mapped[Decimal | None] = mapped_column(Numeric(8, 4))
    conditions_cipher: Mapped[bytes | None] = mapped_column(LargeBinary)
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    created_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    branch_id: Mapped[int | None] = mapped_column(ForeignKey("branch.id"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    version: Mapped[int] = mapped_column(Integer, default=1)

    purpose = EncryptedText()
    conditions = EncryptedJson()
    customer: Mapped[Customer] = relationship()
    product: Mapped[Product] = relationship()

    __mapper_args__ = {"version_id_col": version}
