"""The check, done by a child process that may neither take long nor grow large.

A diagram comes from outside; whatever it makes the readers do, the worker that took the upload must answer in
seconds. The child gets the files as JSON on its standard input, limits itself (processor time, memory), and answers on
its standard output. No answer is a finding like any other.
"""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

import orjson

from app.kernel import children
from app.workflow.engine.checking import Parsed, check_here
from app.workflow.engine.definition import Definition
from app.workflow.engine.texts import Findings
from app.workflow.engine.trial import tried
from app.workflow.engine.values import Catalogue, Finding, Severity, Spot

SECONDS = 20  # by the clock, on a machine that may be busy
PROCESSOR_SECONDS = 4
WAITS = 120  # seconds that a child started beforehand waits for its job
MEMORY = 1024 * 1024 * 1024


def check(
    files: Mapping[str, bytes], catalogue: Catalogue, *, seconds: float = SECONDS, again_soon: bool = False
) -> Parsed:
    """Check files that belong together (diagrams, decision tables); by file name.

    Never raises for bad input: what can't be read, takes too long or grows too large comes back as a finding. again_soon: the asker
    will ask again within a minute or two (somebody is drawing), so the next child is started beforehand.
    """
    job = {
        "files": {name: base64.b64encode(content).decode() for name, content in files.items()},
        "catalogue": {name: None if kind is None else sorted(kind) for name, kind in vars(catalogue).items()},
    }
    child = _spare.take() or _start()
    if again_soon:
        _spare.prepare()
    try:
        answer, _ = child.communicate(orjson.dumps(job), timeout=seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
        return _given_up(files, "check_time", seconds=f"{seconds:g}")
    if child.returncode == -signal.SIGXCPU:
        return _given_up(files, "check_time", seconds=str(PROCESSOR_SECONDS))
    if child.returncode != 0 or not answer:
        return _given_up(files, "check_memory")
    return _answer(orjson.loads(answer))


def _start() -> subprocess.Popen[bytes]:
    command = children.command(__name__)
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)  # noqa: S603


class _Spare:
    """At most one child that has read the program already and waits for its job. It does one job like any other, under the same
    limits, and goes by itself when none comes: its clock runs out, or whoever started it is gone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._began = 0.0

    def take(self) -> subprocess.Popen[bytes] | None:
        """The waiting child, None where there is none that can still be used."""
        with self._lock:
            child, self._child = self._child, None
        # Shortly before its clock runs out a child is left alone; after a fork it is somebody else's.
        if child is None or self._owner != os.getpid():
            return None
        if child.poll() is None and time.monotonic() - self._began < WAITS - 5:
            return child
        child.kill()
        child.communicate()
        return None

    def prepare(self) -> None:
        """Start the next child, if none waits."""
        with self._lock:
            if self._child is None or self._owner != os.getpid():
                self._child, self._owner, self._began = _start(), os.getpid(), time.monotonic()


_spare = _Spare()


def _given_up(files: Mapping[str, bytes], code: str, **facts: Any) -> Parsed:
    findings = Findings(", ".join(files))
    findings.error(code, **facts)
    return Parsed((), tuple(findings))


def _answer(body: dict[str, Any]) -> Parsed:
    return Parsed(
        definitions=tuple(Definition.from_bytes(base64.b64decode(content)) for content in body["definitions"]),
        findings=tuple(_finding(found) for found in body["findings"]),
    )


def _finding(body: dict[str, Any]) -> Finding:
    spot = Spot(**body["spot"]) if body["spot"] else None
    return Finding(**{**body, "severity": Severity(body["severity"]), "spot": spot})


def answer_as_child() -> None:
    """The child's whole life: limit itself, read the job, check, answer."""
    children.bound(MEMORY)
    children.bound_processor(PROCESSOR_SECONDS)
    signal.alarm(WAITS)
    raw = sys.stdin.buffer.read()
    signal.alarm(0)
    job = orjson.loads(raw)
    files = {name: base64.b64decode(content) for name, content in job["files"].items()}
    kinds = {name: None if kind is None else frozenset(kind) for name, kind in job["catalogue"].items()}
    parsed = tried(check_here(files, Catalogue(**kinds)))
    answer = {
        "definitions": [base64.b64encode(definition.to_bytes()).decode() for definition in parsed.definitions],
        "findings": parsed.findings,
    }
    sys.stdout.buffer.write(orjson.dumps(answer))
