"""A vote on the page: what the reader may see of it, and what he may put on his ballot now."""

from __future__ import annotations

from dataclasses import dataclass

from app.inbox.case_page import Open
from app.inbox.words import Moment, ballot_words, moment
from app.workflow import rules
from app.workflow.committees import polls
from app.workflow.committees.vote_models import RoundState
from app.workflow.models import UserTask
from app.workflow.rules import Verb

CHOICE_KINDS = (
    ("agree", "approve"),
    ("conditional", "approve"),
    ("disagree", "refuse"),
    ("abstain", "neutral"),
    ("discuss", "neutral"),
)


@dataclass(frozen=True)
class VoteView:
    """How a vote stands, as far as the reader may see. needed: if all vote; counts: only where they may be known now."""

    round: int
    electorate: int
    voted: int
    quorum: int
    needed: int
    choices: list[tuple[str, str, str]]
    mine: str | None
    my_opinion: str
    members: list[tuple[str, bool, str | None, str | None]]
    counts: list[tuple[str, int]]
    hidden: bool
    tied: bool
    may_vote: bool
    may_close: bool
    closes: Moment | None


def vote_view(page: Open) -> VoteView | None:
    """The vote before the reader."""
    task = page.task
    poll = page.polls[task.id][-1] if task is not None and page.polls.get(task.id) else None
    if task is None or poll is None or not poll.is_open:
        return None
    return vote_of(page, task, poll)


def vote_of(page: Open, task: UserTask, poll: polls.Poll) -> VoteView:
    """An open round as the reader may see it."""
    words, register, me = ballot_words(), poll.register, page.person.id
    said = {ballot.voter_id: ballot for ballot in poll.valid}
    tied = poll.state == RoundState.TIE
    everybody = register.electorate if poll.rule.base == "electorate" else len(register.electors)
    return VoteView(
        round=poll.number,
        electorate=register.electorate,
        voted=len(poll.voted & register.electors),
        quorum=poll.quorum_needed,
        # If all of them come: with some away it may be less, but that would tell how many have voted how.
        needed=poll.rule.passing.needed(everybody),
        choices=[(key, words[key], kind) for key, kind in CHOICE_KINDS if key in polls.offered(poll, me)],
        mine=poll.mine.choice if poll.mine else None,
        my_opinion=(poll.mine.opinion or "") if poll.mine else "",
        members=[
            (page.name(i), i in poll.voted, words[said[i].choice], said[i].opinion)
            if i in said
            else (page.name(i), i in poll.voted, None, None)
            for i in register.concerned
            if i in register.roll.seats
        ],
        counts=[(words[choice], n) for choice, n in poll.tally.counts.items() if n] if poll.tally else [],
        hidden=poll.tally is None,
        tied=tied,
        may_vote=rules.may(Verb.VOTE, page.person, page.case, task) and bool(polls.offered(poll, me)),
        may_close=rules.may(Verb.CLOSE_VOTE, page.person, page.case, task) and "secretary" in poll.rule.closing,
        closes=moment(poll.closes_at, page.now),
    )
