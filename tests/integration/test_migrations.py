"""The migrations make exactly the tables the models speak of."""

from __future__ import annotations

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from app.migrating import migrate, newest
from app.tables import Base, is_ours


def test_a_migrated_database_has_the_tables_of_the_models(databases: Any) -> None:
    url = databases.create("migrated")
    migrate(url)
    with create_engine(url).connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": is_ours})
        assert compare_metadata(context, Base.metadata) == []


def test_migrating_a_second_time_changes_nothing(databases: Any) -> None:
    url = databases.create("migrated_twice")
    migrate(url)
    migrate(url)
    with create_engine(url).connect() as connection:
        assert MigrationContext.configure(connection).get_current_heads() == (newest(),)
