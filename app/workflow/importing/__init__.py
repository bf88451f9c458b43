"""Diagrams of other tools brought in: read tolerantly, repaired, and every element accounted for.

Bytes go in, an `Import` comes out: for every element what became of it (kept, changed, needs you, can't run), the
questions that only a person can answer with a proposal for each, and the files that come of it. No web, no database;
`bring_in` has it done by a child process.
"""

from app.workflow.importing.sandbox import bring_in
from app.workflow.importing.values import Answers, Bank, Choice, Entry, Fate, FileReport, Import, Item, Question

__all__ = [
    "Answers",
    "Bank",
    "Choice",
    "Entry",
    "Fate",
    "FileReport",
    "Import",
    "Item",
    "Question",
    "bring_in",
]
