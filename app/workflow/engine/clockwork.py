"""What a clock keeps with its token: when it rings; of one that counts working time also how much of that it has left.

A clock of working time is the working time left and the moment from which it runs. When it rings is only where the two end by
the bank's calendar, laid out anew whenever the case is moved. It stands still, with no moment at which it rings, while those
who work in the activity that it sits on wait for the customer. Pure: the notes of a token, the calendar and the time are given.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from datetime import datetime, timedelta
from typing import Any

from app.kernel.working_time import Calendar

DUE = "due"  # by clock name the ISO 8601 time at which it rings (an event gateway holds several)
WORK = (
    "work"  # by clock name [seconds of working time left, the ISO 8601 time it runs from; None where it stands still]
)
LEFT = "left"  # how often a repeating clock still rings; -1 for ever
INTERVAL = "interval"  # seconds between two rings; of working time where the clock counts that
OWN = frozenset({DUE, WORK, LEFT, INTERVAL})

Notes = dict[str, Any]  # the internal data of a token


def is_wound(notes: Notes, name: str) -> bool:
    """Whether the clock has been set, be it that it stands still."""
    return name in notes.get(DUE, {}) or name in notes.get(WORK, {})


def wind(notes: Notes, name: str, due: datetime) -> None:
    """Let the clock ring at that moment."""
    notes.setdefault(DUE, {})[name] = due.isoformat()


def wind_working(notes: Notes, name: str, work: timedelta, calendar: Calendar, since: datetime) -> None:
    """Let the clock ring when so much working time will have passed since then."""
    notes.setdefault(WORK, {})[name] = [work.total_seconds(), since.isoformat()]
    wind(notes, name, calendar.shift(since, work))


def rings_at(notes: Notes, name: str) -> datetime | None:
    """When the clock rings; None while it stands still."""
    due = notes.get(DUE, {}).get(name)
    return datetime.fromisoformat(due) if due is not None else None


def next_ring(notes: Notes) -> datetime:
    """When the first of the clocks rings. Raises KeyError if there is none that runs."""
    return min(datetime.fromisoformat(due) for due in notes[DUE].values())


def counts_working_time(notes: Notes) -> bool:
    """Whether one of the clocks counts working time."""
    return WORK in notes


def lay_out(notes: Notes, calendar: Callable[[], Calendar]) -> None:
    """Set when the clocks of working time ring, by this calendar; it is asked for only where there is one."""
    for name, (left, since) in notes.get(WORK, {}).items():
        if since is not None:
            wind(notes, name, calendar().shift(datetime.fromisoformat(since), timedelta(seconds=left)))


def stop(notes: Notes, calendar: Calendar, now: datetime) -> None:
    """Let the clocks of working time stand still and keep what is left of each; one that stands still already does so on."""
    for name, (left, since) in notes.get(WORK, {}).items():
        if since is not None:
            start = datetime.fromisoformat(since)
            passed = calendar.between(start, max(now, start)).total_seconds()
            notes[WORK][name] = [left - passed, None]
            notes.get(DUE, {}).pop(name, None)


def go(notes: Notes, calendar: Calendar, now: datetime) -> None:
    """Let the clocks of working time that stand still run on with what was left."""
    for name, (left, since) in notes.get(WORK, {}).items():
        if since is None:
            wind_working(notes, name, timedelta(seconds=left), calendar, now)


def put_off(
    notes: Notes, by: timedelta, fixed: Container[str], calendar: Callable[[], Calendar], now: datetime
) -> None:
    """Let the clocks ring later, as the case has stood still for so long until now; not those whose names are `fixed`."""
    working = notes.get(WORK, {})
    for name, due in notes.get(DUE, {}).items():
        if name not in fixed and name not in working:
            wind(notes, name, datetime.fromisoformat(due) + by)
    if any(since is not None for _, since in working.values()):
        stop(notes, calendar(), now - by)
        go(notes, calendar(), now)


def unwound(notes: Mapping[str, Any]) -> Notes:
    """The notes without clocks: those of a token that begins anew."""
    return {name: value for name, value in notes.items() if name not in OWN}


def of(notes: Mapping[str, Any]) -> Notes:
    """The clocks among the notes."""
    return {name: value for name, value in notes.items() if name in OWN}


def renamed(notes: Mapping[str, Any], names: Mapping[str, str | None], known: Container[str]) -> Notes:
    """The notes with the clocks under the names that their elements have now; one whose element is not `known` stops."""
    found = dict(notes)
    for part in (DUE, WORK):
        if part in found:
            moved = {names.get(name, name) or "": value for name, value in found[part].items()}
            found[part] = {name: value for name, value in moved.items() if name in known}
    empty = [part for part in (DUE, WORK) if part in found and not found[part]]
    for part in empty:
        del found[part]
    return unwound(found) if empty and DUE not in found and WORK not in found else found
