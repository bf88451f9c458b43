"""Settings, read from the environment once and checked at start; nothing else reads os.environ."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent


class SettingsError(Exception):
    """A setting is missing or makes no sense; the text says which and what to do."""


@dataclass(frozen=True)
class Settings:
    """Everything that differs between installations.

    database_url: PostgreSQL in SQLAlchemy's form; empty means the embedded server under `home`.
    home: folder for the embedded database, documents, keys and logs.
    checkpoints: where the signed checkpoints of the audit go (under `home` by default); best a disk that the database's
    administrators can't write.
    clamd: socket of a ClamAV daemon that looks at uploads, where there is one.
    idle_minutes, session_hours: a login ends after so much rest, and in any case after so many hours.
    """

    database_url: str
    home: Path
    checkpoints: Path | None
    host: str
    port: int
    web_processes: int
    web_threads: int
    idle_minutes: int
    session_hours: int
    secure_cookies: bool
    time_zone: str
    demo: bool
    clamd: Path | None

    @property
    def keys_folder(self) -> Path:
        return self.home / "keys"

    @property
    def documents_folder(self) -> Path:
        return self.home / "documents"

    @property
    def checkpoints_folder(self) -> Path:
        return self.checkpoints or self.home / "checkpoints"

    @property
    def postgres_folder(self) -> Path:
        return self.home / "postgres"


def load(environ: dict[str, str] | None = None) -> Settings:
    """Settings from `environ` (the process's own by default); raises SettingsError."""
    env = dict(os.environ) if environ is None else environ
    url = env.get("DATABASE_URL", "")
    if url and not url.startswith(("postgresql://", "postgresql+psycopg://", "postgres://")):
        raise SettingsError("DATABASE_URL must name a PostgreSQL database, like postgresql://user:password@host/name.")
    return Settings(
        database_url=_psycopg(url),
        home=Path(env.get("CREDITFLOW_HOME", ROOT / "var")).absolute(),
        checkpoints=Path(env["CREDITFLOW_CHECKPOINTS"]).absolute() if env.get("CREDITFLOW_CHECKPOINTS") else None,
        host=env.get("CREDITFLOW_HOST", "127.0.0.1"),
        port=_number(env, "CREDITFLOW_PORT", 8000, 1, 65535),
        web_processes=_number(env, "CREDITFLOW_WEB_PROCESSES", 2, 1, 64),
        web_threads=_number(env, "CREDITFLOW_WEB_THREADS", 4, 1, 64),
        idle_minutes=_number(env, "CREDITFLOW_IDLE_MINUTES", 30, 1, 24 * 60),
        session_hours=_number(env, "CREDITFLOW_SESSION_HOURS", 10, 1, 24 * 7),
        secure_cookies=env.get("CREDITFLOW_SECURE_COOKIES", "0") == "1",
        time_zone=env.get("CREDITFLOW_TIME_ZONE", "Asia/Shanghai"),
        demo=env.get("CREDITFLOW_DEMO", "1") == "1",
        clamd=Path(env["CREDITFLOW_CLAMD"]) if env.get("CREDITFLOW_CLAMD") else None,
    )


def _psycopg(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme in ("postgres", "postgresql") else url


def _number(env: dict[str, str], name: str, default: int, low: int, high: int) -> int:
    text = env.get(name, str(default))
    if not text.isdigit() or not low <= int(text) <= high:
        raise SettingsError(f"{name} must be a whole number from {low} to {high}; it is {text!r}.")
    return int(text)


def own_runtime_folder(folder: Path) -> None:
    """Give the embedded server's wheel a place for its lock file where the user has none (its fallback differs between calls)."""
    if "XDG_RUNTIME_DIR" not in os.environ:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.environ["XDG_RUNTIME_DIR"] = str(folder)
