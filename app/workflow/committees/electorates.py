"""Who takes part in a vote, found when it opens and kept with the round: members, drawn experts, stand-ins, chair, vetoes.

A member with a conflict is recused: he is not counted, and the next deputy steps in. Experts are drawn by lot from a seed that is
kept, so that anybody can draw again and see that nobody was chosen.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Text, any_, bindparam, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from app.identity.models import Group, Membership, User
from app.kernel.db import session
from app.kernel.ids import new_id
from app.kernel.working_time import Calendar
from app.workflow import engine
from app.workflow.committees import closing, votes
from app.workflow.committees.vote_models import Ballot, RoundState, VoteRound
from app.workflow.models import UserTask

FOUR_EYES, CONFLICT, ABSENT, LEFT = "four_eyes", "conflict", "absent", "left"


@dataclass(frozen=True)
class Seat:
    """One who has a ballot: as "member", "expert" or "deputy" (then for whom)."""

    id: int
    role: str = "member"
    stands_for: int | None = None


@dataclass(frozen=True)
class Register:
    """The roll of a round as it is kept.

    recused: who is kept out, and why ("four_eyes", "conflict", "absent", "left"); spare: deputies nobody has needed yet, in the
    order they step in; vacant: seats of members who are absent and whom nobody stands in for; seed and drawn_from: the lot; names:
    of everybody, as they were when the round opened; secretaries: groups whose members may close the vote.
    """

    seats: tuple[Seat, ...] = ()
    chair: int | None = None
    chair_votes: str = "always"
    vetoers: tuple[int, ...] = ()
    recused: tuple[tuple[int, str], ...] = ()
    spare: tuple[int, ...] = ()
    vacant: int = 0
    seed: str | None = None
    drawn_from: tuple[int, ...] = ()
    names: Mapping[int, str] = field(default_factory=dict, compare=False)
    committee: int | None = None
    secretaries: tuple[int, ...] = field(default=(), compare=False)

    @property
    def electors(self) -> frozenset[int]:
        """Who is counted: the seats, without a chair who may vote on a tie only."""
        counted = frozenset(seat.id for seat in self.seats)
        return counted - {self.chair} if self.chair_votes == "tie" else counted

    @property
    def electorate(self) -> int:
        """Of how many the quorum is a share: the electors, and the seats of those who are absent."""
        return len(self.electors) + self.vacant

    @property
    def roll(self) -> votes.Roll:
        """The same for the arithmetic."""
        return votes.Roll(self.electors, self.chair, frozenset(self.vetoers), self.vacant)

    @property
    def concerned(self) -> tuple[int, ...]:
        """Everybody who has to do with the vote, in a stable order."""
        everybody = {*(seat.id for seat in self.seats), *self.vetoers, *((self.chair,) if self.chair else ())}
        return tuple(sorted(everybody))

    def without(self, user_id: int, why: str) -> Register:
        """The member is recused; the next deputy takes his seat. Only a conflict makes the electorate smaller: excusing who is
        absent must never bring a quorum that is not there. Nobody takes the seat of a chair who is not counted."""
        seat = next((seat for seat in self.seats if seat.id == user_id and user_id in self.electors), None)
        spare, seats, vacant = self.spare, tuple(other for other in self.seats if other.id != user_id), self.vacant
        if seat is not None and seat.role != "expert" and spare:
            stands_for = seat.stands_for or user_id
            seats, spare = (*seats, Seat(spare[0], "deputy", stands_for)), spare[1:]
        elif seat is not None and why == ABSENT:
            vacant += 1
        return replace(
            self,
            seats=seats,
            vacant=vacant,
            spare=tuple(one for one in spare if one != user_id),
            chair=None if self.chair == user_id else self.chair,
            vetoers=tuple(one for one in self.vetoers if one != user_id),
            recused=(*(entry for entry in self.recused if entry[0] != user_id), (user_id, why)),
        )

    def to_json(self) -> dict[str, Any]:
        """As the round keeps it."""
        return {
            "members": [{"id": s.id, "as": s.role, "for": s.stands_for} for s in self.seats],
            "chair": self.chair,
            "chair_votes": self.chair_votes,
            "vetoers": list(self.vetoers),
            "recused": [list(entry) for entry in self.recused],
            "spare": list(self.spare),
            "vacant": self.vacant,
            "seed": self.seed,
            "drawn_from": list(self.drawn_from),
            "names": {str(one): name for one, name in self.names.items()},
        }


def register_of(row: VoteRound) -> Register:
    """The roll of a round, as it is kept."""
    kept = row.roll
    return Register(
        seats=tuple(Seat(one["id"], one["as"], one.get("for")) for one in kept["members"]),
        chair=kept.get("chair"),
        chair_votes=kept.get("chair_votes", "always"),
        vetoers=tuple(kept.get("vetoers", ())),
        recused=tuple((one, why) for one, why in kept.get("recused", ())),
        spare=tuple(kept.get("spare", ())),
        vacant=kept.get("vacant", 0),
        seed=kept.get("seed"),
        drawn_from=tuple(kept.get("drawn_from", ())),
        names={int(one): name for one, name in kept.get("names", {}).items()},
        committee=row.committee_id,
    )


def resolve(rule: engine.VoteRule, kept_away: Mapping[int, str], seed: str | None = None) -> Register:
    """Who takes part in a vote that opens now; `kept_away` says why somebody may not: four eyes, applicant, related party.

    seed: of the lot that was drawn before for the same round.
    """
    groups, users = _groups(rule), _users(rule)
    by_name = {name: user.id for name, user in users.items()}
    committee = groups.get(rule.electorate, _Group())
    named = [by_name[name] for name in rule.members.split() if name in by_name]
    own = list(dict.fromkeys([*committee.members, *named]))
    pool: tuple[int, ...] = ()
    if rule.experts:
        seed = seed or secrets.token_hex(16)
        experts = groups.get(rule.experts, _Group()).members
        pool = tuple(one for one in experts if one not in own and one not in kept_away)
    drawn = votes.lot(seed, pool, rule.draw) if seed else []
    spare = [one for one in groups.get(rule.deputies, _Group()).members if one not in (*own, *drawn, *kept_away)]
    chair = _chair(rule, groups, by_name)
    found = Register(
        seats=(*(Seat(one) for one in own), *(Seat(one, "expert") for one in drawn)),
        chair=chair,
        chair_votes=rule.chair_votes,
        vetoers=_vetoers(rule, groups, by_name, chair),
        spare=tuple(spare),
        seed=seed,
        drawn_from=pool,
        names={user.id: user.name for user in users.values()}
        | {k: n for g in groups.values() for k, n in g.names.items()},
        committee=committee.id,
        secretaries=tuple(g.id for key, g in groups.items() if key == rule.secretary and g.id is not None),
    )
    for one in found.concerned:
        if one in kept_away:
            found = found.without(one, kept_away[one])
    return found


def has_enough(rule: engine.VoteRule, register: Register) -> bool:
    """Whether the quorum can be reached at all."""
    return 0 < len(register.electors) >= engine.threshold(rule.quorum).needed(register.electorate)


def open_round(
    task: UserTask, rule: engine.VoteRule, register: Register, now: datetime, calendar: Calendar, *, number: int = 1
) -> VoteRound:
    """A new round of the task's vote, for the people of the register; its time is the bank's working time."""
    row = VoteRound(
        id=new_id(),
        task=task,
        task_id=task.id,
        instance_id=task.instance_id,
        number=number,
        state=RoundState.OPEN,
        committee_id=register.committee,
        opened_at=now,
    )
    closing.wind_up(row, rule.after, calendar, now)
    seat(task, row, register)
    session.add(row)
    return row


def seat(task: UserTask, row: VoteRound, register: Register, voted: Collection[int] = ()) -> None:
    """Write on task and round who takes part now; `voted` have nothing more to do, and while votes are equal only the chair has."""
    row.roll = register.to_json()
    row.present_ids = row.present_ids or []
    task.elector_ids = list(register.concerned)
    asked = {register.chair} - {None} if row.state == RoundState.TIE else register.roll.seats - set(voted)
    task.candidate_user_ids = sorted(one for one in asked if one is not None)
    task.excluded_ids = sorted({*task.excluded_ids, *(one for one, _ in register.recused)})


def open_rounds(task_ids: Sequence[uuid.UUID]) -> Sequence[VoteRound]:
    """The rounds of these tasks that have no result yet."""
    live = VoteRound.state.in_((RoundState.OPEN, RoundState.TIE))
    return session.scalars(select(VoteRound).where(VoteRound.task_id.in_(task_ids), live)).all()


def seated(task: UserTask) -> frozenset[int]:
    """Everybody who may put in a ballot in the open round of a task."""
    rounds = open_rounds([task.id])
    return register_of(rounds[0]).roll.seats if rounds else frozenset()


def recuse(task: UserTask, user_ids: Iterable[int], why: str, now: datetime) -> Register | None:
    """Take members out of the open round of a task: their ballots are void, deputies step in. None where nothing is open.

    Where the votes were equal and a deputy steps in, the round is open again: he has not voted.
    """
    rounds = open_rounds([task.id])
    if not rounds:
        return None
    row = rounds[0]
    before = register_of(row)
    register = replace(before, spare=_at_work(before.spare))
    gone = set(user_ids)
    for one in sorted(gone & {*register.concerned, *register.spare}):
        register = register.without(one, why)
    if register.roll.seats - before.roll.seats:
        row.state = RoundState.OPEN
    mine = (Ballot.task_id == task.id, Ballot.round == row.number, Ballot.void_at.is_(None))
    session.execute(update(Ballot).where(*mine, Ballot.voter_id.in_(gone)).values(void_at=now))
    seat(task, row, register, session.scalars(select(Ballot.voter_id).where(*mine)).all())
    return register


def _at_work(user_ids: Sequence[int]) -> tuple[int, ...]:
    """Those who have not left the bank since, in the same order."""
    known = set(session.scalars(select(User.id).where(User.id.in_(user_ids), User.active))) if user_ids else set()
    return tuple(one for one in user_ids if one in known)


def void(tasks: Sequence[UserTask], now: datetime) -> None:
    """The open rounds of votes that nobody takes part in any more; their ballots stay readable and are void."""
    ids = [task.id for task in tasks if task.is_vote]
    for row in open_rounds(ids) if ids else ():
        row.state, row.closed_at = RoundState.VOID, now
        valid = (Ballot.task_id == row.task_id, Ballot.void_at.is_(None))
        session.execute(update(Ballot).where(*valid).values(void_at=now))


@dataclass(frozen=True)
class _Group:
    """A group with its active members."""

    id: int | None = None
    head: int | None = None
    members: tuple[int, ...] = ()
    names: Mapping[int, str] = field(default_factory=dict)


# Put together once, and nothing of the act is written before its time: a vote opens in the middle of somebody's press.
GROUPS = (
    select(Group.key, Group.id, Group.head_id, User.id.label("member"), User.name.label("name"))
    .outerjoin(Membership, Membership.group_id == Group.id)
    .outerjoin(User, (User.id == Membership.user_id) & User.active)
    .where(Group.key == any_(bindparam("keys", type_=ARRAY(Text))))
    .order_by(User.id)
    .execution_options(autoflush=False)
)


def _groups(rule: engine.VoteRule) -> dict[str, _Group]:
    """The groups the rule names, by key, in one statement."""
    found: dict[str, _Group] = {}
    for row in session.execute(GROUPS, {"keys": list(engine.groups_named(rule))}):
        known = found.get(row.key, _Group(row.id, row.head_id))
        if row.member:
            known = replace(known, members=(*known.members, row.member), names={**known.names, row.member: row.name})
        found[row.key] = known
    return found


def _users(rule: engine.VoteRule) -> Mapping[str, User]:
    words = (rule.chair or "", *rule.veto.split())
    names = [*rule.members.split(), *(w.removeprefix(engine.PERSON) for w in words if w.startswith(engine.PERSON))]
    if not names:
        return {}
    return {user.username: user for user in session.scalars(select(User).where(User.username.in_(names), User.active))}


def _chair(rule: engine.VoteRule, groups: Mapping[str, _Group], by_name: Mapping[str, int]) -> int | None:
    """The head of the group named, or of the committee; one who has left the bank or the group heads nothing."""
    if rule.chair and rule.chair.startswith(engine.PERSON):
        return by_name.get(rule.chair.removeprefix(engine.PERSON))
    group = groups.get(rule.chair or rule.electorate, _Group())
    return group.head if group.head in group.members else None


def _vetoers(
    rule: engine.VoteRule, groups: Mapping[str, _Group], by_name: Mapping[str, int], chair: int | None
) -> tuple[int, ...]:
    found: set[int | None] = set()
    for word in rule.veto.split():
        if word == "chair":
            found.add(chair)
        elif word.startswith(engine.PERSON):
            found.add(by_name.get(word.removeprefix(engine.PERSON)))
        else:
            found |= set(groups.get(word, _Group()).members)
    return tuple(sorted(one for one in found if one is not None))
