"""`python run.py`: database, web and worker as one; whichever of them dies is started again, Ctrl-C ends all of it."""

from __future__ import annotations

import logging
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from app.embedded import EmbeddedFault
from config import child_environment

CHILD_GRACE = 12.0
RESTART_PAUSE = 1.0

log = logging.getLogger("creditflow.supervisor")


class PortTaken(Exception):
    """Somebody listens on our port already."""


def check_port(host: str, port: int) -> None:
    """Raise PortTaken where the address can't be had."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as fault:
            raise PortTaken(
                f"Port {port} on {host} is in use. Stop what uses it, or choose another: CREDITFLOW_PORT={port + 1} make run"
            ) from fault


@dataclass
class Family:
    """The child processes, each a subcommand of run.py, and the database they work on.

    revive: starts the database again where it has died and tells whether it had.
    """

    url: str
    revive: Callable[[], bool] = lambda: False
    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    stopping: bool = False

    def start(self, command: str) -> None:
        """Start one child on our database."""
        self.children[command] = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "run.py", command], env=child_environment(self.url), start_new_session=True
        )

    def watch(self, commands: Sequence[str]) -> None:
        """Keep the children alive until a signal says stop."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        for command in commands:
            self.start(command)
        while not self.stopping:
            time.sleep(0.2)
            self._keep_database()
            for command, child in list(self.children.items()):
                if child.poll() is not None and not self.stopping:
                    log.warning("%s has ended with %s; starting it again", command, child.returncode)
                    time.sleep(RESTART_PAUSE)
                    self.start(command)

    def end(self) -> None:
        """Stop every child: first kindly, after a while for good."""
        for child in self.children.values():
            if child.poll() is None:
                child.terminate()
        limit = time.monotonic() + CHILD_GRACE
        for child in self.children.values():
            try:
                child.wait(max(0.1, limit - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()

    def _keep_database(self) -> None:
        try:
            if not self.stopping and self.revive():
                log.warning("the database had died; it runs again")
        except EmbeddedFault as fault:
            log.warning("%s Trying again.", fault)

    def _stop(self, _number: int, _frame: object) -> None:
        self.stopping = True


def wait_until_answers(host: str, port: int, seconds: float = 30) -> bool:
    """Whether the web server takes connections within the time."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        with socket.socket() as probe:
            probe.settimeout(0.3)
            if probe.connect_ex((host, port)) == 0:
                return True
        time.sleep(0.05)
    return False
