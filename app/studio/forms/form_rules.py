"""The rules of a form while it is designed, and a field's key as the other parts of the form know it; document in, document out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from app import feel
from app.studio.forms.form_design import NoSuchPlace, Place, at, walk
from app.studio.forms.form_text import Document

# A text in quotes, or a word that is no member of something else.
_WORDS = re.compile(r'"(?:\\.|[^"\\])*"|(?<![\w.])[a-z][a-z0-9_]*')
EXPRESSIONS = ("visible", "default", "calculated", "filter")


def rules_of(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rules, those that are objects."""
    rules = document.get("rules")
    return [one for one in rules if isinstance(one, dict)] if isinstance(rules, list) else []


def add_rule(document: Document, rule: Mapping[str, Any]) -> tuple[Document, int]:
    """Put a rule behind the others; returns its number from 0."""
    return _with_rules(document, [*rules_of(document), deepcopy(dict(rule))]), len(rules_of(document))


def change_rule(document: Document, number: int, values: Mapping[str, Any]) -> tuple[Document, int]:
    """Give properties of a rule new values; None takes one away. Raises NoSuchPlace."""
    rule = _rule(document, number)
    kept = {name: value for name, value in {**rule, **values}.items() if value is not None}
    rules = [kept if i == number else one for i, one in enumerate(rules_of(document))]
    return _with_rules(document, rules), number


def remove_rule(document: Document, number: int) -> tuple[Document, int]:
    """Take a rule away; the number is that of what stands nearest now."""
    _rule(document, number)
    rules = [one for i, one in enumerate(rules_of(document)) if i != number]
    return _with_rules(document, rules), min(number, max(0, len(rules) - 1))


def duplicate_rule(document: Document, number: int) -> tuple[Document, int]:
    """A copy right behind."""
    rules = rules_of(document)
    return _with_rules(
        document, [*rules[: number + 1], deepcopy(_rule(document, number)), *rules[number + 1 :]]
    ), number + 1


def shift_rule(document: Document, number: int, step: int) -> tuple[Document, int]:
    """One up (-1) or down (+1); at the end it stays."""
    _rule(document, number)
    rules = rules_of(document)
    wanted = number + step
    if not 0 <= wanted < len(rules):
        return deepcopy(document), number
    rules[number], rules[wanted] = rules[wanted], rules[number]
    return _with_rules(document, rules), wanted


def rename(document: Document, place: Place, key: str) -> Document:
    """Give a component another key; what names it in this document follows."""
    old = at(document, place).get("key")
    changed = deepcopy(document)
    at(changed, place)["key"] = key
    is_column = len(place) > 1 and at(document, place[:-1]).get("type") == "table"
    return changed if is_column or not isinstance(old, str) else rename_references(changed, old, key)


def rename_references(document: Document, old: str, new: str) -> Document:
    """Rights, rules and expressions that name `old` name `new`. Gives the same document where nothing does."""
    changed = deepcopy(document)
    access = changed.get("access")
    if isinstance(access, dict) and old in access:
        changed["access"] = {new if name == old else name: right for name, right in access.items()}
    for rule in rules_of(changed):
        _rename_in(rule, ("check",), old, new)
        if rule.get("field") == old:
            rule["field"] = new
    for _, component in walk(changed):
        _rename_in(component, EXPRESSIONS, old, new)
    return changed


def _rename_in(holder: dict[str, Any], names: tuple[str, ...], old: str, new: str) -> None:
    for name in names:
        if isinstance(holder.get(name), str):
            holder[name] = renamed(holder[name], old, new)


def renamed(text: str, old: str, new: str) -> str:
    """The expression with one variable called otherwise; as it is where that can't be done safely (the checker will tell)."""
    try:
        names = feel.parse(text).names
        changed = _WORDS.sub(lambda word: new if word[0] == old else word[0], text)
        return changed if old in names and feel.parse(changed).names == names - {old} | {new} else text
    except feel.FeelError:
        return text


def _rule(document: Mapping[str, Any], number: int) -> dict[str, Any]:
    rules = rules_of(document)
    if not 0 <= number < len(rules):
        raise NoSuchPlace("There is nothing at this place any more. Reload the page to see the form as it is now.")
    return rules[number]


def _with_rules(document: Document, rules: list[dict[str, Any]]) -> Document:
    changed = deepcopy(document)
    changed.pop("rules", None)
    return {**changed, "rules": rules} if rules else changed
