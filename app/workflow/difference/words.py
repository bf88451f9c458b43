"""The words of a comparison, from `words.toml` beside this file, and how values are said: durations, ids, codes, lists."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from app.workflow.difference.values import LANGUAGES, Texts, Weight

LONGEST = 160
AROUND = 40
_DURATION = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?")
_UNITS = (
    (("working week", "working weeks"), "个工作周", "個工作週"),
    (("working day", "working days"), "个工作日", "個工作日"),
    (("working hour", "working hours"), "个工作小时", "個工作小時"),
    (("working minute", "working minutes"), "个工作分钟", "個工作分鐘"),
)
BEFORE = {"en": "{0} before it is due", "zh_Hans": "到期前 {0}", "zh_Hant": "到期前 {0}"}
LATER = {"en": "{0} after it was due", "zh_Hans": "到期后 {0}", "zh_Hant": "到期後 {0}"}
AT = {"en": "when it is due", "zh_Hans": "到期时", "zh_Hant": "到期時"}
COMMA = {"en": ", ", "zh_Hans": "、", "zh_Hant": "、"}
NONE = {"en": "none", "zh_Hans": "无", "zh_Hant": "無"}


@dataclass(frozen=True)
class Property:
    """What a property is called, what it touches, and how its value is read ("" for as it is)."""

    words: Texts
    weight: Weight
    reads: str


def each(say: Callable[[str], str]) -> dict[str, str]:
    """What `say` gives for every language."""
    return {language: say(language) for language in LANGUAGES}


def filled(template: Texts, *values: Texts) -> dict[str, str]:
    """The template with the values in the places {0}, {1} … of each language; braces within values stay as they are."""
    return each(lambda language: _filled(template[language], [value.get(language, "") for value in values]))


def _filled(template: str, values: list[str]) -> str:
    return re.sub(r"\{(\d)\}", lambda match: values[int(match.group(1))], template)


def kind(name: str) -> Texts:
    """What things of a kind are called; the kind itself where nobody named it."""
    return _kinds().get(name) or same(name)


def property_of(kind_name: str, name: str) -> Property | None:
    """The property of things of this kind; None for one that nobody knows."""
    known = _properties()
    if name.startswith("picture."):
        return known[".".join(name.split(".")[:2])]
    return known.get(f"{kind_name}.{name}") or known.get(name)


def code(table: str, value: str) -> Texts | None:
    """The words for a code of a table; None where it has none."""
    return _values().get(table, {}).get(value)


def same(text: str) -> dict[str, str]:
    """The same in every language."""
    return dict.fromkeys(LANGUAGES, text)


def duration(text: str) -> Texts:
    """ "P2D" as "2 working days"; what can't be read as it stands."""
    match = _DURATION.fullmatch(text)
    if not match or not any(match.groups()):
        return same(text)
    given = [(int(number), unit) for number, unit in zip(match.groups(), _UNITS, strict=True) if number is not None]
    return {
        "en": " ".join(f"{number} {unit[0][number != 1]}" for number, unit in given),
        "zh_Hans": "".join(f"{number} {unit[1]}" for number, unit in given),
        "zh_Hant": "".join(f"{number} {unit[2]}" for number, unit in given),
    }


def link(text: str) -> Texts:
    """A link of the chain around the due date: "PT4H before", "P1D"."""
    delay, _, side = text.partition(" ")
    if side not in ("", "before", "after") or not _DURATION.fullmatch(delay):
        return same(text)
    if not re.search(r"[1-9]", delay):
        return AT
    return filled(BEFORE if side == "before" else LATER, duration(delay))


def joined(parts: list[Texts]) -> Texts:
    """Several values, one after the other."""
    return each(lambda language: COMMA[language].join(part.get(language, "") for part in parts)) if parts else NONE


def excerpts(before: str, after: str) -> tuple[str, str]:
    """Both texts short enough for a sentence: long ones only around the place where they part."""
    if max(len(before), len(after)) <= LONGEST:
        return before, after
    start = next(
        (i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after))
    )
    return _excerpt(before, start), _excerpt(after, start)


def _excerpt(text: str, start: int) -> str:
    first = max(0, start - AROUND)
    last = first + LONGEST
    return ("…" if first else "") + text[first:last] + ("…" if last < len(text) else "")


@cache
def _kinds() -> dict[str, Texts]:
    return {name: _texts(words) for name, words in _catalogue()["kinds"].items()}


@cache
def _properties() -> dict[str, Property]:
    return {
        name: Property(_texts(given), Weight(given[3]), given[4] if len(given) > 4 else "")
        for name, given in _catalogue()["properties"].items()
    }


@cache
def _values() -> dict[str, dict[str, Texts]]:
    return {
        table: {value: _texts(words) for value, words in values.items()}
        for table, values in _catalogue()["values"].items()
    }


def _texts(words: list[str]) -> Texts:
    return dict(zip(LANGUAGES, words, strict=False))


@cache
def _catalogue() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "words.toml").read_text("utf-8"))
