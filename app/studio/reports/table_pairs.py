"""Decision tables of two versions beside each other: rules on one line where they are the same rule, cells that differ marked.

A rule is found again by its id, one without by its cells. Read tolerantly: what can't be read has no pair.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from lxml import etree

from app.workflow.engine.xmlgate import Refused, parse

State = Literal["", "added", "removed", "changed", "moved"]
SUFFIX = ".dmn"
SHORT = 40  # rules of a table that is shown whole; of longer ones only what differs and its neighbours
NEIGHBOURS = 2


@dataclass(frozen=True)
class Cell:
    """A text of a rule or the head of a column, and what happened to it."""

    text: str
    state: State = ""


@dataclass(frozen=True)
class Line:
    """A rule on both sides; a side is None where it is not there. Numbers count from 1. same: how many equal rules are left out."""

    state: State = ""
    before: tuple[int, tuple[Cell, ...]] | None = None
    after: tuple[int, tuple[Cell, ...]] | None = None
    same: int = 0


@dataclass(frozen=True)
class Pair:
    """A decision that differs: its name, the hit policies, the columns of both sides, the rules."""

    name: str
    policies: tuple[Cell, Cell]
    before: tuple[Cell, ...]
    after: tuple[Cell, ...]
    lines: Sequence[Line]


@dataclass(frozen=True)
class _Rule:
    id: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class _Table:
    name: str
    policy: str
    columns: tuple[tuple[str, str], ...]
    rules: tuple[_Rule, ...]


_NOTHING = _Table("", "", (), ())


def of_file(name: str, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[Pair]:
    """The decision tables of a file that differ, in the order of the new version; none for other kinds of files."""
    if not name.endswith(SUFFIX):
        return []
    old, new = _tables(before.get(name)), _tables(after.get(name))
    shared = [(old.get(key, _NOTHING), new.get(key, _NOTHING)) for key in dict.fromkeys((*new, *old))]
    return [_pair(one, other) for one, other in shared if one != other]


def _tables(content: bytes | None) -> dict[str, _Table]:
    """The decision tables of a file by the id of their decision."""
    if content is None:
        return {}
    try:
        root = parse(content)
    except Refused:
        return {}
    found: dict[str, _Table] = {}
    for decision in _children(root, "decision"):
        for table in _children(decision, "decisionTable"):
            found[decision.get("id") or ""] = _table(decision, table)
    return found


def _table(decision: etree._Element, table: etree._Element) -> _Table:
    columns: list[tuple[str, str]] = [
        (one.get("id") or "", one.get("label") or _text(one)) for one in _children(table, "input")
    ]
    columns += [(one.get("id") or "", one.get("label") or one.get("name") or "") for one in _children(table, "output")]
    columns += [("", one.get("name") or "") for one in _children(table, "annotation")]
    rules = tuple(_Rule(one.get("id") or "", tuple(_cells(one))) for one in _children(table, "rule"))
    policy = " ".join(filter(None, (table.get("hitPolicy", "UNIQUE"), table.get("aggregation"))))
    return _Table(decision.get("name") or decision.get("id") or "", policy, tuple(columns), rules)


def _cells(rule: etree._Element) -> Iterator[str]:
    for kind in ("inputEntry", "outputEntry", "annotationEntry"):
        yield from (_text(entry) for entry in _children(rule, kind))


def _pair(old: _Table, new: _Table) -> Pair:
    policy: State = "changed" if old.policy and new.policy and old.policy != new.policy else ""
    return Pair(
        new.name or old.name,
        (Cell(old.policy, policy), Cell(new.policy, policy)),
        tuple(_heads(old, new, "removed")),
        tuple(_heads(new, old, "added")),
        _folded(list(_lines(old, new))),
    )


def _heads(own: _Table, other: _Table, alone: State) -> Iterator[Cell]:
    there = _places(other)
    for key, (_, label) in zip(_keys(own), own.columns, strict=True):
        if key not in there:
            yield Cell(label, alone)
        else:
            yield Cell(label, "" if other.columns[there[key]][1] == label else "changed")


def _keys(table: _Table) -> list[str]:
    """What a column is known by: its id, and its label where it has none."""
    return [id or f"label {label}" for id, label in table.columns]


def _places(table: _Table) -> dict[str, int]:
    return {key: place for place, key in enumerate(_keys(table))}


def _lines(old: _Table, new: _Table) -> Iterator[Line]:
    ids = {rule.id for rule in old.rules} & {rule.id for rule in new.rules} - {""}
    before = [rule.id if rule.id in ids else rule.cells for rule in old.rules]
    after = [rule.id if rule.id in ids else rule.cells for rule in new.rules]
    for tag, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from (_both(old, new, i + step, k + step) for step in range(j - i))
            continue
        for row in range(i, j):
            state: State = "moved" if before[row] in after else "removed"
            yield Line(state, before=(row + 1, tuple(Cell(text) for text in old.rules[row].cells)))
        for row in range(k, m):
            state = "moved" if after[row] in before else "added"
            yield Line(state, after=(row + 1, tuple(Cell(text) for text in new.rules[row].cells)))


def _both(old: _Table, new: _Table, row: int, number: int) -> Line:
    """A rule that both versions have."""
    before = _marked(old.rules[row], old, new.rules[number], new)
    after = _marked(new.rules[number], new, old.rules[row], old)
    state: State = "changed" if any(cell.state for cell in (*before, *after)) else ""
    return Line(state, (row + 1, before), (number + 1, after))


def _marked(rule: _Rule, own: _Table, match: _Rule, other: _Table) -> tuple[Cell, ...]:
    there = _places(other)
    keys = _keys(own)
    found = []
    for place, text in enumerate(rule.cells):
        at = there.get(keys[place]) if place < len(keys) else None
        other_text = match.cells[at] if at is not None and at < len(match.cells) else text
        found.append(Cell(text, "changed" if other_text != text else ""))
    return tuple(found)


def _folded(lines: list[Line]) -> list[Line]:
    """A long table with its equal rules left out but for the neighbours of what differs."""
    if len(lines) <= SHORT:
        return lines
    near = {
        other
        for place, line in enumerate(lines)
        if line.state
        for other in range(place - NEIGHBOURS, place + NEIGHBOURS + 1)
    }
    found: list[Line] = []
    left_out = 0
    for place, line in enumerate(lines):
        if place not in near:
            left_out += 1
            continue
        found += [Line(same=left_out)] if left_out else []
        found.append(line)
        left_out = 0
    return [*found, *([Line(same=left_out)] if left_out else [])]


def _children(element: etree._Element, name: str) -> list[etree._Element]:
    return [one for one in element if isinstance(one.tag, str) and etree.QName(one).localname == name]


def _text(element: etree._Element) -> str:
    texts = (one.text or "" for one in element.iter(etree.Element) if etree.QName(one).localname == "text")
    return " ".join(text.strip() for text in texts).strip()
