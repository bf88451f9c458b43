"""What somebody had on his screen when he pressed: the digest that goes with his answer, and what happens where it is old."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.audit.operations import Actor
from app.kernel.errors import Conflict
from app.workflow import cases, engine, proofs
from app.workflow.cases import Held
from app.workflow.deploying.definitions import Loaded
from app.workflow.models import ProcessInstance


class StaleScreen(Conflict):
    """A value changed since the page was opened; nothing was written. changes: what was shown and what is so now, by field."""

    def __init__(self, changes: Mapping[str, tuple[Any, Any]]) -> None:
        self.changes = changes
        super().__init__(
            "A value of this case was changed after you opened the page. Nothing was written; look at it again."
        )


def shown(case: ProcessInstance, loaded: Loaded, step: engine.Step, known: Mapping[str, Any]) -> dict[str, Any]:
    """What whoever is at a station has before him: the values of its form; where it has none, of the forms of all stations passed.

    known: the values of the case. Of a station without a form the names are "<form>.<field>".
    """
    if step.form:
        return cases.form_values(loaded.form(step.form), known)
    steps = loaded.compiled.steps
    passed = dict.fromkeys(key for element in case.visits if element in steps and (key := steps[element].form))
    return {
        f"{key}.{name}": value for key in passed for name, value in cases.form_values(loaded.form(key), known).items()
    }


def digest(case: ProcessInstance, loaded: Loaded, step: engine.Step, actor: Actor, now: datetime) -> str:
    """The digest of what a page of this station shows now."""
    return proofs.of_screen(case, shown(case, loaded, step, cases.values_of(case, actor, now)))


def must_be_current(held: Held, seen: str | None, actor: Actor, now: datetime) -> None:
    """Raises StaleScreen where the page was another one; what comes without a digest was no page."""
    if seen and seen != digest(held.case, held.loaded, held.step, actor, now):
        raise StaleScreen({})
