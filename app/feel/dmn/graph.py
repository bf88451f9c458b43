"""The requirements graph: inputs, decisions, knowledge and services of a model, and what each of them may see.

An element sees the elements it requires, under their names, and those of an imported model as members of the
import's name (DMN 1.3 clauses 6 and 10.4). Names that the model declares nowhere are variables of the caller, so
that tables drawn without input data, as most tools allow, work too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from app.feel.compiler import Code
from app.feel.dmn.boxed import compile_box, find_box, function_body, parameters_of
from app.feel.dmn.site import Site, Workshop
from app.feel.dmn.xml import Element, attribute, child, children, identity, local
from app.feel.findings import Severity
from app.feel.types import ANY, Type, coerce


class Role(StrEnum):
    """What an element of the graph is."""

    INPUT = "inputData"
    DECISION = "decision"
    KNOWLEDGE = "businessKnowledgeModel"
    SERVICE = "decisionService"


_LINKS = ("requiredDecision", "requiredInput", "requiredKnowledge")
_SERVICE_LINKS = ("outputDecision", "encapsulatedDecision", "inputDecision", "inputData")


@dataclass(slots=True, eq=False)
class Item:
    """One element of the graph. `sees` maps a path of names to the element found there."""

    role: Role
    id: str
    name: str
    element: Element
    type: Type = ANY
    sees: dict[tuple[str, ...], Item] = field(default_factory=dict)
    code: Code | None = None
    parameters: tuple[str, ...] = ()
    types: tuple[Type, ...] = ()
    free: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset()
    tables: tuple[Any, ...] = ()
    links: dict[str, list[Item]] = field(default_factory=dict)


@dataclass(slots=True)
class Part:
    """One document: its elements by id, and the documents it imports by the name it gives them."""

    root: Element
    workshop: Workshop
    items: dict[str, Item] = field(default_factory=dict)
    imports: dict[str, tuple[str, Part]] = field(default_factory=dict)
    declared: frozenset[str] = frozenset()

    @property
    def namespace(self) -> str:
        """The document's own namespace."""
        return self.root.get("namespace") or ""

    def find(self, href: str) -> tuple[tuple[str, ...], Item] | None:
        """The element a reference means, with the path of names under which it is seen here."""
        namespace, _, name = href.rpartition("#")
        if namespace in ("", self.namespace):
            item = self.items.get(name)
            return None if item is None else ((item.name,), item)
        for label, (target, part) in self.imports.items():
            if target == namespace and name in part.items:
                item = part.items[name]
                return ((label, item.name) if label else (item.name,)), item
        return None


def collect(part: Part) -> None:
    """The elements of a document, not yet compiled."""
    for element in children(part.root, *Role):
        variable = child(element, "variable")
        name = attribute(variable, "name") or attribute(element, "name") or element.get("id") or ""
        item = Item(Role(local(element)), identity(element), name, element)
        if item.id in part.items:
            Site(part.workshop, item.id).note(Severity.ERROR, "twice_id", id=item.id)
        part.items[item.id] = item
    part.declared = frozenset(item.name for item in part.items.values())


def link(part: Part) -> None:
    """Types and references of every element."""
    for item in part.items.values():
        site = Site(part.workshop, item.id)
        item.type = site.type(attribute(child(item.element, "variable"), "typeRef"))
        for requirement in children(item.element):
            for reference in children(requirement, *_LINKS):
                _follow(part, item, reference, site)
        for reference in children(item.element, *_SERVICE_LINKS):
            found = part.find(reference.get("href") or "")
            if found:
                item.links.setdefault(local(reference), []).append(found[1])
            else:
                site.note(Severity.ERROR, "unknown_reference", href=reference.get("href"))


def _follow(part: Part, item: Item, reference: Element, site: Site) -> None:
    found = part.find(reference.get("href") or "")
    if found is None:
        site.note(Severity.ERROR, "unknown_reference", href=reference.get("href"))
        return
    item.sees[found[0]] = found[1]


def compile_item(part: Part, item: Item) -> None:
    """The code of a decision, knowledge model or service."""
    names = frozenset(path[0] for path in item.sees) | frozenset({item.name} if item.role is Role.KNOWLEDGE else ())
    known = dict.fromkeys((other.name for other in part.items.values()), ANY)
    known |= {path[0]: _seen_type(other) if len(path) == 1 else ANY for path, other in item.sees.items()}
    site = Site(part.workshop, item.id, names, known=known)
    if item.role is Role.DECISION:
        item.code = _decision_code(item, site)
    elif item.role is Role.KNOWLEDGE:
        _compile_knowledge(item, site)
    elif item.role is Role.SERVICE:
        parameters = [*item.links.get("inputData", ()), *item.links.get("inputDecision", ())]
        item.parameters = tuple(parameter.name for parameter in parameters)
        item.types = tuple(parameter.type for parameter in parameters)
    item.free = frozenset(site.free) - names
    item.reads = frozenset(site.reads)
    item.tables = tuple(site.tables)


def _seen_type(item: Item) -> Type:
    """The type of an element as others see it; knowledge and services are functions of their own type."""
    if item.role in (Role.INPUT, Role.DECISION) or item.type.kind == "function":
        return item.type
    return Type("function", result=item.type)


def _decision_code(item: Item, site: Site) -> Code:
    box = find_box(item.element)
    if box is None:
        site.note(Severity.WARNING, "no_logic")
        return lambda scope: None
    return compile_box(box, site)


def _compile_knowledge(item: Item, site: Site) -> None:
    logic = child(item.element, "encapsulatedLogic")
    if logic is None:
        site.note(Severity.WARNING, "no_logic")
        item.code = lambda scope: None
        return
    item.parameters, item.types = parameters_of(logic, site)
    body = function_body(logic, site.inside(item.parameters))
    wanted = site.type(attribute(logic, "typeRef"))
    result = item.type.result if item.type.kind == "function" and item.type.result else item.type
    item.code = _converted(_converted(body, wanted), result)


def _converted(code: Code, wanted: Type) -> Code:
    if wanted.kind in ("Any", "unknown", "function"):
        return code
    return lambda scope: coerce(code(scope), wanted)
