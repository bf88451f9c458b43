"""An import, done by a child process that may neither take long nor grow large: files come from outside."""

from __future__ import annotations

import base64
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import orjson

from app.kernel import children
from app.workflow.importing.texts import sentence
from app.workflow.importing.values import Answers, Bank, Choice, Entry, Fate, FileReport, Import, Item, Question

SECONDS = 20.0  # by the clock, on a machine that may be busy
PROCESSOR_SECONDS = 3
MEMORY = 768 * 1024 * 1024


def bring_in(
    files: Mapping[str, bytes],
    answers: Answers,
    bank: Bank,
    *,
    seconds: float = SECONDS,
    processor: int = PROCESSOR_SECONDS,
) -> Import:
    """Bring in files that belong together, by file name. Never raises for bad input; what takes too long is refused too."""
    job = {
        "files": {name: base64.b64encode(content).decode() for name, content in files.items()},
        "answers": {id_: dict(given) for id_, given in answers.items()},
        "bank": asdict(bank),
        "processor": processor,
    }
    command = children.command(__name__)
    try:
        done = subprocess.run(  # noqa: S603
            command, input=orjson.dumps(job), capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return _given_up(files, "refused_time")
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        return _given_up(files, "refused_time")
    if done.returncode != 0 or not done.stdout:
        failed = b"Traceback" in done.stderr and b"MemoryError" not in done.stderr
        return _given_up(files, "refused_failed" if failed else "refused_memory")
    return _answer(orjson.loads(done.stdout))


def _given_up(files: Mapping[str, bytes], code: str) -> Import:
    return Import(tuple(FileReport(name, None, "", (), refused=sentence(code)) for name in files))


def _answer(body: dict[str, Any]) -> Import:
    return Import(
        reports=tuple(_report(report) for report in body["reports"]),
        questions=tuple(_question(question) for question in body["questions"]),
        files={name: base64.b64decode(content) for name, content in body["files"].items()},
    )


def _report(body: dict[str, Any]) -> FileReport:
    items = tuple(Item(**{**item, "fate": Fate(item["fate"]), "why": tuple(item["why"])}) for item in body.pop("items"))
    return FileReport(**{**body, "items": items, "remarks": tuple(body["remarks"])})


def _question(body: dict[str, Any]) -> Question:
    entries = tuple(
        Entry(**{**entry, "choices": tuple(Choice(**option) for option in entry["choices"])})
        for entry in body.pop("entries")
    )
    return Question(**{**body, "entries": entries, "elements": tuple(body["elements"])})


def answer_as_child() -> None:
    """The child's whole life: limit itself, read the job, do it, answer."""
    children.bound(MEMORY)
    job = orjson.loads(sys.stdin.buffer.read())
    children.bound_processor(job["processor"])
    from app.workflow.importing.bringing import bring

    files = {name: base64.b64decode(content) for name, content in job["files"].items()}
    bank = Bank(job["bank"]["groups"], tuple(job["bank"]["delegates"]), tuple(job["bank"]["users"]))
    made = bring(files, job["answers"], bank)
    answer = {
        "reports": made.reports,
        "questions": made.questions,
        "files": {name: base64.b64encode(content).decode() for name, content in made.files.items()},
    }
    sys.stdout.buffer.write(orjson.dumps(answer))
