"""A draft's way into force: handed in, reviewed by others as a case of its own, stored, in force on its day, and back again.

The case (`bpmn/flow_change`) decides who looks at it and in which order; here is what its stations and service tasks do. While a
draft is under review nobody can change it, so what is approved is what was reviewed: the digest says so.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.audit import operations as audit
from app.audit.operations import SYSTEM, Actor
from app.identity.rules import Person
from app.jobs import enqueue
from app.kernel.db import session
from app.kernel.errors import Conflict, Forbidden, NotFound, Refusal
from app.kernel.ids import new_id
from app.studio import drafts, examinations
from app.studio.files import file_titles
from app.studio.models import Draft, DraftState, Publication, PublicationState
from app.studio.reports import report
from app.web.access import Permission
from app.workflow import cases, instances, user_tasks
from app.workflow.deploying import definitions
from app.workflow.deploying.deployment_models import ProcessDefinition
from app.workflow.models import ProcessInstance
from app.workflow.recording import ZONE
from app.workflow.trials import scenarios
from app.workflow.user_tasks import Answer

PROCESS, FIRST = "flow_change", "change_request"
CORRECTION, AGAIN = "change_correction", "resubmit"
ACTIVATE, BACK = "studio.activate", "studio.go_back"


class NotReported(Refusal):
    """There is no report of the draft as it is now, or it finds errors."""


class ScenariosFail(Refusal):
    """Recorded walks do not go as expected in the draft; `names` are theirs. Who knows it may hand the draft in all the same."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        super().__init__(
            "{count} scenarios do not go as expected any more. Confirm that this is wanted.", count=len(names)
        )


def hand_in(
    *,
    draft_id: uuid.UUID,
    reason: str,
    effective_on: date | None,
    back_on: date | None,
    person: Person,
    now: datetime,
    acknowledged: bool = False,
) -> ProcessInstance:
    """Begin the flow change of an open draft and hand it in; returns its case, which is under review then.

    acknowledged: the author knows which scenarios do not pass. Raises Forbidden, DraftClosed, NotDeployable with the findings,
    NotReported, ScenariosFail, or Refusal: no reason, nothing differs, a day that is over.
    """
    if not person.may(Permission.DEPLOY):
        raise Forbidden("Only analysts may hand in a change of a route.")
    draft = drafts.locked(draft_id)
    _check_words(reason, effective_on, back_on, now)
    _check_files(draft)
    _check_report(draft)
    failing = failing_scenarios(draft)
    if failing and not acknowledged:
        raise ScenariosFail(failing)
    case = instances.start(key=PROCESS, person=person, now=now)
    session.flush()
    row = Publication(id=new_id(), draft_id=draft.id, case_id=case.id, digest=draft.digest, reason=reason.strip())
    row.state, row.effective_on, row.back_on = PublicationState.SENT_BACK, effective_on, back_on
    row.before, row.failing, row.begun_by, row.begun_at = {}, failing, person.id, now
    session.add(row)
    session.flush()
    (task,) = [task for task in cases.open_tasks(case.id) if task.element_id == FIRST]
    values = {"reason": row.reason, "effective_on": effective_on, "back_on": back_on}
    user_tasks.complete(task_id=task.id, answer=Answer(outcome="submit", values=values), person=person, now=now)
    session.flush()
    if row.state != PublicationState.IN_REVIEW:
        raise Refusal("The draft could not be handed in; look at its findings.")
    _note("hand_in", row, person.actor, now, draft=str(draft.id), digest=draft.digest.hex(), failing=failing)
    return case


def check_again(*, case_id: uuid.UUID, now: datetime) -> None:
    """What handing in asked for is asked again of a change that was returned: days, files, report, scenarios.

    Raises NotReported, DraftClosed, or Refusal. What the author confirmed when he handed it in stays confirmed.
    """
    row = of_case(case_id)
    draft = drafts.find(row.draft_id)
    if draft.state != DraftState.OPEN:
        raise drafts.DraftClosed("This draft is not open any more, so it can't be handed in.")
    _check_words(row.reason, row.effective_on, row.back_on, now)
    _check_report(draft)
    try:
        _check_files(draft)
    except definitions.NotDeployable as fault:
        raise NotReported(
            "The draft no longer fits the bank: {count} findings. Make the report again; it shows what to mend.",
            count=len(fault.findings),
        ) from fault
    unknown = sorted(set(failing_scenarios(draft)) - set(row.failing))
    if unknown:
        files = drafts.files_of(draft)
        raise Refusal(
            "Scenarios that do not go as expected any more: {names}. On the page Scenarios of the draft, have them expect the way"
            " they take now, or mend the draft; then submit again.",
            names="、".join(file_titles.shown(name, files) for name in unknown),
        )


def lock_draft(*, case_id: uuid.UUID, actor: Actor, now: datetime) -> None:
    """Service task: nobody changes the draft any more. Raises Refusal where it can't be put in force as it is."""
    row = of_case(case_id)
    draft = _draft(row)
    if draft.state not in (DraftState.OPEN, DraftState.IN_REVIEW):
        raise drafts.DraftClosed("This draft is not open any more, so it can't be handed in.")
    _check_files(draft)
    draft.state, draft.changed_at = DraftState.IN_REVIEW, now
    if row.digest != draft.digest:
        row.failing = failing_scenarios(draft)
    row.state, row.digest = PublicationState.IN_REVIEW, draft.digest
    _note("lock_draft", row, actor, now, digest=draft.digest.hex())


def failing_scenarios(draft: Draft) -> list[str]:
    """The names of the recorded walks that do not go as expected in the draft."""
    return [result.file for result in scenarios.run_all(drafts.files_of(draft)).failed]


def open_draft(*, case_id: uuid.UUID, actor: Actor, now: datetime) -> None:
    """Service task: somebody returned the change, so the draft is open to its author again."""
    row = of_case(case_id)
    _open_again(row, PublicationState.SENT_BACK, actor, now)


def drop(*, case_id: uuid.UUID, actor: Actor, now: datetime) -> None:
    """Service task, and what happens where the case is ended by hand: the change is over, the draft is open again."""
    row = of_case(case_id)
    if row.state in (PublicationState.IN_REVIEW, PublicationState.SENT_BACK):
        _open_again(row, PublicationState.REFUSED, actor, now)
        row.ended_at = now


def approve(*, case_id: uuid.UUID, actor: Actor, now: datetime) -> None:
    """Service task: store the files as new versions and put them in force on their day (at once where there is none).

    Raises Conflict where the draft is not what was reviewed, NotDeployable where it no longer fits the bank.
    """
    row = of_case(case_id)
    draft = _draft(row)
    if draft.digest != row.digest or row.state != PublicationState.IN_REVIEW:
        raise Conflict("The draft is not the one that was reviewed.")
    with session.begin_nested():
        made = definitions.store(name=draft.name, files=drafts.files_of(draft), actor=actor, now=now)
    row.deployment_id = made[0].deployment_id if made else None
    row.state, row.approved_by, row.approved_at = PublicationState.APPROVED, actor.user_id, now
    draft.state, draft.changed_at = DraftState.PUBLISHED, now
    session.flush()
    _note("approve_publication", row, actor, now, effective_on=str(row.effective_on), back_on=str(row.back_on))
    day = day_begins(row.effective_on)
    if day is None or day <= now:
        put_in_force(publication_id=row.id, actor=actor, now=now)
    else:
        enqueue(name=ACTIVATE, args={"publication": str(row.id)}, run_at=day, key=str(row.id))


def put_in_force(*, publication_id: uuid.UUID, actor: Actor, now: datetime) -> None:
    """New cases take the new version from now on. Done once; a publication that is not waiting for it is left alone."""
    row = _locked(publication_id)
    if row.state != PublicationState.APPROVED:
        return
    made = versions_of(row)
    before = definitions.activate(
        definition_ids=[one.id for one in made], actor=actor, now=now, publication=row.id, approved_by=row.approved_by
    )
    row.before = {key: None if was is None else str(was) for key, was in before.items()}
    row.state, row.activated_at = PublicationState.IN_FORCE, now
    _note("put_in_force", row, actor, now, definitions=[f"{one.key}:{one.version}" for one in made])
    back = day_begins(row.back_on)
    if back is not None:
        enqueue(name=BACK, args={"publication": str(row.id)}, run_at=back, key=str(row.id))


def go_back(*, publication_id: uuid.UUID, actor: Actor, now: datetime, reason: str = "") -> None:
    """The version before is in force again for new cases; cases of the new version go on.

    Raises Conflict where this publication is not in force, or another version has come since.
    """
    row = _locked(publication_id)
    if row.state != PublicationState.IN_FORCE:
        raise Conflict("This version is not in force, so there is nothing to take back.")
    mine = {one.key: one.id for one in versions_of(row)}
    if any(definitions.in_force(key) != definition_id for key, definition_id in mine.items()):
        raise Conflict("Another version is in force since; take that one back first.")
    again = [uuid.UUID(was) for was in row.before.values() if was is not None]
    definitions.activate(definition_ids=again, actor=actor, now=now, taken_back=row.id)
    for key, was in row.before.items():
        if was is None:
            definitions.deactivate(key=key, actor=actor, now=now, taken_back=row.id)
    row.state, row.ended_at = PublicationState.TAKEN_BACK, now
    _note("take_back_publication", row, actor, now, reason=reason)


def go_back_in_time(*, publication_id: uuid.UUID, now: datetime) -> None:
    """The day of the automatic way back has come; nothing happens where somebody confirmed the version or it is not in force."""
    row = _locked(publication_id)
    if row.kept_at is not None or row.state != PublicationState.IN_FORCE:
        return
    try:
        go_back(publication_id=publication_id, actor=SYSTEM, now=now, reason="not confirmed in time")
    except Conflict:
        _note("keep_publication", row, SYSTEM, now, reason="another version is in force")


def keep(*, publication_id: uuid.UUID, person: Person, now: datetime) -> None:
    """Confirm the version: it does not go back by itself. Raises Forbidden, Conflict."""
    if not person.may(Permission.DEPLOY):
        raise Forbidden("Only analysts may confirm a version.")
    row = _locked(publication_id)
    if row.state not in (PublicationState.APPROVED, PublicationState.IN_FORCE) or row.back_on is None:
        raise Conflict("This version has no way back by itself, so there is nothing to confirm.")
    row.kept_by, row.kept_at = person.id, now
    _note("keep_publication", row, person.actor, now)


def of_case(case_id: uuid.UUID) -> Publication:
    """The publication whose review this case is; raises NotFound."""
    row = session.scalars(select(Publication).where(Publication.case_id == case_id)).first()
    if row is None:
        raise NotFound("A change of a route begins in the studio, with a draft.")
    return row


def find(publication_id: uuid.UUID | None) -> Publication:
    """The publication; raises NotFound."""
    row = session.get(Publication, publication_id) if publication_id else None
    if row is None:
        raise NotFound("There is no such publication.")
    return row


def of_draft(draft: Draft) -> Sequence[Publication]:
    """Every publication of a draft, the newest first."""
    statement = select(Publication).where(Publication.draft_id == draft.id)
    return session.scalars(statement.order_by(Publication.begun_at.desc(), Publication.id.desc())).all()


def versions_of(row: Publication) -> Sequence[ProcessDefinition]:
    """The versions a publication has stored."""
    here = select(ProcessDefinition).where(ProcessDefinition.deployment_id == row.deployment_id)
    return session.scalars(here.order_by(ProcessDefinition.key)).all() if row.deployment_id else []


def day_begins(day: date | None) -> datetime | None:
    """The first moment of a day of the bank."""
    return datetime.combine(day, time(), tzinfo=ZoneInfo(ZONE)) if day else None


def _check_words(reason: str, effective_on: date | None, back_on: date | None, now: datetime) -> None:
    today = now.astimezone(ZoneInfo(ZONE)).date()
    if not reason.strip():
        raise Refusal("Say what changes, and why: the reviewers read it.")
    if effective_on is not None and effective_on < today:
        raise Refusal("The day it takes effect is over already.")
    if back_on is not None and back_on <= (effective_on or today):
        raise Refusal("The way back must come after the day it takes effect.")


def _check_files(draft: Draft) -> None:
    files = drafts.files_of(draft)
    if draft.deployment_id is not None and files == drafts.base_files(draft):
        raise Refusal("Nothing differs from the version the draft began with.")
    definitions.check(files)


def is_reported(draft: Draft) -> bool:
    """Whether there is a report of the draft as it is now."""
    made = examinations.newest(draft, report.KIND)
    return made is not None and made.result is not None and not examinations.is_old(made, draft)


def _check_report(draft: Draft) -> None:
    made = examinations.newest(draft, report.KIND)
    if made is None or made.result is None or examinations.is_old(made, draft):
        raise NotReported("Make the report of the draft as it is now; the reviewers decide by it.")
    if made.result["verdict"] == "errors":
        raise NotReported("The report finds errors. Mend them, then make the report again.")


def _open_again(row: Publication, state: PublicationState, actor: Actor, now: datetime) -> None:
    draft = _draft(row)
    row.state = state
    if draft.state == DraftState.IN_REVIEW:
        draft.state, draft.changed_at = DraftState.OPEN, now
    _note("open_draft_again", row, actor, now, state=str(state))


def _draft(row: Publication) -> Draft:
    return session.get_one(Draft, row.draft_id, with_for_update=True, populate_existing=True)


def _locked(publication_id: uuid.UUID) -> Publication:
    row = session.get(Publication, publication_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("There is no such publication.")
    return row


def _note(verb: str, row: Publication, actor: Actor, now: datetime, **detail: object) -> None:
    audit.record(
        chain="system",
        verb=verb,
        object_type="publication",
        object_id=row.id,
        actor=actor,
        now=now,
        detail={"case": str(row.case_id), **detail},
    )
