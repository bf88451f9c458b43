"""What the page of the report shows: findings by file, each with its place, its walk and its words in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import current_app, url_for
from flask_babel import get_locale, gettext
from sqlalchemy import select

from app.kernel.db import session
from app.studio import drafts
from app.studio.models import Draft, DraftRevision, Examination
from app.workflow import engine

# endpoint of the editor by how a file's name ends
EDITORS = {".bpmn": "studio.modeler", ".dmn": "studio.table", ".form": "studio.form"}
SECTIONS = {
    "check": "Deployment check",
    "soundness": "Can always finish",
    "conditions": "Conditions at gateways",
    "people": "Somebody at every station",
    "authority": "Authority for every amount",
    "returns": "Targets of returns",
    "values": "Values that are read",
}


@dataclass(frozen=True)
class Row:
    """One finding as the page shows it. number: its place in the report, from 1; name: of the element; walk: how many steps."""

    number: int
    is_error: bool
    section: str
    element: str
    name: str
    message: str
    mend: str
    walk: int
    shown: str
    editor: str


@dataclass(frozen=True)
class Group:
    """The findings of one file."""

    file: str
    rows: Sequence[Row]


def groups_of(row: Examination, draft: Draft) -> list[Group]:
    """The findings by file, errors first within it; files in the order of their names, those with errors first."""
    files = revision_files(row, draft)
    by_file: dict[str, list[Row]] = {}
    for number, line in enumerate(lines_of(row), start=1):
        by_file.setdefault(line["file"], []).append(_row(number, line, draft, files))
    groups = [Group(file, sorted(rows, key=lambda row: not row.is_error)) for file, rows in by_file.items()]
    return sorted(groups, key=lambda group: (not group.rows[0].is_error, group.file))


def lines_of(row: Examination) -> Sequence[Mapping[str, Any]]:
    """The findings as they are kept."""
    return (row.result or {}).get("findings", ())


def revision_files(row: Examination, draft: Draft) -> dict[str, bytes]:
    """The files as they were examined; those of now where that revision is not on record."""
    statement = select(DraftRevision.number).where(
        DraftRevision.draft_id == draft.id, DraftRevision.digest == row.digest
    )
    return drafts.files_of(draft, session.scalars(statement.order_by(DraftRevision.number.desc()).limit(1)).first())


def words(texts: Mapping[str, str]) -> str:
    """A text in the reader's language."""
    locale = str(get_locale())
    return texts.get(locale) or texts.get("en", "")


def section_words(section: str) -> str:
    """What a section is called."""
    return gettext(SECTIONS[section])


def _row(number: int, line: Mapping[str, Any], draft: Draft, files: Mapping[str, bytes]) -> Row:
    element, file = line["element"] or "", line["file"]
    is_drawn = file.endswith(".bpmn") and file in files and element in elements_of(files[file])
    return Row(
        number=number,
        is_error=line["severity"] == "error",
        section=section_words(line["section"]),
        element=element,
        name=words(elements_of(files[file])[element]) if is_drawn else element,
        message=words(line["message"]),
        mend=words(line["mend"]),
        walk=len(line["walk"]),
        shown=url_for("studio.report_finding", draft_id=draft.id, number=number) if is_drawn else "",
        editor=editor_of(draft, file, element) if file in files else "",
    )


def editor_of(draft: Draft, file: str, element: str) -> str:
    """Where the file is changed, at the element; empty as long as there is no such editor."""
    endpoint = next((endpoint for ending, endpoint in EDITORS.items() if file.endswith(ending)), "")
    if endpoint not in current_app.view_functions:
        return ""
    return url_for(endpoint, draft_id=draft.id, name=file, element=element or None)


@lru_cache(maxsize=32)
def elements_of(content: bytes) -> Mapping[str, Mapping[str, str]]:
    """The names of everything drawn in a diagram, by id and language; empty for one that can't be read."""
    return engine.names_drawn(content)


def state_at(line: Mapping[str, Any], step: int) -> dict[str, Any]:
    """What the diagram shows at a step of the walk: tokens, the way taken so far, and the place of the finding."""
    walk = line["walk"]
    marks: dict[str, dict[str, Any]] = {}
    if walk:
        for element in walk[step]["tokens"]:
            marks[element] = {"state": "running", "badge": "●"}
    if line["element"] and step == max(0, len(walk) - 1):
        marks.setdefault(line["element"], {})
        marks[line["element"]] |= {"state": "incident", "badge": "!", "note": words(line["message"])}
    path = [flow for passed in walk[: step + 1] for flow in passed["flows"]]
    focus = walk[step]["tokens"][0] if walk and walk[step]["tokens"] else line["element"]
    return {"elements": marks, "path": path, "focus": line["element"] if not walk else focus}


def step_words(line: Mapping[str, Any], step: int, names: Mapping[str, Mapping[str, str]]) -> str:
    """A step in words: what happened, and where the tokens are now."""
    passed = line["walk"][step]
    here = _listed(passed["tokens"], names)
    if not passed["at"]:
        return gettext("The case begins at %(here)s.", here=here)
    did = _listed([passed["at"]], names)
    if not passed["tokens"]:
        return gettext("%(did)s is done. Nothing is open any more.", did=did)
    return gettext("%(did)s is done; now open or waiting: %(here)s.", did=did, here=here)


def _listed(elements: Sequence[str], names: Mapping[str, Mapping[str, str]]) -> str:
    comma = ", " if str(get_locale()) == "en" else "、"
    counted = dict.fromkeys(elements)
    return comma.join(words(names.get(element, {})) or element for element in counted)
