"""From what the designer's page sends to a changed document: which act on which place, and what is chosen on the page afterwards.

What is chosen is the address of a component ("2.0"), of a rule ("rule.1"), or "" for the form itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from app.kernel.errors import Refusal
from app.studio.forms import form_design as design
from app.studio.forms import form_kinds, form_properties, form_rules
from app.studio.forms.form_design import Place, address, place_of
from app.studio.forms.form_files import includes
from app.studio.forms.form_properties import Property, posted_values, stated
from app.studio.forms.form_text import Document
from app.workflow.forms.texts import LOCALES

RULE = "rule."


class NotAnAct(Refusal):
    """The page sent something the designer can't do."""


@dataclass(frozen=True)
class Outcome:
    """The document after the act, and what is chosen then; `renamed` is (old key, new key) where a field got another one."""

    document: Document
    chosen: str
    renamed: tuple[str, str] | None = None


def apply(document: Document, posted: MultiDict[str, str], taken: Collection[str]) -> Outcome:
    """Do what the page asks for; `taken` are the keys used by the other forms. Raises Refusal, Conflict."""
    name, _, detail = posted.get("act", "").partition(":")
    act = _ACTS.get(name)
    if act is None:
        raise NotAnAct("This is nothing that the designer can do.")
    return act(document, posted, detail, taken)


def rule_of(chosen: str) -> int | None:
    """The number of a rule from an address, None for anything else."""
    number = chosen.removeprefix(RULE)
    return (
        int(number) if chosen.startswith(RULE) and number.isascii() and number.isdigit() and len(number) < 5 else None
    )


def _chosen(posted: MultiDict[str, str]) -> Place | None:
    return place_of(posted.get("at", ""))


def _component(posted: MultiDict[str, str]) -> Place:
    place = _chosen(posted)
    if place is None:
        raise design.NoSuchPlace(
            "There is nothing at this place any more. Reload the page to see the form as it is now."
        )
    return place


def _add(document: Document, posted: MultiDict[str, str], kind: str, taken: Collection[str]) -> Outcome:
    """A new component where `to` and `index` say (a drop), else behind or inside what is chosen."""
    if kind not in form_kinds.BY_NAME:
        raise NotAnAct("This is nothing that the designer can do.")
    made = form_kinds.blank(kind, design.fresh(kind, {*design.keys(document), *taken}))
    parent, index = _target(posted) if "to" in posted else _beside(document, _chosen(posted), kind)
    if parent and design.at(document, parent).get("type") == "table":
        return _as_column(document, parent, kind, index)
    changed, place = design.add(document, made, parent, index)
    return Outcome(changed, address(place))


def _beside(document: Document, chosen: Place | None, kind: str) -> tuple[Place, int]:
    """Inside a chosen section, else behind what is chosen; a section always stands at the top."""
    if chosen is None:
        return (), len(design.children({**document, "type": "form"}))
    component = design.at(document, chosen)
    if kind == "section":
        return (), chosen[0] + 1
    if component.get("type") == "section":
        return chosen, len(design.children(component))
    if len(chosen) > 1 and design.at(document, chosen[:-1]).get("type") == "table":
        chosen = chosen[:-1]
    return chosen[:-1], chosen[-1] + 1


def _add_column(document: Document, posted: MultiDict[str, str], kind: str, taken: Collection[str]) -> Outcome:
    place = _component(posted)
    table = place if design.at(document, place).get("type") == "table" else place[:-1]
    index = len(design.children(design.at(document, table))) if table == place else place[-1] + 1
    if kind not in {one.name for one in form_kinds.COLUMN_KINDS} or not table:
        raise NotAnAct("This is nothing that the designer can do.")
    return _as_column(document, table, kind, index)


def _as_column(document: Document, table: Place, kind: str, index: int) -> Outcome:
    used = {str(column.get("key")) for column in design.children(design.at(document, table))}
    changed, place = design.add(document, form_kinds.blank(kind, design.fresh(kind, used)), table, index)
    return Outcome(changed, address(place))


def _delete(document: Document, posted: MultiDict[str, str], detail: str, taken: Collection[str]) -> Outcome:
    number = rule_of(posted.get("at", ""))
    if number is not None:
        changed, near = form_rules.remove_rule(document, number)
        return Outcome(changed, f"{RULE}{near}" if form_rules.rules_of(changed) else "")
    changed, place = design.remove(document, _component(posted))
    return Outcome(changed, address(place))


def _duplicate(document: Document, posted: MultiDict[str, str], detail: str, taken: Collection[str]) -> Outcome:
    number = rule_of(posted.get("at", ""))
    if number is not None:
        changed, made = form_rules.duplicate_rule(document, number)
        return Outcome(changed, f"{RULE}{made}")
    changed, place = design.duplicate(document, _component(posted), taken)
    return Outcome(changed, address(place))


def _shift(step: int) -> Callable[[Document, MultiDict[str, str], str, Collection[str]], Outcome]:
    def act(document: Document, posted: MultiDict[str, str], detail: str, taken: Collection[str]) -> Outcome:
        number = rule_of(posted.get("at", ""))
        if number is not None:
            changed, there = form_rules.shift_rule(document, number, step)
            return Outcome(changed, f"{RULE}{there}")
        changed, place = design.shift(document, _component(posted), step)
        return Outcome(changed, address(place))

    return act


def _move(document: Document, posted: MultiDict[str, str], detail: str, taken: Collection[str]) -> Outcome:
    parent, index = _target(posted)
    changed, place = design.move(document, _component(posted), parent, index)
    return Outcome(changed, address(place))


def _target(posted: MultiDict[str, str]) -> tuple[Place, int]:
    index = posted.get("index", "")
    if not (index.isascii() and index.isdigit() and len(index) < 5):
        raise NotAnAct("This is nothing that the designer can do.")
    return place_of(posted.get("to", "")) or (), int(index)


def _change(document: Document, posted: MultiDict[str, str], detail: str, taken: Collection[str]) -> Outcome:
    """The panel: of a rule, of a component, or of the form itself."""
    chosen = posted.get("at", "")
    number = rule_of(chosen)
    if number is not None:
        rule = form_rules.rules_of(document)[number : number + 1]
        values = _changed_values(rule[0] if rule else {}, posted, form_properties.RULE)
        return Outcome(form_rules.change_rule(document, number, values)[0], chosen)
    if not chosen:
        values = _changed_values(document, posted, form_properties.FORM)
        return Outcome(design.change_form(document, values), chosen)
    place = _component(posted)
    component = design.at(document, place)
    column = len(place) > 1 and design.at(document, place[:-1]).get("type") == "table"
    offered = form_properties.properties_of(str(component.get("type")), column=column)
    changed, _ = design.change(document, place, _changed_values(component, posted, offered))
    return _named_anew(changed, place, posted)


def _named_anew(document: Document, place: Place, posted: MultiDict[str, str]) -> Outcome:
    """The panel's key and kind, which more than the component itself depends on."""
    component = design.at(document, place)
    kind, key, old = posted.get("type", ""), posted.get("key", "").strip(), component.get("key")
    renamed = None
    if key and key != old:
        document = form_rules.rename(document, place, key[:100])
        renamed = (old, key[:100]) if isinstance(old, str) else None
    if kind and kind != component.get("type"):
        document = _retyped(document, place, kind)
    return Outcome(document, address(place), renamed)


def _retyped(document: Document, place: Place, kind: str) -> Document:
    """Another kind of field: what the new kind does not know goes, what it needs comes."""
    component = design.at(document, place)
    column = len(place) > 1 and design.at(document, place[:-1]).get("type") == "table"
    if kind not in {one.name for one in (form_kinds.COLUMN_KINDS if column else form_kinds.FIELD_KINDS)}:
        raise NotAnAct("This is nothing that the designer can do.")
    known = form_properties.properties_of(kind, column=column)
    kept = {one.name: value for one in known if (value := stated(component, one.name)) is not None}
    fresh: dict[str, Any] = {"type": kind, "key": component.get("key")}
    swapped, _ = design.add(document, fresh, place[:-1], place[-1])
    swapped, _ = design.remove(swapped, (*place[:-1], place[-1] + 1))
    has_choices = kept.get("values") or kept.get("source")
    needed = (
        {}
        if has_choices
        else {n: v for n, v in form_kinds.blank(kind, "x").items() if n not in ("type", "key", "label")}
    )
    return design.change(swapped, place, {**needed, **kept})[0]


def _changed_values(
    before: Mapping[str, Any], posted: MultiDict[str, str], offered: tuple[Property, ...]
) -> dict[str, Any]:
    """What differs from what stands there; what is only written otherwise (one text for all languages) stays as it is."""
    values = posted_values(posted, offered)
    return {name: value for name, value in values.items() if not _says_the_same(stated(before, name), value)}


def _says_the_same(before: Any, now: Any) -> bool:
    if isinstance(before, str) and isinstance(now, Mapping):
        return set(now.values()) == {before}
    return bool(_plain(before) == _plain(now))


def _plain(value: Any) -> Any:
    if value is False or value == "":
        return None
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items() if inner not in (None, "")} or None
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _add_rule(document: Document, posted: MultiDict[str, str], detail: str, taken: Collection[str]) -> Outcome:
    changed, number = form_rules.add_rule(document, form_kinds.blank_rule())
    return Outcome(changed, f"{RULE}{number}")


def _include(document: Document, posted: MultiDict[str, str], detail: str, taken: Collection[str]) -> Outcome:
    """`include:add`, `include:remove`, `include:up` with the part's key as `part`."""
    named, part = includes(document), posted.get("part", "")
    if detail == "add" and part and part not in named:
        named.append(part)
    elif detail in ("remove", "up") and part in named:
        at = named.index(part)
        named.pop(at)
        if detail == "up":
            named.insert(max(0, at - 1), part)
    return Outcome(design.change_form(document, {"include": named or None}), "")


def _text(document: Document, posted: MultiDict[str, str], detail: str, taken: Collection[str]) -> Outcome:
    """One text of the table of texts: `at` as ever, `property`, and its languages."""
    chosen, name = posted.get("at", ""), posted.get("property", "")
    text = form_properties.texts(posted, "text")
    if text is None or not set(text) <= set(LOCALES):
        raise Refusal("Give the text in at least one language.")
    number = rule_of(chosen)
    if number is not None and name == "message":
        return Outcome(form_rules.change_rule(document, number, {name: text})[0], "")
    if not chosen and name == "title":
        return Outcome(design.change_form(document, {name: text}), "")
    if name.startswith("values."):
        return Outcome(_choice_text(document, _component(posted), name, text), "")
    if name in ("label", "help", "unit", "text", "validate.message"):
        return Outcome(design.change(document, _component(posted), {name: text})[0], "")
    raise NotAnAct("This is nothing that the designer can do.")


def _choice_text(document: Document, place: Place, name: str, text: Mapping[str, str]) -> Document:
    """The label of one choice; `name` is "values.3"."""
    number, values = name.removeprefix("values."), stated(design.at(document, place), "values")
    if not number.isascii() or not number.isdigit() or not isinstance(values, list) or int(number[:5]) >= len(values):
        raise design.NoSuchPlace(
            "There is nothing at this place any more. Reload the page to see the form as it is now."
        )
    relabelled = [{**one, "label": dict(text)} if i == int(number) else one for i, one in enumerate(values)]
    return design.change(document, place, {"values": relabelled})[0]


_ACTS: Mapping[str, Callable[[Document, MultiDict[str, str], str, Collection[str]], Outcome]] = {
    "add": _add,
    "add_column": _add_column,
    "add_rule": _add_rule,
    "delete": _delete,
    "duplicate": _duplicate,
    "up": _shift(-1),
    "down": _shift(1),
    "move": _move,
    "change": _change,
    "include": _include,
    "text": _text,
}
