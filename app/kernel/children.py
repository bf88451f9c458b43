"""A child process that knows one room of the program and nothing of the web, and bounds itself before it reads its job.

What strangers' files do to whoever reads them, they do to the child: it ends, and whoever asked says so.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

_APP = Path(__file__).resolve().parents[1]
# A bare `app` keeps the whole web application out of the child, which saves it a second.
BOOT = """
import sys, types
from importlib import import_module
app = types.ModuleType("app")
app.__path__ = [sys.argv[1]]
sys.modules["app"] = app
import_module(sys.argv[2]).answer_as_child()
"""


def command(module: str) -> list[str]:
    """The command line of a child whose life is the function `answer_as_child` of this module of ours."""
    return [sys.executable, "-c", BOOT, str(_APP), module]


def bound(memory: int) -> None:
    """In the child: at most so many bytes of address space, and no core file."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def bound_processor(seconds: int) -> None:
    """In the child: it dies of SIGXCPU after so many seconds of processor, of SIGKILL a second later."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
