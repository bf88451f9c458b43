"""The migrations make exactly the tables the models speak of."""

from __future__ import annotations

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from app.migrating import FOLDER, migrate, newest, version_of
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


def test_the_newest_version_is_that_of_the_last_file() -> None:
    options = Config()
    options.set_main_option("script_location", str(FOLDER))
    assert ScriptDirectory.from_config(options).get_heads() == [newest()]


def test_the_version_of_a_database_is_read_without_the_tool_that_migrates(databases: Any) -> None:
    url = databases.create("version_read")
    assert version_of(url) is None
    migrate(url)
    assert version_of(url) == newest()
