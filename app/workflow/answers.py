"""What somebody hands in at a step, and the questions asked of it before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from app.identity.rules import Person
from app.kernel.errors import Refusal
from app.workflow import cases, engine, forms, proofs
from app.workflow.cases import Held
from app.workflow.screens import StaleScreen


class InvalidSubmission(Refusal):
    """The form has errors; `submission` holds the values as entered and a sentence per field."""

    def __init__(self, submission: forms.Submission) -> None:
        self.submission = submission
        super().__init__("Please correct the marked fields.")


@dataclass(frozen=True)
class Answer:
    """What somebody hands in: the button pressed, his opinion, the form's fields (as posted, or as typed values from a program).

    seen: digest of the values that were on the screen, where the page sends it; screen: these values, as the page got them sealed.
    picks: whom he picked for stations that come next, user names by element id. signature: his password, where the step asks for
    it; it is checked before the case is locked and kept nowhere.
    """

    outcome: str | None = None
    opinion: str | None = None
    posted: MultiDict[str, str] | None = None
    values: Mapping[str, Any] | None = None
    seen: str | None = None
    screen: str | None = None
    picks: Mapping[str, str] = field(default_factory=dict)
    signature: str | None = field(default=None, repr=False)


def outcome_of(step: engine.Step, answer: Answer) -> engine.Outcome:
    """The decision pressed. Raises Refusal: none of the step's, an opinion or the signature is missing."""
    offered = step.outcomes or (engine.Outcome("completed", "neutral", {}),)
    chosen = next(
        (o for o in offered if o.id == answer.outcome),
        offered[0] if answer.outcome is None and len(offered) == 1 else None,
    )
    if chosen is None:
        raise Refusal("Choose one of the decisions of this step.")
    if chosen.opinion_required and not (answer.opinion or "").strip():
        raise Refusal("Please give your opinion or your reason.")
    if step.signature and not answer.signature:
        raise Refusal("This decision is signed: enter your password.")
    return chosen


def taken(
    form: forms.Form | None,
    answer: Answer,
    shown: Mapping[str, Any],
    press: Mapping[str, Any],
    person: Person,
    own: forms.OptionSource,
) -> dict[str, Any]:
    """The values this step may write, checked; `own`: the choices of this case. Raises InvalidSubmission."""
    if form is None:
        return {}
    posted = answer.posted if answer.posted is not None else forms.to_posted(form, {**shown, **(answer.values or {})})
    submission = forms.read(form, posted, values=shown, options=own, locale=person.language, press=press)
    if not submission.ok:
        raise InvalidSubmission(submission)
    return submission.values


def check_screen(held: Held, form: forms.Form | None, answer: Answer, shown: Mapping[str, Any]) -> None:
    """Refuse a press on a screen whose values have changed since; raises StaleScreen."""
    if not answer.seen or answer.seen == proofs.of_screen(held.case, shown):
        return
    before = cases.unsealed(form, answer.screen, held.the_task.id) if form is not None else None
    fields = form.fields if form is not None else {}
    visible = [key for key, field in fields.items() if field.access is not forms.Access.HIDDEN]
    differ = [key for key in visible if before is not None and before.get(key) != shown.get(key)]
    raise StaleScreen({key: ((before or {}).get(key), shown.get(key)) for key in differ})
