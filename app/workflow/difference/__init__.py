"""The difference between two sets of files in sentences: diagram, decision tables and forms, with every property people don't see.

`between` is pure: it opens no database and reads no clock. A deployment, a draft or a folder is a mapping from file name to bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from app.workflow.difference import diagrams, formfiles, tables
from app.workflow.difference.sentences import Known, change
from app.workflow.difference.things import Found, Thing, compare
from app.workflow.difference.values import Change, Kind, Texts, Weight
from app.workflow.difference.words import same
from app.workflow.engine.xmlgate import Refused

__all__ = ["Change", "Kind", "Weight", "between"]


class Reader(Protocol):
    """A module that makes a tree of a file."""

    REFERENCES: frozenset[str]

    def read(self, content: bytes) -> dict[str, Thing]: ...


READERS: Mapping[str, Reader] = {
    ".bpmn": diagrams,
    ".bpmn20.xml": diagrams,
    ".dmn": tables,
    formfiles.SUFFIX: formfiles,
}
Trees = Mapping[str, tuple[dict[str, Thing] | None, dict[str, Thing] | None]]
UNREADABLE = {
    "en": "File {0} can't be read by the program on one of the sides, so only that it differs is known",
    "zh_Hans": "文件 {0} 至少有一方无法解析，只知道内容不同",
    "zh_Hant": "檔案 {0} 至少有一方無法解析，只知道內容不同",
}
FILE = {
    Kind.ADDED: {"en": "File {0}: new", "zh_Hans": "文件 {0}：新增", "zh_Hant": "檔案 {0}：新增"},
    Kind.REMOVED: {"en": "File {0}: removed", "zh_Hans": "文件 {0}：已删除", "zh_Hant": "檔案 {0}：已刪除"},
    Kind.CHANGED: {"en": "File {0}: changed", "zh_Hans": "文件 {0}：内容改变", "zh_Hant": "檔案 {0}：內容改變"},
}


def between(
    before: Mapping[str, bytes], after: Mapping[str, bytes], *, groups: Mapping[str, Texts] | None = None
) -> tuple[Change, ...]:
    """Every difference between two sets of files, in the order of the files.

    groups: names of groups by key, where the caller knows them. Files are matched by name. Never raises for what a file holds.
    """
    trees = {name: (_tree(name, before.get(name)), _tree(name, after.get(name))) for name in {*before, *after}}
    changes: list[Change] = []
    for name in sorted(trees):
        if before.get(name) != after.get(name):
            known = _known(trees, name, groups or {})
            changes += _of_file(name, name in before, name in after, *trees[name], known)
    return tuple(changes)


def _of_file(
    name: str, was: bool, there: bool, old: dict[str, Thing] | None, new: dict[str, Thing] | None, known: Known
) -> list[Change]:
    kind = Kind.CHANGED if was and there else Kind.ADDED if there else Kind.REMOVED
    if kind is not Kind.CHANGED:
        held = (new if there else old) or {}
        found = [
            Found(kind, thing, (), "", None if there else thing, thing if there else None) for thing in held.values()
        ]
        inside = [change(one, name, known) for one in found if one.owner.key]
        return [_file_change(kind, name, FILE[kind], tuple(one.sentence for one in inside))]
    reader = _reader(name)
    if old is None or new is None or reader is None:
        return [_file_change(kind, name, FILE[kind] if reader is None else UNREADABLE, ())]
    references = reader.REFERENCES
    return [change(found, name, known) for found in compare(old, new, references)]


def _file_change(kind: Kind, name: str, words: Texts, details: tuple[Texts, ...]) -> Change:
    sentence = {language: text.replace("{0}", name) for language, text in words.items()}
    return Change(kind, name, "", "file", sentence, Weight.BEHAVIOUR, details=details)


def _reader(name: str) -> Reader | None:
    return next((reader for ending, reader in READERS.items() if name.endswith(ending)), None)


def _tree(name: str, content: bytes | None) -> dict[str, Thing] | None:
    reader = _reader(name)
    if content is None or reader is None:
        return None
    try:
        return reader.read(content)
    except (Refused, formfiles.Unreadable):
        return None


def _known(trees: Trees, name: str, groups: Mapping[str, Texts]) -> Known:
    """What names mean in one file: what stands in it goes first, then the other files of its sort and the titles of forms."""
    is_form = name.endswith(formfiles.SUFFIX)
    sides: tuple[dict[str, Thing], dict[str, Thing]] = ({}, {})
    for other in [name, *sorted(trees)]:
        for side, things in zip(sides, trees[other], strict=True):
            for key, thing in (things or {}).items():
                if key == "" or is_form == other.endswith(formfiles.SUFFIX):
                    side.setdefault(key or other, thing)
    return Known(*sides, groups, _stations(trees))


def _stations(trees: Trees) -> dict[str, list[Texts]]:
    """Per form the names of the stations that show it."""
    stations: dict[str, list[Texts]] = {}
    for _, (old, new) in sorted(trees.items()):
        for thing in (new or old or {}).values():
            if form := str(thing.facts.get("step.form", "")):
                stations.setdefault(form, []).append(thing.name or same(thing.key))
    return stations
