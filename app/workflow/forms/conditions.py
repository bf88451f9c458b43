"""The one door to FEEL: conditions, defaults and calculations of a form, compiled when the form is loaded.

A form is filled in any order, so a value that is not there yet must not be an error here: `value` answers None, and
each caller says what None means to it (a hidden field, a rule not yet decidable). What breaks a bound of the language
is None too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app import feel


@dataclass(frozen=True)
class Condition:
    """A FEEL expression over the form's values, and the names it reads."""

    text: str
    names: frozenset[str]

    def value(self, values: Mapping[str, Any]) -> Any:
        """Its value over typed form values, as form values (Decimal, date, bool, str, list); None where it has none."""
        context = {name: feel.to_feel(_blank_to_null(values.get(name))) for name in self.names}
        try:
            return feel.parse(self.text, names=self.names).evaluate(context)
        except feel.FeelError:
            return None

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether it is true; unknown is not."""
        return self.value(values) is True


def compile_condition(text: str, names: Iterable[str] = ()) -> Condition:
    """The expression, ready to be evaluated; raises `feel.FeelError` where it can't be read."""
    return Condition(text, feel.parse(text, names=names).names)


def why(refused: feel.FeelError) -> dict[str, str]:
    """The reason in every language of the house."""
    return {locale: refused.message(locale) for locale in ("en", "zh_Hans", "zh_Hant")}


def as_number(value: Any) -> Decimal | None:
    """A FEEL result as a Decimal, if it is a number."""
    return Decimal(value) if isinstance(value, (int, Decimal)) and not isinstance(value, bool) else None


def _blank_to_null(value: Any) -> Any:
    return None if value == "" else value
