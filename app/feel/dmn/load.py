"""From XML to a checked graph: the document, those it imports, their types, and all findings."""

from __future__ import annotations

from collections.abc import Iterable

from app.feel.dmn.coverage import check_table
from app.feel.dmn.graph import Item, Part, Role, collect, compile_item, link
from app.feel.dmn.itemtypes import read_types
from app.feel.dmn.site import Site, Workshop
from app.feel.dmn.xml import Element, attribute, children, read
from app.feel.findings import Finding, Severity
from app.feel.names import NameIndex

_MAX_DOCUMENTS = 50
_MODEL = "/MODEL/"


def load_parts(xml: bytes, imports: Iterable[bytes]) -> tuple[Part, list[Finding]]:
    """The document compiled, and what was found in it."""
    others: dict[str, Element] = {}
    for other in list(imports)[:_MAX_DOCUMENTS]:
        root = read(other)
        others[root.get("namespace") or ""] = root
    main = read(xml)
    done: dict[str, Part] = {}
    part = _load(main, others, done)
    return part, part.workshop.findings


def _load(root: Element, others: dict[str, Element], done: dict[str, Part]) -> Part:
    workshop = Workshop(language=attribute(root, "expressionLanguage"))
    part = Part(root, workshop)
    done[part.namespace] = part
    for entry in children(root, "import"):
        _import(part, entry, others, done)
    read_types(root, workshop)
    workshop.members = NameIndex(
        workshop.members.names.union(*(p.workshop.members.names for _, p in part.imports.values()))
    )
    workshop.parsed.clear()
    collect(part)
    link(part)
    for item in part.items.values():
        compile_item(part, item)
    for item in part.items.values():
        _check_names(part, item)
        for table in item.tables:
            workshop.findings.extend(check_table(table))
    return part


def _import(part: Part, entry: Element, others: dict[str, Element], done: dict[str, Part]) -> None:
    namespace, label = entry.get("namespace") or "", attribute(entry, "name")
    if _MODEL not in (entry.get("importType") or _MODEL) and "DMN" not in (entry.get("importType") or ""):
        Site(part.workshop, label).note(Severity.WARNING, "import_type", type=entry.get("importType"))
        return
    if namespace not in done and namespace in others:
        _load(others[namespace], others, done)
    found = done.get(namespace)
    if found is None or found is part:
        Site(part.workshop, label).note(Severity.ERROR, "import_missing", namespace=namespace)
        return
    part.imports[label] = (namespace, found)
    for name, known in found.workshop.types.items():
        part.workshop.types[f"{label}.{name}" if label else name] = known


def _check_names(part: Part, item: Item) -> None:
    """Names an expression reads that it does not require, or that the model declares nowhere."""
    declared = {other.name: other for other in part.items.values()}
    complete = any(other.role is Role.INPUT for other in part.items.values())
    site = Site(part.workshop, item.id)
    for name in sorted(item.free):
        if name in declared and declared[name] is not item:
            site.note(Severity.ERROR, "not_required", name=name)
        elif complete and name not in declared:
            site.note(Severity.WARNING, "unknown_name", name=name)
