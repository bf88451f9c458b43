"""A form file as a tree: its fields, notes and sections by key, at whatever depth they stand, its rules and who may do what."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from app.workflow.difference.things import Thing, Value
from app.workflow.difference.values import LANGUAGES

FILE = ""
SUFFIX = ".form"
REFERENCES = frozenset({"in"})
FALSE = frozenset({"folded", "validate.required"})
WITHIN = frozenset({"validate"})
TEXTS = frozenset({"title", "label", "help", "text", "unit", "message"})


class Unreadable(ValueError):
    """The file is no JSON object."""


def read(content: bytes) -> dict[str, Thing]:
    """The things of a form by key; the form itself is "". Raises Unreadable."""
    try:
        data = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as refused:
        raise Unreadable(str(refused)[:200]) from refused
    if not isinstance(data, dict):
        raise Unreadable("{…}")
    things: dict[str, Thing] = {}
    facts: dict[str, Value] = {}
    for name, value in data.items():
        if name == "access" and isinstance(value, dict):
            facts |= {f"access:{key}": _value(right) for key, right in value.items()}
        elif name == "components" and _is_objects(value):
            _read_components(value, "", things)
        elif name == "rules" and _is_objects(value):
            pass
        else:
            facts[name] = _value(value, name)
    facts = {key: value for key, value in facts.items() if value and (key, value) != ("schemaVersion", "1")}
    rules = data.get("rules") if _is_objects(data.get("rules")) else []
    include = data.get("include")
    orders = {"order.components": tuple(key for key, thing in things.items() if not thing.facts.get("in"))}
    if isinstance(include, list):
        facts |= {"include": tuple(sorted(map(str, include)))} if include else {}
        orders["order.include"] = tuple(map(str, include))
    things[FILE] = Thing("form", FILE, _name(data.get("title")), facts, tuple(map(_rule, rules or [])), orders)
    return things


def _is_objects(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _read_components(items: list[dict[str, Any]], section: str, things: dict[str, Thing]) -> tuple[str, ...]:
    """Put the components into `things`; their keys in order."""
    keys = []
    for item in items:
        key = str(item.get("key") or f"{item.get('type', 'text')}")
        while key in things or key == FILE:
            key += "′"
        things[key] = _component(item, key, section)
        keys.append(key)
        if _is_objects(item.get("components")):
            inside = _read_components(item["components"], key, things)
            things[key] = _with_order(things[key], inside)
    return tuple(keys)


def _with_order(thing: Thing, keys: tuple[str, ...]) -> Thing:
    return Thing(thing.kind, thing.key, thing.name, thing.facts, thing.parts, {**thing.orders, "order.fields": keys})


def _component(item: Mapping[str, Any], key: str, section: str) -> Thing:
    facts: dict[str, Value] = {"in": section} if section else {}
    parts: list[Thing] = []
    orders: dict[str, tuple[str, ...]] = {}
    for name, value in item.items():
        if name in ("key", "components") and (name == "key" or _is_objects(value)):
            continue
        if name == "values" and _is_objects(value):
            parts += [_small("option", option, "value") for option in value]
        elif name == "columns" and _is_objects(value):
            parts += [_small("column", column, "key") for column in value]
        elif name in WITHIN and isinstance(value, dict):
            facts |= {f"{name}.{inner}": _value(said, inner) for inner, said in value.items()}
        else:
            facts[name] = _value(value, name)
    for kind in ("option", "column"):
        found = tuple(part.key for part in parts if part.kind == kind)
        orders |= {f"order.{kind}s": found} if found else {}
    kept = {name: value for name, value in facts.items() if not _says_nothing(name, value)}
    kind = {"section": "section", "text": "note"}.get(str(item.get("type")), "field")
    return Thing(kind, key, _name(item.get("label") or item.get("text")), kept, tuple(parts), orders)


def _small(kind: str, item: Mapping[str, Any], key: str) -> Thing:
    """An option or a column."""
    thing = _component({**item, "key": ""}, "", "")
    facts = {name: value for name, value in thing.facts.items() if name != key}
    orders = thing.orders
    return Thing(kind, str(item.get(key, "")), _name(item.get("label")), facts, thing.parts, orders)


def _rule(item: Mapping[str, Any]) -> Thing:
    return Thing(
        "form_rule", "", _name(item.get("message")), {name: _value(value, name) for name, value in item.items()}
    )


def _says_nothing(name: str, value: Value) -> bool:
    return value == "" or (name in FALSE and value == "false") or (name == "decimals" and value == "0")


def _value(value: Any, name: str = "") -> Value:
    """A JSON value as a fact: texts stay per language (a plain one stands for all of them), everything else becomes words."""
    if isinstance(value, str):
        return dict.fromkeys(LANGUAGES, value) if name in TEXTS and value else value
    if isinstance(value, dict) and value and value.keys() <= set(LANGUAGES):
        return {language: str(value.get(language, "")) for language in LANGUAGES}
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _name(text: object) -> dict[str, str]:
    if isinstance(text, str):
        return dict.fromkeys(LANGUAGES, text) if text else {}
    return {key: str(said) for key, said in text.items() if key in LANGUAGES} if isinstance(text, dict) else {}
