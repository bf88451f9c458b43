"""What is deployed: files together, immutable, and the definitions that cases run by."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import (
    Boolean,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base

Moment = DateTime(timezone=True)


class Deployment(Base):
    """Files deployed together; immutable. The digest is over all names and contents."""

    __tablename__ = "deployment"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    deployed_at: Mapped[datetime] = mapped_column(Moment)
    deployed_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))


class DeploymentFile(Base):
    """One file of a deployment: diagram, decision table or form."""

    __tablename__ = "deployment_file"

    deployment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("deployment.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class ProcessDefinition(Base):
    """A version of a process. `compiled` is what the engine's door made of the files."""

    __tablename__ = "process_definition"
    __table_args__ = (
        UniqueConstraint("key", "version"),
        Index("ix_process_definition_active", "key", unique=True, postgresql_where=text("active")),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    deployment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("deployment.id"))
    key: Mapped[str] = mapped_column(String(80))
    version: Mapped[int] = mapped_column(Integer)
    name: Mapped[dict[str, str]] = mapped_column(JSONB)
    file: Mapped[str] = mapped_column(String(200))
    compiled: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
