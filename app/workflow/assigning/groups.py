"""Groups with their heads and working members, kept at hand for a few seconds: rules ask for them whenever a task opens."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import and_, select

from app.identity.models import Group, Membership, User
from app.identity.rules import permissions_of
from app.kernel.db import session
from app.web.access import Permission

FRESH = 10.0


@dataclass(frozen=True)
class Team:
    """A group; `member_ids`: who has an account that may work on cases."""

    id: int
    key: str
    name: Mapping[str, str] = field(hash=False)
    head_id: int | None
    member_ids: tuple[int, ...]


@dataclass
class _Known:
    by_key: dict[str, Team] = field(default_factory=dict)
    read_at: float = float("-inf")


_known = _Known()


def by_key(key: str) -> Team | None:
    """A group by its key, None where there is none; asked anew when it is unknown."""
    if time.monotonic() - _known.read_at > FRESH or key not in _known.by_key:
        read_again()
    return _known.by_key.get(key)


def by_ids(ids: tuple[int, ...]) -> list[Team]:
    """Those of the groups that are known, by id; asked anew when what is at hand is old or forgotten."""
    if time.monotonic() - _known.read_at > FRESH:
        read_again()
    return [team for team in _known.by_key.values() if team.id in ids]


def read_again() -> None:
    """Ask the database now."""
    statement = (
        select(Group.id, Group.key, Group.name, Group.head_id, User.id, User.roles)
        .outerjoin(Membership, Membership.group_id == Group.id)
        .outerjoin(User, and_(User.id == Membership.user_id, User.active))
        .order_by(Group.id, User.id)
    )
    found: dict[str, Team] = {}
    for group_id, key, name, head_id, user_id, roles in session.execute(statement):
        works = user_id is not None and Permission.CASE_WORK in permissions_of(roles)
        before = found[key].member_ids if key in found else ()
        found[key] = Team(group_id, key, name, head_id, (*before, user_id) if works else before)
    _known.by_key, _known.read_at = found, time.monotonic()


def forget() -> None:
    """Groups or the database have changed."""
    _known.by_key, _known.read_at = {}, float("-inf")
