"""Playing many cases, in one process or several, and stopping cleanly in between.

Processes are forked, take the next case from a common queue, and open connections of their own. They don't hear Ctrl-C
themselves: the parent tells them to stop after the operation they are in.
"""

from __future__ import annotations

import multiprocessing
import queue
import signal
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from multiprocessing.synchronize import Event as Flag
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import InterfaceError, OperationalError

from app.demo import desk
from app.demo.desk import Staff
from app.identity import queries as people
from app.kernel import db
from app.kernel.db import session
from app.replay.acting import OFFICERS, Cast
from app.replay.events import Log
from app.replay.models import ReplayCase
from app.replay.moves import Plan
from app.replay.player import Played, Player

POLL_SECONDS = 0.5
LOST = "The database is gone or does not answer; run the command again to go on."
ENDED = "A process of the replay ended unexpectedly; run the command again to go on."


class DatabaseLost(Exception):
    """The database, or one of our processes, went away; what was acknowledged is there, and a later run goes on."""


@dataclass(frozen=True)
class Troupe:
    """Who can play: the demo bank's people, and the officers that a leader may assign."""

    staff: Staff
    officers: Sequence[str]


def troupe() -> Troupe:
    """The people as they are now. Raises NobodyLeft where the demo bank is not loaded."""
    with db.reading():
        staff = desk.staff()
        group = people.group_by_key(OFFICERS)
        members = {user.username for user in people.members(group.id)} if group else set()
    return Troupe(staff, sorted(members & staff.by_name.keys()))


def left_to_do(log: Log, plans: Iterable[Plan]) -> list[Plan]:
    """The plans of the cases that no earlier run has finished."""
    with db.reading():
        done = select(ReplayCase.case_id).where(ReplayCase.log == log.digest, ReplayCase.finished)
        finished = set(session.scalars(done))
    return [plan for plan in plans if plan.case not in finished]


def play_here(plans: Iterable[Plan], log: bytes, stop: Callable[[], bool], tell: Callable[[Played], None]) -> None:
    """Play the cases in this process one after the other, until `stop` says so. Raises DatabaseLost."""
    cast = troupe()
    for plan in plans:
        if stop():
            return
        tell(_play(plan, cast, log, stop))


def play_in_processes(
    plans: Sequence[Plan], log: bytes, processes: int, stop: Callable[[], bool], tell: Callable[[Played | None], None]
) -> None:
    """Play the cases in so many processes; `tell` hears every case that has been played, and None from time to time.

    Raises DatabaseLost where a process could not go on.
    """
    context = multiprocessing.get_context("fork")
    flag, waiting, answers = context.Event(), context.Queue(), context.Queue()
    db.disconnect()
    for plan in plans:
        waiting.put(plan)
    children = [context.Process(target=_child, args=(waiting, answers, flag, log)) for _ in range(processes)]
    for child in children:
        child.start()
    try:
        _gather(children, answers, stop, flag, tell)
    finally:
        flag.set()
        waiting.cancel_join_thread()
        for child in children:
            child.join()
    if any(child.exitcode for child in children):
        raise DatabaseLost(ENDED)


def _play(plan: Plan, cast: Troupe, log: bytes, stop: Callable[[], bool]) -> Played:
    try:
        return Player(Cast(plan, cast.staff, cast.officers), log, stop).play()
    except (OperationalError, InterfaceError) as lost:
        raise DatabaseLost(LOST) from lost


def _child(waiting: Any, answers: Any, flag: Flag, log: bytes) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    db.forget_connections()
    try:
        play_here(_taken(waiting), log, flag.is_set, answers.put)
    except DatabaseLost:
        answers.put(LOST)
    db.disconnect()


def _taken(waiting: Any) -> Iterable[Plan]:
    """The plans of the common queue until it is empty."""
    while True:
        try:
            yield waiting.get(timeout=POLL_SECONDS)
        except queue.Empty:
            return


def _gather(
    children: Sequence[Any], answers: Any, stop: Callable[[], bool], flag: Flag, tell: Callable[[Played | None], None]
) -> None:
    """Pass on what the processes report, as long as one of them lives or has left something to read."""
    last_look = time.monotonic()
    while True:
        alive = any(child.is_alive() for child in children)
        try:
            answer = answers.get(timeout=POLL_SECONDS)
        except queue.Empty:
            if not alive:
                return
            answer = None
        if isinstance(answer, str):
            raise DatabaseLost(answer)
        if stop():
            flag.set()
        if answer is not None or time.monotonic() - last_look > POLL_SECONDS:
            tell(answer)
            last_look = time.monotonic()
