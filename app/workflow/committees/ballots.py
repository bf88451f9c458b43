"""Voting: cast a ballot, break a tie, recuse, close, and what follows from a result.

Ballots live beside the engine, which sees one step: it is completed once, when a round has a result that ends the vote. The case's
row is locked for every act, so members who press at the same instant come one after the other.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.audit.operations import SYSTEM
from app.identity import queries as people
from app.identity.rules import Person
from app.kernel.db import session
from app.kernel.errors import Conflict, Forbidden, NotFound, Refusal
from app.kernel.ids import new_id
from app.workflow import cases, proofs, recording, rules, screens
from app.workflow.assigning import standing
from app.workflow.cases import Held
from app.workflow.committees import closing, electorates, polling, votes
from app.workflow.committees.polling import Vote, VoteClosed
from app.workflow.committees.vote_models import Ballot, RoundState, VoteRound
from app.workflow.committees.votes import Choice
from app.workflow.models import CaseState, ProcessInstance, TaskState, UserTask
from app.workflow.recording import Act
from app.workflow.rules import Verb, Who
from app.workflow.user_tasks import Done


def cast(
    *,
    task_id: uuid.UUID,
    choice: str,
    opinion: str | None,
    person: Person,
    now: datetime,
    round_number: int | None = None,
    seen: str | None = None,
) -> Done:
    """Cast a ballot, or change one while the round is open; the vote closes itself where its rule says so.

    round_number: the round the voter had before him; seen: the digest of what was on his page. Raises VoteClosed, Forbidden,
    StaleScreen, or Refusal (no reason, choice not offered).
    """
    held = _hold(task_id, person)
    _must(Verb.VOTE, held, person)
    vote = polling.open_vote(held)
    if round_number not in (None, vote.round.number):
        raise VoteClosed("A new round of this vote has been opened since you opened the page. Look at it again.")
    chosen, words = _choice(vote, choice), (opinion or "").strip()
    if chosen in votes.AGAINST and not words:
        raise Refusal("Please give your reason or your conditions.")
    with session.no_autoflush:
        actor = standing.actor(Verb.VOTE, held, person, now)
        screens.must_be_current(held, seen, actor, now)
        act = Act("vote", actor, now, held.the_task, detail={"round": vote.round.number})
        if vote.round.state == RoundState.TIE:
            return _break_tie(vote, chosen, words, person, act, seen)
        _may_cast(vote, chosen, person)
        act.proof = _proof(_put(vote, chosen, words, person, now), seen)
        return polling.settle(vote, act)


def recuse(
    *, task_id: uuid.UUID, why: str, reason: str, person: Person, now: datetime, user_id: int | None = None
) -> Done:
    """Take a member out of the vote: himself with a conflict, or somebody absent by the secretary. A deputy steps in.

    Nobody else can take out a member who has voted, and who keeps the vote says of nobody that he has a conflict, which would make
    the electorate smaller: that would be counting by choice. A supervisor may.
    """
    held = _hold(task_id, person)
    target = user_id or person.id
    _must(Verb.RECUSE, held, person)
    vote = polling.open_vote(held)
    _may_recuse(vote, target, why, reason, person)
    act = Act("recuse", person.actor, now, held.the_task, comment=reason.strip(), detail={"member": target, "why": why})
    seated = set(vote.register.roll.seats)
    electorates.recuse(held.the_task, [target], why, now)
    return polling.settle(polling.seated_anew(held, seated, act), act)


def close(*, task_id: uuid.UUID, person: Person, now: datetime) -> Done:
    """The secretary closes the vote with the ballots that are in. Raises Refusal where the quorum is not there."""
    held = _hold(task_id, person)
    _must(Verb.CLOSE_VOTE, held, person)
    vote = polling.open_vote(held)
    if "secretary" not in vote.rule.closing:
        raise Refusal("The rule of this vote does not let the secretary close it.")
    if vote.round.state == RoundState.TIE:
        raise Refusal("The votes are equal; the chair decides.")
    tally = vote.tally(closing=True)
    if tally.result is None:
        raise Refusal(
            "The quorum is not reached: {present} of at least {needed}.",
            present=tally.present,
            needed=tally.quorum_needed,
        )
    return polling.conclude(vote, tally, Act("close_vote", person.actor, now, held.the_task))


def next_due(now: datetime) -> uuid.UUID | None:
    """The task of an open vote whose time is over and that nobody acts on; locks its case."""
    statement = (
        select(VoteRound.task_id)
        .join(ProcessInstance, ProcessInstance.id == VoteRound.instance_id)
        .where(
            VoteRound.state == RoundState.OPEN, VoteRound.closes_at <= now, ProcessInstance.state == CaseState.ACTIVE
        )
        .order_by(VoteRound.closes_at)
        .limit(1)
        .with_for_update(skip_locked=True, of=ProcessInstance)
    )
    return session.scalar(statement)


def close_in_time(*, task_id: uuid.UUID, now: datetime) -> bool:
    """Close a vote whose time is over, or that the recusal of a member has decided; without the quorum it stays open for the
    ballots still to come. Whether it was closed."""
    held = cases.hold_task(task_id)
    vote = polling.open_vote(held)
    tally = vote.tally(closing=True)
    is_timed = "time" in vote.rule.closing
    act = Act("close_vote", SYSTEM, now, held.the_task, detail={"time_over": True} if is_timed else {})
    if tally.result is None:
        # The clock has rung; from now on the ballot that brings the quorum closes the vote (see `polling.settle`).
        closing.forget(vote.round)
        if not is_timed:
            return False
        act.verb = "time_over"
        polling.tell(vote, sorted(held.the_task.candidate_user_ids), "vote_time_over", act)
        recording.record(held.case, act)
        return False
    polling.conclude(vote, tally, act)
    return True


def _hold(task_id: uuid.UUID, person: Person) -> Held:
    try:
        return cases.hold_task_of(task_id, person)
    except cases.TaskGone as gone:
        task = session.get(UserTask, task_id)
        if task is not None and task.is_vote and task.state == TaskState.COMPLETED:
            raise VoteClosed("This vote is closed. Your ballot was not counted.") from gone
        raise


def _must(verb: Verb, held: Held, person: Person) -> None:
    task = held.the_task
    if not task.is_vote:
        raise Forbidden("This step is not decided by a vote.")
    if rules.may(verb, person, held.case, task):
        return
    if person.id in task.excluded_ids:
        raise Forbidden("You are recused from this vote.")
    raise Forbidden("You may not do this with this task.")


def _choice(vote: Vote, text: str) -> Choice:
    offered = vote.rule.offered | ({Choice.ABSTAIN} if vote.register.vetoers else set())
    if text not in offered:
        raise Refusal("Choose one of the answers on the ballot.")
    return Choice(text)


def _may_cast(vote: Vote, chosen: Choice, person: Person) -> None:
    register = vote.register
    if person.id not in register.roll.seats:
        raise Forbidden("You vote only where the votes are equal.")
    if person.id not in register.electors and chosen not in (Choice.DISAGREE, Choice.ABSTAIN):
        raise Refusal("You may stop this application or let it pass; you have no vote of your own.")
    if chosen not in vote.rule.offered and person.id in register.electors:
        raise Refusal("Choose one of the answers on the ballot.")
    if person.id in vote.voted and not vote.rule.may_change:
        raise Conflict("You have voted; the rule of this vote does not let you change your ballot.")


def _put(vote: Vote, chosen: Choice, opinion: str, person: Person, now: datetime, *, casting: bool = False) -> Ballot:
    """Put the ballot in place of the person's earlier one, which stays on record."""
    task = vote.held.the_task
    for old in vote.cast:
        if old.voter_id == person.id and old.casting == casting:
            old.void_at = now
    ballot = Ballot(
        id=new_id(),
        task_id=task.id,
        round=vote.round.number,
        voter_id=person.id,
        choice=chosen,
        casting=casting,
        at=now,
    )
    ballot.opinion = opinion or None
    session.add(ballot)
    vote.cast = [*(old for old in vote.cast if old.void_at is None), ballot]
    task.candidate_user_ids = [i for i in task.candidate_user_ids if i != person.id]
    return ballot


def _proof(ballot: Ballot, seen: str | None) -> dict[str, Any]:
    """What the audit keeps of a ballot: under a key of the round, so that it tells nobody what was voted."""
    key = proofs.key_of_round(ballot.task_id, ballot.round)
    said = proofs.of_ballot(key, ballot.voter_id, ballot.choice, ballot.opinion, casting=ballot.casting)
    found = {"id": str(ballot.id), "task": str(ballot.task_id), "round": ballot.round, "said": said, "seen": seen}
    return {"ballot": found}


def _break_tie(vote: Vote, chosen: Choice, opinion: str, person: Person, act: Act, seen: str | None) -> Done:
    if person.id != vote.register.chair:
        raise VoteClosed("The votes are equal; the chair decides. No more ballots are taken.")
    if chosen in (Choice.ABSTAIN, Choice.DISCUSS):
        raise Refusal("The votes are equal; say whether you agree or not.")
    act.proof = _proof(_put(vote, chosen, opinion, person, act.now, casting=True), seen)
    return polling.conclude(vote, vote.tally(closing=True), act)


def _may_recuse(vote: Vote, target: int, why: str, reason: str, person: Person) -> None:
    if not reason.strip() or why not in (electorates.CONFLICT, electorates.ABSENT):
        raise Refusal("Please give a reason.")
    if target not in vote.register.concerned:
        raise NotFound("There is no such member in this vote.")
    if target == person.id:
        return
    oversees = rules.relations(person, vote.held.case, vote.held.task) & {Who.SECRETARY, Who.SUPERVISOR}
    if not oversees:
        raise Forbidden("You may recuse yourself only; the secretary may excuse others.")
    if why == electorates.CONFLICT and Who.SUPERVISOR not in oversees:
        raise Forbidden("Only the member himself or a supervisor may say that he has a conflict of interests.")
    if target in vote.voted:
        raise Refusal("{name} has voted; only he himself can withdraw from the vote.", name=_name(target))


def _name(user_id: int) -> str:
    found = people.users([user_id])
    return found[user_id].name if user_id in found else "?"
