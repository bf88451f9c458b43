"""The database: one declarative base, one session per thread, and the only place that commits.

A request, a job item or a command opens `transaction()`; everything inside it becomes true together or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, cast

from sqlalchemy import Insert, MetaData, Table, create_engine, event, insert
from sqlalchemy.engine import Engine
from sqlalchemy.orm import DeclarativeBase, Session, scoped_session, sessionmaker

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Every table of every room."""

    metadata = MetaData(naming_convention=NAMING)


# What is asked often lies in memory: with the server's own guess (4) the planner reads whole tables where an index has it all.
OPTIONS = "-c timezone=UTC -c lock_timeout=10s -c random_page_cost=1.1"
# A connection whose other end has vanished is noticed within about a minute instead of never (libpq's names; seconds and ms).
ALIVE = {
    "keepalives": 1,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
    "connect_timeout": 10,
}


class AppendingSession(Session):
    """A session that also writes rows which nobody changes afterwards: history, audit, notices.

    As mapped objects they would cost three to five times as much: of what the session does to keep track of an object they need
    nothing. They go out with its flush, after the objects, so that what they refer to is there, and are dropped with a rollback.
    """

    def append(self, model: type[Base], values: Mapping[str, Any]) -> None:
        """A new row of the model's table, by column; all rows of a model must name the same columns."""
        if not self.in_transaction():
            self.begin()  # else a rollback would not be told of, and the row would stay
        self._appended.append((model, values))

    @property
    def _appended(self) -> list[tuple[type[Base], Mapping[str, Any]]]:
        rows: list[tuple[type[Base], Mapping[str, Any]]] = self.info.setdefault("appended", [])
        return rows

    def flush(self, objects: Any = None) -> None:
        """Write the objects, then the appended rows."""
        super().flush(objects)
        by_model: dict[type[Base], list[Mapping[str, Any]]] = {}
        for model, values in self.info.pop("appended", ()):
            by_model.setdefault(model, []).append(values)
        for model, rows in by_model.items():
            self.connection().execute(_insert_into(model), rows if len(rows) > 1 else rows[0])


@cache
def _insert_into(model: type[Base]) -> Insert:
    return insert(cast(Table, model.__table__)).inline()


@event.listens_for(AppendingSession, "before_commit")
def _write_appended(ending: Session) -> None:
    """A commit flushes a session only where it holds changed objects."""
    if ending.info.get("appended"):
        ending.flush()


@event.listens_for(AppendingSession, "after_soft_rollback")
def _drop_appended(ending: Session, _transaction: object) -> None:
    ending.info.pop("appended", None)


_sessions = sessionmaker(class_=AppendingSession, expire_on_commit=False)
session: scoped_session[AppendingSession] = scoped_session(_sessions)


def append(model: type[Base], values: Mapping[str, Any]) -> None:
    """A row that nobody changes afterwards, in this thread's session (see `AppendingSession`)."""
    session().append(model, values)


def connect(url: str, *, pool_size: int = 8) -> Engine:
    """Bind the sessions of this process to the PostgreSQL at `url`; connections to another one are closed."""
    before = _sessions.kw.get("bind")
    if before is not None:
        before.dispose()
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=8,
        pool_pre_ping=False,
        pool_use_lifo=True,
        connect_args={**ALIVE, "prepare_threshold": 2, "options": OPTIONS},
    )
    _sessions.configure(bind=engine)
    return engine


class Rollback(Exception):
    """Raised inside `transaction()` to leave without a trace and without an error."""


@contextmanager
def transaction() -> Iterator[Session]:
    """All or nothing: commits at the end, rolls back on any exception (which goes on to the caller)."""
    try:
        yield session()
        session.commit()
    except Rollback:
        session.rollback()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.remove()


@contextmanager
def reading() -> Iterator[Session]:
    """For questions: whatever happened inside is rolled back."""
    try:
        yield session()
    finally:
        session.remove()


@contextmanager
def separate_transaction() -> Iterator[Session]:
    """A transaction beside the open one, for what must stay even if the act is refused (a failed login, an audit line)."""
    outer = session.registry() if session.registry.has() else None
    session.registry.clear()
    try:
        with transaction() as inner:
            yield inner
    finally:
        if outer is not None:
            session.registry.set(outer)


def forget_connections() -> None:
    """Leave the connections to the process that opened them; called in a fresh child."""
    engine = _sessions.kw.get("bind")
    if engine is not None:
        engine.dispose(close=False)


def disconnect() -> None:
    """Close the connections of this process."""
    session.remove()
    engine = _sessions.kw.get("bind")
    if engine is not None:
        engine.dispose()
