"""Built-in functions on contexts (DMN 1.3 clause 10.3.4.8)."""

from __future__ import annotations

from typing import Any

from app.feel.builtins.registry import builtin
from app.feel.limits import Run


@builtin("get value", "m: context, key: string")
def get_value(entries: dict[str, Any], key: str) -> Any:
    """The value of a key, null without it."""
    return entries.get(key)


@builtin("get value", "m: context, keys: list")
def get_nested(entries: dict[str, Any], keys: list[Any]) -> Any:
    """The value at the end of a path of keys."""
    value: Any = entries if keys else None
    for key in keys:
        value = value.get(key) if type(value) is dict and type(key) is str else None
    return value


@builtin("get entries", "m: context")
def get_entries(entries: dict[str, Any]) -> list[dict[str, Any]]:
    """A list of `{key, value}`."""
    return [{"key": key, "value": value} for key, value in entries.items()]


@builtin("is defined", "value: any")
def is_defined(value: Any) -> bool:
    """Whether there is a value (not in DMN; understood because Camunda 8 has it)."""
    return value is not None


@builtin("get or else", "value: any, default: any")
def get_or_else(value: Any, default: Any) -> Any:
    """The value, or another one where there is none (not in DMN; understood because Camunda 8 has it)."""
    return default if value is None else value


@builtin("context", "entries: list")
def context(entries: list[Any]) -> dict[str, Any] | None:
    """A context from a list of `{key, value}`; null when a key is missing, no string, or twice."""
    result: dict[str, Any] = {}
    for entry in entries:
        if (
            type(entry) is not dict
            or type(entry.get("key")) is not str
            or "value" not in entry
            or entry["key"] in result
        ):
            return None
        result[entry["key"]] = entry["value"]
    return result


@builtin("context put", "context: context, key: string, value: any")
def context_put(entries: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    """The context with one entry set."""
    return {**entries, key: value}


@builtin("context put", "context: context, keys: list, value: any", wants_run=True)
def context_put_nested(run: Run, entries: dict[str, Any], keys: list[Any], value: Any) -> dict[str, Any] | None:
    """The context with an entry set at the end of a path of keys."""
    if not keys or type(keys[0]) is not str:
        return None
    run.spend(1 + len(entries) + len(keys))
    if len(keys) == 1:
        return {**entries, keys[0]: value}
    inner = entries.get(keys[0], {})
    changed = context_put_nested(run, inner, keys[1:], value) if type(inner) is dict else None
    return None if changed is None else {**entries, keys[0]: changed}


@builtin("context merge", "contexts: list", wants_run=True)
def context_merge(run: Run, contexts: list[Any]) -> dict[str, Any] | None:
    """All contexts in one, later entries winning."""
    result: dict[str, Any] = {}
    for entries in contexts:
        if type(entries) is not dict:
            return None
        run.spend(1 + len(entries))
        result.update(entries)
    return result
