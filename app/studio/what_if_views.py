"""What if the amount were another one: one case on a copy, its way as it is beside its way as it would be."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import render_template, request
from flask_babel import gettext
from flask_login import current_user

from app.kernel.clock import now
from app.kernel.errors import NotFound, Refusal
from app.kernel.ids import parse_id
from app.studio.pages import blueprint
from app.web.access import Permission, requires
from app.web.i18n import text_of
from app.workflow import definitions, engine, queries, what_if
from app.workflow.models import ProcessInstance
from app.workflow.what_if import Comparison, Way

PREFIX = "value-"
YES = ("yes", "true", "是")


@blueprint.get("/cases/<case_id>/what-if")
@requires(Permission.DEFINITION_SEE)
def what_if_page(case_id: str) -> str:
    """The values the diagram decides by; with others in their place, the way the case would take. Nothing is written."""
    case = _case(case_id)
    given = {name.removeprefix(PREFIX): text for name, text in request.args.items() if name.startswith(PREFIX)}
    known = dict(what_if.changeable(case))
    changes = _changes(known, given)
    found = _compared(case, changes) if changes else None
    labels = definitions.load(case.definition_id).compiled.labels
    return render_template(
        "studio/what_if.html",
        case=case,
        fields=[
            (name, PREFIX + name, given.get(name, _shown(value)), _label(case, name)) for name, value in known.items()
        ],
        changes=[(_label(case, name), _shown(known.get(name)), _shown(value)) for name, value in changes.items()],
        before=_view(found.before, found.after, labels) if found else None,
        after=_view(found.after, found.before, labels) if found else None,
        gone=[text_of(labels.get(e, e)) for e in found.gone] if found else [],
        added=[text_of(labels.get(e, e)) for e in found.added] if found else [],
        decisions=_decisions(found, labels) if found else [],
    )


def _case(case_id: str) -> ProcessInstance:
    wanted = parse_id(case_id)
    case = queries.case_by_id(wanted) if wanted else None
    if case is None or not queries.may_see(current_user._get_current_object(), case):
        raise NotFound("There is no such case.")
    return case


def _compared(case: ProcessInstance, changes: Mapping[str, Any]) -> Comparison:
    try:
        return what_if.compare(case, changes, now())
    except engine.EngineError as error:
        refusal = Refusal("The case can't be walked through with these values.")
        refusal.texts = {language: error.message(language) for language in ("en", "zh_Hans", "zh_Hant")}
        raise refusal from error


def _changes(known: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """What differs from the present values, read as values of the same type. Raises Refusal."""
    found = {}
    for name, text in given.items():
        if name in known and text.strip() != _shown(known[name]):
            found[name] = _read(known[name], text.strip())
    return found


def _read(present: Any, text: str) -> Any:
    """The text as a value like the present one."""
    try:
        if isinstance(present, bool):
            return text.lower() in YES
        if isinstance(present, int | float | Decimal) or _is_number(present):
            return Decimal(text.replace(",", "").replace("，", ""))
        return date.fromisoformat(text) if isinstance(present, date) else text
    except (InvalidOperation, ValueError) as fault:
        raise Refusal("{given} is not a value of this kind.", given=text) from fault


def _is_number(value: Any) -> bool:
    """Amounts are kept as text in JSON."""
    try:
        return isinstance(value, str) and Decimal(value).is_finite()
    except InvalidOperation:
        return False


def _shown(value: Any) -> str:
    return "" if value is None else str(value)


def _label(case: ProcessInstance, name: str) -> str:
    """What the forms call the value; its own name where none has it."""
    loaded = definitions.load(case.definition_id)
    for key in dict.fromkeys(step.form for step in loaded.compiled.steps.values() if step.form):
        for field in loaded.form(key).fields.values():
            if name in (field.key, (field.bind or "").rpartition(".")[2]):
                return text_of(field.label)
    return name


def _view(way: Way, other: Way, labels: Mapping[str, Any]) -> dict[str, Any]:
    there = {stop.element_id for stop in other.stops}
    return {
        "stops": [
            {
                "name": text_of(labels.get(stop.element_id, stop.element_id)),
                "who": "、".join(stop.who),
                "given": stop.given,
                "differs": stop.element_id not in there,
            }
            for stop in way.stops
        ],
        "end": text_of(labels.get(way.end or "", way.end or "")),
        "trouble": text_of(way.trouble) if way.trouble else "",
    }


def _decisions(found: Comparison, labels: Mapping[str, Any]) -> list[tuple[str, str, str, bool]]:
    """Each decision with its result and rules as it is and as it would be; whether they differ."""
    before = {taken.element_id: _taken(taken) for taken in found.before.decisions}
    after = {taken.element_id: _taken(taken) for taken in found.after.decisions}
    return [
        (text_of(labels.get(e, e)), before.get(e, ""), after.get(e, ""), before.get(e) != after.get(e))
        for e in dict.fromkeys([*before, *after])
    ]


def _taken(taken: engine.DecisionTaken) -> str:
    rules = "、".join(str(rule) for rule in taken.rules)
    result = (
        taken.result if not isinstance(taken.result, dict) else "；".join(f"{k} = {v}" for k, v in taken.result.items())
    )
    return gettext("%(result)s (rule %(rules)s)", result=result, rules=rules) if rules else str(result)
