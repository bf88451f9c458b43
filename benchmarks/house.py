"""The whole system for a harness: `python run.py` in a home of its own, and the processes that can be killed in it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

import config
from app import create_app, embedded
from app.preparing import prepare
from app.supervisor import title, wait_until_answers
from benchmarks.browser import Browser
from config import ROOT, Settings

START_LIMIT = 120.0
TARGETS = ("web master", "web process", "worker", "postmaster", "database session")


@dataclass
class House:
    """A running system. `url`: its database, for looking in from outside. started: seconds until its first page."""

    settings: Settings
    family: subprocess.Popen[bytes]
    started: float = 0.0

    @property
    def url(self) -> str:
        """Where its embedded server listens; the folder is short enough for the socket."""
        return f"postgresql+psycopg://postgres:@/postgres?host={self.settings.postgres_folder}"

    def processes(self, target: str) -> list[psutil.Process]:
        """What a kill may hit now; empty while it is starting again."""
        children = psutil.Process(self.family.pid).children()
        masters = [child for child in children if _runs(child, "web")]
        if target == "web master":
            return masters
        if target == "web process":
            return [process for master in masters for process in _children(master)]
        if target == "worker":
            return [child for child in children if _runs(child, "worker")]
        return self._of_database(target)

    def kill(self, target: str, choose: int) -> bool:
        """kill -9 one process of the kind; False where there is none at this moment."""
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            found = self.processes(target)
            if found:
                os.kill(found[choose % len(found)].pid, signal.SIGKILL)
                return True
        return False

    def _of_database(self, target: str) -> list[psutil.Process]:
        if not embedded.is_alive(self.settings.postgres_folder):
            return []
        pid = int((self.settings.postgres_folder / "postmaster.pid").read_text().partition("\n")[0])
        postmaster = psutil.Process(pid)
        if target == "postmaster":
            return [postmaster]
        return [child for child in _children(postmaster) if "[local]" in " ".join(child.cmdline())]


@contextmanager
def running(home: Path, **changes: int) -> Iterator[House]:
    """The system in `home` until the block ends, with the people of the demo bank and no cases; its output goes to home/log."""
    settings = replace(config.load({}), home=home, port=_free_port(), **changes)
    os.environ["XDG_RUNTIME_DIR"] = str(_folder(home / "run"))
    if not settings.postgres_folder.exists():
        # Left running: the system takes it over.
        prepare(settings, embedded.url(embedded.start(settings.postgres_folder)), with_cases=False)
    environ = {
        **os.environ,
        "CREDITFLOW_HOME": str(home),
        "CREDITFLOW_PORT": str(settings.port),
        "CREDITFLOW_DEMO": "0",
        "CREDITFLOW_WEB_PROCESSES": str(settings.web_processes),
        "CREDITFLOW_WEB_THREADS": str(settings.web_threads),
    }
    environ.pop("DATABASE_URL", None)
    environ["PYTHONDONTWRITEBYTECODE"] = ""  # as `make run` has it
    with (home / "log").open("wb") as log:
        family = subprocess.Popen(  # our own program
            [sys.executable, "run.py"], cwd=ROOT, env=environ, stdout=log, stderr=log, start_new_session=True
        )
    began, house = time.monotonic(), House(settings, family)
    try:
        if not wait_until_answers(settings.host, settings.port, START_LIMIT):
            raise RuntimeError(f"the system did not start: {(home / 'log').read_text()[-2000:]}")
        Browser(settings.host, settings.port).get("/login")
        house.started = time.monotonic() - began
        yield house
    finally:
        family.terminate()
        try:
            family.wait(60)
        except subprocess.TimeoutExpired:
            family.kill()


def look_in(house: House) -> None:
    """Bind this process to the house's database, keys and documents."""
    create_app(house.settings, house.url)


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def _runs(process: psutil.Process, command: str) -> bool:
    try:
        return process.name() == title(command)
    except psutil.Error:
        return False


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children()
    except psutil.Error:
        return []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(condition: object, seconds: float) -> bool:
    """Whether the callable becomes true within the time."""
    assert callable(condition)
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if condition():
            return True
        time.sleep(0.02)
    return False
