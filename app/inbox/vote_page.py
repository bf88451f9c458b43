"""A vote as the page shows it: how it stands, as far as the reader may see, and what may stand on a ballot."""

from __future__ import annotations

from dataclasses import dataclass

from app.inbox.case_page import Open
from app.inbox.words import ballot_words
from app.workflow import queries, user_tasks

CHOICE_KINDS = (("agree", "approve"), ("conditional", "approve"), ("disagree", "refuse"), ("abstain", "neutral"))


@dataclass(frozen=True)
class VoteView:
    """How a vote stands, as far as the reader may see."""

    electorate: int
    voted: int
    quorum: int
    needed: int
    choices: list[tuple[str, str, str]]
    mine: str | None
    members: list[tuple[str, bool, str | None, str | None]]


def vote_view(page: Open) -> VoteView | None:
    """The vote before the reader."""
    task = page.task
    if task is None or not task.is_vote:
        return None
    tally = user_tasks.tally_of(page.loaded.step(task.element_id), task)
    cast = {b.voter_id: b for b in queries.ballots_of([task.id]) if b.void_at is None}
    words = ballot_words()
    return VoteView(
        electorate=tally.electorate,
        voted=tally.voted,
        quorum=tally.quorum_needed,
        needed=tally.yes_needed,
        choices=[(key, words[key], kind) for key, kind in CHOICE_KINDS],
        mine=cast[page.person.id].choice if page.person.id in cast else None,
        members=[
            (
                page.name(i),
                i in cast,
                words[cast[i].choice] if i in cast else None,
                cast[i].opinion if i in cast else None,
            )
            for i in task.elector_ids
        ],
    )
