"""The one door to FEEL: conditions, defaults and calculations of a form, compiled when the form is loaded.

A form is filled in any order, so a value that is not there yet must not be an error here: `value` answers None, and
each caller says what None means to it (a hidden field, a rule not yet decidable). What breaks a bound of the language
is None too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from app import feel
from app.kernel import clock
from app.workflow.forms.limits import TIME_ZONE
from app.workflow.forms.literals import names_of_functions


@dataclass(frozen=True)
class Condition:
    """A FEEL expression over the form's values, and the names it reads."""

    text: str
    names: frozenset[str]

    @property
    def reads_clock(self) -> bool:
        """Whether it may ask for the day or the hour, which are those of the bank."""
        return "today" in self.text or "now" in self.text

    def value(self, values: Mapping[str, Any]) -> Any:
        """Its value over typed form values, as form values (Decimal, date, bool, str, list); None where it has none."""
        context = {name: None if values.get(name) == "" else values.get(name) for name in self.names}
        try:
            result = feel.parse(self.text).evaluate(context, now=_now() if self.reads_clock else None)
        except feel.FeelError:
            return None
        return _as_form_value(result)

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether it is true; unknown is not."""
        return self.value(values) is True


def compile_condition(text: str) -> Condition:
    """The expression, ready to be evaluated; raises `feel.FeelError` where it can't be read."""
    parsed = feel.parse(text)
    return Condition(text, parsed.names | names_of_functions(parsed.tree))


def why(refused: feel.FeelError) -> dict[str, str]:
    """The reason in every language of the house."""
    return {locale: refused.message(locale) for locale in ("en", "zh_Hans", "zh_Hant")}


def _now() -> datetime:
    return clock.now().astimezone(TIME_ZONE)


def _as_form_value(result: Any) -> Any:
    """FEEL's own dates as Python's; everything else a form can hold is the same in both."""
    if result is None or isinstance(result, bool | str | Decimal | list):
        return result
    try:
        return date.fromisoformat(str(feel.from_feel(result)))
    except ValueError:
        return None
