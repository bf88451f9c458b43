"""What a candidate rule is asked and what it answers, and how people are found: by name, group, position, superior, turn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import or_, select

from app import feel
from app.identity.models import User
from app.identity.queries import users
from app.identity.rules import permissions_of
from app.kernel.db import session
from app.web.access import Permission
from app.web.i18n import LANGUAGES
from app.workflow import engine
from app.workflow.assigning import dealing, groups
from app.workflow.models import ProcessInstance


@dataclass(frozen=True)
class Asked:
    """What a rule may look at: its value, the station, the case and its variables, when, and who must keep away anyhow."""

    value: str
    element_id: str
    case: ProcessInstance
    compiled: engine.Definition
    variables: Mapping[str, Any]
    now: datetime
    away: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Found:
    """Whom a rule found: people by name, or whole groups; `facts` fill its explanation (keys, step ids, user ids)."""

    user_ids: tuple[int, ...] = ()
    teams: tuple[groups.Team, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)


def chain_above(user_id: int, levels: int) -> list[User]:
    """The superiors of a user, nearest first, at most so many; a circle in the records ends it."""
    found: list[User] = []
    seen = {user_id}
    above = users([user_id]).get(user_id)
    while above is not None and above.superior_id is not None and len(found) < levels:
        if above.superior_id in seen:
            break
        seen.add(above.superior_id)
        above = users([above.superior_id]).get(above.superior_id)
        found += [above] if above is not None else []
    return found


@lru_cache(maxsize=4096)
def user_id_of(username: str) -> int | None:
    """User names never change and are never given again, so the id may be remembered."""
    return session.scalar(select(User.id).where(User.username == username))


def person(user_id: int | None) -> Found:
    """One person, or nobody."""
    return Found((user_id,) if user_id is not None else ())


def whole(key: str) -> Found:
    """A whole group, nobody where there is none."""
    team = groups.by_key(key)
    return Found(teams=(team,), facts={"group": key}) if team else Found()


def text_of(asked: Asked) -> str:
    """The value of the rule as an expression, evaluated with the variables of the case."""
    expression = feel.parse(asked.value, names=asked.variables.keys())
    return str(expression.evaluate(asked.variables) or "")


def words_in(result: Any) -> list[str]:
    """Every text in the result of a decision: a word, a list of words, or a context of them."""
    if isinstance(result, Mapping):
        return [word for part in result.values() for word in words_in(part)]
    if isinstance(result, list | tuple):
        return [word for part in result for word in words_in(part)]
    return [result] if isinstance(result, str) and result else []


def last_actor(case: ProcessInstance, step: str) -> int | None:
    """Who did the step last, None where nobody has."""
    done_by = case.visits.get(step, {}).get("by", [])
    return done_by[-1] if done_by else None


def in_position(title: str, branch_id: int | None) -> tuple[int, ...]:
    """The ids of everybody who may work on cases in a position, of one branch or of all."""
    named = or_(*(User.position[language].astext == title for language in LANGUAGES))
    statement = select(User.id, User.roles).where(named, User.active).order_by(User.id)
    if branch_id is not None:
        statement = statement.where(User.branch_id == branch_id)
    return tuple(row[0] for row in session.execute(statement) if Permission.CASE_WORK in permissions_of(row[1]))


def dealt(asked: Asked, order: dealing.Order) -> Found:
    """Whose turn it is in the group that the value names."""
    team = groups.by_key(text_of(asked))
    if team is None:
        return Found()
    eligible = [user_id for user_id in team.member_ids if user_id not in asked.away]
    return Found(person(dealing.deal(team.id, eligible, order)).user_ids, facts={"group": team.key})
