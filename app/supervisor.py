"""`python run.py`: database, web and worker as one; whichever of them dies is started again, Ctrl-C ends all of it.

The children are forked and not started anew: the program is loaded once, is ready at once after a death, and lies in memory
once. That asks for a parent without threads and without connections of its own.
"""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path

from app.embedded import EmbeddedFault

CHILD_GRACE = 12.0
RESTART_PAUSE = 1.0
LOOK_EVERY = 0.2
LOOK_EVERY_AT_START = 0.02

Work = Callable[[], None]

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
    """The child processes by name, what each of them does, and the database they work on.

    revive: starts the database again where it has died and tells whether it had.
    """

    work: Mapping[str, Work]
    revive: Callable[[], bool] = lambda: False
    children: dict[str, BaseProcess] = field(default_factory=dict)
    stopping: bool = False

    def start(self, name: str) -> None:
        """Start one child."""
        child = multiprocessing.get_context("fork").Process(target=_live, args=(name, self.work[name]), name=name)
        child.start()
        self.children[name] = child

    def watch(self, ready: Callable[[], bool]) -> None:
        """Keep the children alive until a signal says stop. `ready` is asked often at the start, until it says so."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        # What is here now is here to stay; left alone by the collector, it stays shared with the children.
        gc.freeze()
        for name in self.work:
            self.start(name)
        is_ready = False
        while not self.stopping:
            time.sleep(LOOK_EVERY if is_ready else LOOK_EVERY_AT_START)
            is_ready = is_ready or ready()
            self._keep_database()
            self._keep_children()

    def end(self) -> None:
        """Stop every child: first kindly, after a while for good."""
        for child in self.children.values():
            if child.is_alive():
                child.terminate()
        limit = time.monotonic() + CHILD_GRACE
        for child in self.children.values():
            child.join(max(0.1, limit - time.monotonic()))
            if child.is_alive():
                child.kill()

    def _keep_children(self) -> None:
        for name, child in list(self.children.items()):
            if not child.is_alive() and not self.stopping:
                log.warning("%s has ended with %s; starting it again", name, child.exitcode)
                time.sleep(RESTART_PAUSE)
                self.start(name)

    def _keep_database(self) -> None:
        try:
            if not self.stopping and self.revive():
                log.warning("the database had died; it runs again")
        except EmbeddedFault as fault:
            log.warning("%s Trying again.", fault)

    def _stop(self, _number: int, _frame: object) -> None:
        self.stopping = True


def _live(name: str, work: Work) -> None:
    """The life of a child: deaf to the terminal's Ctrl-C, which the parent passes on, and with a name of its own for `ps`."""
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    if sys.platform == "linux":
        Path("/proc/self/comm").write_text(title(name))
    work()


def title(name: str) -> str:
    """What the system's process table calls a child; Linux keeps 15 letters."""
    return f"credit-{name}"


def answers(host: str, port: int) -> bool:
    """Whether the web server takes connections now."""
    with socket.socket() as probe:
        probe.settimeout(0.3)
        return probe.connect_ex((host, port)) == 0


def wait_until_answers(host: str, port: int, seconds: float = 30) -> bool:
    """Whether the web server takes connections within the time."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if answers(host, port):
            return True
        time.sleep(0.05)
    return False
