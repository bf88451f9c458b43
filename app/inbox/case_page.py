"""One case as the page shows it: read once, its head, and the whole application to read."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from flask import url_for
from flask_babel import get_locale, gettext

from app.identity import queries as people
from app.identity.models import User
from app.identity.rules import Person
from app.inbox.lists import process_names
from app.inbox.words import Moment, moment, money, station, status
from app.web.i18n import text_of
from app.workflow import cases, forms, queries, registry, rules
from app.workflow.committees import conditions, polls
from app.workflow.deploying import definitions
from app.workflow.deploying.definitions import Loaded
from app.workflow.hiding import Hidden, hidden_fields
from app.workflow.models import CaseEvent, CaseState, ProcessInstance, TaskState, UserTask
from app.workflow.rules import Verb

SUMMARY = 8


@dataclass(frozen=True)
class CaseHead:
    """The strip on top of a case."""

    id: str
    number: str
    title: str
    process: str
    status: str
    amount: str
    started_by: str
    started: Moment | None
    changed: Moment | None
    stations: list[str]
    holders: list[str]
    incident: str | None
    is_live: bool
    suspended_by: str = ""
    suspended_at: Moment | None = None
    suspension: str = ""


@dataclass
class Open:
    """A case with everything a page of it needs, read once."""

    case: ProcessInstance
    person: Person
    now: datetime
    loaded: Loaded
    tasks: Sequence[UserTask]
    events: Sequence[CaseEvent]
    users: dict[int, User]
    task: UserTask | None = None
    polls: Mapping[uuid.UUID, list[polls.Poll]] = field(default_factory=dict)

    @cached_property
    def setting(self) -> rules.Setting:
        """What the diagram says of the moves at the reader's task."""
        return cases.setting_of(self.loaded, self.task)

    @cached_property
    def hidden(self) -> Hidden:
        """What of the case is hidden from the reader."""
        return hidden_fields(self.case, self.person, self.tasks)

    @cached_property
    def is_past_committee(self) -> bool:
        """Whether what a supervisor does to the case waits for a second one."""
        return any(t.is_vote and t.state == TaskState.COMPLETED and t.superseded_at is None for t in self.tasks)

    @cached_property
    def known(self) -> dict[str, Any]:
        """Every value of the case, as stored."""
        return cases.values_of(self.case, self.person.actor, self.now)

    @cached_property
    def read(self) -> list[tuple[str, list[forms.PlainItem]]]:
        """The whole application to read: the fields of every form this case has passed, each once."""
        return _sections(self)

    def name(self, user_id: int | None) -> str:
        """The name of a person, or of the system."""
        if user_id is None:
            return gettext("System")
        return self.users[user_id].name if user_id in self.users else "?"

    def acting(self, user_id: int | None, for_id: int | None) -> str:
        """The name of who acted, and for whom: "B for A"."""
        if for_id is None:
            return self.name(user_id)
        return gettext("%(deputy)s for %(principal)s", deputy=self.name(user_id), principal=self.name(for_id))

    def station(self, element_id: str) -> str:
        """The name of a station; one that the case's version no longer has is called as in the version it was visited in."""
        versions = (
            self.case.definition_id,
            *(task.definition_id for task in self.tasks if task.element_id == element_id),
        )
        names = (station(version, element_id) for version in dict.fromkeys(versions))
        return next((name for name in names if name != element_id), element_id)


def open_case(case: ProcessInstance, person: Person, now: datetime, task: UserTask | None = None) -> Open:
    """Read what the page needs."""
    tasks, events = queries.tasks_of(case.id), queries.events_of(case.id)
    ids = {case.started_by, *(user_id for event in events for user_id in people_of(event))}
    for visit in tasks:
        ids |= {visit.completed_for, visit.assignee_id, visit.completed_by, visit.draft_by, *visit.elector_ids}
        ids |= {*visit.owner_ids, *visit.signer_ids, *visit.planned_ids}
    ids |= conditions.people_of(case.id) if case.state != CaseState.ACTIVE or any(t.is_vote for t in tasks) else set()
    found = people.users(i for i in ids if i)
    chosen = task or _own_task(tasks, person, case)
    seen = polls.polls_of(tasks, person)
    return Open(case, person, now, definitions.load(case.definition_id), tasks, events, found, chosen, seen)


def people_of(event: CaseEvent) -> list[int | None]:
    """Everybody an act names: who did it, and whom it was about."""
    to = event.detail.get("to")
    named = to if isinstance(to, list) else []
    told = event.detail.get("told", ())
    said = [event.detail.get(name) for name in ("to_user", "member", "confirmed_by")]
    return [event.actor_id, event.for_id, *said, *told, *named]


def head(page: Open) -> CaseHead:
    """The strip on top."""
    case = page.case
    live = [t for t in page.tasks if t.state == TaskState.OPEN]
    incidents = queries.incidents_of(case.id) if case.has_incident else []
    stop = _suspension(page)
    return CaseHead(
        id=str(case.id),
        number=case.number,
        title=case.title or "",
        process=process_names().get(case.process_key, case.process_key),
        status=status(case),
        amount=money(case.amount),
        started_by=page.name(case.started_by),
        started=moment(case.started_at, page.now),
        changed=moment(case.changed_at, page.now),
        stations=[page.station(element) for element in case.stations],
        holders=[page.name(t.assignee_id) for t in live if t.assignee_id],
        incident=text_of(incidents[0].message) if incidents else None,
        is_live=case.state in rules.LIVE,
        suspended_by=page.name(stop.actor_id) if stop else "",
        suspended_at=moment(stop.at, page.now) if stop else None,
        suspension=(stop.comment or "") if stop else "",
    )


def _suspension(page: Open) -> CaseEvent | None:
    """The act that stopped the case, while it is stopped."""
    if page.case.state != CaseState.SUSPENDED:
        return None
    return next((event for event in reversed(page.events) if event.verb == Verb.SUSPEND), None)


def _sections(page: Open) -> list[tuple[str, list[forms.PlainItem]]]:
    """What the reader's own stations hide from him stays hidden here too."""
    shown: dict[str, list[forms.PlainItem]] = {}
    for title, _, item in _readings(page):
        shown.setdefault(title, []).append(item)
    return list(shown.items())


def _readings(page: Open, wanted: Collection[str] | None = None) -> Iterator[tuple[str, str, forms.PlainItem]]:
    """Section, place (bind name or field key) and reading of what the forms say to the reader, each place once, form by form.

    wanted: the places asked for, where not all are.
    """
    seen: set[str] = set()
    for form in _passed_forms(page):
        hidden, only = page.hidden.keys_of(form), None
        if wanted is not None:
            places = {key: field.bind or key for key, field in form.fields.items()}
            only = {key for key, place in places.items() if place in wanted and place not in seen} - hidden
            if not only:
                continue
        for part in forms.plain(form, cases.form_values(form, page.known), str(get_locale()), registry.options, only):
            for item in part.items:
                place = form.fields[item.key].bind or item.key if item.key else ""
                if place and place not in seen and item.key not in hidden and _says(item.value):
                    seen.add(place)
                    yield part.title, place, item


def summary(page: Open) -> list[tuple[str, str]]:
    """The strip on top: the values the room names as telling, else the first ones of the first form."""
    binding = registry.binding_of(page.case.process_key)
    if binding is None:
        items = [item for _, found in page.read for item in found if isinstance(item.value, str)]
        return [(item.label, str(item.value)) for item in items[:SUMMARY]]
    said = _readings(page, binding.summary)
    found = {place: (item.label, item.value) for _, place, item in said if isinstance(item.value, str)}
    return [found[bind] for bind in binding.summary if bind in found]


def print_url(case: ProcessInstance) -> str:
    """The address of the printed form."""
    return url_for("inbox.print_case", case_id=case.id)


def _passed_forms(page: Open) -> list[forms.Form]:
    """The forms of the stations the case has come to, in that order."""
    steps = page.loaded.compiled.steps
    visited = [task.element_id for task in page.tasks] or [next(iter(steps))]
    keys = [steps[element].form for element in dict.fromkeys(visited) if element in steps]
    return [page.loaded.form(key) for key in keys if key]


def _says(value: str | forms.PlainTable) -> bool:
    return bool(value if isinstance(value, str) else value.rows)


def _own_task(tasks: Sequence[UserTask], person: Person, case: ProcessInstance) -> UserTask | None:
    """The open task of the case that concerns the reader most: held, to vote, to claim."""
    live = [t for t in tasks if t.state == TaskState.OPEN]
    first = (Verb.COMPLETE, Verb.ANSWER, Verb.RESOLVE, Verb.VOTE, Verb.REMOVE_SIGNER, Verb.CLAIM, Verb.CLOSE_VOTE)
    for verb in (*first, Verb.REASSIGN):
        for task in live:
            if rules.may(verb, person, case, task):
                return task
    return None
