"""Comparing what stands in the tables of cases with what the record says of it.

The record is chained and signed; the history, the opinions, the values and the ballots are ordinary rows. Each act left digests of
them in the record (`proofs`), so a row that was changed, taken out or put in behind the program's back is found here. Acts from
before the record kept digests have none and are passed over.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import undefer

from app.audit import contents
from app.audit.models import AuditEntry, case_chain
from app.audit.queries import Broken
from app.kernel.crypto import KeyFault
from app.kernel.db import session
from app.workflow import proofs
from app.workflow.committees.vote_models import Ballot
from app.workflow.models import CaseEvent, ProcessInstance, TaskState, UserTask

BLOCK = 100


@dataclass
class Told:
    """What the record says of one case: acts by their number in the history, the last decision on each task, ballots by id."""

    acts: dict[int, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    decided: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    ballots: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)


def compare(block: int = BLOCK) -> tuple[int, list[Broken]]:
    """How many acts, decisions and ballots were compared, and every one that is not what the record says. All cases."""
    count, broken, last = 0, list[Broken](), uuid.UUID(int=0)
    while ids := session.scalars(
        select(ProcessInstance.id).where(ProcessInstance.id > last).order_by(ProcessInstance.id).limit(block)
    ).all():
        told = _told(ids)
        for case_id, rows in _rows(ids):
            count += len(told[case_id].acts) + len(told[case_id].decided) + len(told[case_id].ballots)
            broken += _faults(case_id, told[case_id], *rows)
        last = ids[-1]
        session.expunge_all()
    return count, broken


def _told(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Told]:
    by_chain = {case_chain(case_id): case_id for case_id in ids}
    found: dict[uuid.UUID, Told] = defaultdict(Told)
    statement = select(AuditEntry.chain, AuditEntry.seq, AuditEntry.payload).where(AuditEntry.chain.in_(by_chain))
    for chain, seq, payload in session.execute(statement.order_by(AuditEntry.chain, AuditEntry.seq)):
        _note(found[by_chain[chain]], seq, payload)
    return found


def _note(told: Told, seq: int, payload: str) -> None:
    try:
        act = orjson.loads(payload)
        detail = act["detail"]
        if "event" not in detail:
            return
        told.acts[detail["event"]] = (seq, act)
        told.decided |= {one["task"]: (seq, one) for one in detail.get("decided", ())}
        if "ballot" in detail:
            told.ballots[detail["ballot"]["id"]] = (seq, detail["ballot"])
    except (ValueError, KeyError, TypeError):
        return  # The chain says that this entry was edited.


Rows = tuple[dict[int, CaseEvent], dict[str, UserTask], dict[str, Ballot]]


def _rows(ids: Sequence[uuid.UUID]) -> Iterator[tuple[uuid.UUID, Rows]]:
    """The rows of each case: its history by number, its finished tasks and its ballots by id."""
    events, tasks, ballots = defaultdict(dict), defaultdict(dict), defaultdict(dict)  # type: ignore[var-annotated]
    for event in session.scalars(select(CaseEvent).where(CaseEvent.instance_id.in_(ids))):
        events[event.instance_id][event.seq] = event
    of_cases = select(UserTask).where(UserTask.instance_id.in_(ids)).options(undefer(UserTask.submitted_cipher))
    for task in session.scalars(of_cases):
        tasks[task.instance_id][str(task.id)] = task
    cast = select(UserTask.instance_id, Ballot).join(Ballot, Ballot.task_id == UserTask.id)
    for case_id, ballot in session.execute(cast.where(UserTask.instance_id.in_(ids))):
        ballots[case_id][str(ballot.id)] = ballot
    for case_id in ids:
        yield case_id, (events[case_id], tasks[case_id], ballots[case_id])


def _faults(
    case_id: uuid.UUID, told: Told, events: dict[int, CaseEvent], tasks: dict[str, UserTask], ballots: dict[str, Ballot]
) -> Iterator[Broken]:
    chain, key = case_chain(case_id), proofs.key_of(case_id)
    for number, (seq, act) in told.acts.items():
        event = events.get(number)
        if event is None:
            yield Broken(chain, seq, f"act {number} of the history is gone")
        elif not _fits(_is_act, key, event, act):
            yield Broken(chain, seq, f"act {number} of the history is not what was recorded")
    for task_id, (seq, one) in told.decided.items():
        task = tasks.get(task_id)
        if task is None or not _fits(_is_decision, key, task, one):
            yield Broken(chain, seq, f"what was decided on task {task_id} is not what was recorded")
    for ballot_id, (seq, one) in told.ballots.items():
        ballot = ballots.get(ballot_id)
        if ballot is None:
            yield Broken(chain, seq, f"ballot {ballot_id} is gone")
        elif not _fits(_is_ballot, ballot, one):
            yield Broken(chain, seq, f"ballot {ballot_id} is not what was recorded")
    yield from (Broken(chain, 0, f"{what} stands in no entry") for what in _unknown(told, events, tasks, ballots))


def _unknown(
    told: Told, events: dict[int, CaseEvent], tasks: dict[str, UserTask], ballots: dict[str, Ballot]
) -> Iterator[str]:
    """Rows that no entry speaks of, although the record already kept digests when they came."""
    if not told.acts or min(told.acts) not in events:
        return
    first = events[min(told.acts)]
    yield from (f"act {number} of the history" for number in events.keys() - told.acts.keys() if number > first.seq)
    for task_id in tasks.keys() - told.decided.keys():
        task = tasks[task_id]
        if task.completed_by is not None and task.completed_at is not None and task.completed_at > first.at:
            yield f"the decision on task {task_id}"
    yield from (f"ballot {one}" for one in ballots.keys() - told.ballots.keys() if ballots[one].at > first.at)


def _fits(is_so: Callable[..., bool], *told: Any) -> bool:
    """Whether it is so; a content that can't be opened is not what was written."""
    try:
        return is_so(*told)
    except (KeyFault, ValueError, KeyError, TypeError):
        return False


def _is_act(key: bytes, event: CaseEvent, act: dict[str, Any]) -> bool:
    said = contents.digest(key, proofs.SAID, event.comment) if event.comment else None
    same = (event.verb, event.actor_id, event.for_id) == (act["verb"], act["actor"], act["for"])
    return same and event.at == datetime.fromisoformat(act["at"]) and said == act["detail"].get(proofs.SAID)


def _is_decision(key: bytes, task: UserTask, one: dict[str, Any]) -> bool:
    return task.state == TaskState.COMPLETED and proofs.of_decision(key, task) == one


def _is_ballot(ballot: Ballot, one: dict[str, Any]) -> bool:
    key = proofs.key_of_round(ballot.task_id, ballot.round)
    return one["said"] == proofs.of_ballot(key, ballot.voter_id, ballot.choice, ballot.opinion, casting=ballot.casting)
