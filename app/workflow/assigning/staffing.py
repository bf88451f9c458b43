"""Whether somebody is there for every station of a route, in every branch that may begin a case, by the bank's people of today.

The rules are asked as the platform asks them when a task opens (`assignment.resolve`), for a case that is not stored. Values that a
rule reads are tried one by one where all of them are known; a rule that asks for what nobody can know beforehand (a person chosen
on the way) is taken to find somebody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice, permutations, product
from typing import Any

from app import feel
from app.identity import queries as people
from app.identity.models import Branch, User
from app.identity.rules import permissions_of
from app.web.access import Permission
from app.workflow import engine
from app.workflow.assigning import assignment, groups
from app.workflow.committees import electorates
from app.workflow.engine import LANGUAGES, Findings, Step, Texts
from app.workflow.models import ProcessInstance
from app.workflow.rules import apart_from

MOST_TRIES = 60  # combinations of values tried for a station in one branch
MOST_STARTERS = 25  # people of a branch whose cases are tried, where it matters who began
OF_INITIATOR = frozenset({"initiator", "superior"})
EVERYWHERE = {"en": "every branch", "zh_Hans": "所有机构", "zh_Hant": "所有機構"}


@dataclass(frozen=True)
class Start:
    """Who may begin cases, in one branch."""

    branch: Branch
    initiators: Sequence[User]


@dataclass
class Staffing:
    """One look at a route. domains: the values of variables; barren: words that name no group with people (told elsewhere)."""

    definition: engine.Definition
    domains: Mapping[str, Sequence[Any]]
    barren: frozenset[str]
    now: datetime
    pools: dict[tuple[int, str], frozenset[int]] = field(default_factory=dict)

    def check(self, findings: Findings) -> None:
        """All findings about people."""
        starts = starts_of(self.definition)
        for step in self.definition.steps.values():
            if step.vote is not None:
                _vote(step, step.vote, findings)
            elif step.candidates:
                self._station(step, starts, findings)
        for step in self.definition.steps.values():
            self._four_eyes(step, starts, findings)

    def _station(self, step: Step, starts: Sequence[Start], findings: Findings) -> None:
        asked = self._askable(step)
        if asked is None:
            return
        lacking = [(start, *found) for start in starts if (found := self._nobody(asked, start)) is not None]
        if lacking:
            branches = EVERYWHERE if len(lacking) == len(starts) else _names([start.branch for start, *_ in lacking])
            report = findings.error if len(lacking) == len(starts) else findings.warning
            _, initiator, values = lacking[0]
            shown = "".join(f", {name} = {value}" for name, value in values.items())
            report("station_nobody", step.element_id, branches=branches, initiator=initiator.name, example=shown)

    def _nobody(self, step: Step, start: Start) -> tuple[User, dict[str, Any]] | None:
        """A case of this branch in which nobody is found for the step: who began it, and its values."""
        matters = any(candidates.rule in OF_INITIATOR for candidates in engine.every_rule(step))
        found = set[int]()
        for initiator in start.initiators[: MOST_STARTERS if matters else 1]:
            for values in self._values(step):
                answer = assignment.resolve(step, self.definition, self._case(step, start, initiator), values, self.now)
                if answer.is_nobody:
                    return initiator, values
                found |= _able(answer)
        self.pools[start.branch.id, step.element_id] = frozenset(found)
        return None

    def _askable(self, step: Step) -> Step | None:
        """The step with the rules that can be asked beforehand; None where one can't, since that one may find somebody."""
        for candidates in engine.every_rule(step):
            if candidates.rule == "decision":
                return None
        texts = list(engine.candidate_expressions(step))
        return None if any(name not in self.domains for text in texts for name in _read(text)) else step

    def _values(self, step: Step) -> Iterator[dict[str, Any]]:
        names = sorted({name for text in engine.candidate_expressions(step) for name in _read(text)})
        for values in islice(product(*(self.domains[name] for name in names)), MOST_TRIES):
            if not self.barren.intersection(value for value in values if isinstance(value, str)):
                yield dict(zip(names, values, strict=True))

    def _case(self, step: Step, start: Start, initiator: User) -> ProcessInstance:
        visits = {subject: {"by": [initiator.id]} for subject in _subjects(step)}
        return ProcessInstance(
            branch_id=start.branch.id, started_by=initiator.id, visits=visits, picked={}, related=[], variables={}
        )

    def _four_eyes(self, step: Step, starts: Sequence[Start], findings: Findings) -> None:
        """Whether those who do the stations kept apart can be all that this station has."""
        apart = sorted(apart_from(step.element_id, self.definition.steps))
        lacking = [start for start in starts if self._used_up(start, step, apart)] if apart else []
        if lacking:
            pool = self.pools[lacking[0].branch.id, step.element_id]
            names = "、".join(user.name for user in people.users(pool).values())
            branches = EVERYWHERE if len(lacking) == len(starts) else _names([start.branch for start in lacking])
            facts = {"branches": branches, "people": names, "steps": findings.listed(apart)}
            findings.warning("station_four_eyes", step.element_id, **facts)

    def _used_up(self, start: Start, step: Step, apart: Sequence[str]) -> bool:
        pool = self.pools.get((start.branch.id, step.element_id), frozenset())
        others = [self.pools.get((start.branch.id, other), frozenset()) for other in self._by_different_people(apart)]
        if not pool or len(pool) > len(others):
            return False
        return any(
            all(user_id in other for user_id, other in zip(sorted(pool), chosen, strict=True))
            for chosen in permutations(others, len(pool))
        )

    def _by_different_people(self, apart: Sequence[str]) -> Iterator[str]:
        """Of stations that are all the initiator's own only one: there is one initiator."""
        own = [s for s in apart if {c.rule for c in self.definition.steps[s].candidates} == {"initiator"}]
        yield from [*own[:1], *(station for station in apart if station not in own)]


def starts_of(definition: engine.Definition) -> list[Start]:
    """The branches with people who may begin a case of this route, and these people."""
    able = [user for user in people.active_users() if Permission.CASE_WORK in permissions_of(user.roles)]
    if definition.starters:
        teams = [team for key in definition.starters if (team := groups.by_key(key)) is not None]
        members = {member for team in teams for member in team.member_ids}
        able = [user for user in able if user.id in members]
    found = [Start(branch, [user for user in able if user.branch_id == branch.id]) for branch in people.branches()]
    return [start for start in found if start.initiators]


def _vote(step: Step, rule: engine.VoteRule, findings: Findings) -> None:
    register = electorates.resolve(rule, {})
    electors = len(register.electors)
    needed = engine.threshold(rule.quorum).needed(electors) if electors else 1
    if not electorates.has_enough(rule, register):
        findings.error("vote_quorum_short", step.element_id, number=electors, needed=needed)
        return
    for seat in register.seats:
        left = register.without(seat.id, electorates.CONFLICT)
        if not electorates.has_enough(rule, left):
            fewer = len(left.electors)
            facts = {"number": fewer, "needed": engine.threshold(rule.quorum).needed(fewer) if fewer else 1}
            findings.warning("vote_quorum_thin", step.element_id, **facts)
            return


def _able(answer: assignment.Assignment) -> set[int]:
    """Everybody the rules found, whoever began the case."""
    return {member for team in groups.by_ids(answer.group_ids) for member in team.member_ids} | set(answer.user_ids)


def _subjects(step: Step) -> Iterator[str]:
    """The stations whose doers a rule asks about."""
    for candidates in engine.every_rule(step):
        if candidates.rule == "actor_of":
            yield candidates.value
        elif candidates.rule == "superior" and " " in candidates.value:
            yield candidates.value.partition(" ")[2]


def _read(text: str) -> frozenset[str]:
    try:
        return feel.parse(text).names
    except feel.FeelError:
        return frozenset()


def _names(branches: Sequence[Branch]) -> Texts:
    comma = {"en": ", "}
    return {
        language: comma.get(language, "、").join(str(branch.name.get(language, branch.key)) for branch in branches)
        for language in LANGUAGES
    }
