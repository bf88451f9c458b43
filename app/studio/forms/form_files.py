"""The forms of a draft together: which parts each of them includes, which steps of the diagrams show it, what it shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lxml import etree

from app.studio.forms import form_text
from app.studio.forms.form_design import children
from app.studio.forms.form_text import Document
from app.workflow import forms

SUFFIX = ".form"
LARGEST = 2 << 20
_DRAWN = ("userTask", "startEvent", "manualTask", "task")


@dataclass(frozen=True)
class Station:
    """A step that shows a form: its element, the diagram it stands in, its name by language."""

    file: str
    element: str
    name: Mapping[str, str]


def documents(files: Mapping[str, bytes]) -> dict[str, Document]:
    """The forms that can be read, by form key ("credit_application/intake")."""
    found = {}
    for name, content in files.items():
        if name.endswith(SUFFIX):
            try:
                found[name.removesuffix(SUFFIX)] = form_text.parse(content)
            except form_text.NotAForm:
                continue
    return found


def includes(document: Mapping[str, Any]) -> list[str]:
    """The keys of the parts it names."""
    named = document.get("include")
    return [key for key in named if isinstance(key, str)] if isinstance(named, list) else []


def shown_parts(key: str, known: Mapping[str, Document], seen: frozenset[str] = frozenset()) -> list[str]:
    """The keys of everything a form shows, itself last, each part before what includes it."""
    if key in seen or key not in known:
        return []
    found: list[str] = []
    for part in includes(known[key]):
        found += [one for one in shown_parts(part, known, seen | {key}) if one not in found]
    return [*found, key]


def steps_showing(key: str, known: Mapping[str, Document]) -> list[str]:
    """The forms of steps that show this form or part, itself first."""
    found = sorted(step for step in known if not forms.is_part(step) and key in shown_parts(step, known))
    return [key, *(step for step in found if step != key)] if not forms.is_part(key) else found


def sections_of(
    key: str, known: Mapping[str, Document]
) -> Iterator[tuple[str, dict[str, Any] | None, list[dict[str, Any]]]]:
    """What a form shows, in order: (file key, section or None, its fields). Paragraphs are left out."""
    for part in shown_parts(key, known):
        for component in children({**known[part], "type": "form"}):
            if component.get("type") == "section":
                yield part, component, [one for one in children(component) if one.get("type") != "text"]
            elif component.get("type") != "text":
                yield part, None, [component]


def stations(files: Mapping[str, bytes]) -> dict[str, list[Station]]:
    """The steps that show each form, by form key; diagrams that can't be read have none."""
    found: dict[str, list[Station]] = {}
    for name, content in files.items():
        if name.endswith((".bpmn", ".bpmn20.xml")):
            for key, station in _stations_in(name, content):
                found.setdefault(key, []).append(station)
    return found


@lru_cache(maxsize=64)
def _stations_in(name: str, content: bytes) -> Sequence[tuple[str, Station]]:
    if len(content) > LARGEST or b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        return []
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, remove_comments=True
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        return []
    steps = (step for step in root.iter("{*}step") if step.get("form"))
    return [(str(step.get("form")), station) for step in steps if (station := _station(name, step))]


def _station(file: str, step: Any) -> Station | None:
    element = step.getparent()
    element = element.getparent() if element is not None else None
    if element is None or etree.QName(element).localname not in _DRAWN:
        return None
    labels = {label.get("lang"): (label.text or "").strip() for label in step.getparent().iterfind("{*}label")}
    drawn = " ".join((element.get("name") or element.get("id") or "").split())
    return Station(
        file, str(element.get("id")), {"zh_Hans": drawn, **{lang: text for lang, text in labels.items() if text}}
    )
