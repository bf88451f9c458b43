"""Where an expression of a model stands: the names, types and members it sees, and where its faults are noted.

A `Site` turns texts into code. A text that can't be read becomes a finding with its place, and code that raises the
same error, so that a faulty model can be loaded and looked at but never quietly gives a wrong answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.feel.check import check_types, reporter
from app.feel.compiler import Code
from app.feel.dmn.xml import Element, attribute, text_of
from app.feel.errors import FeelError
from app.feel.expression import Expression, parse_with
from app.feel.findings import Finding, Place, Severity, finding
from app.feel.inference import Surroundings, infer
from app.feel.limits import Scope
from app.feel.names import NameIndex
from app.feel.types import ANY, Type, parse_type

_FEEL = ("feel", "/feel/", "camunda-unary-tests")


@dataclass(slots=True)
class Workshop:
    """What all expressions of one model share while it is loaded."""

    types: dict[str, Type] = field(default_factory=dict)
    members: NameIndex = field(default_factory=lambda: NameIndex(()))
    language: str = ""
    findings: list[Finding] = field(default_factory=list)
    parsed: dict[tuple[str, frozenset[str], bool], Expression] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Site:
    """One element's view. `free` collects the names its expressions read from outside, `reads` those it may read."""

    workshop: Workshop
    element: str
    names: frozenset[str] = frozenset()
    free: set[str] = field(default_factory=set)
    reads: set[str] = field(default_factory=set)
    local: frozenset[str] = frozenset()
    where: Place = field(default_factory=Place)
    tables: list[Any] = field(default_factory=list)
    known: Mapping[str, Type] = field(default_factory=dict)

    def inside(self, names: Iterable[str]) -> Site:
        """The same place with more local names, of unknown types."""
        added = frozenset(names)
        known = {**self.known, **dict.fromkeys(added, ANY)}
        return replace(self, names=self.names | added, local=self.local | added, known=known)

    def at(self, where: Place) -> Site:
        """Another place of the same element."""
        return replace(self, where=where)

    def note(self, severity: Severity, code: str, where: Place | None = None, **facts: Any) -> None:
        """Note a finding at this place."""
        self.workshop.findings.append(finding(severity, code, self.element, where or self.where, **facts))

    def parse(self, text: str, *, unary: bool = False, tested: Type = ANY, expected: Type = ANY) -> Expression | None:
        """The expression, or None after noting why it can't be read; also notes types that can't be right."""
        workshop = self.workshop
        try:
            found = self._parsed(text, unary)
        except FeelError as error:
            self.note(Severity.ERROR, "unreadable", text=_short(text), reason=error)
            return None
        self.free.update(found.names - self.local)
        self.reads.update(found.reads)
        report = reporter(workshop.findings, text, self.element, self.where)
        check_types(found, self.known, workshop.types, report, tested=tested, expected=expected)
        return found

    def _parsed(self, text: str, unary: bool) -> Expression:
        """The expression, parsed once for all places of the model that see the same names."""
        key = (text, self.names, unary)
        found = self.workshop.parsed.get(key)
        if found is None:
            members, types = self.workshop.members, self.workshop.types
            found = parse_with(text, names=self.names, members=members, types=types, unary=unary)
            self.workshop.parsed[key] = found
        return found

    def infer(self, expression: Expression) -> Type:
        """What is known of the type of an expression's result."""
        return infer(expression.tree, Surroundings(self.known, lambda code, at, facts: None, self.workshop.types))

    def code(self, text: str) -> Code:
        """The code of a text; null for an empty one."""
        if not text:
            return _nothing
        found = self.parse(text)
        return found.run if found else broken(self.element, text)

    def literal(self, element: Element) -> Code:
        """The code of a literal expression, after a look at its language."""
        self.check_language(element)
        return self.code(text_of(element))

    def check_language(self, element: Element) -> None:
        """Note an expression language that is not FEEL; the text is read as FEEL all the same."""
        language = attribute(element, "expressionLanguage") or self.workshop.language
        noted = any(found.code == "language" and found.element == self.element for found in self.workshop.findings)
        if language and not noted and not any(word in language.lower() for word in _FEEL):
            self.note(Severity.WARNING, "language", language=language)

    def type(self, name: str) -> Type:
        """The type of that name; a name nobody defined is a finding."""
        if not name:
            return ANY
        found = parse_type(name, self.workshop.types)
        if found.kind == "unknown":
            self.note(Severity.WARNING, "unknown_type", type=name)
        return found


def broken(element: str, text: str) -> Code:
    """Code for a text that could not be read: running it raises."""

    def fail(scope: Scope) -> Any:
        raise FeelError("broken", element=element, text=_short(text))

    return fail


def _nothing(scope: Scope) -> None:
    return None


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 80 else flat[:79] + "…"
