"""One JSON object of a form file, read property by property; what nobody asked for is an unknown property.

Each reader notes a finding and gives the default where the value is of the wrong kind, so one pass finds everything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any

from app import feel
from app.workflow.forms import limits
from app.workflow.forms.conditions import Condition, compile_condition, why
from app.workflow.forms.findings import Findings
from app.workflow.forms.texts import LOCALES, Texts

# What form-js tools write beside the properties that mean something here.
_TOLERATED = frozenset({"id", "layout", "$comment"})
_TEXT = {"en": "a text", "zh_Hans": "文本", "zh_Hant": "文字"}
_LANGUAGES = {
    "en": "a text in en, zh_Hans and zh_Hant",
    "zh_Hans": "en、zh_Hans、zh_Hant 三种语言的文本",
    "zh_Hant": "en、zh_Hans、zh_Hant 三種語言的文字",
}
_FLAG = {"en": "true or false", "zh_Hans": "true 或 false", "zh_Hant": "true 或 false"}
_KEY = re.compile(r"[a-z][a-z0-9_]*")


class Properties:
    """The object `data` at `component` (for the findings)."""

    def __init__(self, data: dict[str, Any], component: str, findings: Findings) -> None:
        self.component = component
        self.findings = findings
        self._data = data
        self._asked: set[str] = set()

    def take(self, name: str) -> Any:
        """The raw value, None where absent."""
        self._asked.add(name)
        return self._data.get(name)

    def key(self, name: str = "key") -> str:
        """A key: small letters, digits, underscore; "" after a finding."""
        value = self.string(name, required=True)
        if value and (len(value) > limits.KEY_LENGTH or not _KEY.fullmatch(value)):
            self.findings.error("bad_key", self.component, found=value)
            return ""
        return value

    def string(self, name: str, *, required: bool = False) -> str:
        """A plain text."""
        value = self.take(name)
        if value is None:
            return self._absent(name, _TEXT, required) or ""
        return value if isinstance(value, str) else self._wrong(name, value, _TEXT) or ""

    def texts(self, name: str, *, required: bool = False) -> Texts | None:
        """A text in the languages of the house; a plain string stands for all of them."""
        value = self.take(name)
        if value is None or value in ("", {}):
            return self._absent(name, _LANGUAGES, required)
        if isinstance(value, str):
            return dict.fromkeys(LOCALES, value)
        if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
            return self._wrong(name, value, _LANGUAGES)
        missing = [language for language in LOCALES if not value.get(language)]
        if missing:
            self.findings.warning("untranslated", self.component, property=name, languages=", ".join(missing))
        return value

    def flag(self, name: str) -> bool:
        """True or false; absent is false."""
        value = self.take(name)
        return value if isinstance(value, bool) else bool(value is not None and self._wrong(name, value, _FLAG))

    def integer(self, name: str, default: int, *, least: int = 0, most: int) -> int:
        """A whole number between `least` and `most`."""
        value = self.take(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self._wrong(name, value, f"{least}…{most}")
            return default
        return value

    def decimal(self, name: str) -> Decimal | None:
        """An exact number, written as text or as a JSON number."""
        value = self.take(name)
        if value is None:
            return None
        try:
            number = Decimal(str(value)) if not isinstance(value, bool) else Decimal("NaN")
        except InvalidOperation:
            number = Decimal("NaN")
        return number if number.is_finite() else self._wrong(name, value, '"1000.00"')

    def day(self, name: str) -> str | None:
        """An ISO date or "today"."""
        value = self.take(name)
        if value is None or value == "today":
            return value
        try:
            return date.fromisoformat(value).isoformat()
        except (TypeError, ValueError):
            return self._wrong(name, value, '"2026-12-31", "today"')

    def expression(self, name: str) -> Condition | None:
        """A FEEL expression, compiled."""
        text = self.string(name)
        if not text:
            return None
        try:
            return compile_condition(text)
        except feel.FeelError as refused:
            self.findings.error("expression", self.component, text=text, reason=why(refused))
            return None

    def among(self, name: str, known: Iterable[str], default: str = "") -> str:
        """One of the known words."""
        value = self.string(name)
        if value and value not in known:
            self._wrong(name, value, ", ".join(known))
            return default
        return value or default

    def words(self, name: str, known: Iterable[str], default: tuple[str, ...]) -> tuple[str, ...]:
        """A list of known words."""
        value = self.take(name)
        if value is None:
            return default
        if not isinstance(value, list) or not value or not all(word in known for word in value):
            self._wrong(name, value, ", ".join(known))
            return default
        return tuple(value)

    def objects(self, name: str) -> list[dict[str, Any]]:
        """A list of JSON objects."""
        value = self.take(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self._wrong(name, value, "[{…}]")
            return []
        return value

    def within(self, name: str) -> Properties:
        """The object that is the value of `name`, empty where absent. Call `finish` on it too."""
        value = self.take(name)
        if value is not None and not isinstance(value, dict):
            self._wrong(name, value, "{…}")
        return Properties(value if isinstance(value, dict) else {}, self.component, self.findings)

    def finish(self) -> None:
        """Note every property that no reader asked for."""
        for name in self._data.keys() - self._asked - _TOLERATED:
            near = get_close_matches(name, self._asked, 3) or sorted(self._asked)
            self.findings.error("unknown_property", self.component, property=name[:60], known=", ".join(near))

    def _absent(self, name: str, wanted: Texts | str, required: bool) -> Any:
        if required:
            self.findings.error("missing", self.component, property=name, wanted=wanted)
        return None

    def _wrong(self, name: str, value: object, wanted: Texts | str) -> Any:
        self.findings.error("wrong_value", self.component, property=name, found=repr(value)[:60], wanted=wanted)
        return None
