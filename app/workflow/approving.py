"""Approving many tasks at once (批量审批): only the ticked rows, only stations the analyst opened for it, a result per row."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.identity.rules import Person
from app.kernel.errors import NotFound, Refusal
from app.kernel.ids import parse_id
from app.workflow import batch, cases, engine, forms, queries, rules, screens, user_tasks
from app.workflow.deploying import definitions
from app.workflow.models import ProcessInstance, UserTask
from app.workflow.rules import Verb
from app.workflow.user_tasks import Answer

MOST = 100
NEVER_SEEN = "0" * 24


@dataclass(frozen=True)
class Preview:
    """What one row would be: the case, its station, the decision, the digest of its values; or why it can't be approved so.

    entered: what the page of the task would fill in by itself, by field key; it is approved with these values.
    """

    task: UserTask
    case: ProcessInstance
    outcome: engine.Outcome | None
    seen: str
    refusal: Refusal | None = None
    entered: Mapping[str, Any] = field(default_factory=dict)


def is_open(task: UserTask, person: Person, case: ProcessInstance) -> bool:
    """Whether the task can be ticked: held by the person, at a station that was opened for it and has something to approve."""
    step = definitions.load(task.definition_id).compiled.steps.get(task.element_id)
    if step is None or not step.batch or _approval(step) is None:
        return False
    return rules.may(Verb.COMPLETE, person, case, task)


def preview(texts: Iterable[str], person: Person, now: datetime) -> list[Preview]:
    """What would be decided, row by row; changes nothing. Tasks that are no concern of the person's are left out.

    Raises TooMany, or Refusal where nothing is ticked.
    """
    found = []
    for task_id in ids_of(texts):
        with suppress(NotFound):
            found.append(_preview(task_id, person, now))
    return found


def approve(
    *, texts: Iterable[str], seen: dict[str, str], opinion: str, person: Person, now: datetime
) -> list[batch.Result]:
    """Approve the tasks, each for itself; `seen` are the digests of the preview by task id."""

    def act(task_id: uuid.UUID) -> str:
        shown = _preview(task_id, person, now)
        if shown.refusal is not None or shown.outcome is None:
            raise shown.refusal or Refusal("This station is not open to approving many at once.")
        screen = seen.get(str(task_id)) or NEVER_SEEN
        answer = Answer(shown.outcome.id, opinion.strip() or None, values=shown.entered, seen=screen)
        done = user_tasks.complete(task_id=task_id, answer=answer, person=person, now=now)
        return f"{done.case.number} {done.case.title or ''}"

    return batch.carry_out([str(task_id) for task_id in ids_of(texts)], act, most=MOST)


def ids_of(texts: Iterable[str]) -> list[uuid.UUID]:
    """The ticked rows in the order of their ids. Raises TooMany, or Refusal where there is none."""
    ids = sorted({found for found in map(parse_id, texts) if found is not None})
    if not ids:
        raise Refusal("Tick at least one row.")
    if len(ids) > MOST:
        raise batch.TooMany("At most {most} rows at once.", most=MOST)
    return ids


def _preview(task_id: uuid.UUID, person: Person, now: datetime) -> Preview:
    task = queries.task_by_id(task_id)
    case = queries.case_by_id(task.instance_id) if task is not None else None
    if task is None or case is None or not queries.may_see(person, case):
        raise NotFound("There is no such task.")
    loaded = definitions.load(case.definition_id)
    step = loaded.step(task.element_id)
    outcome = _approval(step)
    refusal = None
    if not is_open(task, person, case):
        refusal = Refusal("This station is not open to approving many at once, or the task is not yours.")
    form = loaded.form(step.form) if step.form else None
    values = cases.form_values(form, cases.values_of(case, person.actor, now)) if form else {}
    given = forms.prefilled(form, values) if form else {}
    entered = {key: value for key, value in given.items() if value is not None and values.get(key) is None}
    seen = screens.digest(case, loaded, step, person.actor, now)
    return Preview(task, case, outcome, seen, refusal, entered)


def _approval(step: engine.Step) -> engine.Outcome | None:
    """The decision that approves: the first of that kind, else the only one there is, if it is no refusal."""
    approving = [o for o in step.outcomes if o.kind == "approve"]
    others = [o for o in step.outcomes if o.kind != "refuse"]
    return next(iter(approving), others[0] if len(others) == 1 else None)
