"""Resolutions (决议): what a vote decided, frozen with everything that proves it.

The body holds the rule and its version, who was asked, who was recused and why, each ballot with its opinion, the counts and the
proof of the quorum. The database refuses to change it; its digest stands in the audit, so that a copy on paper can be compared.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import orjson
from sqlalchemy import select

from app.identity import queries as people
from app.kernel.db import session
from app.kernel.ids import new_id
from app.workflow.cases import Held
from app.workflow.committees import votes
from app.workflow.committees.electorates import Register
from app.workflow.committees.vote_models import Ballot, Resolution, VoteRound
from app.workflow.committees.votes import Choice, Tally
from app.workflow.recording import Act


def freeze(
    held: Held,
    row: VoteRound,
    rule: votes.Rule,
    register: Register,
    tally: Tally,
    cast: Sequence[Ballot],
    act: Act,
) -> Resolution:
    """Write the resolution of a vote that ends now; it becomes true with the act."""
    made = Resolution(
        id=new_id(),
        # The number of the act in the case's history: unique, and it says where in the course of the case it was made.
        number=f"{held.case.number}-R{held.case.events + 1}",
        instance_id=held.case.id,
        task_id=held.the_task.id,
        round_id=row.id,
        definition_id=held.case.definition_id,
        result=str(tally.result),
        made_at=act.now,
    )
    body = {
        "number": made.number,
        **_subject(held, row, act),
        **_outcome(rule, tally, cast),
        **_members(row, register, cast),
    }
    made.body, made.digest = body, digest_of(body)
    session.add(made)
    return made


def digest_of(body: dict[str, Any]) -> bytes:
    """SHA-256 of the body as canonical JSON (keys sorted, UTF-8, no spaces)."""
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).digest()


def is_genuine(resolution: Resolution) -> bool:
    """Whether the body still has the digest it was frozen with."""
    return digest_of(resolution.body or {}) == resolution.digest


def resolutions_of(instance_id: uuid.UUID) -> Sequence[Resolution]:
    """The resolutions of a case, oldest first."""
    statement = select(Resolution).where(Resolution.instance_id == instance_id)
    return session.scalars(statement.order_by(Resolution.id)).all()


def resolution(resolution_id: uuid.UUID) -> Resolution | None:
    """A resolution by its id."""
    return session.get(Resolution, resolution_id)


def _subject(held: Held, row: VoteRound, act: Act) -> dict[str, Any]:
    rule = held.step.vote
    assert rule is not None
    return {
        "case": held.case.number,
        "title": held.case.title,
        "amount": str(held.case.amount) if held.case.amount is not None else None,
        "process": {"key": held.loaded.key, "version": held.loaded.version, "digest": held.loaded.compiled.digest},
        "station": {"id": held.step.element_id, "name": dict(held.step.name)},
        "rule": asdict(rule),
        "round": row.number,
        "visit": held.the_task.round,
        "opened_at": row.opened_at.isoformat(),
        "closed_at": act.now.isoformat(),
        "closed_by": act.actor.user_id,
    }


def _outcome(rule: votes.Rule, tally: Tally, cast: Sequence[Ballot]) -> dict[str, Any]:
    yes = tally.counts[Choice.AGREE] + (tally.counts[Choice.CONDITIONAL] if rule.conditional_is_yes else 0)
    return {
        "result": str(tally.result),
        "why": tally.why,
        "counts": {str(choice): number for choice, number in tally.counts.items()},
        "quorum": {"electorate": tally.electorate, "present": tally.present, "needed": tally.quorum_needed},
        "passing": {"yes": yes, "needed": tally.yes_needed, "base": rule.base},
        "conditions": votes.conditions_in((Choice(b.choice), b.opinion) for b in cast),
    }


def _members(row: VoteRound, register: Register, cast: Sequence[Ballot]) -> dict[str, Any]:
    names = register.names or _names(register)
    by_voter = {ballot.voter_id: ballot for ballot in cast if not ballot.casting}
    seats = {seat.id: seat for seat in register.seats}
    members = [
        {
            "id": one,
            "name": names.get(one, "?"),
            "role": seats[one].role if one in seats else "chair" if one == register.chair else "veto",
            "for": names.get(seats[one].stands_for or 0) if one in seats else None,
            "chair": one == register.chair,
            "veto": one in register.vetoers,
            "counted": one in register.electors,
            "present": one in by_voter or one in row.present_ids,
            **_ballot(by_voter.get(one)),
        }
        for one in register.concerned
    ]
    tie = next((ballot for ballot in cast if ballot.casting), None)
    return {
        "members": members,
        "casting": _ballot(tie) if tie else None,
        "recused": [{"id": one, "name": names.get(one, "?"), "why": why} for one, why in register.recused],
        "lot": {"seed": register.seed, "from": [names.get(one, "?") for one in register.drawn_from]}
        if register.seed
        else None,
    }


def _names(register: Register) -> dict[int, str]:
    """Rounds begun before names were kept with them."""
    ids = {*register.concerned, *(one for one, _ in register.recused)}
    return {one: user.name for one, user in people.users(ids).items()}


def _ballot(ballot: Ballot | None) -> dict[str, Any]:
    if ballot is None:
        return {"choice": None, "opinion": None, "at": None}
    return {"choice": ballot.choice, "opinion": ballot.opinion, "at": ballot.at.isoformat()}
