"""What a notice speaks of: case number, station and process in a reader's language.

The room that knows cases stands above this one and says how to find it out (`describe_with`); nothing of a customer is among it,
so nothing of a customer can leave by mail or SMS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

from app.notifications.models import Notice


@dataclass(frozen=True)
class Subject:
    """What may fill the places of a text. `due` is a local time ready to read; `why` the reason for which a task is no longer
    needed, as part of a sentence; `name` and `deputy` are members of staff."""

    case: str = ""
    station: str = ""
    process: str = ""
    due: str = ""
    why: str = ""
    name: str = ""
    deputy: str = ""

    @property
    def values(self) -> dict[str, str]:
        """By the names of the places."""
        return asdict(self)


Describe = Callable[[Sequence[Notice], str], Mapping[int, Subject]]
Waiting = Callable[[int, str], Sequence[Subject]]

_describe: list[Describe] = []
_waiting: list[Waiting] = []


def describe_with(describe: Describe, waiting: Waiting) -> None:
    """Take the functions that know cases: subjects of notices by id, and what waits for a user, both in a language."""
    _describe[:], _waiting[:] = [describe], [waiting]


def subjects(notices: Sequence[Notice], locale: str) -> Mapping[int, Subject]:
    """The subject of each notice, by its id."""
    return _describe[0](notices, locale) if _describe and notices else {}


def waiting(user_id: int, locale: str) -> Sequence[Subject]:
    """What waits for a user, the most urgent first."""
    return _waiting[0](user_id, locale) if _waiting else ()
