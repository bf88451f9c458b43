"""The stored form of a case: its variables and its tokens, one compressed blob, nothing else.

A token is a live task with what it needs to go on; tasks that are done or only predicted are not stored, nor are
specs. Size and time depend on what is open now, not on what has been. The only tasks stored with their family are
the group of an activity with boundary events and the frame of a repetition.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from app.workflow.engine.specs import BoundarySplit
from app.workflow.engine.values import StateUnreadable
from app.workflow.engine.workflow import Case, Running

VERSION = 1
_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS | orjson.OPT_NON_STR_KEYS


def dump(case: Case) -> bytes:
    """The state of `case`."""
    body = {"v": VERSION, "vars": case.script_engine.environment.variables, "tokens": list(_tokens(case))}
    return zlib.compress(pack(body), 1)


def read(state: bytes) -> dict[str, Any]:
    """The body of a state: `vars` and `tokens`. Raises StateUnreadable."""
    try:
        body = unpack(zlib.decompress(state))
        if body["v"] != VERSION:
            raise StateUnreadable("state_version", version=str(body["v"]))
        return {"vars": body["vars"], "tokens": body["tokens"]}
    except (zlib.error, orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise StateUnreadable("state_unreadable", reason=str(error)) from error


def restore(case: Case, tokens: list[dict[str, Any]]) -> None:
    """Put the stored tokens into a fresh case. Raises StateUnreadable if they don't fit its diagram."""
    try:
        for token in tokens:
            plant(case, case.task_tree, token)
    except (KeyError, ValueError, TypeError) as error:
        raise StateUnreadable("state_unreadable", reason=f"{type(error).__name__}: {error}") from error


def plant(process: Running, parent: Task, token: Mapping[str, Any]) -> Task:
    """Make a stored token, with its family and the process inside it, a task again."""
    spec = process.spec.task_specs[token["s"]]
    task = Task(process, spec, parent, token["st"], UUID(token["id"]))
    task.data = token.get("d", {})
    task.internal_data = token.get("n", {})
    task.triggered = "c" not in token and parent is not process.task_tree
    if isinstance(spec, CatchingEvent) and task.state == TaskState.WAITING:
        process.top_workflow.event_manager.add_task(task)
    for child in token.get("c", ()):
        plant(process, task, child)
    if "in" in token:
        inner = process.top_workflow.create_subprocess(task, spec.spec)
        inner.task_tree.data = dict(task.data)
        for child in token["in"]:
            plant(inner, inner.task_tree, child)
    return task


def _tokens(process: Running) -> Iterator[dict[str, Any]]:
    for task in process.tasks.values():
        if is_token(task):
            yield token_of(task)


def is_token(task: Task) -> bool:
    """Whether `task` is a token of its own: live, and no member of a group or frame that is stored as a whole."""
    parent = task.parent
    if parent is None:
        return False
    if isinstance(task.task_spec, BoundarySplit):
        return is_live_group(task)
    in_family = (isinstance(parent.task_spec, BoundarySplit) and is_live_group(parent)) or (
        parent.state == TaskState.STARTED
    )
    return not in_family and task.has_state(TaskState.NOT_FINISHED_MASK)


def is_live_group(split: Task) -> bool:
    """Whether the activity of a boundary group is still undecided."""
    return any(child.has_state(TaskState.NOT_FINISHED_MASK) for child in [split, *split.children])


def token_of(task: Task) -> dict[str, Any]:
    """`task` with its family and the process inside it, as plain values."""
    token: dict[str, Any] = {"id": task.id.hex, "s": task.task_spec.name, "st": int(task.state)}
    if task.data:
        token["d"] = task.data
    if task.internal_data:
        token["n"] = task.internal_data
    children = [token_of(child) for child in task.children if child.has_state(TaskState.NOT_FINISHED_MASK)]
    if children:
        token["c"] = children
    inner = task.workflow.top_workflow.subprocesses.get(task.id)
    if inner is not None:
        token["in"] = list(_tokens(inner))
    return token


def pack(value: Any) -> bytes:
    """JSON of plain values; dates, times, durations and decimals keep their type."""
    return orjson.dumps(value, _tagged, _OPTIONS)


def unpack(content: bytes) -> Any:
    return _untagged(orjson.loads(content))


_KINDS: dict[str, Any] = {
    "$dt": datetime.fromisoformat,
    "$date": date.fromisoformat,
    "$time": time.fromisoformat,
    "$n": Decimal,
    "$s": lambda seconds: timedelta(seconds=seconds),
}


def _tagged(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"$dt": value.isoformat()}
    if isinstance(value, date):
        return {"$date": value.isoformat()}
    if isinstance(value, time):
        return {"$time": value.isoformat()}
    if isinstance(value, timedelta):
        return {"$s": value.total_seconds()}
    if isinstance(value, Decimal):
        return {"$n": str(value)}
    if isinstance(value, (tuple, set, frozenset)):
        return list(value)
    raise TypeError(f"a {type(value).__name__} can't be kept in a case")


def _untagged(value: Any) -> Any:
    if isinstance(value, list):
        return [_untagged(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        kind, body = next(iter(value.items()))
        if kind in _KINDS:
            return _KINDS[kind](body)
    return {key: _untagged(item) for key, item in value.items()}
