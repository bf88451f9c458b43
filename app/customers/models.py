"""The table of customers."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, DateTime, ForeignKey, Index, Integer, LargeBinary, String, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.crypto import EncryptedText, blind_index
from app.kernel.db import Base


class SearchableText(EncryptedText):
    """An encrypted text that people search for exactly: setting it also sets `<name>_index`, so that the two can't part."""

    def __set_name__(self, owner: type, name: str) -> None:
        super().__set_name__(owner, name)
        self.name = name

    def __set__(self, row: Any, value: Any) -> None:
        super().__set__(row, value)
        setattr(row, f"{self.name}_index", None if value is None else index_of(self.name, value))


def index_of(field: str, value: str) -> bytes:
    """What `<field>_index` holds of a customer whose field is `value`."""
    return blind_index(value, f"customer.{field}")


class Customer(Base):
    """An individual or an enterprise, once. `rating` is that of the last decision; `version` guards against blind overwriting."""

    __tablename__ = "customer"
    __table_args__ = (
        CheckConstraint("kind IN ('individual', 'enterprise')", name="kind"),
        Index(
            "uq_customer_id_number_index", "id_number_index", unique=True, postgresql_where=text("kind = 'individual'")
        ),
        Index(
            "uq_customer_credit_code_index",
            "credit_code_index",
            unique=True,
            postgresql_where=text("kind = 'enterprise'"),
        ),
        Index("ix_customer_name_index", "name_index"),
        Index("ix_customer_phone_index", "phone_index", postgresql_where=text("phone_index IS NOT NULL")),
        Index("ix_customer_branch_id", "branch_id", "id"),
        Index("ix_customer_created_by", "created_by", "id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    name_cipher: Mapped[bytes] = mapped_column(LargeBinary)
    name_index: Mapped[bytes] = mapped_column(LargeBinary)
    id_number_cipher: Mapped[bytes | None] = mapped_column(LargeBinary)
    id_number_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    credit_code_cipher: Mapped[bytes | None] = mapped_column(LargeBinary)
    credit_code_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone_cipher: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    address_cipher: Mapped[bytes | None] = mapped_column(LargeBinary)
    industry: Mapped[str | None] = mapped_column(String(40))
    rating: Mapped[str | None] = mapped_column(String(1))
    created_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    branch_id: Mapped[int | None] = mapped_column(ForeignKey("branch.id"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    version: Mapped[int] = mapped_column(Integer, default=1)

    name = SearchableText()
    id_number = SearchableText()
    credit_code = SearchableText()
    phone = SearchableText()
    address = EncryptedText()

    __mapper_args__ = {"version_id_col": version}


class RelatedParty(Base):
    """Somebody close to a customer (关联人): a member of staff by account, or anybody by identity number, in a window of days.

    Who has the number as a member of staff is found by its blind index, whenever the number becomes known.
    """

    __tablename__ = "related_party"
    __table_args__ = (
        CheckConstraint("user_id IS NOT NULL OR id_number_index IS NOT NULL", name="somebody"),
        Index("ix_related_party_customer_id", "customer_id"),
        Index("ix_related_party_id_number_index", "id_number_index"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    name_cipher: Mapped[bytes | None] = mapped_column(LargeBinary)
    id_number_cipher: Mapped[bytes | None] = mapped_column(LargeBinary)
    id_number_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    relation: Mapped[str] = mapped_column(String(20))
    since: Mapped[date | None] = mapped_column(Date)
    until: Mapped[date | None] = mapped_column(Date)
    added_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    added_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    name = EncryptedText()
    id_number = SearchableText()
