"""Who a station's task is for: the candidate rules of the diagram, resolved when the task opens."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlalchemy import select

from app import feel
from app.identity.models import Group, Membership, User
from app.identity.queries import users
from app.identity.rules import Person
from app.kernel.db import session
from app.workflow import engine, rules
from app.workflow.models import ProcessInstance

GROUPS_FRESH = 10.0


@dataclass(frozen=True)
class Assignment:
    """For whom a task is: one person, or pools and named candidates; nobody where the rules found none."""

    assignee_id: int | None = None
    group_ids: tuple[int, ...] = ()
    user_ids: tuple[int, ...] = ()
    excluded_ids: tuple[int, ...] = ()
    elector_ids: tuple[int, ...] = ()

    @property
    def is_nobody(self) -> bool:
        """Whether there is no one who could do the task."""
        return self.assignee_id is None and not self.group_ids and not self.user_ids and not self.elector_ids


@dataclass
class _Groups:
    """Keys and heads of all groups, read again every few seconds."""

    by_key: dict[str, tuple[int, int | None]] = field(default_factory=dict)
    read_at: float = float("-inf")

    def get(self, key: str) -> tuple[int, int | None] | None:
        """Id and head of a group."""
        if time.monotonic() - self.read_at > GROUPS_FRESH or key not in self.by_key:
            self.by_key = {
                g.key: (g.id, g.head_id) for g in session.execute(select(Group.id, Group.key, Group.head_id))
            }
            self.read_at = time.monotonic()
        return self.by_key.get(key)


_groups = _Groups()


def forget() -> None:
    """Forget what was cached; groups or the database have changed."""
    _groups.read_at = float("-inf")
    _user_id.cache_clear()


def resolve(
    step: engine.Step, steps: Mapping[str, engine.Step], case: ProcessInstance, variables: Mapping[str, Any]
) -> Assignment:
    """For whom the task of `step`, one of the `steps` of the definition, is in this case."""
    kept_away = tuple(rules.excluded(rules.apart_from(step.element_id, steps), case.visits))
    if step.vote is not None:
        electors = _electors(step.vote.electorate, kept_away)
        return Assignment(elector_ids=electors, user_ids=electors, excluded_ids=kept_away)
    people, pools = [], []
    for candidates in step.candidates:
        user, group = _resolve_one(candidates, case, variables)
        people += [user] if user is not None and user not in kept_away else []
        pools += [group] if group is not None else []
    people = _at_work(people)
    if len(people) == 1 and not pools:
        return Assignment(assignee_id=people[0], user_ids=tuple(people), excluded_ids=kept_away)
    return Assignment(group_ids=tuple(dict.fromkeys(pools)), user_ids=tuple(people), excluded_ids=kept_away)


def _resolve_one(
    candidates: engine.Candidates, case: ProcessInstance, variables: Mapping[str, Any]
) -> tuple[int | None, int | None]:
    """The user or the group that one rule names."""
    rule, value = candidates.rule, candidates.value
    if rule == "group":
        return None, group_id(value)
    if rule == "group_of":
        return None, group_id(_text_of(value, variables))
    if rule == "head_of":
        group = _groups.get(_text_of(value, variables))
        return (group[1] if group else None), None
    if rule == "user_of":
        return _user_id(_text_of(value, variables)), None
    if rule == "initiator":
        return case.started_by, None
    done_by = case.visits.get(value, {}).get("by", [])
    return (done_by[-1] if done_by else None), None


def _at_work(user_ids: list[int]) -> list[int]:
    """Those who have not left; a task that came to somebody who has would wait for ever."""
    known = users(user_ids)
    return [user_id for user_id in dict.fromkeys(user_ids) if user_id in known and known[user_id].active]


def is_in_one_of(person: Person, group_keys: Iterable[str]) -> bool:
    """Whether the person is a member of one of the groups."""
    return any(group_id(key) in person.group_ids for key in group_keys)


def group_id(key: str) -> int | None:
    """The id of a group, remembered for some seconds."""
    group = _groups.get(key)
    return group[0] if group else None


def _text_of(expression: str, variables: Mapping[str, Any]) -> str:
    return str(feel.parse(expression, names=variables.keys()).evaluate(variables) or "")


@lru_cache(maxsize=4096)
def _user_id(username: str) -> int | None:
    """User names never change and are never given again, so the id may be remembered."""
    return session.scalar(select(User.id).where(User.username == username))


def _electors(group_key: str, kept_away: tuple[int, ...]) -> tuple[int, ...]:
    members = (
        select(Membership.user_id)
        .join(Group, Group.id == Membership.group_id)
        .join(User, User.id == Membership.user_id)
    )
    found = session.scalars(members.where(Group.key == group_key, User.active).order_by(Membership.user_id))
    return tuple(user_id for user_id in found if user_id not in kept_away)
