"""What the checker says of the forms of a draft, brought to the places of the designer: the component, and the property of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from app.studio.forms.form_design import Place, children, walk
from app.studio.forms.form_properties import Input, Property, stated
from app.studio.forms.form_text import Document
from app.workflow import forms, registry
from app.workflow.deploying import definitions
from app.workflow.forms import Finding
from app.workflow.forms.limits import KEY_LENGTH


@dataclass(frozen=True)
class _Files:
    """Files that are told apart by their digest, so that what was found in them is found once."""

    digest: bytes
    files: Mapping[str, bytes]

    def __hash__(self) -> int:
        return hash(self.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Files) and other.digest == self.digest


def findings_of(files: Mapping[str, bytes]) -> Sequence[Finding]:
    """Everything wrong in the forms among `files`, with what this bank offers."""
    only = {name: content for name, content in files.items() if name.endswith(".form")}
    return _findings(_Files(definitions.digest_of(only), only))


@lru_cache(maxsize=16)
def _findings(known: _Files) -> Sequence[Finding]:
    return forms.check(known.files, sources=registry.sources(), binds=registry.bind_names)


def name_in_findings(document: Mapping[str, Any], place: Place) -> str:
    """What the checker calls the component at a place."""
    holder: Mapping[str, Any] = {**document, "type": "form"}
    names: list[str] = []
    for number in place:
        around, holder = holder, children(holder)[number]
        if around.get("type") != "table":
            names.clear()
        names.append(
            str(holder.get("key", "" if around.get("type") == "table" else holder.get("type", "")))[:KEY_LENGTH]
        )
    return ".".join(names)


def by_place(document: Document, findings: Sequence[Finding]) -> dict[Place, list[Finding]]:
    """The findings of one file by the component they are about; () those of the form itself, rules included."""
    names: dict[str, Place] = {}
    for place, _ in walk(document):
        names.setdefault(name_in_findings(document, place), place)
    found: dict[Place, list[Finding]] = {}
    for finding in findings:
        found.setdefault(names.get(finding.component, ()), []).append(finding)
    return found


def of_rule(findings: Sequence[Finding], rule: Mapping[str, Any]) -> list[Finding]:
    """Those about one rule: the checker names its text, or the field it is shown at."""
    marks = [f"“{text}”" for text in (rule.get("check"), rule.get("field")) if isinstance(text, str) and text]
    return [f for f in findings if f.component == "rules" and any(mark in f.message["en"] for mark in marks)]


def by_property(
    component: Mapping[str, Any], offered: Sequence[Property], findings: Sequence[Finding]
) -> dict[str, list[Finding]]:
    """The findings of a component by property; "" those that are about no single one."""
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        found.setdefault(_property(component, offered, finding), []).append(finding)
    return found


def _property(component: Mapping[str, Any], offered: Sequence[Property], finding: Finding) -> str:
    said = finding.message["en"]
    for one in offered:
        text = stated(component, one.name)
        if one.input is Input.EXPRESSION and isinstance(text, str) and f"“{text}”" in said:
            return one.name
    for one in offered:
        if f"“{one.name.rpartition('.')[2]}”" in said:
            return one.name
    fixed = {
        "no_choices": "values",
        "unknown_source": "source",
        "unknown_choice": "visible",
        "bad_key": "key",
        "duplicate_key": "key",
    }
    return {**fixed, "reserved_key": "key", "unknown_bind": "bind", "duplicate_bind": "bind"}.get(finding.code, "")
