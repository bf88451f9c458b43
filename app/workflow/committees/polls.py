"""What a reader may know of a vote: the only way ballots leave their table for a page, a program or paper.

A hidden vote shows who has voted and nothing else until its round is closed; everybody sees his own ballot.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.identity.rules import Person
from app.kernel.db import session
from app.web.access import Permission
from app.workflow.committees import electorates, votes
from app.workflow.committees.electorates import Register
from app.workflow.committees.vote_models import Ballot, RoundState, VoteRound
from app.workflow.committees.votes import Choice, Sight, Tally
from app.workflow.deploying import definitions
from app.workflow.models import UserTask


@dataclass(frozen=True)
class Shown:
    """A ballot as a reader may see it. void: changed by the voter, or overtaken by a return."""

    voter_id: int
    choice: Choice
    opinion: str | None
    at: datetime
    void: bool
    casting: bool


@dataclass(frozen=True)
class Poll:
    """One round of a vote for one reader. tally None: he may not know the counts; ballots: those he may read, oldest first."""

    number: int
    state: str
    result: str | None
    why: str | None
    closes_at: datetime | None
    rule: votes.Rule
    register: Register
    sight: Sight
    voted: frozenset[int]
    tally: Tally | None
    ballots: tuple[Shown, ...]
    mine: Shown | None
    present: frozenset[int]
    quorum_needed: int

    @property
    def is_open(self) -> bool:
        """Whether ballots are taken, or the chair is asked."""
        return self.state in (RoundState.OPEN, RoundState.TIE)

    @property
    def valid(self) -> tuple[Shown, ...]:
        """The ballots that count, or counted when the round was closed."""
        return tuple(ballot for ballot in self.ballots if not ballot.void and not ballot.casting)


def polls_of(tasks: Iterable[UserTask], person: Person) -> dict[uuid.UUID, list[Poll]]:
    """The rounds of these votes as the person may see them, oldest first, by task."""
    by_id = {task.id: task for task in tasks if task.is_vote}
    if not by_id:
        return {}
    rounds = session.scalars(
        select(VoteRound).where(VoteRound.task_id.in_(by_id)).order_by(VoteRound.task_id, VoteRound.number)
    )
    cast = defaultdict(list)
    for ballot in session.scalars(select(Ballot).where(Ballot.task_id.in_(by_id)).order_by(Ballot.id)):
        cast[ballot.task_id, ballot.round].append(ballot)
    found: dict[uuid.UUID, list[Poll]] = defaultdict(list)
    for row in rounds:
        found[row.task_id].append(_poll(by_id[row.task_id], row, cast[row.task_id, row.number], person))
    return dict(found)


def poll_of(task: UserTask, person: Person) -> Poll | None:
    """The newest round of a vote."""
    found = polls_of([task], person).get(task.id)
    return found[-1] if found else None


def offered(poll: Poll, user_id: int) -> frozenset[Choice]:
    """What a person may put on his ballot now: the chair of a tie one side, who holds only a veto may stop it or let it pass."""
    if not poll.is_open:
        return frozenset()
    if poll.state == RoundState.TIE:
        sides = frozenset({Choice.AGREE, Choice.CONDITIONAL, Choice.DISAGREE})
        return sides & poll.rule.offered if user_id == poll.register.chair else frozenset()
    if user_id in poll.voted and not poll.rule.may_change:
        return frozenset()
    if user_id in poll.register.electors:
        return poll.rule.offered
    return frozenset({Choice.DISAGREE, Choice.ABSTAIN}) if user_id in poll.register.vetoers else frozenset()


def _poll(task: UserTask, row: VoteRound, cast: Sequence[Ballot], person: Person) -> Poll:
    written = definitions.load(task.definition_id).step(task.element_id).vote
    assert written is not None
    rule, register = votes.rule_of(written), electorates.register_of(row)
    is_open = row.state in (RoundState.OPEN, RoundState.TIE)
    sight = votes.sight(rule.visibility, closed=not is_open, audits=person.may(Permission.AUDIT_SEE))
    last = _last(row, cast)
    counted = {ballot.voter_id: Choice(ballot.choice) for ballot in last if not ballot.casting}
    tally = votes.count(
        rule, register.roll, counted, present=row.present_ids, closing=not is_open, last_round=row.number >= rule.rounds
    )
    own = next((ballot for ballot in reversed(last) if ballot.voter_id == person.id), None)
    return Poll(
        number=row.number,
        state=row.state,
        result=row.result,
        why=row.why,
        # While the chair is asked the clock rings for nobody.
        closes_at=row.closes_at if row.state == RoundState.OPEN else None,
        rule=rule,
        register=register,
        sight=sight,
        voted=frozenset(counted),
        tally=tally if sight.counts else None,
        ballots=tuple(_shown(ballot, ballot not in last) for ballot in cast) if sight.ballots else (),
        mine=_shown(own, void=False) if own else None,
        present=frozenset(row.present_ids) | frozenset(counted),
        quorum_needed=tally.quorum_needed,
    )


def _last(row: VoteRound, cast: Sequence[Ballot]) -> list[Ballot]:
    """The ballots that count in the round. Those of a round that a new one followed were made void by its end, all at once."""
    if row.state != RoundState.CLOSED:
        return [ballot for ballot in cast if ballot.void_at is None]
    return [ballot for ballot in cast if ballot.void_at is None or ballot.void_at == row.closed_at]


def _shown(ballot: Ballot, void: bool) -> Shown:
    return Shown(ballot.voter_id, Choice(ballot.choice), ballot.opinion, ballot.at, void, ballot.casting)
