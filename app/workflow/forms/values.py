"""One value: from what a person typed to what is stored, and back to what a person reads.

`parse` raises `ValueRefused` with a sentence; it never rounds, cuts or guesses. Amounts are Decimal with exactly the
field's decimals.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import re2

from app.kernel import identifiers
from app.workflow.forms import limits
from app.workflow.forms.messages import say
from app.workflow.forms.model import Field, FieldType, Limits, Option
from app.workflow.forms.texts import LOCALES, Texts, pick

TICKED = "true"

# Control characters, halves of surrogate pairs, non-characters, and the marks that reorder the text around them: the
# first three can't be stored or exported, the last make one name read like another.
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff]")
_CHINESE_DIGITS = str.maketrans("〇零一二三四五六七八九－−﹣，。．", "00123456789---,..")
_MYRIADS = {"万": 4, "萬": 4, "亿": 8, "億": 8}
_NUMBER = re.compile(r"([+-]?)([0-9]+|[0-9]{1,3}(?:[, ][0-9]{3})+)(?:\.([0-9]*))?")
_DATE = re.compile(r"([0-9]{4})(?:[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?|([0-9]{2})([0-9]{2}))")


class ValueRefused(ValueError):
    """The text is no value of the field; `texts` says why in every language."""

    def __init__(self, texts: Texts) -> None:
        self.texts = texts
        super().__init__(texts["en"])


def refuse(code: str, **facts: object) -> ValueRefused:
    """A refusal with the sentence `code`."""
    return ValueRefused({locale: say(code, locale, **facts) for locale in LOCALES})


def parse(field: Field, raw: str, *, offered: Sequence[Option], old: Any, today: date) -> Any:
    """The typed value of the text `raw`; the field's empty value for a blank one.

    `offered` are the choices of a choice field; `old` is accepted again even where it is no longer offered.
    """
    text = clean(raw, several_lines=field.type is FieldType.TEXTAREA)
    if field.type is FieldType.CHECKBOX:
        return _tick(text)
    if not text:
        return field.empty
    if field.type in _PARSERS:
        return _PARSERS[field.type](field, text, today)
    if field.choices or field.source:
        return _choice(text, offered, old)
    return _text(text, field.limits)


def clean(raw: str, *, several_lines: bool) -> str:
    """Text without blanks around it and with plain line ends; refuses what can't be stored or shown honestly."""
    text = raw.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(text) > limits.LONGEST_TEXT:
        raise refuse("too_long", most=limits.LONGEST_TEXT, found=len(text))
    unfit = _UNFIT.search(text) or (None if several_lines else re.search("\n", text))
    if unfit:
        raise refuse("control", found=f"U+{ord(unfit[0]):04X}")
    return text


def to_number(field: Field, typed: str) -> Decimal:
    """A number as people type it: full-width or Chinese digits, thousands separators, 万 and 亿, the unit behind."""
    text = identifiers.narrow(typed).translate(_CHINESE_DIGITS).strip().lstrip("¥￥").strip()
    if len(text) > limits.SHORT_TEXT:
        raise refuse("number")
    text = _without_unit(text, field)
    shift = _MYRIADS.get(text[-1:], 0)
    match = _NUMBER.fullmatch(text[:-1].strip() if shift else text)
    if match is None:
        raise refuse("grouping" if re.fullmatch(r"[+-]?[0-9][0-9, .]*", text) else "number")
    sign, whole, fraction = match[1], re.sub("[, ]", "", match[2]), match[3] or ""
    number = Decimal(f"{sign}{whole}.{fraction}0").scaleb(shift)
    return _exact(number, field)


def to_date(typed: str) -> date:
    """A date as people type it: 2026-12-31, 2026/12/31, 2026.12.31, 20261231, 2026年12月31日."""
    match = _DATE.fullmatch(re.sub(r"\s", "", identifiers.narrow(typed)))
    if match is None:
        raise refuse("date")
    try:
        day = date(int(match[1]), int(match[2] or match[4]), int(match[3] or match[5]))
    except ValueError:
        raise refuse("date") from None
    if not limits.FIRST_YEAR <= day.year <= limits.LAST_YEAR:
        raise refuse("date")
    return day


def for_input(field: Field, value: Any) -> str:
    """The value as an input shows it; what is still as typed (a draft, a refused text) stays as typed."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return TICKED if value else ""
    if isinstance(value, Decimal):
        return _grouped(value, field.decimals)
    if field.type is FieldType.PHONE and re.fullmatch(r"\+[0-9]{6,15}", str(value)):
        return identifiers.phone_for_display(value, home=field.kinds[0])
    return value.isoformat() if isinstance(value, date) else str(value)


def _grouped(number: Decimal, decimals: int) -> str:
    """With separators and at least `decimals` digits; digits beyond them (an older form had more) are shown, not rounded."""
    kept = max(decimals, -int(number.normalize().as_tuple().exponent)) if number.is_finite() else decimals
    return f"{number:,.{kept}f}"


def rows_of(value: Any) -> list[Mapping[str, Any]]:
    """The rows of a table's value; what is no row (a stored draft from another form version) is left out."""
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def for_reading(field: Field, value: Any, offered: Sequence[Option], locale: str) -> str:
    """The value as a person reads it: choices by label, amounts with unit, "" for nothing."""
    if field.type is FieldType.CHECKBOX:
        return say("yes" if value in (True, TICKED) else "no", locale)
    text = for_input(field, value)
    if field.type is FieldType.NUMBER and field.unit and text:
        return f"{text} {pick(field.unit, locale)}"
    if field.choices or field.source:
        return next((pick(option.label, locale) for option in offered if option.value == text), text)
    return text


def _tick(text: str) -> bool:
    if text not in ("", TICKED):
        raise refuse("tick")
    return text == TICKED


def _choice(text: str, offered: Sequence[Option], old: Any) -> str:
    if text != old and not any(option.value == text and option.is_offered for option in offered):
        raise refuse("choice")
    return text


def _text(text: str, bounds: Limits) -> str:
    if len(text) > (bounds.max_length or limits.LINE_LENGTH):
        raise refuse("too_long", most=bounds.max_length, found=len(text))
    if len(text) < bounds.min_length:
        raise refuse("too_short", least=bounds.min_length, found=len(text))
    if bounds.pattern and not re2.fullmatch(bounds.pattern, text):
        raise ValueRefused(bounds.pattern_message) if bounds.pattern_message else refuse("pattern")
    return text


def _number(field: Field, text: str, today: date) -> Decimal:
    number, bounds = to_number(field, text), field.limits
    if bounds.minimum is not None and number < bounds.minimum:
        raise refuse("minimum", least=f"{bounds.minimum:,f}")
    if bounds.maximum is not None and number > bounds.maximum:
        raise refuse("maximum", most=f"{bounds.maximum:,f}")
    return number


def _without_unit(text: str, field: Field) -> str:
    for unit in sorted({*(field.unit or {}).values(), "元"}, key=len, reverse=True):
        if unit and text.endswith(unit) and text != unit:
            return text.removesuffix(unit).strip()
    return text


def _exact(number: Decimal, field: Field) -> Decimal:
    """The number with the field's decimals; more than those is refused, since rounding an amount is nobody's right."""
    if number.adjusted() >= limits.NUMBER_DIGITS:
        raise refuse("digits")
    exact = number.quantize(Decimal(1).scaleb(-field.decimals))
    if exact != number:
        raise refuse("decimals", most=field.decimals) if field.decimals else refuse("whole")
    return exact if exact else abs(exact)


def _date(field: Field, text: str, today: date) -> date:
    day, bounds = to_date(text), field.limits
    if bounds.earliest and day < (earliest := _day(bounds.earliest, today)):
        raise refuse("earliest", earliest=earliest)
    if bounds.latest and day > (latest := _day(bounds.latest, today)):
        raise refuse("latest", latest=latest)
    return day


def _day(stated: str, today: date) -> date:
    return today if stated == "today" else date.fromisoformat(stated)


def _identifier(check: Callable[[str], str], text: str) -> str:
    if len(text) > limits.SHORT_TEXT:
        raise refuse("too_long", most=limits.SHORT_TEXT, found=len(text))
    try:
        return check(identifiers.narrow(text))
    except identifiers.IdentifierRefused as refused:
        raise ValueRefused({locale: refused.message(locale) for locale in LOCALES}) from refused


def _id_number(field: Field, text: str, today: date) -> str:
    return _identifier(lambda number: identifiers.id_number(number, field.kinds, today=today), text)


def _credit_code(field: Field, text: str, today: date) -> str:
    return _identifier(identifiers.credit_code, text)


def _phone(field: Field, text: str, today: date) -> str:
    return _identifier(lambda number: identifiers.phone(number, field.kinds), text)


_PARSERS: dict[FieldType, Callable[[Field, str, date], Any]] = {
    FieldType.NUMBER: _number,
    FieldType.DATE: _date,
    FieldType.IDNUMBER: _id_number,
    FieldType.CREDITCODE: _credit_code,
    FieldType.PHONE: _phone,
}
