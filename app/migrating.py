"""Bringing a database to the tables of this version (Alembic, in one transaction)."""

from __future__ import annotations

from alembic import command
from alembic.config import Config

from config import ROOT


def migrate(url: str) -> None:
    """Upgrade the database at `url` to the newest version; a no-op where it is."""
    options = Config()
    options.set_main_option("script_location", str(ROOT / "migrations"))
    options.attributes["url"] = url
    command.upgrade(options, "head")
