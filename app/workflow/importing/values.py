"""What an import gives back: plain, frozen, and the same for page, command and test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Texts = Mapping[str, str]
LANGUAGES = ("en", "zh_Hans", "zh_Hant")
# What was answered: question id → entry name → value.
Answers = Mapping[str, Mapping[str, str]]


class Fate(StrEnum):
    """What became of an element. `LOST` is a fault of the importer: neither in what came out nor accounted for."""

    KEPT = "kept"
    CHANGED = "changed"
    ADDED = "added"
    NEEDS_YOU = "needs_you"
    CANNOT_RUN = "cannot_run"
    LOST = "lost"


@dataclass(frozen=True)
class Item:
    """One element of a file that came in, or one that was added.

    kind: its BPMN name; called: what an analyst calls that; element: its id there; now: its id in what came out, None
    where it is not in it; why: a sentence for each thing done with it; added: it was not in the file.
    """

    fate: Fate
    kind: str
    element: str
    name: str
    now: str | None
    called: Texts
    why: tuple[Texts, ...] = ()
    added: bool = False


@dataclass(frozen=True)
class Choice:
    """One legal value of an entry."""

    value: str
    label: Texts


@dataclass(frozen=True)
class Entry:
    """One control of a question. `kind`: choice, text, number, feel, time. `given` is None while nobody has answered.

    only: the value that the first entry must have for this one to count.
    """

    name: str
    kind: str
    label: Texts
    proposed: str
    given: str | None = None
    choices: tuple[Choice, ...] = ()
    only: str = ""
    fault: Texts | None = None

    @property
    def value(self) -> str:
        """What counts now: the answer, else the proposal."""
        return self.proposed if self.given is None else self.given


@dataclass(frozen=True)
class Question:
    """Something only a person can say, with a proposal. `elements`: names of what it is about, as drawn."""

    id: str
    kind: str
    file: str
    title: Texts
    help: Texts
    entries: tuple[Entry, ...]
    elements: tuple[str, ...] = ()

    @property
    def answered(self) -> bool:
        """Whether a person has answered it, and nothing is wrong with the answer."""
        return self.entries[0].given is not None and not any(entry.fault for entry in self.entries)


@dataclass(frozen=True)
class FileReport:
    """What became of one file. `refused` says why nothing could be done with it; `remarks` what concerns it as a whole."""

    name: str
    became: str | None
    tool: str
    items: tuple[Item, ...]
    refused: Texts | None = None
    remarks: tuple[Texts, ...] = ()

    def count(self, fate: Fate) -> int:
        """How many elements met this fate."""
        return sum(item.fate is fate for item in self.items)


@dataclass(frozen=True)
class Import:
    """The outcome: reports, questions, and the files to make a draft of (made with the proposals where nobody answered)."""

    reports: tuple[FileReport, ...]
    questions: tuple[Question, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def open_questions(self) -> tuple[Question, ...]:
        """Those that nobody has answered, or not rightly."""
        return tuple(question for question in self.questions if not question.answered)

    @property
    def usable(self) -> bool:
        """Whether anything came out."""
        return any(name.endswith(".bpmn") for name in self.files)

    @property
    def lost(self) -> int:
        """Elements that nobody can account for; more than none is a fault of the importer."""
        return sum(report.count(Fate.LOST) for report in self.reports)


@dataclass(frozen=True)
class Bank:
    """What this bank has that a diagram may name: group key → name, and the keys of the others."""

    groups: Mapping[str, Texts] = field(default_factory=dict)
    delegates: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
