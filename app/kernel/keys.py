"""The table of wrapped data keys, and opening them at start."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import DateTime, LargeBinary, SmallInteger, String, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.kernel import crypto
from app.kernel.db import Base

DATA, INDEX = "data", "index"


class DataKey(Base):
    """One key, wrapped by the master key. Of purpose `data` the highest number writes; `index` has exactly one."""

    __tablename__ = "data_key"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    purpose: Mapped[str] = mapped_column(String(10))
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


def open_keys(session: Session, folder: Path) -> crypto.Keyring:
    """Open the keys of this database with the master key in `folder`; makes the first ones in an empty database."""
    rows = _rows(session)
    if rows and not (folder / "master.key").exists():
        raise crypto.KeyFault(
            f"The master key {folder / 'master.key'} is missing; without it personal data can't be read."
        )
    master = crypto.master_key(folder)
    if not rows:
        # Two processes may start on an empty database at once; the lock lets one make the keys.
        session.execute(text("SELECT pg_advisory_xact_lock(7201001)"))
        rows = _rows(session) or _first_keys(session, master)
    opened = {row.id: (row.purpose, crypto.unwrap(master, row.wrapped, row.purpose)) for row in rows}
    data = {number: AESGCM(key) for number, (purpose, key) in opened.items() if purpose == DATA}
    index = next(key for purpose, key in opened.values() if purpose == INDEX)
    return crypto.Keyring(data=data, newest=max(data), index=index)


def _rows(session: Session) -> list[DataKey]:
    return list(session.scalars(select(DataKey)))


def _first_keys(session: Session, master: bytes) -> list[DataKey]:
    rows = [
        DataKey(id=number, purpose=purpose, wrapped=crypto.wrap(master, os.urandom(32), purpose))
        for number, purpose in ((1, DATA), (2, INDEX))
    ]
    session.add_all(rows)
    session.flush()
    return rows
