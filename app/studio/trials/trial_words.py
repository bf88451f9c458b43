"""What trials found, in the reader's language: differences and faults as sentences, stations, groups, times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import format_decimal, gettext

from app.identity import queries as people
from app.web.i18n import text_of
from app.workflow.assigning.candidates import RULES

Names = Mapping[str, Mapping[str, str]]


def name_of(element: str | None, names: Names) -> str:
    """An element as the diagram calls it."""
    return text_of(names.get(element or "", {})) or (element or "")


def difference(found: Mapping[str, Any], names: Names) -> str:
    """A first difference: where, which way now, which way then."""
    now, then = _way(found["now"], names), _way(found["then"], names)
    at = name_of(found["at"], names)
    if not at:
        return gettext("From the beginning %(now)s instead of %(then)s.", now=now, then=then)
    return gettext("At “%(at)s” %(now)s instead of %(then)s.", at=at, now=now, then=then)


def _way(mark: list[str] | None, names: Names) -> str:
    if mark is None:
        return gettext("no further")
    what, element = mark
    if what == "end":
        return gettext("ended as “%(status)s”", status=status(element))
    said = {
        "by": gettext("to “%(name)s”", name=name_of(element, names)),
        "move": gettext("back to “%(name)s”", name=name_of(element, names)),
        "stand": gettext("waiting at “%(name)s”", name=name_of(element, names)),
    }
    return said[what]


def status(key: str) -> str:
    """How a case ended."""
    known = {
        "approved": gettext("Approved"),
        "conditional": gettext("Approved with conditions"),
        "refused": gettext("Refused"),
        "withdrawn": gettext("Withdrawn"),
        "cancelled": gettext("Ended by a supervisor"),
    }
    return known.get(key, key or gettext("Not ended"))


def fault(found: Mapping[str, Any], names: Names) -> str:
    """Why a case did not come to its end, or could not be replayed."""
    place = name_of(found["element"], names)
    if found["texts"]:
        return text_of(found["texts"])
    known = {
        "message": gettext(
            "It waits at “%(place)s” for the message “%(message)s”, which it never got.",
            place=place,
            message=found["fact"],
        ),
        "circle": gettext("It comes to “%(place)s” again and again.", place=place),
        "standstill": gettext("After “%(place)s” nothing goes on, and it has not ended.", place=place),
        "unanswered": gettext("It comes to “%(place)s”, and there is no answer for that.", place=place),
        "unreadable": gettext("A state of the case on record can't be read."),
        "unrecorded": gettext("The case began before its states were kept."),
        "unreadable_file": gettext("The file can't be read: %(reason)s.", reason=found["fact"]),
        "process": gettext("There is no process “%(process)s” that can run.", process=found["fact"]),
        "inexact": gettext("Its record can't be replayed exactly even over the version it ran on."),
    }
    return known.get(found["code"], found["code"])


def who(keys: Iterable[str]) -> dict[str, str]:
    """Whose work it is: names of groups, or the rule that finds the person."""
    wanted = set(keys)
    groups = people.groups_by_key(key for key in wanted if not key.startswith("@"))
    found = {key: text_of(group.name) for key, group in groups.items()}
    found |= {key: text_of(RULES[key[1:]].label) for key in wanted if key[1:] in RULES and key.startswith("@")}
    return {key: found.get(key, key) for key in wanted}


def duration(minutes: float | None) -> str:
    """Working time for people: minutes below an hour, else hours."""
    if minutes is None:
        return ""
    if minutes < 60:
        return gettext("%(minutes)s min", minutes=format_decimal(round(minutes)))
    return gettext("%(hours)s h", hours=format_decimal(round(minutes / 60, 1)))
