"""The designer's page of one form: its outline, what is chosen and its properties, the texts, each with what the checker says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.studio.forms import form_files, form_kinds, form_properties, form_rules
from app.studio.forms.form_acts import RULE, rule_of
from app.studio.forms.form_design import Place, address, at, children, place_of, walk
from app.studio.forms.form_findings import by_place, by_property, of_rule
from app.studio.forms.form_kinds import Kind
from app.studio.forms.form_properties import Input, Property, stated
from app.studio.forms.form_text import Document
from app.workflow import forms, registry
from app.workflow.forms import Finding


@dataclass(frozen=True)
class Row:
    """One line of the outline. `label` is a text by language; `inside` the rows below it."""

    at: str
    kind: Kind
    label: Any
    key: str
    findings: Sequence[Finding]
    chosen: bool
    number: int
    inside: tuple[Row, ...] = ()
    is_column: bool = False
    conditional: bool = False


@dataclass(frozen=True)
class Line:
    """One property in the panel: what it is, what it says now, what is wrong with it, what may be chosen."""

    property: Property
    value: Any
    findings: Sequence[Finding]
    choices: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Panel:
    """What is chosen and its properties; kind None: the form itself."""

    at: str
    kind: Kind | None
    key: str | None
    key_findings: Sequence[Finding]
    kinds: Sequence[Kind]
    lines: Sequence[Line]
    findings: Sequence[Finding]
    is_table: bool = False
    is_column: bool = False


@dataclass(frozen=True)
class TextLine:
    """One text of the form, for the table of texts."""

    at: str
    property: str
    what: str
    owner: Any
    texts: Mapping[str, str]


@dataclass(frozen=True)
class Desk:
    """A form on the designer's desk: its file, all forms of the draft that can be read, what the checker says."""

    key: str
    document: Document
    known: Mapping[str, Document]
    findings: Sequence[Finding]
    chosen: str
    places: Mapping[Place, list[Finding]] = field(default_factory=dict)

    @property
    def is_part(self) -> bool:
        """Whether it is a shared part, which is no step's form."""
        return forms.is_part(self.key)


def desk(key: str, document: Document, known: Mapping[str, Document], findings: Sequence[Finding], chosen: str) -> Desk:
    """The desk; what is chosen is the form itself where nothing is at that place."""
    own = [finding for finding in findings if finding.file == key + form_files.SUFFIX]
    return Desk(key, document, known, findings, _known_place(document, chosen), by_place(document, own))


def outline(shown: Desk) -> tuple[Row, ...]:
    """The rows of the form's own components."""
    return tuple(_row(shown, (i,), one) for i, one in enumerate(children({**shown.document, "type": "form"})))


def rules(shown: Desk) -> tuple[Row, ...]:
    """The rows of its rules."""
    of_form = shown.places.get((), [])
    return tuple(
        Row(
            f"{RULE}{i}",
            form_kinds.RULE,
            rule.get("message"),
            str(rule.get("check", "")),
            of_rule(of_form, rule),
            shown.chosen == f"{RULE}{i}",
            i,
        )
        for i, rule in enumerate(form_rules.rules_of(shown.document))
    )


def loose_findings(shown: Desk) -> list[Finding]:
    """Those that no component and no rule shows."""
    told = {id(finding) for row in rules(shown) for finding in row.findings}
    return [finding for finding in shown.places.get((), []) if id(finding) not in told]


def elsewhere(shown: Desk) -> dict[str, list[Finding]]:
    """What is wrong in forms that show this one or that it shows, by form key."""
    near = {*form_files.steps_showing(shown.key, shown.known), *form_files.shown_parts(shown.key, shown.known)} - {
        shown.key
    }
    found: dict[str, list[Finding]] = {}
    for finding in shown.findings:
        if finding.file.removesuffix(form_files.SUFFIX) in near:
            found.setdefault(finding.file.removesuffix(form_files.SUFFIX), []).append(finding)
    return found


def panel(shown: Desk, records: Mapping[str, Sequence[str]]) -> Panel:
    """The properties of what is chosen; `records`: legal record names by process."""
    number = rule_of(shown.chosen)
    if number is not None:
        rule = form_rules.rules_of(shown.document)[number]
        lines = _lines(shown, rule, form_properties.RULE, rules(shown)[number].findings, records)
        return Panel(shown.chosen, form_kinds.RULE, None, (), (), *lines)
    place = place_of(shown.chosen)
    if place is None:
        own = [finding for finding in loose_findings(shown) if "“title”" in finding.message["en"]]
        return Panel("", None, None, (), (), *_lines(shown, shown.document, form_properties.FORM, own, records))
    return _component_panel(shown, place, records)


def texts(shown: Desk) -> list[TextLine]:
    """Every text of the form in its order."""
    found = [TextLine("", "title", "Title", shown.document.get("title"), _three(shown.document.get("title")))]
    for place, component in walk(shown.document):
        owner = component.get("label", component.get("text"))
        for name, what in _TEXTS:
            if stated(component, name) or name == ("text" if component.get("type") == "text" else "label"):
                found.append(TextLine(address(place), name, what, owner, _three(stated(component, name))))
        values = component.get("values")
        for i, choice in enumerate(values if isinstance(values, list) else ()):
            if isinstance(choice, Mapping):
                found.append(TextLine(address(place), f"values.{i}", "Choice", owner, _three(choice.get("label"))))
    for i, rule in enumerate(form_rules.rules_of(shown.document)):
        found.append(TextLine(f"{RULE}{i}", "message", "Rule", rule.get("check"), _three(rule.get("message"))))
    return found


_TEXTS = (
    ("label", "Label"),
    ("text", "Text"),
    ("help", "Help below the field"),
    ("unit", "Unit"),
    ("validate.message", "What to say when the pattern is missed"),
)


def _known_place(document: Document, chosen: str) -> str:
    number, place = rule_of(chosen), place_of(chosen)
    if number is not None:
        return chosen if number < len(form_rules.rules_of(document)) else ""
    return chosen if place is not None and any(place == one for one, _ in walk(document)) else ""


def _row(shown: Desk, place: Place, component: Mapping[str, Any], *, is_column: bool = False) -> Row:
    kind = form_kinds.BY_NAME.get(str(component.get("type"))) or Kind(str(component.get("type")), "circle-help", {}, {})
    inside = children(component) if component.get("type") in ("section", "table") else []
    is_table = component.get("type") == "table"
    return Row(
        address(place),
        kind,
        component.get("label", component.get("text")),
        str(component.get("key", "")),
        shown.places.get(place, []),
        shown.chosen == address(place),
        place[-1],
        tuple(_row(shown, (*place, i), one, is_column=is_table) for i, one in enumerate(inside)),
        is_column,
        bool(component.get("visible")),
    )


def _component_panel(shown: Desk, place: Place, records: Mapping[str, Sequence[str]]) -> Panel:
    component = at(shown.document, place)
    column = len(place) > 1 and at(shown.document, place[:-1]).get("type") == "table"
    kind = str(component.get("type"))
    offered = form_properties.properties_of(kind, column=column)
    findings = shown.places.get(place, [])
    lines, rest = _lines(shown, component, offered, findings, records)
    of_key = [finding for finding in rest if _is_about_key(component, finding)]
    return Panel(
        at=shown.chosen,
        kind=form_kinds.BY_NAME.get(kind) or Kind(kind, "circle-help", {}, {}),
        key=None if kind == "text" else str(component.get("key", "")),
        key_findings=of_key,
        kinds=() if kind in ("section", "text") else form_kinds.COLUMN_KINDS if column else form_kinds.FIELD_KINDS,
        lines=lines,
        findings=[finding for finding in rest if finding not in of_key],
        is_table=kind == "table",
        is_column=column,
    )


def _is_about_key(component: Mapping[str, Any], finding: Finding) -> bool:
    return "key" in by_property(component, (), [finding])


def _lines(
    shown: Desk,
    holder: Mapping[str, Any],
    offered: Sequence[Property],
    findings: Sequence[Finding],
    records: Mapping[str, Sequence[str]],
) -> tuple[list[Line], list[Finding]]:
    """The lines, and the findings that belong to none of them."""
    found = by_property(holder, offered, findings)
    names = {one.name for one in offered}
    lines = [
        Line(
            one,
            _shown_value(one, stated(holder, one.name)),
            found.get(one.name, []),
            list(_choices(shown, one, records)),
        )
        for one in offered
    ]
    return lines, [finding for name, several in found.items() if name not in names for finding in several]


def _shown_value(one: Property, value: Any) -> Any:
    if one.input in (Input.TEXTS, Input.LONG_TEXTS):
        return _three(value)
    if one.input is Input.CHOICES:
        rows = value if isinstance(value, list) else []
        return [
            {"value": row.get("value", ""), "label": _three(row.get("label"))}
            for row in rows
            if isinstance(row, Mapping)
        ]
    if one.input is Input.WORDS:
        return value if isinstance(value, list) else []
    return value


def _choices(shown: Desk, one: Property, records: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    """What may be chosen, with what it is called."""
    if one.input is Input.SOURCE:
        yield from ((name, name) for name in sorted(registry.sources()))
    elif one.input is Input.BIND:
        yield from ((name, name) for name in records.get(shown.key.partition("/")[0], ()))
    elif one.input is Input.FIELD:
        for part, _, fields in form_files.sections_of(shown.key, shown.known):
            yield from (
                (str(one.get("key")), str(one.get("key"))) for one in fields if one.get("key") and part in shown.known
            )


def _three(value: Any) -> Mapping[str, str]:
    """A text by language; a plain one stands for all."""
    if isinstance(value, str):
        return dict.fromkeys(("en", "zh_Hans", "zh_Hant"), value)
    return {k: v for k, v in value.items() if isinstance(v, str)} if isinstance(value, Mapping) else {}
