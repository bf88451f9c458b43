"""Item definitions: the types a model declares, their components and allowed values (DMN 1.3 clause 7.3.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from app.feel.dmn.site import Site, Workshop
from app.feel.dmn.xml import Element, attribute, child, children, text_of
from app.feel.errors import FeelError
from app.feel.limits import Run, Scope
from app.feel.names import NameIndex
from app.feel.types import ANY, Type, parse_type

_MAX_DEPTH = 20


def read_types(root: Element, workshop: Workshop) -> None:
    """All item definitions of a model into its workshop; a definition may name one that stands later."""
    definitions = {attribute(item, "name"): item for item in children(root, "itemDefinition")}
    workshop.members = NameIndex({attribute(item, "name") for item in root.iter() if isinstance(item.tag, str)} - {""})
    for name in definitions:
        _define(name, definitions, workshop, ())


def _define(name: str, definitions: dict[str, Element], workshop: Workshop, path: tuple[str, ...]) -> Type:
    if name in workshop.types:
        return workshop.types[name]
    if name in path or name not in definitions:
        return parse_type(name, workshop.types)
    found = _type_of(definitions[name], definitions, workshop, (*path, name))
    workshop.types[name] = replace(found, name=name)
    return workshop.types[name]


def _type_of(item: Element, definitions: dict[str, Element], workshop: Workshop, path: tuple[str, ...]) -> Type:
    if len(path) > _MAX_DEPTH:
        return ANY
    base = _base(item, definitions, workshop, path)
    base = replace(base, allowed=_both(base.allowed, _allowed(item, "allowedValues", workshop)))
    if item.get("isCollection") == "true":
        base = Type("list", item=base)
    return replace(base, allowed=_both(base.allowed, _allowed(item, "typeConstraint", workshop)))


def _base(item: Element, definitions: dict[str, Element], workshop: Workshop, path: tuple[str, ...]) -> Type:
    components = list(children(item, "itemComponent"))
    if components:
        fields = tuple((attribute(part, "name"), _type_of(part, definitions, workshop, path)) for part in components)
        return Type("context", fields=fields)
    function = child(item, "functionItem")
    if function is not None:
        parameters = tuple(
            _define(attribute(part, "typeRef"), definitions, workshop, path)
            for part in children(function, "parameters")
        )
        result = _define(attribute(function, "outputTypeRef"), definitions, workshop, path)
        return Type("function", parameters=parameters, result=result)
    holder = child(item, "typeRef")
    reference = (" ".join((holder.text or "").split()) if holder is not None else "") or attribute(item, "typeRef")
    return _define(reference, definitions, workshop, path) if reference else ANY


def _allowed(item: Element, name: str, workshop: Workshop) -> Callable[[Any], bool] | None:
    text = text_of(child(item, name))
    expression = Site(workshop, attribute(item, "name")).parse(text, unary=True) if text else None
    if expression is None:
        return None

    def test(value: Any) -> bool:
        try:
            return expression.run(Scope({"?": value}, Run())) is True
        except FeelError:
            return False

    return test


def _both(first: Callable[[Any], bool] | None, second: Callable[[Any], bool] | None) -> Callable[[Any], bool] | None:
    if first is None or second is None:
        return first or second
    return lambda value: first(value) and second(value)
