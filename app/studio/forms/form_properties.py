"""Which properties each kind of component has, what they may be, and how they come from the panel's fields.

A value that can't be right (a word where a number belongs) is kept as it was typed: the checker then says so beside the field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from werkzeug.datastructures import MultiDict

from app.kernel.identifiers import PHONE_REGIONS
from app.workflow.forms import limits
from app.workflow.forms.texts import LOCALES


class Input(StrEnum):
    """How a property is entered."""

    TEXTS = "texts"
    LONG_TEXTS = "long_texts"
    LINE = "line"
    EXPRESSION = "expression"
    FLAG = "flag"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DAY = "day"
    SOURCE = "source"
    BIND = "bind"
    FIELD = "field"
    WORDS = "words"
    CHOICES = "choices"


@dataclass(frozen=True)
class Property:
    """One property. `name` as in the file, "validate." before those inside `validate`; label and help are English msgids."""

    name: str
    input: Input
    label: str
    help: str = ""
    least: int = 0
    most: int = 0
    words: tuple[str, ...] = ()
    group: str = "basics"


_LABEL = Property("label", Input.TEXTS, "Label")
_HELP = Property("help", Input.LONG_TEXTS, "Help below the field", "A hint for whoever fills the form in.")
_VISIBLE = Property(
    "visible", Input.EXPRESSION, "Shown only if", "A condition in FEEL; empty: always shown.", group="behaviour"
)
_DEFAULT = Property(
    "default",
    Input.EXPRESSION,
    "Suggested value",
    "An expression; whoever fills the form may change it.",
    group="behaviour",
)
_CALCULATED = Property(
    "calculated",
    Input.EXPRESSION,
    "Calculated as",
    "An expression; nobody can type into the field then.",
    group="behaviour",
)
_BIND = Property(
    "bind", Input.BIND, "Kept in the record as", "Where the value lives; none: with the case.", group="behaviour"
)
_MUST = Property(
    "validate.required",
    Input.FLAG,
    "Must always be filled in",
    "On every step that may edit it. A single step asks for it in the rights.",
    group="limits",
)
_TEXT_LIMITS = (
    Property("validate.minLength", Input.INTEGER, "At least characters", most=limits.LONGEST_TEXT, group="limits"),
    Property(
        "validate.maxLength", Input.INTEGER, "At most characters", least=1, most=limits.LONGEST_TEXT, group="limits"
    ),
    Property(
        "validate.pattern",
        Input.LINE,
        "Pattern",
        "A regular expression (RE2) that the whole text must match.",
        group="limits",
    ),
    Property("validate.message", Input.TEXTS, "What to say when the pattern is missed", group="limits"),
)
_NUMBER = (
    Property("unit", Input.TEXTS, "Unit"),
    Property("decimals", Input.INTEGER, "Decimals", most=limits.NUMBER_DECIMALS),
    Property("validate.min", Input.DECIMAL, "Not below", group="limits"),
    Property("validate.max", Input.DECIMAL, "Not above", group="limits"),
)
_DATE = (
    Property("validate.min", Input.DAY, "Not before", "A day like 2026-12-31, or today.", group="limits"),
    Property("validate.max", Input.DAY, "Not after", "A day like 2026-12-31, or today.", group="limits"),
)
_CHOICES = (
    Property("values", Input.CHOICES, "Choices"),
    Property("source", Input.SOURCE, "Choices from a list of the bank", "They come after the choices written here."),
)
_FILTER = Property(
    "filter",
    Input.EXPRESSION,
    "Offered only if",
    "A condition in FEEL that is asked of each choice, for instance list contains(option.lines, business_line).",
    group="behaviour",
)
_ROWS = (
    Property("validate.minRows", Input.INTEGER, "At least rows", most=limits.MOST_ROWS, group="limits"),
    Property("validate.maxRows", Input.INTEGER, "At most rows", least=1, most=limits.MOST_ROWS, group="limits"),
)
_OWN: Mapping[str, tuple[Property, ...]] = {
    "textfield": _TEXT_LIMITS,
    "textarea": _TEXT_LIMITS,
    "number": _NUMBER,
    "date": _DATE,
    "table": _ROWS,
    "idnumber": (Property("kinds", Input.WORDS, "Kinds of identity number", words=("cn", "tw", "hk")),),
    "phone": (Property("regions", Input.WORDS, "Regions", words=tuple(PHONE_REGIONS)),),
    **dict.fromkeys(("select", "radio", "user", "group"), _CHOICES),
}
_BEHAVIOUR = (_VISIBLE, _DEFAULT, _CALCULATED, _BIND)
FORM = (Property("title", Input.TEXTS, "Title"),)
RULE = (
    Property(
        "check", Input.EXPRESSION, "What must hold", "A condition in FEEL; the form is refused where it is false."
    ),
    Property("message", Input.LONG_TEXTS, "What to say when it does not hold"),
    Property("field", Input.FIELD, "Shown at the field"),
)


def properties_of(kind: str, *, column: bool = False) -> tuple[Property, ...]:
    """What a component of this kind may say, in the order of the panel; its key and kind stand apart."""
    if kind == "section":
        folded = Property("folded", Input.FLAG, "Folded at first")
        return (_LABEL, folded, _VISIBLE)
    if kind == "text":
        return (Property("text", Input.LONG_TEXTS, "Text"), _VISIBLE)
    own = _OWN.get(kind, ())
    if column:
        return (_LABEL, _HELP, *own, _MUST)
    choosing = (_FILTER,) if own is _CHOICES else ()
    return (_LABEL, _HELP, *own, *choosing, *_BEHAVIOUR, _MUST)


def stated(component: Mapping[str, Any], name: str) -> Any:
    """What a component says about a property, None where nothing."""
    outer, _, inner = name.rpartition(".")
    holder = component.get(outer) if outer else component
    return holder.get(inner) if isinstance(holder, Mapping) else None


def posted_values(posted: MultiDict[str, str], properties: tuple[Property, ...]) -> dict[str, Any]:
    """The values the panel sent, by name; only those that it sent. None takes a property away."""
    return {one.name: _value(one, posted) for one in properties if _is_sent(one, posted)}


def _is_sent(one: Property, posted: MultiDict[str, str]) -> bool:
    marks = (one.name, f"{one.name}.sent", f"{one.name}.0.value", *(f"{one.name}.{language}" for language in LOCALES))
    return any(mark in posted for mark in marks)


def _value(one: Property, posted: MultiDict[str, str]) -> Any:
    if one.input in (Input.TEXTS, Input.LONG_TEXTS):
        return texts(posted, one.name)
    if one.input is Input.CHOICES:
        return _choices(posted, one.name)
    if one.input is Input.WORDS:
        return [word for word in posted.getlist(one.name) if word in one.words] or None
    text = posted.get(one.name, "").strip()
    if one.input is Input.FLAG:
        return True if text == "true" else None
    if one.input is Input.INTEGER and text.isascii() and text.isdigit() and len(text) < 10:
        return int(text)
    return text or None


def texts(posted: MultiDict[str, str], name: str) -> dict[str, str] | None:
    """A text in the languages of the house; None where none is given."""
    found = {language: _clean(posted.get(f"{name}.{language}", "")) for language in LOCALES}
    return {language: text for language, text in found.items() if text} or None


def _clean(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _choices(posted: MultiDict[str, str], name: str) -> list[dict[str, Any]] | None:
    """The rows of the choices; a row in which nothing stands is gone. `_choice` is the button pressed: "up:2", "remove:0"."""
    rows = []
    for number in range(limits.CHOICES + 1):
        if f"{name}.{number}.value" not in posted:
            break
        label = texts(posted, f"{name}.{number}.label")
        rows.append({"value": posted[f"{name}.{number}.value"].strip(), **({"label": label} if label else {})})
    pressed, _, where = posted.get("_choice", "").partition(":")
    at = int(where) if where.isascii() and where.isdigit() else -1
    if 0 <= at < len(rows):
        _press(rows, pressed, at)
    return [row for row in rows if row["value"] or "label" in row] or None


def _press(rows: list[dict[str, Any]], pressed: str, at: int) -> None:
    if pressed == "remove":
        del rows[at]
    elif pressed in ("up", "down"):
        rows.insert(max(0, at + (1 if pressed == "down" else -1)), rows.pop(at))
