"""What in a draft names a file: asked before one is taken away or called otherwise, and carried along when its name changes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.studio.editors.decision_heads import heads
from app.studio.editors.diagrams import drawing
from app.studio.file_names import Kind, kind_of
from app.workflow.engine import candidates


@dataclass(frozen=True)
class Use:
    """Something that names a file: in which file, at which element (or form), and the element's name by language."""

    file: str
    element: str
    label: Mapping[str, str] | str


def uses_of(name: str, files: Mapping[str, bytes]) -> list[Use]:
    """Everything in the other files (and, of a diagram, other diagrams) that would be left without what the file gives."""
    found = {Kind.FORM: _of_form, Kind.TABLE: _of_table, Kind.DIAGRAM: _of_diagram}.get(kind_of(name))
    return list(found(name, files)) if found else []


def renamed(old: str, new: str, files: Mapping[str, bytes]) -> dict[str, bytes | None]:
    """The changes that give a file another name, with everything that names it; forms are named by their key in other files."""
    changes: dict[str, bytes | None] = {old: None, new: files[old]}
    if kind_of(old) is not Kind.FORM:
        return changes
    was, becomes = old.removesuffix(".form"), new.removesuffix(".form")
    for name, content in files.items():
        written = _with_form_called(was, becomes, name, content)
        if written != content:
            changes[new if name == old else name] = written
    return changes


def _with_form_called(was: str, becomes: str, name: str, content: bytes) -> bytes:
    """The content with one form's key in place of another's, byte for byte the same elsewhere."""
    if name.endswith(".bpmn"):
        return re.sub(rb'(\bform=["\'])' + re.escape(was.encode()) + rb'(["\'])', _around(becomes), content)
    if name.endswith(".form"):
        return content.replace(json.dumps(was).encode(), json.dumps(becomes).encode())
    return content


def _around(word: str) -> bytes:
    return rb"\g<1>" + word.encode() + rb"\g<2>"


def _of_form(name: str, files: Mapping[str, bytes]) -> Iterator[Use]:
    key = name.removesuffix(".form")
    drawn = drawing(files)
    for step in drawn.steps.values():
        if step.form == key:
            yield Use(drawn.processes[step.process_id].file, step.element_id, step.name)
    for other, content in files.items():
        if other != name and other.endswith(".form") and key in _included(content):
            yield Use(other, "", other)


def _included(content: bytes) -> list[str]:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return []
    included = body.get("include") if isinstance(body, dict) else None
    return [key for key in included if isinstance(key, str)] if isinstance(included, list) else []


def _of_table(name: str, files: Mapping[str, bytes]) -> Iterator[Use]:
    gone = {head.id for head in heads({name: files[name]})}
    drawn = drawing(files)
    for process in drawn.processes.values():
        for node in process.nodes:
            step = drawn.steps.get(node.id)
            named = {node.decision, *(candidates.decisions(step) if step else ())}
            if named & gone:
                yield Use(process.file, node.id, node.name)


def _of_diagram(name: str, files: Mapping[str, bytes]) -> Iterator[Use]:
    drawn = drawing(files)
    gone = {process.id for process in drawn.processes.values() if process.file == name}
    for process in drawn.processes.values():
        for node in process.nodes:
            if process.file != name and node.called in gone:
                yield Use(process.file, node.id, node.name)
