"""What the page of differences shows: sentences by file and weight, and the marks on the two pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext

from app.identity import queries as people
from app.web.i18n import text_of
from app.workflow import difference
from app.workflow.difference import Change, Kind, Weight

WEIGHTS = {
    Weight.BEHAVIOUR: ("What the case does", "danger", "route"),
    Weight.PEOPLE: ("Who works on it", "warn", "users"),
    Weight.WORDS: ("What people read", "info", "type"),
    Weight.PICTURE: ("Only the picture", "neutral", "image"),
}
KINDS = {
    Kind.ADDED: ("New", "ok", "plus"),
    Kind.REMOVED: ("Removed", "danger", "minus"),
    Kind.CHANGED: ("Altered", "warn", "pencil"),
    Kind.MOVED: ("Another place", "info", "arrow-up-down"),
}
DIAGRAM = (".bpmn", ".bpmn20.xml")


@dataclass(frozen=True)
class Sentence:
    """A change as the page shows it. element: its id where it can be pointed at on a picture, else ""."""

    text: str
    kind: tuple[str, str, str]
    weight: tuple[str, str, str]
    element: str
    details: Sequence[str]


def compare(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> tuple[Change, ...]:
    """The changes, with the bank's own names for its groups."""
    return difference.between(before, after, groups={group.key: group.name for group in people.groups()})


def counts(changes: Sequence[Change]) -> list[tuple[str, str, tuple[str, str, str], int]]:
    """Per weight its code, its words and how many changes have it, the heaviest first."""
    number = Counter(change.weight for change in changes)
    return [(weight.value, gettext(words[0]), words, number[weight]) for weight, words in WEIGHTS.items()]


def by_file(changes: Sequence[Change], weight: str) -> dict[str, list[Sentence]]:
    """The sentences of each file, the heaviest first; of one weight where one is chosen."""
    found: dict[str, list[Sentence]] = {}
    order = list(WEIGHTS)
    for change in sorted(changes, key=lambda change: (change.file, order.index(change.weight))):
        if not weight or change.weight == weight:
            found.setdefault(change.file, []).append(_sentence(change))
    return found


def _sentence(change: Change) -> Sentence:
    kind, weight = KINDS[change.kind], WEIGHTS[change.weight]
    return Sentence(
        text=text_of(change.sentence),
        kind=(gettext(kind[0]), *kind[1:]),
        weight=(gettext(weight[0]), *weight[1:]),
        element=change.element if change.file.endswith(DIAGRAM) else "",
        details=[text_of(detail) for detail in change.details],
    )


def marks(changes: Sequence[Change], file: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The state of the picture before and of the one after: per element what happened to it and how often."""
    mine = [change for change in changes if change.file == file and change.element]
    number = Counter(change.element for change in mine if change.weight is not Weight.PICTURE)
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for change in mine:
        words = {"note": text_of(change.sentence)}
        if change.kind is Kind.REMOVED and change.about == "":
            before[change.element] = {"state": "removed", "badge": "−", "kind": "danger", **words}
        elif change.kind is Kind.ADDED and change.about == "":
            after[change.element] = {"state": "added", "badge": "+", "kind": "ok", **words}
        elif change.weight is not Weight.PICTURE:
            mark = {"state": "changed", "badge": f"≠ {number[change.element]}", "kind": "warn", **words}
            before[change.element] = after[change.element] = mark
    return {"elements": before}, {"elements": after}
