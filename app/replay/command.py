"""`python run.py replay LOG`: reads a log, plays what no earlier run has finished, reports. Free of the command line's library."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from app.demo.desk import NobodyLeft
from app.replay import running
from app.replay.events import Log
from app.replay.facts import is_clamped
from app.replay.formats import BY_NAME, FORMATS
from app.replay.moves import Plan
from app.replay.player import Played
from app.replay.reading import LogRefused, read_log
from app.replay.report import Tally, progress, report
from app.replay.running import DatabaseLost

TERMINAL_SECONDS, FILE_SECONDS = 0.5, 10.0


def replay(path: Path, *, at_once: int = 1, limit: int | None = None, report_to: Path | None = None) -> int:
    """Replay the log at `path` into the connected, prepared database; to be called within the application's context.

    at_once: processes. limit: only the first so many cases. The report goes to `report_to` or to the terminal.
    Returns the exit code: 0 all played, 1 the file is no log or the bank is not there, 2 stopped before the end.
    """
    try:
        log = read_log(path, FORMATS)
        return _replay(log, at_once, limit, report_to)
    except (LogRefused, NobodyLeft, DatabaseLost) as fault:
        print(fault, file=sys.stderr)
        return 1


def _replay(log: Log, at_once: int, limit: int | None, report_to: Path | None) -> int:
    plans = [BY_NAME[log.format].plan(case) for case in log.cases[:limit]]
    todo = running.left_to_do(log, plans)
    print(
        f"{log.format}: {log.rows:,} rows, {len(log.rejects):,} rejected, {len(todo):,} of {len(plans):,} cases to play."
    )
    tally = Tally(wanted=len(todo), earlier=len(plans) - len(todo), clamped=sum(map(is_clamped, todo)))
    began = time.monotonic()
    with _until_interrupted() as stop:
        _play(todo, log, at_once, stop, _teller(tally, began))
        stopped = stop()
    text = report(log, tally, time.monotonic() - began)
    if report_to is not None:
        report_to.write_text(text + "\n", encoding="utf-8")
    print(text if report_to is None else f"The report is in {report_to}.")
    if stopped:
        print("Stopped; run the same command again to go on.")
    return 2 if stopped else 0


def _play(
    todo: list[Plan], log: Log, at_once: int, stop: Callable[[], bool], tell: Callable[[Played | None], None]
) -> None:
    if at_once > 1:
        running.play_in_processes(todo, log.digest, at_once, stop, tell)
    else:
        running.play_here(todo, log.digest, stop, tell)


@contextmanager
def _until_interrupted() -> Iterator[Callable[[], bool]]:
    """Ctrl-C and a polite kill ask to stop; the operation under way is finished first."""
    asked: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda one, _frame: asked.append(one)) for number in numbers]
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _teller(tally: Tally, began: float) -> Callable[[Played | None], None]:
    """Counts what was played and now and then prints the line of progress."""
    said = began
    is_terminal = sys.stdout.isatty()

    def tell(played: Played | None) -> None:
        nonlocal said
        if played is not None:
            tally.add(played)
        moment = time.monotonic()
        last = played is not None and tally.cases == tally.wanted
        if last or moment - said >= (TERMINAL_SECONDS if is_terminal else FILE_SECONDS):
            said = moment
            line = progress(tally, moment - began)
            print(f"\r{line}   " if is_terminal else line, end="\n" if last or not is_terminal else "", flush=True)

    return tell
