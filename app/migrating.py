"""Bringing a database to the tables of this version (Alembic, in one transaction)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import NullPool, create_engine, inspect, text

from config import ROOT

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = ROOT / "migrations"


def migrate(url: str) -> None:
    """Upgrade the database at `url` to the newest version; a no-op where it is."""
    if version_of(url) == newest():
        return
    # A start that has nothing to migrate, which is the usual one, does without loading all this.
    from alembic import command

    options = _options()
    options.attributes["url"] = url
    command.upgrade(options, "head")


def newest() -> str:
    """The version that `migrate` brings a database to: files of migrations begin with their version, in order."""
    return max(path.name.partition("_")[0] for path in (FOLDER / "versions").glob("[0-9]*_*.py"))


def version_of(url: str) -> str | None:
    """The version of the database at `url`; None where it has no tables yet."""
    with create_engine(url, poolclass=NullPool).connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.scalar(text("SELECT version_num FROM alembic_version"))


def _options() -> Config:
    from alembic.config import Config

    options = Config()
    options.set_main_option("script_location", str(FOLDER))
    return options
