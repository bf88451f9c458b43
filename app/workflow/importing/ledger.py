"""The ledger: a line for every element that came in or was added, on which whatever is done with it is noted.

At the end the lines are held against what came out; what is in neither is shown as lost, which is a fault of the importer.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from app.workflow.importing.texts import kind_words, sentence
from app.workflow.importing.values import Fate, Item, Texts

_WEIGHT = {Fate.KEPT: 0, Fate.CHANGED: 1, Fate.ADDED: 1, Fate.NEEDS_YOU: 2, Fate.CANNOT_RUN: 3}


@dataclass(eq=False)
class Line:
    """What is known of one element. `out` is its id in what came out; None where it was taken out."""

    kind: str
    element: str
    name: str
    is_node: bool = True
    added: bool = False
    fate: Fate = Fate.KEPT
    why: list[Texts] = field(default_factory=list)
    out: str | None = None
    merged: bool = False  # it lives on in another element: nothing of it is missing

    def note(self, fate: Fate, code: str, /, **facts: object) -> None:
        """Say what is done with it; the gravest fate stays."""
        words = sentence(code, **facts)
        if words not in self.why:
            self.why.append(words)
        if _WEIGHT[fate] > _WEIGHT[self.fate]:
            self.fate = fate

    def changed(self, code: str, /, **facts: object) -> None:
        self.note(Fate.CHANGED, code, **facts)

    def asked(self, code: str, /, **facts: object) -> None:
        self.note(Fate.NEEDS_YOU, code, **facts)

    def left_out(self, code: str, /, **facts: object) -> None:
        self.note(Fate.CANNOT_RUN, code, **facts)

    def item(self, present: Collection[str]) -> Item:
        """The line as it is shown, held against the ids of what came out."""
        there = self.out is not None and self.out in present
        fate, why = self.fate, list(self.why)
        if not there and fate is not Fate.CANNOT_RUN and not (fate in (Fate.CHANGED, Fate.NEEDS_YOU) and self.merged):
            fate = Fate.LOST
            why.append(sentence("lost"))
        if self.added and fate is Fate.CHANGED:
            fate = Fate.ADDED
        return Item(
            fate,
            self.kind,
            self.element,
            self.name,
            self.out if there else None,
            kind_words(self.kind),
            tuple(why),
            self.added,
        )


@dataclass
class Ledger:
    """All lines of a file, in the order of the file; added ones after them."""

    lines: list[Line] = field(default_factory=list)
    remarks: list[Texts] = field(default_factory=list)

    def line(self, kind: str, element: str, name: str = "", *, is_node: bool = True) -> Line:
        """A line for an element of the file."""
        made = Line(kind, element, name, is_node)
        self.lines.append(made)
        return made

    def added(self, kind: str, element: str, name: str, code: str, /, **facts: object) -> Line:
        """A line for something that was not drawn."""
        made = Line(kind, element, name, added=True, fate=Fate.ADDED)
        made.note(Fate.ADDED, code, **facts)
        self.lines.append(made)
        return made

    def items(self, present: Collection[str]) -> tuple[Item, ...]:
        """All lines as they are shown; what was added and then not needed is left unsaid."""
        return tuple(line.item(present) for line in self.lines if not line.added or line.out in present)

    def remark(self, code: str, /, **facts: object) -> None:
        """Something about the file as a whole."""
        self.remarks.append(sentence(code, **facts))
