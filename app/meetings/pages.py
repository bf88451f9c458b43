"""What the meeting pages show: lists of sittings, and one sitting with each case of its agenda as the reader may see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flask_babel import gettext

from app.identity import queries as people
from app.identity.models import Group
from app.identity.rules import Person
from app.inbox.case_page import Open
from app.inbox.vote_page import VoteView, vote_of
from app.inbox.words import Moment, moment, money, station
from app.web.i18n import text_of
from app.workflow import queries
from app.workflow.committees import polls, resolutions, sittings
from app.workflow.committees.sittings import AgendaItem
from app.workflow.committees.vote_models import Resolution, Sitting, SittingState
from app.workflow.deploying import definitions
from app.workflow.models import TaskState

KINDS = {SittingState.PLANNED: "info", SittingState.OPEN: "ok", SittingState.CLOSED: "neutral"}


@dataclass(frozen=True)
class Line:
    """A sitting in the list."""

    id: str
    committee: str
    held: Moment | None
    place: str
    state: str
    kind: str
    cases: int


@dataclass(frozen=True)
class Waiting:
    """A case that waits for the committee."""

    task_id: str
    number: str
    title: str
    amount: str
    station: str


@dataclass(frozen=True)
class ItemView:
    """A case on the agenda. vote: while it is open; resolution: when it has been decided."""

    task_id: str
    case_id: str
    position: int
    number: str
    title: str
    amount: str
    station: str
    may_see: bool
    vote: VoteView | None
    resolution: Resolution | None
    result: str
    absent: list[tuple[int, str]] = field(default_factory=list)


def state_words() -> dict[str, str]:
    """Where a sitting is."""
    return {"planned": gettext("Planned"), "open": gettext("In session"), "closed": gettext("Closed")}


def lines(person: Person, now: datetime) -> list[Line]:
    """The sittings the reader has to do with."""
    names = {group.id: text_of(group.name) for group in people.groups()}
    words = state_words()
    return [
        Line(
            id=str(row.id),
            committee=names.get(row.committee_id, "?"),
            held=moment(row.held_at, now),
            place=row.place,
            state=words[row.state],
            kind=KINDS[SittingState(row.state)],
            cases=len(sittings.agenda(row.id)),
        )
        for row in sittings.visible(person, 30)
    ]


def waiting_lines(committee_id: int) -> list[Waiting]:
    """The cases that wait for a committee."""
    return [
        Waiting(
            str(item.task.id),
            item.case.number,
            item.case.title or "",
            money(item.case.amount),
            station(item.task.definition_id, item.task.element_id),
        )
        for item in sittings.waiting(committee_id)
    ]


def items(row: Sitting, person: Person, now: datetime) -> list[ItemView]:
    """The agenda as the reader may see it; of a case he is not concerned with he sees its place only."""
    found = sittings.agenda(row.id)
    known = polls.polls_of([item.task for item in found], person)
    made = {one.task_id: one for item in found for one in resolutions.resolutions_of(item.case.id)}
    return [_item(item, known.get(item.task.id, []), made.get(item.task.id), person, now) for item in found]


def names_of(ids: Sequence[int]) -> list[tuple[int, str]]:
    """People by id and name, in this order."""
    users = people.users(ids)
    return [(one, users[one].name) for one in ids if one in users]


def committees(person: Person) -> list[tuple[int, str]]:
    """The committees whose sittings the reader may make."""
    groups: Sequence[Group] = sittings.committees_of(person)
    return [(group.id, text_of(group.name)) for group in groups]


def _item(
    item: AgendaItem, rounds: list[polls.Poll], made: Resolution | None, person: Person, now: datetime
) -> ItemView:
    task, case = item.task, item.case
    concerned = queries.may_see(person, case)
    poll = rounds[-1] if rounds else None
    page = Open(
        case, person, now, definitions.load(case.definition_id), [task], [], people.users(task.elector_ids), task
    )
    view = vote_of(page, task, poll) if concerned and poll and poll.is_open else None
    words = {
        "approve": gettext("Approved"),
        "conditional": gettext("Approved with conditions"),
        "refuse": gettext("Refused"),
    }
    gone = task.state == TaskState.CANCELLED
    return ItemView(
        task_id=str(task.id),
        case_id=str(case.id),
        position=item.position,
        number=case.number,
        title=(case.title or "") if concerned else "",
        amount=money(case.amount) if concerned else "",
        station=station(task.definition_id, task.element_id),
        may_see=concerned,
        vote=view,
        resolution=made if concerned else None,
        result=gettext("Sent back") if gone else words.get(task.outcome or "", "") if concerned else "",
        absent=_may_be_excused(poll) if view else [],
    )


def _may_be_excused(poll: polls.Poll | None) -> list[tuple[int, str]]:
    return names_of([one for one in poll.register.concerned if one not in poll.voted]) if poll else []
