"""Votes over HTTP: their rounds as far as the caller may see them, a ballot, a recusal. Closing is made from the table."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from flask_login import current_user
from pydantic import Field

from app.identity import queries as people
from app.identity.models import User
from app.kernel.clock import now
from app.kernel.errors import NotFound
from app.web.access import Permission, requires
from app.workflow import rules
from app.workflow.api.operation import operation
from app.workflow.api.process_instances import Instance, instance
from app.workflow.api.schema import Model, Moment, Text, Word
from app.workflow.api.visibility import visible_task
from app.workflow.committees import ballots, polls
from app.workflow.committees.electorates import ABSENT, CONFLICT
from app.workflow.committees.polls import Poll, Shown
from app.workflow.rules import Verb


class BallotAnswer(Model):
    """A ballot the caller may read. `casting`: what the chair said of a tie; `void`: changed by its voter, or overtaken."""

    user_id: str
    choice: str
    opinion: str | None
    at: Moment
    casting: bool
    void: bool


class MemberAnswer(Model):
    """Somebody who takes part. `role` is member, expert, deputy or none (who has a veto or the chair only)."""

    user_id: str
    role: str | None
    stands_for: str | None
    chair: bool
    veto: bool
    counted: bool
    present: bool
    voted: bool


class RecusedAnswer(Model):
    """Somebody kept out of the vote, and why: four_eyes, applicant, related, conflict, absent or left (the bank)."""

    user_id: str
    why: str


class RoundAnswer(Model):
    """One round of a vote. `counts` is null and `ballots` empty where the rule keeps them from the caller.

    state: open, tie (the chair is asked), closed or void; `result`: approve, conditional, refuse or discuss. `mine` is the caller's
    own valid ballot; `choices` what he may put on it now, `mayClose` whether he may close the vote.
    """

    round: int
    state: str
    result: str | None
    why: str | None
    visibility: str
    closes_at: Moment | None
    quorum_needed: int
    members: list[MemberAnswer]
    recused: list[RecusedAnswer]
    counts: dict[str, int] | None
    ballots: list[BallotAnswer]
    mine: BallotAnswer | None
    choices: list[str]
    may_close: bool


class VoteBody(Model):
    """A ballot: agree, conditional, disagree, abstain or discuss; the reason or the conditions as opinion.

    round: the round the caller has before him; where another one is open by now, the ballot is refused.
    """

    choice: Word
    opinion: Text | None = None
    round: int | None = Field(None, ge=1, le=1000, strict=True)


class VoteAnswer(Model):
    """Whether the vote is decided, and how."""

    decided: bool
    outcome: str | None


class RecuseBody(Model):
    """Who takes no part: the caller himself, or a member whom the secretary excuses. `why` is conflict or absent."""

    user_id: Word | None = None
    why: str = Field(CONFLICT, pattern=f"^({CONFLICT}|{ABSENT})$")
    reason: Text


@operation("GET", "/task/<uuid:task_id>/vote", answer=list[RoundAnswer])
@requires(Permission.CASE_WORK)
def get_vote(task_id: uuid.UUID) -> list[RoundAnswer]:
    """The rounds of a vote, oldest first; of a task that is none, nothing."""
    task, case = visible_task(task_id, current_user)
    found = polls.polls_of([task], current_user).get(task.id, [])
    known = people.users(one for poll in found for one in _people(poll))
    may_vote = rules.may(Verb.VOTE, current_user, case, task)
    may_close = rules.may(Verb.CLOSE_VOTE, current_user, case, task)
    return [_round(poll, known, may_vote=may_vote, may_close=may_close) for poll in found]


@operation("POST", "/task/<uuid:task_id>/vote", body=VoteBody, answer=VoteAnswer, once=True)
@requires(Permission.CASE_WORK)
def vote(task_id: uuid.UUID, body: VoteBody) -> VoteAnswer:
    """Cast a ballot, or change one while the vote is open."""
    done = ballots.cast(
        task_id=task_id,
        choice=body.choice,
        opinion=body.opinion,
        round_number=body.round,
        person=current_user,
        now=now(),
    )
    return VoteAnswer(decided=done.task.outcome is not None, outcome=done.task.outcome)


@operation("POST", "/task/<uuid:task_id>/recuse", body=RecuseBody, answer=Instance, once=True)
@requires(Permission.CASE_WORK)
def recuse(task_id: uuid.UUID, body: RecuseBody) -> Instance:
    """Take no part in a vote, or, as its secretary, excuse a member who is absent."""
    done = ballots.recuse(
        task_id=task_id,
        why=body.why,
        reason=body.reason,
        user_id=_member(task_id, body.user_id),
        person=current_user,
        now=now(),
    )
    return instance(done.case)


def _member(task_id: uuid.UUID, username: str | None) -> int | None:
    """The member's id. Who may not know of the task is told so before he learns who is on the staff."""
    if username is None:
        return None
    visible_task(task_id, current_user)
    found = people.user_by_username(username)
    if found is None:
        raise NotFound("There is no such member in this vote.")
    return found.id


def _people(poll: Poll) -> set[int]:
    """Everybody an answer names."""
    register = poll.register
    stood_for = {seat.stands_for for seat in register.seats if seat.stands_for is not None}
    voters = {ballot.voter_id for ballot in poll.ballots}
    return {*register.concerned, *stood_for, *voters, *(one for one, _ in register.recused), current_user.id}


def _round(poll: Poll, known: Mapping[int, User], *, may_vote: bool, may_close: bool) -> RoundAnswer:
    choices = polls.offered(poll, current_user.id) if may_vote else frozenset()
    return RoundAnswer(
        round=poll.number,
        state=poll.state,
        result=poll.result,
        why=poll.why,
        visibility=poll.rule.visibility,
        closes_at=poll.closes_at,
        quorum_needed=poll.quorum_needed,
        members=[_member_answer(poll, one, known) for one in poll.register.concerned],
        recused=[RecusedAnswer(user_id=known[one].username, why=why) for one, why in poll.register.recused],
        counts={str(choice): n for choice, n in poll.tally.counts.items()} if poll.tally else None,
        ballots=[_ballot(one, known) for one in poll.ballots],
        mine=_ballot(poll.mine, known) if poll.mine else None,
        choices=sorted(choices),
        may_close=may_close and poll.is_open and "secretary" in poll.rule.closing,
    )


def _member_answer(poll: Poll, one: int, known: Mapping[int, User]) -> MemberAnswer:
    register = poll.register
    seat = next((seat for seat in register.seats if seat.id == one), None)
    return MemberAnswer(
        user_id=known[one].username,
        role=seat.role if seat else None,
        stands_for=known[seat.stands_for].username if seat and seat.stands_for is not None else None,
        chair=one == register.chair,
        veto=one in register.vetoers,
        counted=one in register.electors,
        present=one in poll.present,
        voted=one in poll.voted,
    )


def _ballot(shown: Shown, known: Mapping[int, User]) -> BallotAnswer:
    return BallotAnswer(
        user_id=known[shown.voter_id].username,
        choice=shown.choice,
        opinion=shown.opinion,
        at=shown.at,
        casting=shown.casting,
        void=shown.void,
    )
