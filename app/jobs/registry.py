"""Which jobs there are: rooms offer functions at import, the worker calls them by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

TRIES = 8

Work = TypeVar("Work", bound=Callable[..., None])


class Queue(StrEnum):
    """Kinds of work; a worker may be told to serve only some of them."""

    TIMER = "timer"
    SERVICE = "service"
    MAIL = "mail"
    REPORT = "report"


class GiveUp(Exception):
    """Raised by a job that would fail the same way every time: no further try, it is failed at once."""


@dataclass(frozen=True)
class JobKind:
    """A registered job: its function, where it waits, how often it is tried."""

    name: str
    queue: Queue
    tries: int
    function: Callable[..., None]


@dataclass(frozen=True)
class Attempt:
    """Which try is running: 1 is the first. is_last: a failure now is final."""

    number: int
    is_last: bool


_kinds: dict[str, JobKind] = {}
_attempt: ContextVar[Attempt] = ContextVar("attempt")


def job(name: str, *, queue: Queue, tries: int = TRIES) -> Callable[[Work], Work]:
    """Register `function(**args, key=…)` as the job `name` ("room.name").

    It runs inside one transaction that commits when it returns; `args` are JSON values; `key` is the effect key, which a job
    that calls outside sends along. Whatever it raises is a failed try, rolled back and tried again after a while.
    """

    def register(function: Work) -> Work:
        _kinds[name] = JobKind(name, queue, tries, function)
        return function

    return register


def kinds() -> Mapping[str, JobKind]:
    """Every registered job by name."""
    return MappingProxyType(_kinds)


def attempt() -> Attempt:
    """The try that is running (outside a worker: the first and last)."""
    return _attempt.get(Attempt(1, True))


@contextmanager
def running_attempt(number: int, *, is_last: bool) -> Iterator[None]:
    """The worker says which try it is, for as long as the job function runs."""
    token = _attempt.set(Attempt(number, is_last))
    try:
        yield
    finally:
        _attempt.reset(token)
