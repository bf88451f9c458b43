"""Users, branches, business lines, groups, roles, logins and tokens."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.crypto import EncryptedText, blind_index
from app.kernel.db import Base


class Branch(Base):
    """Head office (no parent) or a branch of it."""

    __tablename__ = "branch"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[dict[str, str]] = mapped_column(JSONB)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("branch.id"))


class BusinessLine(Base):
    """A line of business with a credit flow of its own: corporate, micro, retail, agriculture."""

    __tablename__ = "business_line"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[dict[str, str]] = mapped_column(JSONB)


# The field that customers' identity numbers are indexed under: a member of staff who is a customer has the same index there.
ID_NUMBER = "customer.id_number"


class IdNumber(EncryptedText):
    """An encrypted identity number; setting it also sets the index by which customers and their related parties are compared."""

    def __set__(self, row: Any, value: str | None) -> None:
        super().__set__(row, value)
        row.id_number_index = None if value is None else blind_index(value, ID_NUMBER)


class User(Base):
    """A member of staff. id_number: to recognise him among customers and their related parties.

    successor_id: who took over everything of his when he left.
    """

    __tablename__ = "app_user"
    __table_args__ = (
        Index("ix_app_user_id_number_index", "id_number_index", postgresql_where=text("id_number_index IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    username: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    position: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)
    branch_id: Mapped[int | None] = mapped_column(ForeignKey("branch.id"))
    business_line_id: Mapped[int | None] = mapped_column(ForeignKey("business_line.id"))
    superior_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    email: Mapped[str | None] = mapped_column(String(120))
    phone_cipher: Mapped[bytes | None] = mapped_column(LargeBinary)
    id_number_cipher: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    id_number_index: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    successor_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    roles: Mapped[list[str]] = mapped_column(JSONB, default=list)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(10), default="zh_Hans")
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    failed_logins: Mapped[int] = mapped_column(SmallInteger, default=0)
    locked_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    preferences: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)

    phone = EncryptedText()
    id_number = IdNumber()


class Group(Base):
    """People who share a pool of tasks; `head_id` is its leader."""

    __tablename__ = "app_group"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[dict[str, str]] = mapped_column(JSONB)
    head_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    branch_id: Mapped[int | None] = mapped_column(ForeignKey("branch.id"))


class Membership(Base):
    """A user is in a group. turn: when the round-robin rule gave him a task last, as a running number."""

    __tablename__ = "membership"
    __table_args__ = (Index("ix_membership_group_id", "group_id"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id", ondelete="CASCADE"), primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("app_group.id", ondelete="CASCADE"), primary_key=True)
    turn: Mapped[int] = mapped_column(BigInteger, default=0)


class Substitution(Base):
    """A deputy (代理人) acts for a principal in a window. Empty scope: everything.

    existing: also what lay in the inbox before the window began. ceiling: cases up to this amount, in yuan.
    """

    __tablename__ = "substitution"
    __table_args__ = (
        CheckConstraint("principal_id <> deputy_id", name="two_people"),
        CheckConstraint("from_at < until_at", name="window"),
        Index("ix_substitution_deputy_id", "deputy_id", "until_at", postgresql_where=text("ended_at IS NULL")),
        Index("ix_substitution_principal_id", "principal_id", "until_at"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    principal_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    deputy_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    from_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    until_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    process_key: Mapped[str | None] = mapped_column(String(80))
    business_line: Mapped[str | None] = mapped_column(String(40))
    ceiling: Mapped[Decimal | None] = mapped_column(Numeric(18, 2))
    existing: Mapped[bool] = mapped_column(Boolean, default=True)
    reason: Mapped[str] = mapped_column(String(200), default="")
    created_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Login(Base):
    """A server-side session: the cookie holds a random number, the table its digest. Deleting the row ends the login."""

    __tablename__ = "login"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    address: Mapped[str | None] = mapped_column(String(60))
    agent: Mapped[str | None] = mapped_column(String(200))


class Token(Base):
    """A key for a program that acts as a user over REST; only its digest is kept."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class AddressFailures(Base):
    """Failed logins from one address, to slow down guessing over many accounts."""

    __tablename__ = "address_failures"

    address: Mapped[str] = mapped_column(String(60), primary_key=True)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    since: Mapped[datetime] = mapped_column(DateTime(timezone=True))
