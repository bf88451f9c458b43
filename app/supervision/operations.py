"""One verb on many rows: tried, shown, confirmed, carried out in chunks, a result for each row.

The trial does to every row what the verb does and takes it back, in a savepoint; so what it tells (what would happen, what would
be refused and why) is what the verb itself says and not a second opinion. Rows are taken with SKIP LOCKED and marked in the
transaction that carries them out: the page and any number of workers may go on with the same act, and after a crash or a restart
the rest is done and nothing twice.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select, true, update
from sqlalchemy.exc import InterfaceError, OperationalError

from app.identity import queries as people
from app.identity.rules import Person
from app.kernel.db import session
from app.kernel.errors import Forbidden, NotFound, Refusal
from app.kernel.ids import new_id
from app.supervision import refusals
from app.supervision.models import ActState, BulkAct, BulkRow, RowState
from app.web.access import Permission
from app.workflow import acts
from app.workflow.acts import Given
from app.workflow.models import ProcessInstance, TaskState, UserTask
from app.workflow.moves import pending
from app.workflow.reach import Reach, cases_in, tasks_in
from app.workflow.rules import MOVES, About, Verb

MOST = 1000
CHUNK = 50
# These ask the database nothing about what they have just written, so that many of them may be written at once.
WRITTEN_AT_ONCE = frozenset({Verb.REASSIGN, Verb.SUSPEND, Verb.RESUME})
OUTAGES = (OperationalError, InterfaceError)


class TooMany(Refusal):
    """More rows were ticked than one act may carry out."""


def prepare(
    *, verb: Verb, ids: Iterable[uuid.UUID], given: Mapping[str, Any], person: Person, now: datetime
) -> BulkAct:
    """Note what is to be done to which tasks or cases (`ids` may be either); nothing is done to them yet.

    A verb about tasks goes to every open task of a ticked case, a verb about cases to the case of a ticked task. Where `given` says
    something for each station ("mapped": from → to; "answers": station → outcome), only tasks at those are meant. Raises Refusal
    (nothing ticked, open or overseen), TooMany, Forbidden.
    """
    if not person.may(Permission.CASE_SUPERVISE):
        raise Forbidden("Only supervisors may act on many rows.")
    about = MOVES[verb].about
    mapped = given.get("mapped", given.get("answers"))
    if mapped is not None and not mapped:
        raise Refusal("Choose for at least one of the stations.")
    reach = person.reach(Permission.CASE_SUPERVISE)
    subjects = _subjects(list(dict.fromkeys(ids)), about, tuple(mapped or ()), reach)
    if len(subjects) > MOST:
        raise TooMany("At most {most} rows at once.", most=MOST)
    act = BulkAct(id=new_id(), verb=verb, subject=about, total=len(subjects), made_by=person.id, made_at=now)
    act.state, act.login_id, act.address, act.given = ActState.TRYING, person.login_id, person.address, dict(given)
    session.add(act)
    session.flush()
    session.add_all(
        BulkRow(act_id=act.id, place=place, subject_id=subject, case_id=case_id, state=RowState.NEW)
        for place, (subject, case_id) in enumerate(subjects)
    )
    session.flush()
    return act


def try_some(*, act_id: uuid.UUID, person: Person, now: datetime, size: int = CHUNK) -> BulkAct:
    """Try the next rows and take everything back; when all are tried, the act waits for its confirmation."""
    act = _own(act_id, person)
    found = _next(act, RowState.NEW, size) if act.state == ActState.TRYING else ()
    if not (_apart(found) and _all_tried(found, act, person, now)):
        for row in found:
            _try([row], act, person, now)
    if act.state == ActState.TRYING and not _left(act, RowState.NEW):
        act.state = ActState.PREVIEW
    return act


def confirm(*, act_id: uuid.UUID, person: Person, now: datetime) -> BulkAct:
    """Let the act go: the rows that the trial did not refuse. Raises Refusal where it was confirmed or dropped before."""
    act = _own(act_id, person, lock=True)
    if act.state != ActState.PREVIEW:
        raise Refusal("This act was confirmed already, or is not ready for it.")
    act.state, act.confirmed_at = ActState.RUNNING, now
    barred = select(BulkRow).where(BulkRow.act_id == act.id, BulkRow.state == RowState.BARRED).order_by(BulkRow.place)
    refusals.note(session.scalars(barred).all(), act, person, now)
    return act


def drop(*, act_id: uuid.UUID, person: Person, now: datetime) -> BulkAct:
    """Forget an act that was not confirmed, or leave the rest of one that is under way; what is done stays done."""
    act = _own(act_id, person, lock=True)
    if act.state in (ActState.DONE, ActState.DROPPED):
        raise Refusal("This act is over already.")
    act.state, act.ended_at = ActState.DROPPED, now
    return act


def carry_on(*, act_id: uuid.UUID, now: datetime, size: int = CHUNK) -> BulkAct:
    """Do the next rows of a confirmed act, each in a savepoint of its own, as the person who confirmed it."""
    act = session.get(BulkAct, act_id, populate_existing=True)
    if act is None:
        raise NotFound("There is no such act.")
    if act.state != ActState.RUNNING:
        return act
    person, found = _who(act), _next(act, RowState.READY, size)
    if not (_apart(found) and _all_done(found, act, person, now)):
        for row in found:
            _do(row, act, person, now)
    refusals.note([row for row in found if row.state == RowState.REFUSED], act, person, now)
    if not _left(act, RowState.READY):
        act.state, act.ended_at = ActState.DONE, now
    return act


def next_running() -> uuid.UUID | None:
    """The oldest act that is under way, for the worker."""
    return session.scalar(select(BulkAct.id).where(BulkAct.state == ActState.RUNNING).order_by(BulkAct.id).limit(1))


def counts(act: BulkAct) -> dict[str, int]:
    """How many rows are in which state."""
    session.flush()
    rows = session.execute(select(BulkRow.state, func.count()).where(BulkRow.act_id == act.id).group_by(BulkRow.state))
    return {str(state): 0 for state in RowState} | {row[0]: row[1] for row in rows}


def _subjects(
    ids: Sequence[uuid.UUID], about: About, stations: Sequence[str], reach: Reach
) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """(subject, case) in the order of the cases: whoever acts on overlapping rows at the same time takes the locks in one order.

    What lies beyond the person's reach is left out, as if there were no such row.
    """
    if not ids:
        raise Refusal("Tick at least one row.")
    cases_ticked = session.scalars(
        select(ProcessInstance.id).where(ProcessInstance.id.in_(ids), *cases_in(reach))
    ).all()
    meant = or_(UserTask.id.in_(ids), and_(UserTask.instance_id.in_(cases_ticked), UserTask.state == TaskState.OPEN))
    here = UserTask.element_id.in_(stations) if stations else true()
    tasks = session.execute(select(UserTask.id, UserTask.instance_id).where(meant, here, *tasks_in(reach))).all()
    if about is About.CASE:
        others = () if stations else cases_ticked
        chosen = {case_id: case_id for case_id in (*others, *(row.instance_id for row in tasks))}
    else:
        chosen = {row.id: row.instance_id for row in tasks}
    if not chosen:
        raise Refusal("None of the ticked rows has anything open to act on.")
    return sorted(chosen.items(), key=lambda pair: (pair[1], pair[0]))


def _own(act_id: uuid.UUID, person: Person, *, lock: bool = False) -> BulkAct:
    act = session.get(BulkAct, act_id, populate_existing=True, with_for_update=lock or None)
    if act is None or not person.may(Permission.CASE_SUPERVISE):
        raise NotFound("There is no such act.")
    if act.made_by != person.id:
        raise Forbidden("Only who prepared this act may go on with it.")
    return act


def _who(act: BulkAct) -> Person:
    """Who confirmed it, with the rights he has now; his login is that of the moment he pressed."""
    person = people.person(act.made_by)
    assert person is not None, "users are never deleted"
    return replace(person, login_id=act.login_id, address=act.address)


def _next(act: BulkAct, state: RowState, size: int) -> Sequence[BulkRow]:
    rows = select(BulkRow).where(BulkRow.act_id == act.id, BulkRow.state == state).order_by(BulkRow.place)
    return session.scalars(rows.limit(size).with_for_update(skip_locked=True)).all()


def _left(act: BulkAct, state: RowState) -> bool:
    session.flush()
    return (
        session.scalar(select(BulkRow.place).where(BulkRow.act_id == act.id, BulkRow.state == state).limit(1))
        is not None
    )


def _given(act: BulkAct, row: BulkRow) -> Given:
    """What was said with the verb; where it differs by station, what was said for this row's station."""
    given = {**act.given, "people": tuple(act.given.get("people", ()))}
    for kept, member in (("mapped", "target"), ("answers", "outcome")):
        if kept in given:
            by_station = given.pop(kept)
            given[member] = next((by_station[here] for here in _stations(row) if here in by_station), "")
    return Given(**given)


def _stations(row: BulkRow) -> Sequence[str]:
    """Where the row stands: the station of its task, or those of its case."""
    task = session.get(UserTask, row.subject_id)
    if task is not None:
        return [task.element_id]
    case = session.get(ProcessInstance, row.subject_id)
    return case.stations if case is not None else []


def _carry_out(act: BulkAct, row: BulkRow, person: Person, now: datetime) -> ProcessInstance:
    return acts.carry_out(
        verb=Verb(act.verb), subject_id=row.subject_id, given=_given(act, row), person=person, now=now
    )


def _apart(found: Sequence[BulkRow]) -> bool:
    """Whether each row is of another case, so that none meets what another one has not written yet."""
    return len({row.case_id for row in found}) == len(found)


def _flushing(act: BulkAct) -> AbstractContextManager[Any]:
    """Whether each row is written before the next one is looked at."""
    return session.no_autoflush if Verb(act.verb) in WRITTEN_AT_ONCE else nullcontext()


def _all_tried(found: Sequence[BulkRow], act: BulkAct, person: Person, now: datetime) -> bool:
    """Try rows together, which writes once for all of them; False where one is refused: then each is tried by itself."""
    try:
        _try(found, act, person, now, together=True)
    except OUTAGES:
        raise
    except Exception:  # whatever it is, it is met again, and told, when the rows are tried one by one
        return False
    return True


def _try(found: Sequence[BulkRow], act: BulkAct, person: Person, now: datetime, *, together: bool = False) -> None:
    before = pictures(found)
    after: dict[uuid.UUID | None, dict[str, Any]] = {}
    refusal = None
    nested = session.begin_nested()
    try:
        with _flushing(act):
            moved = [_carry_out(act, row, person, now) for row in found]
        session.flush()
        after = {**pictures(found), **{case.id: asked for case in moved if (asked := _asked(act, case))}}
    except OUTAGES:
        raise
    except Exception as fault:
        if together:
            raise
        refusal = refusals.told(fault, found[0])
    finally:
        nested.rollback()
    for row in found:
        row.before, row.after, row.refusal = before.get(row.case_id), after.get(row.case_id), refusal
        row.state = RowState.BARRED if refusal else RowState.READY


def _all_done(found: Sequence[BulkRow], act: BulkAct, person: Person, now: datetime) -> bool:
    """Do rows together in one savepoint; False, and nothing done, where one is refused: then each is done by itself."""
    asks = MOVES[Verb(act.verb)].two_persons
    try:
        with session.begin_nested():
            with _flushing(act):
                moved = [_carry_out(act, row, person, now) for row in found]
            for row, case in zip(found, moved, strict=True):
                row.after = (_asked(act, case) if asks else None) or row.after
    except OUTAGES:
        raise
    except Exception:  # met again, and told, when the rows are done one by one
        return False
    for row in found:
        row.state, row.at = RowState.DONE, now
    return True


def _do(row: BulkRow, act: BulkAct, person: Person, now: datetime) -> None:
    refusal = None
    try:
        with session.begin_nested():
            case = _carry_out(act, row, person, now)
            row.after = _asked(act, case) or row.after
    except OUTAGES:
        raise
    except Exception as fault:
        refusal = refusals.told(fault, row)
    row.state, row.refusal, row.at = RowState.REFUSED if refusal else RowState.DONE, refusal, now


def _asked(act: BulkAct, case: ProcessInstance) -> dict[str, Any] | None:
    """Whether the verb was not done but waits for a second person."""
    if not MOVES[Verb(act.verb)].two_persons:
        return None
    session.flush()
    waits = any(wish.verb == act.verb and wish.asked_by == act.made_by for wish in pending.open_acts(case.id))
    return {"asks": True} if waits else None


def picture(case_id: uuid.UUID) -> dict[str, Any]:
    """What of a case the preview shows: its state, stations, holders, open tasks."""
    return _pictures([case_id])[case_id]


def pictures(found: Sequence[BulkRow]) -> dict[uuid.UUID | None, dict[str, Any]]:
    """The same of the cases of many rows."""
    return dict(_pictures([row.case_id for row in found if row.case_id]).items())


def _pictures(case_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    states = select(ProcessInstance.id, ProcessInstance.state).where(ProcessInstance.id.in_(case_ids))
    shown: dict[uuid.UUID, dict[str, Any]] = {
        row.id: {"state": row.state, "stations": [], "holders": [], "tasks": []} for row in session.execute(states)
    }
    tasks = select(UserTask.id, UserTask.instance_id, UserTask.element_id, UserTask.assignee_id)
    here = UserTask.instance_id.in_(case_ids), UserTask.state == TaskState.OPEN
    rows = session.execute(tasks.where(*here).order_by(UserTask.id)).all()
    names = people.users(row.assignee_id for row in rows if row.assignee_id)
    for row in rows:
        shown[row.instance_id]["stations"].append(row.element_id)
        shown[row.instance_id]["tasks"].append(str(row.id))
        if row.assignee_id:
            shown[row.instance_id]["holders"].append(names[row.assignee_id].name)
    return shown


def sweep(now: datetime, before: datetime) -> None:
    """Forget acts that were prepared long ago and never confirmed."""
    old = (ActState.TRYING, ActState.PREVIEW)
    session.execute(
        update(BulkAct)
        .where(BulkAct.state.in_(old), BulkAct.made_at < before)
        .values(state=ActState.DROPPED, ended_at=now)
    )
