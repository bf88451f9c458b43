"""Users, branches, business lines, groups, roles, logins and tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, DateTime, ForeignKey, Identity, Index, Integer, LargeBinary, SmallInteger, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.crypto import EncryptedText
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


class User(Base):
    """A member of staff. `level` orders positions: who is higher may be asked when nobody else is found."""

    __tablename__ = "app_user"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    username: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    position: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)
    branch_id: Mapped[int | None] = mapped_column(ForeignKey("branch.id"))
    business_line_id: Mapped[int | None] = mapped_column(ForeignKey("business_line.id"))
    superior_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    email: Mapped[str | None] = mapped_column(String(120))
    phone_cipher: Mapped[bytes | None] = mapped_column(LargeBinary)
    roles: Mapped[list[str]] = mapped_column(JSONB, default=list)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(10), default="zh_Hans")
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    failed_logins: Mapped[int] = mapped_column(SmallInteger, default=0)
    locked_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    preferences: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)

    phone = EncryptedText()


class Group(Base):
    """People who share a pool of tasks; `head_id` is its leader."""

    __tablename__ = "app_group"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[dict[str, str]] = mapped_column(JSONB)
    head_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    branch_id: Mapped[int | None] = mapped_column(ForeignKey("branch.id"))


class Membership(Base):
    """A user is in a group."""

    __tablename__ = "membership"
    __table_args__ = (Index("ix_membership_group_id", "group_id"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id", ondelete="CASCADE"), primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("app_group.id", ondelete="CASCADE"), primary_key=True)


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
