"""How far each case of each log has come; written in the transaction of every act, so that a stopped replay goes on
exactly there."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Integer, LargeBinary, String, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base


class ReplayCase(Base):
    """The stand of one case of one log.

    log: SHA-256 of the file. events_done: how many events of the case's plan are done. acts: operations carried out, by verb.
    hands: per station the resource of the log that had it last, and the user name it stands for. fault: why the case was left.
    """

    __tablename__ = "replay_case"

    log: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    case_id: Mapped[str] = mapped_column(String(120), primary_key=True)
    instance_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("process_instance.id"))
    events_done: Mapped[int] = mapped_column(Integer, default=0)
    acts: Mapped[dict[str, int]] = mapped_column(JSONB, default=dict)
    hands: Mapped[dict[str, list[Any]]] = mapped_column(JSONB, default=dict)
    finished: Mapped[bool] = mapped_column(Boolean, default=False)
    fault: Mapped[str | None] = mapped_column(Text)
