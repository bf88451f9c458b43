"""Many cases go over to another version: prepared, tried on copies, shown, confirmed, carried out one case per transaction.

A worker does the work: a job per case, so that a case that is locked, damaged or refused keeps nobody up, and after a crash the
rest is done and nothing twice. The whole run or one case can be undone as long as the case has not moved since.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import undefer

from app.audit import operations as audit
from app.audit.operations import Actor
from app.identity.rules import Person
from app.jobs import Queue, attempt, enqueue, enqueue_many, job
from app.jobs.queries import are_seen_to
from app.kernel.clock import now as moment
from app.kernel.db import session
from app.kernel.errors import Conflict, Forbidden, NotFound, Refusal, said
from app.kernel.ids import new_id
from app.web.access import Permission
from app.workflow import cases, engine
from app.workflow.cases import Held
from app.workflow.deploying import definitions
from app.workflow.migrating import migration
from app.workflow.migrating.migration import Snapshot
from app.workflow.migrating.migration_models import Migration, MigrationRow, RowState, RunState
from app.workflow.models import CaseState, ProcessInstance
from app.workflow.recording import Act

log = logging.getLogger("creditflow.workflow")

MOST = 20_000
CHUNK = 50
AT_WORK = (RunState.TRYING, RunState.RUNNING, RunState.UNDOING)
FAULT = {
    "en": "Something went wrong on our side with this case. Nothing was written for it.",
    "zh_Hans": "系统处理该业务时出错，未写入任何内容。",
    "zh_Hant": "系統處理該業務時出錯，未寫入任何內容。",
}


def prepare(
    *,
    from_id: uuid.UUID,
    to_id: uuid.UUID,
    mapping: Mapping[str, str | None],
    reason: str,
    person: Person,
    now: datetime,
    stations: Sequence[str] = (),
    numbers: Sequence[str] = (),
) -> Migration:
    """Note which cases are to go over, and let a worker try it on copies.

    `stations`, `numbers`: only cases at one of these, with one of these numbers (empty: all). Raises Forbidden, Refusal (no reason,
    no case, another process, an element that is none).
    """
    old, new = definitions.load(from_id), definitions.load(to_id)
    if not (person.may(Permission.DEPLOY) or person.may(Permission.BANK_SUPERVISE)):
        raise Forbidden("Only analysts and supervisors may prepare a migration.")
    if not reason.strip():
        raise Refusal("Please give a reason.")
    if old.key != new.key or old.id == new.id:
        raise Refusal("Choose two different versions of the same process.")
    _check_mapping(old.compiled, new.compiled, mapping)
    found = _chosen(from_id, stations, numbers)
    row = Migration(id=new_id(), process_key=old.key, from_id=from_id, to_id=to_id, mapping=dict(mapping))
    row.state, row.total, row.begun_by, row.begun_at = RunState.TRYING, len(found), person.id, now
    row.login_id, row.address, row.reason = person.login_id, person.address, reason.strip()[:4000]
    session.add(row)
    session.flush()
    session.add_all(MigrationRow(migration_id=row.id, instance_id=i, state=RowState.NEW, voided=False) for i in found)
    session.flush()
    enqueue(name=TRY, args={"migration": str(row.id)})
    return row


def confirm(*, migration_id: uuid.UUID, person: Person, now: datetime) -> Migration:
    """Let the cases go that the trial did not refuse. Raises Forbidden, Conflict where it was confirmed or dropped before."""
    row = _locked(migration_id)
    _must_supervise(person)
    if row.state != RunState.PREVIEW:
        raise Conflict("This migration was confirmed already, or is not ready for it.")
    row.state, row.confirmed_at, row.begun_by = RunState.RUNNING, now, person.id
    row.login_id, row.address = person.login_id, person.address
    _spread(row, MOVE, RowState.READY)
    _note("migrate_cases", row, person.actor, now)
    return _ended_if_empty(row, RowState.READY, now)


def undo(*, migration_id: uuid.UUID, person: Person, now: datetime) -> Migration:
    """Put back every case that nobody has acted on since. Raises Forbidden, Conflict where it is not over."""
    row = _locked(migration_id)
    _must_supervise(person)
    if row.state != RunState.DONE:
        raise Conflict("Only a migration that is over can be undone.")
    row.state, row.undone_by = RunState.UNDOING, person.id
    row.login_id, row.address = person.login_id, person.address
    _spread(row, BACK, RowState.DONE)
    _note("undo_migration_of_cases", row, person.actor, now)
    return _ended_if_empty(row, RowState.DONE, now)


def undo_one(*, migration_id: uuid.UUID, instance_id: uuid.UUID, person: Person, now: datetime) -> None:
    """Put one case back. Raises Forbidden, NotFound, Conflict where anybody has acted on it since."""
    row = _locked(migration_id)
    _must_supervise(person)
    part = _row(migration_id, instance_id)
    if row.state != RunState.DONE or part.state != RowState.DONE:
        raise Conflict("This case was not moved, or was put back already.")
    _undo(row, part, person.actor, now)


def drop(*, migration_id: uuid.UUID, person: Person, now: datetime) -> Migration:
    """Forget a migration that was not confirmed, or leave the rest of one at work; what has moved stays."""
    row = _locked(migration_id)
    if row.begun_by != person.id:
        _must_supervise(person)
    if row.state not in (RunState.TRYING, RunState.PREVIEW, RunState.RUNNING):
        raise Conflict("This migration is over already.")
    row.state = RunState.DONE if row.state == RunState.RUNNING else RunState.DROPPED
    row.ended_at = now
    return row


def is_lost(row: Migration) -> bool:
    """Whether it is at work, but no job is left that would go on with it: its worker was killed with it again and again."""
    return row.state in AT_WORK and not are_seen_to((TRY, MOVE, BACK), {"migration": str(row.id)})


def go_on(*, migration_id: uuid.UUID, person: Person, now: datetime) -> Migration:
    """Begin what is left of a lost one again. Raises Forbidden, Conflict where it is over, or is being done."""
    row = _locked(migration_id)
    if row.begun_by != person.id or row.state != RunState.TRYING:
        _must_supervise(person)
    if not is_lost(row):
        raise Conflict("This migration is over, or a worker is at it.")
    _note("go_on_with_migration", row, person.actor, now)
    if row.state == RunState.TRYING:
        enqueue(name=TRY, args={"migration": str(row.id)})
        return row
    name, left = (MOVE, RowState.READY) if row.state == RunState.RUNNING else (BACK, RowState.DONE)
    _spread(row, name, left)
    return _ended_if_empty(row, left, now)


def find(migration_id: uuid.UUID | None) -> Migration:
    """The migration; raises NotFound."""
    row = session.get(Migration, migration_id) if migration_id else None
    if row is None:
        raise NotFound("There is no such migration.")
    return row


def newest(limit: int = 50) -> Sequence[Migration]:
    """The migrations, the newest first."""
    return session.scalars(
        select(Migration).order_by(Migration.begun_at.desc(), Migration.id.desc()).limit(limit)
    ).all()


def counts(migration_id: uuid.UUID) -> dict[str, int]:
    """How many cases are in which state."""
    session.flush()
    grouped = select(MigrationRow.state, func.count()).where(MigrationRow.migration_id == migration_id)
    return {str(s): 0 for s in RowState} | {r[0]: r[1] for r in session.execute(grouped.group_by(MigrationRow.state))}


def try_some(*, migration_id: uuid.UUID, now: datetime, size: int = CHUNK) -> bool:
    """Try the next cases on copies; whether any are left to try."""
    row = _locked(migration_id)
    if row.state != RunState.TRYING:
        return False
    new = definitions.load(row.to_id)
    for part in _next(row.id, RowState.NEW, size):
        refusal = _tried(part.instance_id, new, row.mapping, now)
        part.state, part.refusal = (RowState.BARRED if refusal else RowState.READY), refusal
    session.flush()
    if _next(row.id, RowState.NEW, 1):
        return True
    row.state = RunState.PREVIEW
    return False


def carry_out(*, migration_id: uuid.UUID, instance_id: uuid.UUID, now: datetime) -> None:
    """Move one case of a confirmed migration, or note why it could not be."""
    row, part = find(migration_id), _row(migration_id, instance_id, lock=True)
    if row.state != RunState.RUNNING or part.state != RowState.READY:
        return
    act = Act(migration.MIGRATE, _actor(row), now, comment=row.reason, detail={"migration": str(row.id)})
    try:
        with session.begin_nested():
            case, before = migration.migrate(instance_id=instance_id, to_id=row.to_id, mapping=row.mapping, act=act)
            session.flush()
        part.state, part.after_event, part.before_blob = RowState.DONE, case.events, before.blob
        part.before, part.voided = before.rest, before.voided
    except Refusal as refusal:
        part.state, part.refusal = RowState.REFUSED, said(refusal)
    part.at = now
    _end(row.id, RowState.READY, now)


def carry_back(*, migration_id: uuid.UUID, instance_id: uuid.UUID, now: datetime) -> None:
    """Put one case of a migration that is being undone back, or note why it could not be."""
    row, part = find(migration_id), _row(migration_id, instance_id, lock=True)
    if row.state != RunState.UNDOING or part.state != RowState.DONE:
        return
    try:
        with session.begin_nested():
            _undo(row, part, Actor(user_id=row.undone_by, login_id=row.login_id, address=row.address), now)
    except Refusal as refusal:
        part.state, part.refusal, part.at = RowState.KEPT, said(refusal), now
    _end(row.id, RowState.DONE, now)


def give_up(*, migration_id: uuid.UUID, instance_id: uuid.UUID, now: datetime) -> None:
    """A case that made trouble again and again: its row says so, and the others are not kept up."""
    row, part = find(migration_id), _row(migration_id, instance_id, lock=True)
    back = row.state == RunState.UNDOING
    part.state, part.at = (RowState.KEPT if back else RowState.REFUSED), now
    part.refusal = {"text": FAULT["en"], "values": {}, "texts": FAULT}
    _end(row.id, RowState.DONE if back else RowState.READY, now)


TRY, MOVE, BACK = "workflow.try_migration", "workflow.migrate", "workflow.undo_migration"


@job(TRY, queue=Queue.REPORT, tries=3)
def try_migration(*, migration: str, key: str) -> None:
    """Try the next cases of a migration, and go on with the rest as another job."""
    if try_some(migration_id=uuid.UUID(migration), now=moment()):
        enqueue(name=TRY, args={"migration": migration})


@job(MOVE, queue=Queue.SERVICE, tries=3)
def migrate_case(*, migration: str, instance: str, key: str) -> None:
    """Move one case; after the last try its row says that it could not be."""
    _patiently(carry_out, migration, instance)


@job(BACK, queue=Queue.SERVICE, tries=3)
def undo_case(*, migration: str, instance: str, key: str) -> None:
    """Put one case back; after the last try its row says that it could not be."""
    _patiently(carry_back, migration, instance)


def _patiently(work: Any, migration_id: str, instance_id: str) -> None:
    ids = {"migration_id": uuid.UUID(migration_id), "instance_id": uuid.UUID(instance_id)}
    try:
        with session.begin_nested():
            work(**ids, now=moment())
    except Exception:
        if not attempt().is_last:
            raise
        log.exception("case %s of migration %s", instance_id, migration_id)
        give_up(**ids, now=moment())


def _tried(
    instance_id: uuid.UUID, new: definitions.Loaded, mapping: Mapping[str, str | None], now: datetime
) -> dict[str, Any] | None:
    case = session.get_one(ProcessInstance, instance_id)
    held = Held(case, list(cases.open_tasks(case.id)), definitions.load(case.definition_id))
    try:
        migration.preview(held, new, mapping, now)
    except Refusal as refusal:
        return said(refusal)
    return None


def _undo(row: Migration, part: MigrationRow, actor: Actor, now: datetime) -> None:
    act = Act(migration.UNDO, actor, now, detail={"migration": str(row.id)})
    snapshot = Snapshot(part.before_blob or b"", part.before or {}, part.voided)
    migration.undo(instance_id=part.instance_id, snapshot=snapshot, after_event=part.after_event or 0, act=act)
    part.state, part.at = RowState.UNDONE, now


def _chosen(from_id: uuid.UUID, stations: Sequence[str], numbers: Sequence[str]) -> list[uuid.UUID]:
    live = (CaseState.ACTIVE, CaseState.SUSPENDED)
    statement = select(ProcessInstance.id).where(
        ProcessInstance.definition_id == from_id, ProcessInstance.state.in_(live)
    )
    if stations:
        statement = statement.where(ProcessInstance.stations.overlap(list(stations)))
    if numbers:
        statement = statement.where(ProcessInstance.number.in_(numbers))
    found = list(session.scalars(statement.order_by(ProcessInstance.id).limit(MOST + 1)))
    if not found:
        raise Refusal("No case in flight of that version matches.")
    if len(found) > MOST:
        raise Refusal("At most {most} cases at once.", most=MOST)
    return found


def _check_mapping(old: engine.Definition, new: engine.Definition, mapping: Mapping[str, str | None]) -> None:
    for element, target in mapping.items():
        if element not in old.owners or (target is not None and target not in new.owners):
            raise Refusal("{element} → {target}: there is no such element.", element=element, target=target or "–")


def _locked(migration_id: uuid.UUID) -> Migration:
    row = session.get(Migration, migration_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("There is no such migration.")
    return row


def _must_supervise(person: Person) -> None:
    if not person.may(Permission.BANK_SUPERVISE):
        raise Forbidden("Only supervisors may move cases to another version or back.")


def _row(migration_id: uuid.UUID, instance_id: uuid.UUID, *, lock: bool = False) -> MigrationRow:
    options = [undefer(MigrationRow.before), undefer(MigrationRow.before_blob)]
    key = (migration_id, instance_id)
    part = session.get(MigrationRow, key, options=options, with_for_update=lock or None, populate_existing=True)
    if part is None:
        raise NotFound("There is no such case in this migration.")
    return part


def _next(migration_id: uuid.UUID, state: RowState, size: int) -> Sequence[MigrationRow]:
    rows = select(MigrationRow).where(MigrationRow.migration_id == migration_id, MigrationRow.state == state)
    return session.scalars(rows.order_by(MigrationRow.instance_id).limit(size)).all()


def _spread(row: Migration, name: str, state: RowState) -> None:
    """A job for each case in this state."""
    found = _next(row.id, state, MOST)
    jobs: list[tuple[Mapping[str, Any], datetime | None, str | None]] = [
        ({"migration": str(row.id), "instance": str(part.instance_id)}, None, f"{row.id}:{part.instance_id}")
        for part in found
    ]
    enqueue_many(name=name, jobs=jobs)


def _ended_if_empty(row: Migration, state: RowState, now: datetime) -> Migration:
    if not _next(row.id, state, 1):
        row.state, row.ended_at = RunState.DONE, now
    return row


def _end(migration_id: uuid.UUID, left: RowState, now: datetime) -> None:
    """When no case is left to do it is over. The lock makes the last two jobs see each other."""
    session.flush()
    row = _locked(migration_id)
    if not _next(migration_id, left, 1) and row.state in (RunState.RUNNING, RunState.UNDOING):
        row.state, row.ended_at = RunState.DONE, now


def _actor(row: Migration) -> Actor:
    return Actor(user_id=row.begun_by, login_id=row.login_id, address=row.address)


def _note(verb: str, row: Migration, actor: Actor, now: datetime) -> None:
    detail = {"from": str(row.from_id), "to": str(row.to_id), "mapping": row.mapping, "cases": row.total}
    audit.record(
        chain="system", verb=verb, object_type="migration", object_id=row.id, actor=actor, now=now, detail=detail
    )
