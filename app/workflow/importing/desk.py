"""The desk at which questions are put: each with a proposal, each answer looked at before it counts.

An answer that is not legal is told at its entry, and the proposal counts in its place until a legal one is given.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from app import feel
from app.workflow.importing.texts import sentence
from app.workflow.importing.values import LANGUAGES, Answers, Choice, Entry, Question, Texts

TIME = re.compile(r"R\d*/.+|P(?=[\dT])[\dYMWDTHS.,]+|\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:?\d\d)?)?", re.IGNORECASE)
MOST = 200
LONGEST = 1000


class Desk:
    """Collects the questions of one import in the order in which they come up."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self.questions: list[Question] = []
        self._asked: dict[str, Mapping[str, str]] = {}

    def ask(
        self,
        kind: str,
        about: str,
        entries: Iterable[Entry],
        *,
        file: str = "",
        elements: Sequence[str] = (),
        **facts: object,
    ) -> Mapping[str, str]:
        """Put a question and give what counts now, by entry. The same question twice is asked once."""
        id_ = f"{kind}:{about}"
        if id_ in self._asked:
            return self._asked[id_]
        given = self._answers.get(id_, {})
        looked_at = tuple(_looked_at(entry, given.get(entry.name)) for entry in entries)
        title, help_ = (sentence(f"ask_{kind}", part, **facts) for part in ("title", "help"))
        self.questions.append(Question(id_, kind, file, title, help_, looked_at, tuple(dict.fromkeys(elements))))
        self._asked[id_] = {
            entry.name: entry.proposed if entry.given is None or entry.fault else entry.given for entry in looked_at
        }
        return self._asked[id_]

    def is_answered(self, id_: str) -> bool:
        """Whether a person has answered the question."""
        return any(question.id == id_ and question.answered for question in self.questions)

    def add_elements(self, id_: str, name: str) -> None:
        """One more element that an asked question is about."""
        for number, question in enumerate(self.questions):
            if question.id == id_ and name not in question.elements:
                self.questions[number] = Question(
                    id_, question.kind, question.file, question.title, question.help, question.entries,
                    (*question.elements, name),
                )  # fmt: skip


def choice(
    name: str, proposed: str, options: Sequence[tuple[str, Texts]], *, label: str = "entry_choice", only: str = ""
) -> Entry:
    """An entry with given values; the proposal must be one of them."""
    choices = tuple(Choice(value, words) for value, words in options)
    return Entry(name, "choice", sentence(label), proposed, choices=choices, only=only)


def text(name: str, kind: str, proposed: str, *, only: str = "", label: Texts | None = None) -> Entry:
    """A line to fill in: `kind` is text, number, feel or time."""
    return Entry(name, kind, label or sentence(f"entry_{kind}"), proposed, only=only)


def _looked_at(entry: Entry, given: str | None) -> Entry:
    if given is None:
        return entry
    given = given.strip()[:LONGEST]
    fault = _fault(entry, given)
    return Entry(
        entry.name, entry.kind, entry.label, entry.proposed, given, entry.choices, entry.only, fault
    )  # fmt: skip


def _fault(entry: Entry, given: str) -> Texts | None:
    """What is wrong with an answer; an entry that is left empty keeps its proposal where it has one."""
    if entry.kind == "choice":
        return None if given in {option.value for option in entry.choices} else sentence("wrong_choice")
    if not given:
        return sentence("wrong_empty") if entry.kind != "feel" else None
    if entry.kind == "number":
        return None if given.isdecimal() and 1 <= int(given) <= MOST else sentence("wrong_number", most=MOST)
    if entry.kind == "time" and TIME.fullmatch(given):
        return None
    if entry.kind in ("feel", "time"):
        try:
            feel.parse(given)
        except feel.FeelError as error:
            return {language: error.message(language) for language in LANGUAGES}
    return None
