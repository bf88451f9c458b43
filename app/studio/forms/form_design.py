"""What may be done with a form while it is designed: each act takes the document and gives a new one, and says where the thing is.

A place is a row of numbers: (2,) is the third component of the form, (2, 0) the first one inside it, (2, 0, 1) the second column of
that table. Nothing here judges a form; the checker does that, so a document that is wrong can be opened and mended.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from copy import deepcopy
from typing import Any

from app.kernel.errors import Conflict, Refusal
from app.studio.forms.form_text import Document

Place = tuple[int, ...]
Component = dict[str, Any]
INSIDE = {"section": "components", "table": "columns"}
DEEPEST = 3


class NoSuchPlace(Conflict):
    """The form has changed since: there is nothing at this place."""


class Misplaced(Refusal):
    """A component of this kind can't stand there."""


def place_of(text: str) -> Place | None:
    """A place from an address ("2.0"); None for anything else."""
    parts = text.split(".") if text else []
    if (
        not parts
        or len(parts) > DEEPEST
        or not all(part.isascii() and part.isdigit() and len(part) < 5 for part in parts)
    ):
        return None
    return tuple(int(part) for part in parts)


def address(place: Place) -> str:
    """The place as it stands in an address."""
    return ".".join(str(number) for number in place)


def children(holder: Mapping[str, Any]) -> list[Component]:
    """What stands inside the form, a section or a table; empty where there is nothing of the kind."""
    inside = holder.get(INSIDE.get(str(holder.get("type")), "components"))
    return [one for one in inside if isinstance(one, dict)] if isinstance(inside, list) else []


def at(document: Mapping[str, Any], place: Place) -> Component:
    """The component at a place; raises NoSuchPlace."""
    holder: Mapping[str, Any] = {**document, "type": "form"}
    for number in place:
        inside = children(holder)
        if number >= len(inside):
            raise NoSuchPlace("There is nothing at this place any more. Reload the page to see the form as it is now.")
        holder = inside[number]
    return holder  # type: ignore[return-value]


def walk(document: Mapping[str, Any]) -> Iterator[tuple[Place, Component]]:
    """Every component with its place, in the order of the form, columns included."""
    pending: list[tuple[Place, Component]] = [
        ((i,), one) for i, one in enumerate(children({**document, "type": "form"}))
    ]
    while pending:
        place, one = pending.pop(0)
        yield place, one
        if one.get("type") in INSIDE and len(place) < DEEPEST:
            pending[:0] = [((*place, i), inner) for i, inner in enumerate(children(one))]


def keys(document: Mapping[str, Any]) -> set[str]:
    """The keys of its sections and fields; columns have a room of their own in each table."""
    return {
        one["key"]
        for place, one in walk(document)
        if isinstance(one.get("key"), str) and not _is_column(document, place)
    }


def fresh(key: str, taken: Collection[str]) -> str:
    """A key like this one that nobody has."""
    stem = key.rstrip("0123456789").rstrip("_") or "field"
    found, number = key, 2
    while found in taken:
        found, number = f"{stem[:50]}_{number}", number + 1
    return found


def add(document: Document, component: Component, parent: Place, index: int) -> tuple[Document, Place]:
    """Put a component in as the child number `index` of `parent`; raises Misplaced, NoSuchPlace."""
    changed = deepcopy(document)
    siblings = _list_in(changed, parent)
    _must_fit(component, parent, at(changed, parent) if parent else None)
    index = max(0, min(index, len(siblings)))
    siblings.insert(index, deepcopy(component))
    return changed, (*parent, index)


def remove(document: Document, place: Place) -> tuple[Document, Place]:
    """Take a component away with all that is inside; the place is that of what stands nearest now, () where nothing is left."""
    changed = deepcopy(document)
    at(changed, place)
    siblings = _list_in(changed, place[:-1])
    del siblings[place[-1]]
    if siblings:
        return changed, (*place[:-1], min(place[-1], len(siblings) - 1))
    return changed, place[:-1]


def duplicate(document: Document, place: Place, taken: Collection[str] = ()) -> tuple[Document, Place]:
    """A copy right behind, with keys of its own; `taken` are keys that are in use elsewhere."""
    copy = deepcopy(at(document, place))
    used = {*keys(document), *taken}
    if _is_column(document, place):
        used = {str(column.get("key")) for column in children(at(document, place[:-1]))}
    for one in (copy, *(children(copy) if copy.get("type") == "section" else ())):
        if isinstance(one.get("key"), str):
            one["key"] = fresh(one["key"], used)
            used.add(one["key"])
    copy.pop("bind", None)
    for inner in children(copy):
        inner.pop("bind", None)
    return add(document, copy, place[:-1], place[-1] + 1)


def move(document: Document, place: Place, parent: Place, index: int) -> tuple[Document, Place]:
    """Put the component before the child number `index` of `parent`, as both are counted now; raises Misplaced, NoSuchPlace."""
    component = at(document, place)
    if parent[: len(place)] == place:
        raise Misplaced("A part can't be moved into itself.")
    _must_fit(component, parent, at(document, parent) if parent else None)
    without = deepcopy(document)
    del _list_in(without, place[:-1])[place[-1]]
    if parent == place[:-1] and index > place[-1]:
        index -= 1
    return add(without, component, _after_removal(parent, place), index)


def shift(document: Document, place: Place, step: int) -> tuple[Document, Place]:
    """One up (-1) or down (+1). A field at the edge of a section steps out of it, and into a section that stands beside it."""
    siblings = _list_in(document, place[:-1])
    component = at(document, place)
    wanted = place[-1] + step
    if 0 <= wanted < len(siblings):
        beside = siblings[wanted]
        if beside.get("type") == "section" and component.get("type") != "section":
            inner = (*place[:-1], wanted)
            return move(document, place, inner, len(children(beside)) if step < 0 else 0)
        return move(document, place, place[:-1], wanted if step < 0 else wanted + 1)
    if len(place) == 2 and not _is_column(document, place):
        return move(document, place, (), place[0] + (step > 0))
    return deepcopy(document), place


def change(document: Document, place: Place, values: Mapping[str, Any]) -> tuple[Document, Place]:
    """Give properties of a component new values ("label", "validate.min"); None takes one away."""
    changed = deepcopy(document)
    _set_all(at(changed, place), values)
    return changed, place


def change_form(document: Document, values: Mapping[str, Any]) -> Document:
    """Give properties of the form itself ("title", "include") new values; None takes one away."""
    changed = deepcopy(document)
    _set_all(changed, values)
    return changed


def set_right(document: Document, name: str, right: str | None) -> Document:
    """What the step may do with a field, a section or all ("*"); None: no word of its own, so that the wider one holds."""
    changed = deepcopy(document)
    stated = changed.get("access")
    rights: dict[str, Any] = stated if isinstance(stated, dict) else {}
    kept = {one: word for one, word in rights.items() if one != name or right is not None}
    if right is not None:
        kept[name] = right
    changed.pop("access", None)
    return _with_access(changed, kept) if kept else changed


def _set_all(holder: dict[str, Any], values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        outer, _, inner = name.rpartition(".")
        if outer:
            within = dict(holder[outer]) if isinstance(holder.get(outer), dict) else {}
            _set(within, inner, value)
            _set(holder, outer, within or None)
        else:
            _set(holder, name, value)


def _set(holder: dict[str, Any], name: str, value: Any) -> None:
    if value is None:
        holder.pop(name, None)
    else:
        holder[name] = value


def _with_access(document: Document, access: Mapping[str, Any]) -> Document:
    """Rights stand before the components, where people look for them."""
    late = ("components", "rules")
    head = {name: value for name, value in document.items() if name not in late}
    return {**head, "access": dict(access), **{name: document[name] for name in late if name in document}}


def _list_in(document: Document, parent: Place) -> list[Any]:
    """The list of children, made where there is none yet."""
    holder = at(document, parent) if parent else document
    name = INSIDE.get(str(holder.get("type")), "components") if parent else "components"
    if not isinstance(holder.get(name), list):
        holder[name] = []
    inside: list[Any] = holder[name]
    inside[:] = [one for one in inside if isinstance(one, dict)]
    return inside


def _must_fit(component: Mapping[str, Any], parent: Place, holder: Mapping[str, Any] | None) -> None:
    kind, around = component.get("type"), holder.get("type") if holder else "form"
    if around not in ("form", *INSIDE) or len(parent) >= DEEPEST:
        raise Misplaced("Nothing can stand inside this part.")
    if kind == "section" and around != "form":
        raise Misplaced("A section can't stand inside another part.")
    if around == "table" and kind in ("table", "text"):
        raise Misplaced("A part of this kind can't be a column.")


def _is_column(document: Mapping[str, Any], place: Place) -> bool:
    return len(place) > 1 and at(document, place[:-1]).get("type") == "table"


def _after_removal(parent: Place, removed: Place) -> Place:
    """Where `parent` is once `removed`, which is not above it, has gone."""
    level = len(removed) - 1
    if len(parent) > level and parent[:level] == removed[:level] and parent[level] > removed[level]:
        return (*parent[:level], parent[level] - 1, *parent[level + 1 :])
    return parent
