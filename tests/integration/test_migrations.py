"""The migrations make exactly the tables the models speak of."""

from __future__ import annotations

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from app.migrating import migrate, newest
from app.tables import Base


def test_a_migrated_database_has_the_tables_of_the_models(databases: Any) -> None:
    url = databases.create("migrated")
    migrate(url)
    with create_engine(url).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_migrating_a_second_time_changes_nothing(databases: Any) -> None:
    url = databases.create("migrated_twice")
    migrate(url)
    migrate(url)
    with create_engine(url).connect() as connection:
        assert MigrationContext.configure(connection).get_current_heads() == (newest(),)
