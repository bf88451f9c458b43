"""The web server: gunicorn with processes and threads; the application is loaded once and shared by its processes."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import sys
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from app import create_app
from app.kernel import db
from app.workflow.deploying import definitions
from config import Settings

M_MMAP_THRESHOLD, LARGE_BLOCK = -3, 2**20
# One completion makes thousands of objects that die with it; Python's usual 700 would look for circles among them ten times.
GC_THRESHOLDS = (5_000, 20, 50)


class WebServer(BaseApplication):
    """gunicorn, told by our settings instead of by a file of its own."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        super().__init__()

    def load_config(self) -> None:
        """gunicorn asks for its options here."""
        options: dict[str, Any] = {
            "bind": f"{self.settings.host}:{self.settings.port}",
            "workers": self.settings.web_processes,
            "threads": self.settings.web_threads,
            "worker_class": "gthread",
            "preload_app": True,
            "post_fork": _after_fork,
            "timeout": 60,
            "graceful_timeout": 10,
            "max_requests": 50_000,
            "max_requests_jitter": 5_000,
            "keepalive": 15,
            "accesslog": None,
            "loglevel": "warning",
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """gunicorn asks for the application here, once before it forks."""
        app = create_app(self.settings)
        _warm()
        return app


def _warm() -> None:
    """Load what every process needs before they part: the definitions lie in memory once, and nobody waits for them.

    Frozen, the garbage collector does not touch (and so copy) the pages that the processes share.
    """
    with db.reading():
        for row in definitions.actives():
            definitions.load(row.id)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


def serve(settings: Settings) -> None:
    """Serve until told to stop."""
    _return_large_blocks()
    WebServer(settings).run()


def _return_large_blocks() -> None:
    """Give blocks of more than a megabyte back to the system at once.

    Checking a password takes 19 MB; by default glibc would keep them in every thread that ever checked one.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL("libc.so.6").mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK)


def _after_fork(_server: object, _worker: object) -> None:
    """A connection opened before the fork must not be used by two processes."""
    db.forget_connections()
