"""What committees have left at a case, for its page: resolutions, conditions, and the reconsideration that may be asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from flask import url_for
from flask_babel import format_date, gettext

from app.documents import queries as documents
from app.documents import types as document_types
from app.identity.rules import Person
from app.inbox.case_page import Open
from app.inbox.lists import vote_words
from app.inbox.words import Moment, moment
from app.web.access import Permission
from app.web.i18n import text_of
from app.workflow import rules
from app.workflow.committees import conditions, resolutions
from app.workflow.committees.vote_models import CaseCondition, ConditionState
from app.workflow.models import CaseState
from app.workflow.moves import reconsiderations

KINDS = {"open": "warn", "met": "ok", "waived": "neutral", "void": "neutral"}


@dataclass(frozen=True)
class ConditionView:
    """A condition as the reader may see and settle it."""

    id: str
    text: str
    state: str
    word: str
    kind: str
    owner: str
    due: str
    due_iso: str
    late: bool
    afterwards: bool
    settled: str
    note: str
    evidence_url: str | None
    may_meet: bool
    may_plan: bool
    may_waive: bool
    may_reopen: bool


@dataclass(frozen=True)
class ResolutionView:
    """A resolution as a line."""

    number: str
    result: str
    when: Moment | None
    url: str


@dataclass(frozen=True)
class DecisionsView:
    """The panel: empty where nothing has been decided yet."""

    resolutions: list[ResolutionView]
    conditions: list[ConditionView]
    papers: list[tuple[str, str]]
    may_add: bool
    reconsider_until: str | None
    reconsidered: str | None


def view(page: Open) -> DecisionsView | None:
    """The panel of a case; None where it has nothing to show."""
    if page.case.state == CaseState.ACTIVE and not any(task.outcome and task.is_vote for task in page.tasks):
        return None
    case, person = page.case, page.person
    offer = reconsiderations.offer(case, person, page.now)
    asked = reconsiderations.reconsideration_of(case.id)
    may_add = _may_set(page)
    found = [_condition(page, one, may_add) for one in conditions.conditions_of(case.id)]
    return DecisionsView(
        resolutions=[
            ResolutionView(
                one.number,
                vote_words().get(one.result, one.result),
                moment(one.made_at, page.now),
                url_for("meetings.resolution", resolution_id=one.id),
            )
            for one in resolutions.resolutions_of(case.id)
        ],
        conditions=found,
        papers=_papers(page) if any(one.may_meet for one in found) else [],
        may_add=may_add,
        reconsider_until=format_date(offer.last_day, "yyyy-MM-dd") if offer else None,
        reconsidered=asked.facts if asked else None,
    )


def to_see_to(person: Person, now: datetime) -> list[tuple[str, str, str, str, bool]]:
    """The conditions a person has to see to: text, case number, address, due day, late."""
    return [
        (
            one.text or "",
            case.number,
            url_for("inbox.case", case_id=case.id) + "#conditions",
            format_date(one.due_on, "yyyy-MM-dd") if one.due_on else "",
            _is_late(one, now.date()),
        )
        for one, case in conditions.open_for(person.id)
    ]


def state_words() -> dict[str, str]:
    """Where a condition is."""
    return {
        "open": gettext("Open"),
        "met": gettext("Met"),
        "waived": gettext("Waived"),
        "void": gettext("Void"),
    }


def _papers(page: Open) -> list[tuple[str, str]]:
    """The documents of the case that may show that a condition is met: id, name with kind."""
    found = documents.documents_of("case", page.case.id)
    return [(str(one.id), f"{one.file_name} ({text_of(document_types.label(one.type_key))})") for one in found]


def _condition(page: Open, one: CaseCondition, may_add: bool) -> ConditionView:
    oversees = page.person.may_in(Permission.CASE_SUPERVISE, page.case.branch_id)
    is_open, is_owner = one.state == ConditionState.OPEN, one.owner_id == page.person.id
    settled = moment(one.settled_at, page.now)
    return ConditionView(
        id=str(one.id),
        text=one.text or "",
        state=one.state,
        word=state_words()[one.state],
        kind=KINDS[one.state],
        owner=page.name(one.owner_id) if one.owner_id else "",
        due=format_date(one.due_on, "yyyy-MM-dd") if one.due_on else "",
        due_iso=one.due_on.isoformat() if one.due_on else "",
        late=_is_late(one, page.now.date()),
        afterwards=not one.blocks,
        settled=f"{page.name(one.settled_by)} {settled.absolute}" if settled and one.settled_by else "",
        note=one.note or "",
        evidence_url=url_for("documents.view", document_id=one.evidence_id) if one.evidence_id else None,
        may_meet=is_open and (is_owner or oversees),
        may_plan=is_open and may_add,
        may_waive=is_open and oversees and not is_owner,
        may_reopen=oversees and one.state in (ConditionState.MET, ConditionState.WAIVED),
    )


def _is_late(one: CaseCondition, today: date) -> bool:
    return one.state == ConditionState.OPEN and one.due_on is not None and one.due_on < today


def _may_set(page: Open) -> bool:
    """As `conditions.add` asks: who holds a task of the case, keeps its minutes, or oversees."""
    if page.case.state not in (CaseState.ACTIVE, CaseState.COMPLETED):
        return False
    wanted = {rules.Who.HOLDER, rules.Who.SECRETARY, rules.Who.SUPERVISOR}
    holds = any(
        wanted & rules.relations(page.person, page.case, task)
        for task in page.tasks
        if task.state == "open" or task.is_vote
    )
    return holds or page.person.may_in(Permission.CASE_SUPERVISE, page.case.branch_id)
