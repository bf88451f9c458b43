"""What an analyst may choose from while drawing: everything the bank and the draft have, labelled in his language.

The editors offer these and nothing else, so that what is drawn can be deployed.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from flask_babel import gettext

from app.documents import types as document_types
from app.identity import queries as people
from app.identity.models import User
from app.notifications import rules as notices
from app.studio.editors.decision_heads import heads
from app.studio.editors.diagrams import drawing, read_diagram
from app.studio.editors.form_shelf import FormShelf, of_files
from app.studio.editors.known_names import OF_TYPE
from app.web.i18n import LANGUAGES, text_of
from app.workflow import forms, registry
from app.workflow.assigning.candidates import RULES
from app.workflow.engine import deadlines, steps, voting
from app.workflow.engine.model import Process
from app.workflow.rules import Verb
from app.workflow.words import WORDS

ACTS_ON_TASKS = tuple(sorted(steps.OPTIONAL_MOVES))
STATUSES = ("approved", "conditional", "refused", "withdrawn")
OUTCOMES_GO = ("follow", "end", "initiator", "previous")


def catalogue(files: Mapping[str, bytes]) -> dict[str, Any]:
    """All choices as plain values; see docs/studio-drafts.md for the shape."""
    drawn, shelf = drawing(files), of_files(files)
    return {
        "forms": [_form(name.removesuffix(".form"), shelf) for name in sorted(files) if name.endswith(".form")],
        "groups": [{"key": group.key, "label": text_of(group.name)} for group in people.groups()],
        **_staff(people.active_users()),
        "branches": [{"key": branch.key, "label": text_of(branch.name)} for branch in people.branches()],
        "delegates": [{"key": key, "help": _help(key)} for key in sorted(registry.delegates())],
        "decisions": [asdict(head) | {"type": head.type} for head in heads(files)],
        **_names_of_events(files),
        "rules": [
            {
                "key": r.key,
                "label": text_of(r.label),
                "kind": r.kind.value,
                "value": text_of(r.value),
                "help": text_of(r.help),
            }
            for r in RULES.values()
        ],
        "processes": [_process(process) for process in drawn.processes.values() if process.parent is None],
        "steps": [
            {"id": step.element_id, "label": text_of(step.name), "process": step.process_id, "form": step.form}
            for step in drawn.steps.values()
        ],
        "moves": [_move(Verb(name)) for name in ACTS_ON_TASKS],
        "documents": [{"key": key, "label": text_of(label)} for key, label in document_types.TYPES.items()],
        "sources": [_source(name) for name in sorted(registry.sources())],
        "languages": [{"key": key, "label": label} for key, label in LANGUAGES.items()],
        "words": words(),
    }


def words() -> dict[str, Any]:
    """The words that attributes may hold, as the engine reads them."""
    return {
        "outcome_kinds": sorted(steps.KINDS),
        "outcome_then": list(OUTCOMES_GO),
        "send_back_modes": sorted(steps.MODES),
        "waits": sorted(steps.WAITS),
        "statuses": list(STATUSES),
        "deadline_kinds": list(deadlines.KINDS),
        "vote": {**voting.WORDS, **voting.LISTS},
        "field_types": [str(kind) for kind in forms.FieldType],
        "access": [str(access) for access in forms.Access],
        "notices": sorted(notices.EVENTS),
    }


def _form(key: str, shelf: FormShelf) -> dict[str, Any]:
    form = shelf.get(key)
    if form is None:
        return {"key": key, "label": key, "part": forms.is_part(key), "broken": True, "fields": []}
    fields = [_field(field) for field in form.fields.values()]
    label = text_of(form.title) or key
    return {"key": key, "label": label, "part": forms.is_part(key), "broken": False, "fields": fields}


def _field(field: forms.Field) -> dict[str, Any]:
    found: dict[str, Any] = {
        "key": field.key,
        "label": text_of(field.label),
        "type": str(field.type),
        "feel": OF_TYPE.get(field.type, "string"),
        "access": str(field.access),
        "bind": field.bind,
    }
    if field.choices or field.source:
        found["source"] = field.source
        found["choices"] = [{"key": choice.value, "label": text_of(choice.label)} for choice in field.choices]
    if field.columns:
        found["columns"] = [_field(column) for column in field.columns]
    return found


def _staff(users: Iterable[User]) -> dict[str, Any]:
    """People by user name, and every position that one of them holds."""
    staff = list(users)
    held = {text_of(user.position): user.position for user in staff if user.position}
    return {
        "users": [{"key": user.username, "label": user.name, "position": text_of(user.position)} for user in staff],
        # A diagram names a position by its word in the bank's first language, which never changes with the reader.
        "positions": [
            {"key": titles.get("zh_Hans") or label, "label": label} for label, titles in sorted(held.items())
        ],
    }


def _names_of_events(files: Mapping[str, bytes]) -> dict[str, list[str]]:
    drawn = [read_diagram(content) for name, content in files.items() if name.endswith(".bpmn")]
    kinds = ("message", "signal", "error", "escalation")
    return {f"{kind}s": sorted({name for one in drawn for name in one.named[kind]}) for kind in kinds}


def _process(process: Process) -> dict[str, Any]:
    found = {"id": process.id, "name": text_of(process.name), "file": process.file, "executable": process.executable}
    return {**found, "starters": list(process.starters)}


def _move(verb: Verb) -> dict[str, str]:
    return {"key": verb.value, "label": gettext(WORDS[verb].button), "help": gettext(WORDS[verb].does)}


def _source(name: str) -> dict[str, Any]:
    return {"key": name, "choices": list(_choices(name))}


def _choices(name: str) -> Iterator[dict[str, str]]:
    for option in registry.options(name)[:200]:
        yield {"key": option.value, "label": text_of(option.label)}


def _help(key: str) -> str:
    """The first line of a delegate's documentation, in the reader's language where the catalogues have it."""
    first, _, _ = (inspect.getdoc(registry.delegate_named(key)) or "").partition("\n")
    return gettext(first) if first else ""
