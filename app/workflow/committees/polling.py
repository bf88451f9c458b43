"""A vote under the lock: the round with its ballots, how it stands, and what follows from a result.

Three things can follow: the chair is asked to break a tie, a new round opens, or the vote ends, its resolution is frozen and the
engine completes its one step.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import and_, select

from app.bank_calendar import queries as bank_calendar
from app.kernel.db import session
from app.kernel.errors import Conflict
from app.notifications import operations as notifications
from app.workflow import recording, user_tasks
from app.workflow.assigning import addressing
from app.workflow.cases import Held
from app.workflow.committees import closing, conditions, electorates, resolutions, votes
from app.workflow.committees.electorates import Register
from app.workflow.committees.vote_models import Ballot, RoundState, VoteRound
from app.workflow.committees.votes import Choice, Result, Tally
from app.workflow.engine import VoteRule
from app.workflow.models import CaseState, TaskState
from app.workflow.recording import Act
from app.workflow.user_tasks import Done


class VoteClosed(Conflict):
    """The ballot came too late; it is not counted."""


@dataclass
class Vote:
    """An open vote under the lock: the round, its rule and people, and the ballots that count."""

    held: Held
    round: VoteRound
    rule: votes.Rule
    register: Register
    cast: list[Ballot] = field(default_factory=list)

    @property
    def voted(self) -> dict[int, Choice]:
        """Who has voted what; what the chair says of a tie is no ballot."""
        return {ballot.voter_id: Choice(ballot.choice) for ballot in self.cast if not ballot.casting}

    def tally(self, *, closing: bool = False) -> Tally:
        """How the vote stands."""
        casting = next((Choice(ballot.choice) for ballot in self.cast if ballot.casting), None)
        return votes.count(
            self.rule,
            self.register.roll,
            self.voted,
            present=self.round.present_ids,
            closing=closing or self.round.state == RoundState.TIE,
            casting=casting,
            last_round=self.round.number >= self.rule.rounds,
        )


def open_vote(held: Held) -> Vote:
    """The vote of a locked task. Raises VoteClosed where no round of it is open."""
    of_round = and_(Ballot.task_id == VoteRound.task_id, Ballot.round == VoteRound.number, Ballot.void_at.is_(None))
    live = (VoteRound.task_id == held.the_task.id, VoteRound.state.in_((RoundState.OPEN, RoundState.TIE)))
    found = session.execute(
        select(VoteRound, Ballot).outerjoin(Ballot, of_round).where(*live).order_by(Ballot.id)
    ).all()
    if not found:
        raise VoteClosed("This vote is closed. Your ballot was not counted.")
    row, cast = found[0].VoteRound, [each.Ballot for each in found if each.Ballot is not None]
    return Vote(held, row, votes.rule_of(written(held)), electorates.register_of(row), cast)


def written(held: Held) -> VoteRule:
    """The rule as the diagram states it."""
    rule = held.step.vote
    assert rule is not None
    return rule


def settle(vote: Vote, act: Act) -> Done:
    """After a change of the ballots: close where the rule says so, else just put it on record."""
    tally = _decided(vote, act)
    if tally is not None:
        if act.verb != "vote":
            recording.record(vote.held.case, act)
            act = Act("close_vote", act.actor, act.now, act.task)
        return conclude(vote, tally, act)
    recording.record(vote.held.case, act)
    return Done(vote.held.the_task, vote.held.case, ())


def _decided(vote: Vote, act: Act) -> Tally | None:
    """The tally of a vote that closes by itself now: as its rule says, or because the votes are no longer equal."""
    all_in = vote.register.roll.seats <= vote.voted.keys()
    time_over = "time" in vote.rule.closing and closing.is_over(vote.round, act.now)
    tally = vote.tally(closing=all_in or time_over)
    untied = vote.round.state == RoundState.TIE and tally.result not in (Result.TIE, None)
    closes = untied or votes.may_close(vote.rule, tally, all_in=all_in, time_over=time_over)
    return tally if closes else None


def seated_anew(held: Held, before: Collection[int], act: Act) -> Vote:
    """A vote after somebody was recused: who steps in is told; a committee without its quorum is a person's matter.

    before: who had a seat until then.
    """
    session.flush()
    vote = open_vote(held)
    if vote.round.state == RoundState.TIE and vote.tally().result is None:
        # Without the quorum there is nothing for the chair to decide: ballots are taken again.
        vote.round.state = RoundState.OPEN
        electorates.seat(held.the_task, vote.round, vote.register, vote.voted)
    tell(vote, sorted(vote.register.roll.seats - set(before)), "task_assigned", act)
    addressing.check_quorum(held.case, held.the_task, written(held), vote.register, act)
    return vote


def close_if_decided(vote: Vote, act: Act) -> None:
    """Close a vote that the recusal of a member has decided, or, where the case is suspended, as soon as it goes on.

    `act` is put on record by whoever recused him.
    """
    tally = _decided(vote, act)
    if tally is None:
        return
    if vote.held.case.state != CaseState.ACTIVE:
        closing.ring(vote.round, act.now, stands=True)
        return
    conclude(vote, tally, Act("close_vote", act.actor, act.now, vote.held.task))


def conclude(vote: Vote, tally: Tally, act: Act) -> Done:
    """What follows from the result: the chair is asked, a new round opens, or the vote ends and the case goes on."""
    if tally.result is Result.TIE:
        return _ask_chair(vote, act)
    row = vote.round
    row.state, row.result, row.why = RoundState.CLOSED, tally.result, tally.why
    row.closed_at, row.closed_by = act.now, act.actor.user_id
    if tally.result is Result.DISCUSS:
        return _again(vote, tally, act)
    return _end(vote, tally, act)


def _ask_chair(vote: Vote, act: Act) -> Done:
    chair, task = vote.register.chair, vote.held.the_task
    assert chair is not None
    vote.round.state = RoundState.TIE
    task.candidate_user_ids = [chair]
    tell(vote, [chair], "vote_tied", act)
    act.verb = "tie"
    recording.record(vote.held.case, act)
    return Done(task, vote.held.case, ())


def _again(vote: Vote, tally: Tally, act: Act) -> Done:
    """A new round of the same people; the old ballots stay readable and count no more."""
    task = vote.held.the_task
    for ballot in vote.cast:
        ballot.void_at = act.now
    following = electorates.open_round(
        task,
        written(vote.held),
        vote.register,
        act.now,
        bank_calendar.calendar(vote.held.case.branch_id),
        number=vote.round.number + 1,
    )
    following.committee_id, following.present_ids = vote.round.committee_id, list(vote.round.present_ids)
    tell(vote, sorted(vote.register.roll.seats), "vote_again", act)
    act.verb, act.detail = "new_round", {"round": following.number, "counts": _counts(tally)}
    recording.record(vote.held.case, act)
    return Done(task, vote.held.case, ())


def _end(vote: Vote, tally: Tally, act: Act) -> Done:
    held, task, outcome = vote.held, vote.held.the_task, str(tally.result)
    task.state, task.completed_at, task.outcome = TaskState.COMPLETED, act.now, outcome
    task.candidate_user_ids = []
    user_tasks.note_visit(held, sorted(vote.voted), act)
    made = resolutions.freeze(held, vote.round, vote.rule, vote.register, tally, vote.cast, act)
    if task.round > 1:
        conditions.replace_earlier(held.case, task.element_id, act.now)
    if tally.result is Result.CONDITIONAL:
        conditions.attach(held, made, [(Choice(b.choice), b.opinion) for b in vote.cast], act)
    act.verb = "close_vote"
    act.detail = {
        **act.detail,
        "outcome": outcome,
        "why": tally.why,
        "round": vote.round.number,
        "counts": _counts(tally),
        "electorate": tally.electorate,
        "quorum": tally.quorum_needed,
        "needed": tally.yes_needed,
        "resolution": made.number,
        "digest": made.digest.hex(),
    }
    return user_tasks.advance(held, {f"{task.element_id}_result": outcome}, act)


def tell(vote: Vote, user_ids: Sequence[int], event: str, act: Act) -> None:
    """A notice about this vote to everybody but who acts."""
    task = vote.held.the_task
    notifications.notify(
        user_ids=[one for one in user_ids if one != act.actor.user_id],
        event=event,
        case_id=vote.held.case.id,
        now=act.now,
        params={"element": task.element_id, "definition": str(task.definition_id)},
    )


def _counts(tally: Tally) -> dict[str, int]:
    return {str(choice): number for choice, number in tally.counts.items() if number or choice is not Choice.DISCUSS}
