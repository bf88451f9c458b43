"""Which fields of a case are hidden from a reader: one rule, by field key, for the page, the paper, the history and REST.

A station's form may hide a field from whoever works there. What one of a reader's stations hides and none of them shows is hidden
from him wherever the case is told, not only on that station's own form. Labels decide nothing: two fields may share one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from app.identity.rules import Person
from app.web.access import Permission
from app.workflow import forms, queries, rules
from app.workflow.deploying import definitions
from app.workflow.deploying.definitions import Loaded
from app.workflow.forms import Access
from app.workflow.models import ProcessInstance, UserTask


@dataclass(frozen=True)
class Hidden:
    """Hidden fields, by their keys and by the record values they are bound to ("customer.phone")."""

    keys: frozenset[str] = frozenset()
    binds: frozenset[str] = frozenset()

    def covers(self, field: forms.Field) -> bool:
        """Whether the field, of whichever form, holds something hidden."""
        return field.key in self.keys or field.bind in self.binds

    def keys_of(self, form: forms.Form) -> frozenset[str]:
        """The keys of the form's hidden fields."""
        return frozenset(key for key, field in form.fields.items() if self.covers(field))

    @property
    def names(self) -> frozenset[str]:
        """The names under which the values could stand among routing variables."""
        return self.keys | {bind.rpartition(".")[2] for bind in self.binds}


NOTHING = Hidden()


def hidden_by(stations: Iterable[forms.Form], copies: Iterable[tuple[forms.Form, Collection[str]]] = ()) -> Hidden:
    """What at least one of the forms of a reader's stations hides and none of them shows. Pure.

    copies: forms he was sent a copy from, with the fields that a copy does not show there.
    """
    hidden: set[tuple[str, str | None]] = set()
    shown: set[tuple[str, str | None]] = set()
    for form, kept_back in (*((form, ()) for form in stations), *copies):
        for field in form.fields.values():
            is_hidden = field.access is Access.HIDDEN or field.key in kept_back
            (hidden if is_hidden else shown).add((field.key, field.bind))
    keys = {key for key, _ in hidden} - {key for key, _ in shown}
    binds = {bind for _, bind in hidden if bind} - {bind for _, bind in shown}
    return Hidden(frozenset(keys), frozenset(binds))


def hidden_fields(case: ProcessInstance, person: Person, tasks: Sequence[UserTask] | None = None) -> Hidden:
    """What is hidden from the person in this case; nothing from its initiator and from those who oversee it.

    `tasks`: every visit of the case, where the caller has read them already.
    """
    if case.started_by == person.id or person.may_in(Permission.CASE_SEE_ALL, case.branch_id):
        return NOTHING
    loaded = definitions.load(case.definition_id)
    visits = queries.tasks_of(case.id) if tasks is None else tasks
    stations = {task.element_id for task in visits if is_his(task, person)}
    copied = {copy.element_id for copy in queries.copies_of(case.id, person.id)} - stations
    sent = [element for element in loaded.compiled.steps if element in copied]
    return hidden_by(
        [form for element in stations if (form := form_at(loaded, element)) is not None],
        [
            (form, loaded.step(element).copy_hidden)
            for element in sent
            if (form := form_at(loaded, element)) is not None
        ],
    )


def form_at(loaded: Loaded, element_id: str) -> forms.Form | None:
    """The form of a station, if it has one."""
    step = loaded.compiled.steps.get(element_id)
    return loaded.form(step.form) if step is not None and step.form else None


def is_his(task: UserTask, person: Person) -> bool:
    """Whether the person holds, held, votes in or could claim the task."""
    named = (task.assignee_id, task.completed_by, *task.elector_ids, *task.had_ids)
    return person.id in named or rules.is_candidate(person, task)
