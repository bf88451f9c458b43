"""Drawing what happens to applications: when they arrive, where they end, who sends them back, how often hands change.
Pure and seeded.

A fate says what is meant to happen; what has happened by now is as much of it as there was time for, so the youngest
cases are still under way.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from app.demo.profile import Profile, Shares
from app.kernel.working_time import CLOSES, OPENS, is_working_day

ZONE = ZoneInfo("Asia/Shanghai")
DAYS = 60
# Most cases of the logs are decided within two weeks; so that every station has some under way, nearly half arrive in these.
RECENT_DAYS, RECENT_SHARE = 12, 0.4
CONDITIONAL_SHARE = 0.2

# Where a loan of the log of 2012 was refused or withdrawn, and the station of our route that stands for it.
REFUSED_AT: Mapping[str, str] = {
    "at_once": "pre_check",
    "leads": "routing",
    "intake": "pre_committee_review",
    "review": "credit_committee",
    "incomplete": "pre_committee_review",
    "offer": "final_approval",
    "fraud": "final_approval",
}
WITHDRAWN_AT: Mapping[str, str] = {
    "leads": "assignment",
    "intake": "assignment",
    "offer": "conclusion",
    "incomplete": "conclusion",
    "review": "pre_committee_review",
    "fraud": "pre_committee_review",
}
# Where those stay that the log leaves undecided: with the deciders.
UNDECIDED_AT = ("credit_committee", "committee_resolution", "final_approval")
# Which work item of the log a station waits like; stations of deciders wait like approvals of 2020.
LIKE: Mapping[str, str] = {
    "intake": "leads",
    "routing": "leads",
    "assignment": "intake",
    "phone_check": "incomplete",
    "visit": "intake",
    "signing": "offer",
    "submission": "intake",
    "pre_committee_review": "review",
}
# How often a task is claimed. A missing paper is called for six times and more; a phone check is less than that.
TURNS: Mapping[str, str] = {"leads": "leads", "incomplete": "intake", "review": "review"}


@dataclass(frozen=True)
class Fate:
    """What is meant to happen to one application.

    ends: approved, refused, withdrawn or undecided; ends_at: the station where it is refused or withdrawn ("pre_check":
    by the decision table), "" otherwise. rests_at: where an undecided one stays. returns: how often the review sends it
    back. turns: how often a pool's task is claimed, by kind of work item.
    """

    arrives: datetime
    ends: str
    ends_at: str
    rests_at: str
    returns: int
    turns: Mapping[str, int]
    conditional: bool


def draw_fate(profile: Profile, draw: random.Random, now: datetime) -> Fate:
    """The fate of one application that arrives within the last 60 days before `now`."""
    ends = profile.shares["outcome"].at(draw.random())
    return Fate(
        arrives=_arrival(profile, draw, now),
        ends=ends,
        ends_at=_end(profile, ends, draw),
        rests_at=draw.choice(UNDECIDED_AT) if ends == "undecided" else "",
        returns=int(profile.shares["returns"].at(draw.random())),
        turns={
            kind: max(1, int(profile.shares[f"claims_per_{like}"].at(draw.random()))) for kind, like in TURNS.items()
        },
        conditional=draw.random() < CONDITIONAL_SHARE,
    )


def kind_of(station: str) -> str:
    """The kind of work item that a station waits like; "" for the stations of deciders."""
    return next((kind for part, kind in LIKE.items() if station.endswith(part)), "intake" if "_" in station else "")


def wait(profile: Profile, draw: random.Random, station: str, what: str) -> timedelta:
    """How long until a station's task is claimed, handed in ("hold") or taken up again ("rest")."""
    curve = profile.curves.get(f"hours_{what}_{kind_of(station)}") or profile.curves["hours_between_approvals"]
    return timedelta(hours=curve.at(draw.random()))


def to_office_hours(moment: datetime, draw: random.Random) -> datetime:
    """`moment`, or some time in the first two hours of the next working day where the bank is closed then."""
    local = moment.astimezone(ZONE)
    if is_working_day(local.date()) and OPENS <= local.time() < CLOSES:
        return moment
    if local.time() >= OPENS:
        local += timedelta(days=1)
    while not is_working_day(local.date()):
        local += timedelta(days=1)
    opening = local.replace(hour=OPENS.hour, minute=0, second=0, microsecond=0)
    return (opening + timedelta(minutes=draw.randrange(120), seconds=draw.randrange(60))).astimezone(moment.tzinfo)


def _arrival(profile: Profile, draw: random.Random, now: datetime) -> datetime:
    """By day of the week and hour as measured, as far as the bank is open."""
    recent = draw.random() < RECENT_SHARE
    first, last = (0, RECENT_DAYS) if recent else (RECENT_DAYS, DAYS)
    days = {str(ago): _weight(profile, now - timedelta(days=ago)) for ago in range(first, last)}
    day = (now - timedelta(days=int(Shares.of(days).at(draw.random())))).astimezone(ZONE)
    hour = int(_open_hours(profile).at(draw.random()))
    moment = day.replace(hour=hour, minute=draw.randrange(60), second=draw.randrange(60), microsecond=0)
    return min(moment.astimezone(now.tzinfo), now - timedelta(minutes=draw.randrange(5, 50)))


def _weight(profile: Profile, day: datetime) -> float:
    return profile.shares["arrival_weekday"].weights[str(day.astimezone(ZONE).weekday())]


def _open_hours(profile: Profile) -> Shares:
    hours = profile.shares["arrival_hour"].weights
    return Shares.of({hour: weight for hour, weight in hours.items() if OPENS.hour <= int(hour) < CLOSES.hour})


def _end(profile: Profile, ends: str, draw: random.Random) -> str:
    """The station where a refused or withdrawn application ends."""
    stations = {"refused": REFUSED_AT, "withdrawn": WITHDRAWN_AT}.get(ends)
    if stations is None:
        return ""
    return stations[profile.shares["ended_at"].below(f"{ends}:").at(draw.random())]
