"""Who a station's task is for: the rules of the diagram asked when the task opens, and the answer judged.

The rules find (`candidates`); here is decided who of the found may be given the task. Who must keep away is taken out; who has left
is replaced by his successor; where only people with a conflict of interests were found, their superiors take their place; where
nobody is left at all, the task goes to the process administrators with an alarm. It never passes by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from app.identity.queries import users
from app.identity.rules import Person
from app.workflow import engine
from app.workflow.assigning import conflicts, groups
from app.workflow.assigning.candidates import RULES
from app.workflow.assigning.conflicts import Away, conflicted
from app.workflow.assigning.finding import Asked, Found, chain_above, user_id_of
from app.workflow.committees import electorates
from app.workflow.models import ProcessInstance

__all__ = ["Assignment", "administrators", "conflicted", "forget", "is_in_one_of", "resolve"]

ADMINISTRATORS = "process_administrators"
HIGHEST = 9


@dataclass(frozen=True)
class Assignment:
    """For whom a task is: one person, or pools and named candidates; nobody where the rules found none.

    why: what `UserTask.why` keeps of how it came about.
    """

    assignee_id: int | None = None
    group_ids: tuple[int, ...] = ()
    user_ids: tuple[int, ...] = ()
    excluded_ids: tuple[int, ...] = ()
    elector_ids: tuple[int, ...] = ()
    why: dict[str, Any] = field(default_factory=dict)
    register: electorates.Register | None = None

    @property
    def is_nobody(self) -> bool:
        """Whether the rules found no one who could do the task, so that it lies with the administrators."""
        return bool(self.why.get("nobody"))

    def seating(self, register: electorates.Register) -> Assignment:
        """The vote with these people instead of those that its rule finds today."""
        kept = replace(register, secretaries=self.register.secretaries if self.register else ())
        why = {name: value for name, value in self.why.items() if name != "nobody"}
        return replace(
            self,
            elector_ids=kept.concerned,
            user_ids=tuple(sorted(kept.roll.seats)),
            why=why if kept.electors else {**why, "nobody": True},
            register=kept,
        )


@dataclass
class _Search:
    """One search for people: the case and its station, who must keep away, and what the rules have said so far."""

    step: engine.Step
    compiled: engine.Definition
    case: ProcessInstance
    variables: Mapping[str, Any]
    now: datetime
    away: dict[int, Away]
    answers: list[tuple[engine.Candidates, Found]] = field(default_factory=list)

    def ask(self, candidates: engine.Candidates) -> Found:
        """What a rule finds, narrowed by the rules inside it."""
        asked = Asked(
            candidates.value,
            self.step.element_id,
            self.case,
            self.compiled,
            self.variables,
            self.now,
            frozenset(self.away),
        )
        found = RULES[candidates.rule].resolve(asked)
        if not candidates.also and not candidates.apart:
            return found
        kept = _everybody(found)
        for narrowing in candidates.also:
            among = _everybody(self.ask(narrowing))
            kept = [user_id for user_id in kept if user_id in among]
        for narrowing in candidates.apart:
            without = _everybody(self.ask(narrowing))
            kept = [user_id for user_id in kept if user_id not in without]
        return Found(tuple(kept), facts=found.facts)

    def people(self) -> list[int]:
        """Who was found by name and may do it; who has left is replaced by his successor."""
        named = dict.fromkeys(user_id for _, found in self.answers for user_id in found.user_ids)
        return [i for i in _at_work(user_id for user_id in named if user_id not in self.away) if i not in self.away]

    def pools(self) -> list[groups.Team]:
        """The groups found in which somebody may do it."""
        teams = dict.fromkeys(team for _, found in self.answers for team in found.teams)
        return [team for team in teams if any(member not in self.away for member in team.member_ids)]


def resolve(
    step: engine.Step, compiled: engine.Definition, case: ProcessInstance, variables: Mapping[str, Any], now: datetime
) -> Assignment:
    """For whom the task of `step`, a station of `compiled`, is in this case."""
    away = conflicts.kept_away(step, compiled.steps, case, now)
    if step.vote is not None:
        return _electorate(step.vote, away)
    search = _Search(step, compiled, case, variables, now, away)
    for candidates in step.candidates:
        if not candidates.otherwise or not (search.people() or search.pools()):
            search.answers.append((candidates, search.ask(candidates)))
    people, pools = search.people(), search.pools()
    instead = {} if people or pools else _superiors(search)
    people = people or list(instead)
    if not people and not pools:
        return administrators(compiled, away)
    return Assignment(
        assignee_id=people[0] if len(people) == 1 and not pools else None,
        group_ids=tuple(team.id for team in pools),
        user_ids=tuple(people),
        excluded_ids=tuple(sorted(away)),
        why=_why(search.answers, away, instead),
    )


def administrators(compiled: engine.Definition, away: Mapping[int, Away]) -> Assignment:
    """The task that nobody was found for: in the pool of the process's administrators, if there are any."""
    team = groups.by_key(compiled.administrator or ADMINISTRATORS)
    there = team is not None and any(member not in away for member in team.member_ids)
    why = {"nobody": True, "away": _away_json(away)}
    return Assignment(group_ids=(team.id,) if there and team else (), excluded_ids=tuple(sorted(away)), why=why)


def alarmed(compiled: engine.Definition) -> tuple[int, ...]:
    """Who is told that nobody was found."""
    team = groups.by_key(compiled.administrator or ADMINISTRATORS)
    return team.member_ids if team else ()


def forget() -> None:
    """Forget what was cached; groups or the database have changed."""
    groups.forget()
    user_id_of.cache_clear()


def _everybody(found: Found) -> list[int]:
    members = (member for team in found.teams for member in team.member_ids)
    return list(dict.fromkeys((*found.user_ids, *members)))


def _at_work(user_ids: Iterable[int]) -> list[int]:
    """Those who have not left, and the successors of those who have; a task for somebody who is gone would wait for ever."""
    wanted = list(dict.fromkeys(user_ids))
    known, found = users(wanted), []
    for user_id in wanted:
        user, seen = known.get(user_id), {user_id}
        while user is not None and not user.active:
            seen.add(user.id)
            follows = user.successor_id
            user = users([follows]).get(follows) if follows is not None and follows not in seen else None
        found += [user.id] if user is not None else []
    return list(dict.fromkeys(found))


def _superiors(search: _Search) -> dict[int, int]:
    """For each of the found with a conflict of interests the nearest superior who has none: superior → for whom."""
    found: dict[int, int] = {}
    everybody = dict.fromkeys(user_id for _, answer in search.answers for user_id in _everybody(answer))
    for user_id in everybody:
        if user_id in search.away and search.away[user_id].is_conflict:
            above = (u.id for u in chain_above(user_id, HIGHEST) if u.active and u.id not in search.away)
            superior = next(above, None)
            if superior is not None:
                found.setdefault(superior, user_id)
    return found


def group_id(key: str) -> int | None:
    """The id of a group."""
    team = groups.by_key(key)
    return team.id if team is not None else None


def is_in_one_of(person: Person, group_keys: Iterable[str]) -> bool:
    """Whether the person is a member of one of the groups."""
    teams = (groups.by_key(key) for key in group_keys)
    return any(team is not None and team.id in person.group_ids for team in teams)


def _electorate(rule: engine.VoteRule, away: Mapping[int, Away]) -> Assignment:
    """Who has a ballot; members with a conflict of interests are recused and not counted."""
    register = electorates.resolve(rule, {user_id: str(reason.code) for user_id, reason in away.items()})
    why: dict[str, Any] = {"electorate": rule.electorate, "away": _away_json(away)}
    if not register.electors:
        why["nobody"] = True
    return Assignment(
        elector_ids=register.concerned,
        user_ids=tuple(sorted(register.roll.seats)),
        excluded_ids=tuple(sorted(away)),
        why=why,
        register=register,
    )


def _why(
    answers: Sequence[tuple[engine.Candidates, Found]], away: Mapping[int, Away], instead: Mapping[int, int]
) -> dict[str, Any]:
    rules = [
        {
            "rule": candidates.rule,
            "users": list(found.user_ids),
            "groups": [team.id for team in found.teams],
            "facts": dict(found.facts),
        }
        for candidates, found in answers
    ]
    why: dict[str, Any] = {"rules": rules}
    if away:
        why["away"] = _away_json(away)
    if instead:
        why["instead"] = {str(superior): user_id for superior, user_id in instead.items()}
    return why


def _away_json(away: Mapping[int, Away]) -> dict[str, Any]:
    return {str(user_id): reason.to_json() for user_id, reason in away.items()}
