"""The previous actor picks who does the next step (rule `picked`): whom he may pick, and what he picked.

The form of a step shows a chooser for every station that can come right after it and leaves the choice to it. Nobody picked: the
task lies in the pool of the group.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.identity import queries as people
from app.identity.models import User
from app.kernel.errors import Refusal
from app.workflow import engine
from app.workflow.assigning import conflicts, groups
from app.workflow.models import ProcessInstance


@dataclass(frozen=True)
class Chooser:
    """A station ahead whose holder is picked here, and who may be picked."""

    element_id: str
    station: Mapping[str, str]
    people: tuple[User, ...]


def choosers(compiled: engine.Definition, element_id: str, case: ProcessInstance, now: datetime) -> list[Chooser]:
    """The choosers of a step; empty for most."""
    return [
        Chooser(ahead, compiled.steps[ahead].name, _allowed(compiled, ahead, case, now))
        for ahead in engine.following(compiled, element_id)
        if _group_of(compiled.steps[ahead]) is not None
    ]


def note(
    compiled: engine.Definition, element_id: str, case: ProcessInstance, picks: Mapping[str, str], now: datetime
) -> dict[str, int]:
    """Remember whom the actor of a step picked (user names by station). Raises Refusal where somebody may not be picked."""
    offered = {chooser.element_id: chooser for chooser in choosers(compiled, element_id, case, now)} if picks else {}
    chosen: dict[str, int] = {}
    for station, username in picks.items():
        if not username:
            continue
        allowed = {user.username: user.id for user in offered[station].people} if station in offered else {}
        if username not in allowed:
            raise Refusal("{name} can't be chosen for the next step.", name=username)
        chosen[station] = allowed[username]
    if picks or case.picked:
        ahead = engine.following(compiled, element_id)
        case.picked = {**{k: v for k, v in (case.picked or {}).items() if k not in ahead}, **chosen}
    return chosen


def _group_of(step: engine.Step) -> str | None:
    return next((candidates.value for candidates in step.candidates if candidates.rule == "picked"), None)


def _allowed(compiled: engine.Definition, element_id: str, case: ProcessInstance, now: datetime) -> tuple[User, ...]:
    """The group's members who need not keep away from the station."""
    step = compiled.steps[element_id]
    team = groups.by_key(_group_of(step) or "")
    away = conflicts.kept_away(step, compiled.steps, case, now)
    found = people.users(member for member in (team.member_ids if team else ()) if member not in away)
    return tuple(sorted((user for user in found.values() if user.active), key=lambda user: user.username))
