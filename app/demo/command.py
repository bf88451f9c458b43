"""Filling an empty bank with generated applications, with a line of progress; called by the first start of the program.

The work is dealt out to processes that are forked, so that each has the program loaded; every one opens its own
connections. What was begun and not finished (Ctrl-C, a kill) stays as it is: cases that simply wait.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Sequence
from datetime import datetime
from multiprocessing.sharedctypes import Synchronized
from typing import Any

from sqlalchemy import select, text

from app.demo import absences, generate
from app.demo.generate import Begun, Generated
from app.kernel import db
from app.kernel.db import session
from app.workflow.models import ProcessInstance

POLL_SECONDS = 0.25


def load_applications(now: datetime, count: int = generate.COUNT, processes: int | None = None) -> Generated:
    """Generate the applications where there is no case at all; shows progress on the terminal.

    To be called outside any transaction, with the demo bank loaded and the routes deployed. Returns what was made; an
    empty result where the bank has cases.
    """
    with db.transaction():
        if session.scalar(select(ProcessInstance.id).limit(1)) is not None:
            return Generated()
        drawn = generate.lives(now, count)
        keys = generate.begin_all(drawn)
    begun = list(zip(drawn, keys, strict=True))
    made = _in_processes(begun, now, processes or min(2, os.cpu_count() or 1))
    with db.transaction():
        generate.last_acts(keys, now)
        absences.load_absences(keys, now)
    return made


def _in_processes(begun: Sequence[Begun], now: datetime, processes: int) -> Generated:
    """Every n-th case to each of n processes; the sum of what they made. One that dies does not keep the bank from opening."""
    context = multiprocessing.get_context("fork")
    acts, answers = context.Value("i", 0), context.SimpleQueue()
    db.disconnect()
    children = [
        context.Process(target=_child, args=(begun[place::processes], now, acts, answers)) for place in range(processes)
    ]
    for child in children:
        child.start()
    for child in children:
        _watch(child, acts, len(begun))
    parts: list[Generated] = [answers.get() for child in children if child.exitcode == 0]
    if len(parts) < processes:
        _say("\rThe demo applications could not be loaded completely; the bank works with what is there.\n")
    total = Generated(sum(p.cases for p in parts), sum(p.acts for p in parts), [s for p in parts for s in p.stuck])
    _say(f"\r{total.cases} demo applications, {total.acts} acts.          \n")
    return total


def _child(begun: Sequence[Begun], now: datetime, acts: Synchronized[int], answers: Any) -> None:
    db.forget_connections()

    def said() -> None:
        with acts.get_lock():
            acts.value += 1

    with db.transaction():
        # For all transactions of this process: nobody has been told yet that anything of the demo is safe.
        session.execute(text("SET synchronous_commit = off"))
    answers.put(generate.work_all(begun, now, said))
    db.disconnect()


def _watch(child: Any, acts: Synchronized[int], cases: int) -> None:
    while child.is_alive():
        child.join(POLL_SECONDS)
        _say(f"\rLoading {cases} demo applications: {acts.value} acts ...")


def _say(text: str) -> None:
    """Progress is for people: where the output goes to a file, only whole lines."""
    is_terminal = sys.stdout.isatty()
    if is_terminal or text.endswith("\n"):
        sys.stdout.write(text if is_terminal else text.lstrip("\r"))
        sys.stdout.flush()
