"""Who is told of what, how and when: pure.

An event belongs to a group; a person chooses channels per group. The bell rings for everything: it is the record of what a
person was told. Mail, SMS and the daily digest come on top, and quiet hours hold them back unless the event is urgent.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class Group(StrEnum):
    """Kinds of events a person can choose channels for."""

    WORK = "work"
    RETURNS = "returns"
    TIME = "time"
    TALK = "talk"
    CASES = "cases"
    PEOPLE = "people"


class Channel(StrEnum):
    """Ways beside the bell."""

    MAIL = "mail"
    SMS = "sms"
    DIGEST = "digest"


class State(StrEnum):
    """What has become of a notice on one channel.

    SENDING: it is being handed over. UNCLEAR: the hand-over was cut off; it may have arrived, so nothing sends it again by itself.
    """

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Event:
    """An event that people are told of. `urgent` passes quiet hours."""

    group: Group
    urgent: bool = False


EVENTS: dict[str, Event] = {
    "task_assigned": Event(Group.WORK),
    "task_reassigned": Event(Group.WORK),
    "transferred": Event(Group.WORK),
    "delegated": Event(Group.WORK),
    "resolved": Event(Group.WORK),
    "task_unassigned": Event(Group.TIME, urgent=True),
    "signer_added": Event(Group.WORK),
    "signer_removed": Event(Group.WORK),
    "vote_opened": Event(Group.WORK),
    "vote_closed": Event(Group.CASES),
    "vote_tied": Event(Group.WORK),
    "vote_again": Event(Group.WORK),
    "vote_time_over": Event(Group.TIME),
    "sitting_planned": Event(Group.WORK),
    "condition_set": Event(Group.WORK),
    "task_returned": Event(Group.RETURNS),
    "task_recalled": Event(Group.RETURNS),
    "urged": Event(Group.TIME, urgent=True),
    "task_due_soon": Event(Group.TIME),
    "task_overdue": Event(Group.TIME, urgent=True),
    "task_overdue_below": Event(Group.TIME),
    "task_escalated": Event(Group.TIME, urgent=True),
    "task_handed_to_deputy": Event(Group.TIME),
    "task_taken_by_deputy": Event(Group.TIME),
    "task_without_deputy": Event(Group.TIME, urgent=True),
    "urged_superior": Event(Group.TIME),
    "signer_answered": Event(Group.WORK),
    "copied": Event(Group.TALK),
    "confirmation_asked": Event(Group.WORK),
    "confirmed": Event(Group.CASES),
    "declined": Event(Group.CASES),
    "case_copied": Event(Group.TALK),
    "mentioned": Event(Group.TALK),
    "case_commented": Event(Group.TALK),
    "task_cancelled": Event(Group.CASES),
    "case_decided": Event(Group.CASES),
    "case_withdrawn": Event(Group.CASES),
    "case_cancelled": Event(Group.CASES),
    "case_suspended": Event(Group.CASES),
    "case_resumed": Event(Group.CASES),
    "case_migrated": Event(Group.CASES),
    "substitute_named": Event(Group.PEOPLE),
    "substitute_ended": Event(Group.PEOPLE),
    "hand_over_done": Event(Group.PEOPLE),
    "incident": Event(Group.TIME, urgent=True),
    "product_proposed": Event(Group.WORK),
    "product_agreed": Event(Group.WORK),
    "product_refused": Event(Group.WORK),
}
OTHER = Event(Group.CASES)

# What must not wait until somebody looks at the site: returned, urged, due.
DEFAULTS: dict[Group, frozenset[Channel]] = {
    Group.WORK: frozenset(),
    Group.RETURNS: frozenset({Channel.MAIL}),
    Group.TIME: frozenset({Channel.MAIL}),
    Group.TALK: frozenset(),
    Group.CASES: frozenset(),
    Group.PEOPLE: frozenset(),
}
# `name` and `deputy` are members of staff; they are known to events of the group "people" only. `why` is why a task is no longer
# needed.
NAMES = frozenset({"case", "station", "process", "due", "why", "name", "deputy"})
PLACE = re.compile(r"\{([^{}]*)\}")
LONGEST_TITLE, LONGEST_SENTENCE = 80, 300


@dataclass(frozen=True)
class Wishes:
    """How a person wants to be told. Quiet hours are local times of the bank; from later than to means over midnight."""

    channels: Mapping[Group, frozenset[Channel]] = field(default_factory=lambda: DEFAULTS)
    quiet_from: time | None = None
    quiet_to: time | None = None

    def of(self, group: Group) -> frozenset[Channel]:
        """The channels of a group; one that the person never chose for has its default."""
        return self.channels.get(group, DEFAULTS[group])


def event_of(key: str) -> Event:
    """The event; an unknown one is told by the bell and belongs to "cases"."""
    return EVENTS.get(key, OTHER)


def channels_for(key: str, wishes: Wishes, reachable: Collection[Channel]) -> list[Channel]:
    """Where the event goes beside the bell, of the channels by which the person can be reached at all."""
    return sorted(wishes.of(event_of(key).group) & set(reachable))


def not_before(key: str, wishes: Wishes, now: datetime, zone: str) -> datetime | None:
    """When quiet hours end, where they hold the event back now; None: at once."""
    if event_of(key).urgent or wishes.quiet_from is None or wishes.quiet_to is None:
        return None
    local = now.astimezone(ZoneInfo(zone))
    if not is_quiet(local.time(), wishes.quiet_from, wishes.quiet_to):
        return None
    end = local.replace(hour=wishes.quiet_to.hour, minute=wishes.quiet_to.minute, second=0, microsecond=0)
    return end if end > local else end + timedelta(days=1)


def is_quiet(at: time, begin: time, end: time) -> bool:
    """Whether a local time lies in [begin, end); over midnight where begin is later."""
    if begin <= end:
        return begin <= at < end
    return at >= begin or at < end


def digest_is_due(local: datetime, at: time, last: date | None) -> bool:
    """Whether today's digest is to be sent now."""
    return local.time() >= at and (last is None or last < local.date())


def text_faults(title: str, sentence: str) -> list[str]:
    """Why a text of an administrator's is refused (English sentences, keys of their translations)."""
    faults = []
    if not title.strip() or not sentence.strip():
        faults.append("Title and sentence must not be empty.")
    if len(title) > LONGEST_TITLE or len(sentence) > LONGEST_SENTENCE:
        faults.append("The title may have 80 signs, the sentence 300.")
    if any(not sign.isprintable() for sign in title + sentence):
        faults.append("A text is one line without control signs.")
    if not _places_are_known(title) or not _places_are_known(sentence):
        faults.append("Only {case}, {station}, {process}, {due}, {why}, {name} and {deputy} may stand in braces.")
    return faults


def fill(text: str, values: Mapping[str, str]) -> str:
    """`text` with its places filled; values are taken as they are and never read as places. Unknown places stay empty."""
    return PLACE.sub(lambda match: values.get(match.group(1), ""), text)


def mask(address: str | None) -> str:
    """An e-mail address or a number as a page may show it: "z***@bank.example", "138****0001"."""
    if not address:
        return ""
    name, at, domain = address.partition("@")
    if at:
        return f"{name[:1]}***@{domain}"
    return f"{address[:3]}****{address[-4:]}" if len(address) > 7 else "****"


def _places_are_known(text: str) -> bool:
    rest = PLACE.sub("", text)
    return "{" not in rest and "}" not in rest and all(name in NAMES for name in PLACE.findall(text))
