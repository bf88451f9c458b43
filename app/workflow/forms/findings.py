"""What is wrong with a form file, in the analyst's words: where, what, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.workflow.forms.finding_texts import FINDING_TEXTS
from app.workflow.forms.texts import LOCALES, Texts, pick


class Severity(StrEnum):
    """An error stops a deployment; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    """One thing wrong: `file` as in the deployment, `component` the key inside it ("" for the file itself)."""

    severity: Severity
    file: str
    component: str
    code: str
    message: Texts
    mend: Texts


class FormError(Exception):
    """The form can't be used; `findings` says why (at least one error)."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        self.findings = findings
        super().__init__("; ".join(f"{f.file} {f.component}: {f.message['en']}" for f in findings))


class Findings:
    """Collects what is found in one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._found: list[Finding] = []

    def error(self, code: str, component: str = "", **facts: object) -> None:
        """Note an error; `facts` fill the sentence and may be texts per language."""
        self._found.append(_finding(Severity.ERROR, self.file, component, code, facts))

    def warning(self, code: str, component: str = "", **facts: object) -> None:
        """Note a warning."""
        self._found.append(_finding(Severity.WARNING, self.file, component, code, facts))

    def at(self, file: str) -> Findings:
        """The same collection, for what belongs to another file of the form."""
        there = Findings(file or self.file)
        there._found = self._found
        return there

    def add(self, others: Findings) -> None:
        """Take over what was found in an included file."""
        self._found.extend(others)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._found)

    @property
    def blocking(self) -> bool:
        """Whether there is an error among them."""
        return any(found.severity is Severity.ERROR for found in self._found)


def _finding(severity: Severity, file: str, component: str, code: str, facts: Mapping[str, object]) -> Finding:
    message, mend = FINDING_TEXTS[code]
    return Finding(severity, file, component, code, _fill(message, facts), _fill(mend, facts))


def _fill(texts: Texts, facts: Mapping[str, object]) -> dict[str, str]:
    def named(locale: str) -> dict[str, object]:
        return {name: pick(fact, locale) if isinstance(fact, Mapping) else fact for name, fact in facts.items()}

    return {locale: texts[locale].format(**named(locale)) for locale in LOCALES}
