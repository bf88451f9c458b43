"""Bringing a database to the tables of this version (Alembic, in one transaction)."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from config import ROOT


def migrate(url: str) -> None:
    """Upgrade the database at `url` to the newest version; a no-op where it is."""
    options = _options()
    options.attributes["url"] = url
    command.upgrade(options, "head")


def newest() -> str | None:
    """The version that `migrate` brings a database to."""
    return ScriptDirectory.from_config(_options()).get_current_head()


def _options() -> Config:
    options = Config()
    options.set_main_option("script_location", str(ROOT / "migrations"))
    return options
