"""What if the amount were another one: one case on a copy, its way as it is beside its way as it would be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask import render_template, request
from flask_babel import format_datetime, gettext
from flask_login import current_user

from app.kernel.clock import now
from app.kernel.errors import NotFound, Refusal
from app.kernel.ids import parse_id
from app.studio.pages import blueprint
from app.web.access import Permission, requires
from app.web.i18n import text_of
from app.workflow import engine, forms, queries, registry
from app.workflow.deploying import definitions
from app.workflow.migrating import what_if
from app.workflow.migrating.what_if import Comparison, Knob, Way
from app.workflow.migrating.what_if_answers import Returned, Source
from app.workflow.models import ProcessInstance

PREFIX = "value-"
YES = "true"
LONGEST_SHOWN = 60
SOURCES = {
    Source.COUNTS: "answered so",
    Source.STOOD: "answered so, and not asked again after the return",
    Source.LAST_KNOWN: "assumed to agree, with the values entered before the return",
    Source.ASSUMED: "assumed to agree",
}
HALTS = {
    "message": "Here it waits for a message; what comes after that is not walked.",
    "clock": "Here it waits for a clock; what comes after that is not walked.",
    "circle": "Here it goes in a circle and is not walked further.",
}
MOVES = {
    "send_back": "%(when)s: sent back from %(origin)s to %(target)s.",
    "complete": "%(when)s: refused at %(origin)s, which leads to %(target)s.",
    "answer": "%(when)s: refused at %(origin)s, which leads to %(target)s.",
    "withdraw": "%(when)s: taken back to %(target)s by who had done it.",
    "recall": "%(when)s: recalled to %(target)s by the initiator.",
    "jump": "%(when)s: put to %(target)s by a supervisor.",
    "reconsider": "%(when)s: reconsidered, again at %(target)s.",
    "restore": "%(when)s: put back to an earlier moment by a supervisor.",
}


@blueprint.get("/cases/<case_id>/what-if")
@requires(Permission.DEFINITION_SEE)
def what_if_page(case_id: str) -> str:
    """The values the diagram decides by; with others in their place, the way the case would take. Nothing is written."""
    case = _case(case_id)
    given = {name.removeprefix(PREFIX): text for name, text in request.args.items() if name.startswith(PREFIX)}
    knobs = what_if.changeable(case)
    changes = _changes(knobs, given)
    found = _compared(case, changes) if changes else None
    labels = definitions.load(case.definition_id).compiled.labels
    return render_template(
        "studio/what_if.html",
        case=case,
        fields=[_field(knob, given.get(knob.name)) for knob in knobs],
        changes=[_change(knob, changes[knob.name]) for knob in knobs if knob.name in changes],
        before=_view(found.before, found.after, labels) if found else None,
        after=_view(found.after, found.before, labels) if found else None,
        gone=[text_of(labels.get(e, e)) for e in found.gone] if found else [],
        added=[text_of(labels.get(e, e)) for e in found.added] if found else [],
        decisions=_decisions(found, labels) if found else [],
        returned=_returned(found.returned, labels) if found else [],
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


def _changes(knobs: Sequence[Knob], given: Mapping[str, str]) -> dict[str, Any]:
    """What differs from the present values, read as the forms would. Raises Refusal."""
    today = now().date()
    return {
        knob.name: _read(knob, given[knob.name].strip(), today)
        for knob in knobs
        if knob.name in given and given[knob.name].strip() not in ("", _shown(knob.value))
    }


def _read(knob: Knob, text: str, today: date) -> Any:
    """The text as a value that the form of the case would take. Raises Refusal."""
    if knob.field.type is forms.FieldType.CHECKBOX:
        return text == YES
    offered = registry.options(knob.field.source) if knob.field.source else knob.field.choices
    try:
        return forms.parse(knob.field, text, offered=offered, old=knob.value, today=today)
    except forms.ValueRefused as fault:
        refusal = Refusal("{given} is not a value of this kind.", given=text[:LONGEST_SHOWN])
        refusal.texts = {
            locale: f"{knob.field.label.get(locale, knob.name)}: {text[:LONGEST_SHOWN]} – {said}"
            for locale, said in fault.texts.items()
        }
        raise refusal from fault


def _field(knob: Knob, given: str | None) -> dict[str, Any]:
    return {
        "key": PREFIX + knob.name,
        "label": text_of(knob.field.label),
        "value": given if given is not None else _shown(knob.value),
        "options": _options(knob.field),
    }


def _options(field: forms.Field) -> list[tuple[str, str]]:
    if field.type is forms.FieldType.CHECKBOX:
        return [(YES, gettext("Yes")), ("false", gettext("No"))]
    if field.source:
        return [(option.value, text_of(option.label)) for option in registry.options(field.source)]
    return [(choice.value, text_of(choice.label)) for choice in field.choices]


def _change(knob: Knob, value: Any) -> tuple[str, str, str]:
    words = dict(_options(knob.field))
    old, new = _shown(knob.value), _shown(value)
    return text_of(knob.field.label), words.get(old, old), words.get(new, new)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return YES if value else "false"
    return "" if value is None else str(value)


def _view(way: Way, other: Way, labels: Mapping[str, Any]) -> dict[str, Any]:
    there = {stop.element_id for stop in other.stops}
    return {
        "stops": [
            {
                "name": text_of(labels.get(stop.element_id, stop.element_id)),
                "who": "、".join(stop.who),
                "source": gettext(SOURCES[stop.source]),
                "differs": stop.element_id not in there,
            }
            for stop in way.stops
        ],
        "end": text_of(labels.get(way.end or "", way.end or "")),
        "trouble": text_of(way.trouble) if way.trouble else gettext(HALTS[way.halt[0]]) if way.halt[0] else "",
    }


def _returned(moves: Sequence[Returned], labels: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Each return of the real case as a sentence, and how the walk deals with it as another."""
    return [(_said(move, labels), _dealt_with(move, labels)) for move in moves]


def _said(move: Returned, labels: Mapping[str, Any]) -> str:
    origin, target = (text_of(labels.get(element or "", element or "?")) for element in (move.origin, move.target))
    when = format_datetime(move.at, "yyyy-MM-dd HH:mm")
    return gettext(MOVES[move.verb], when=when, origin=origin, target=target)


def _dealt_with(move: Returned, labels: Mapping[str, Any]) -> str:
    void = gettext(", ").join(text_of(labels.get(element, element)) for element in move.void)
    if not void:
        return gettext("It made no answer void; the way is walked as it is drawn.")
    taken = gettext(
        "It made void: %(stations)s. What was answered there since is taken; where nobody was asked again, what was before.",
        stations=void,
    )
    return f"{gettext('The case came straight back.')} {taken}" if move.straight else taken


def _decisions(found: Comparison, labels: Mapping[str, Any]) -> list[tuple[str, str, str, bool]]:
    """Each decision with its result and rules as it is and as it would be; whether they differ."""
    before = {taken.element_id: _taken(taken) for taken in found.before.decisions}
    after = {taken.element_id: _taken(taken) for taken in found.after.decisions}
    return [
        (text_of(labels.get(e, e)), before.get(e, ""), after.get(e, ""), before.get(e) != after.get(e))
        for e in dict.fromkeys([*before, *after])
    ]


def _taken(taken: engine.DecisionTaken) -> str:
    rules = "、".join(str(rule["rule"] if isinstance(rule, Mapping) else rule) for rule in taken.rules)
    parts = taken.result if isinstance(taken.result, Mapping) else {"": taken.result}
    result = "；".join(f"{name} = {_words(value)}" if name else _words(value) for name, value in parts.items())
    return gettext("%(result)s (rule %(rules)s)", result=result, rules=rules) if rules else result


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    return str(value)
