"""Stations by names that tell them apart: several routes may have a station of the same name, each in an activity of its own."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator

from flask_babel import gettext

from app.web.i18n import text_of
from app.workflow import engine
from app.workflow.deploying import definitions

Key = tuple[str, str]


def names() -> dict[Key, str]:
    """The name of each station of the processes in force, by process and element."""
    found = {place: name for row in definitions.actives() for place, name in _of_process(row.key, _compiled(row.id))}
    twice = {name for name, number in Counter(found.values()).items() if number > 1}
    around = _around()
    return {
        place: gettext("%(station)s (%(activity)s)", station=name, activity=around[place]) if name in twice else name
        for place, name in found.items()
    }


def options(process_key: str) -> list[tuple[str, str]]:
    """What a list can be filtered by: the stations of a process (or of all), and the activities that have stations in them."""
    stations = [(element, name) for (key, element), name in names().items() if process_key in ("", key)]
    chosen = [row for row in definitions.actives() if process_key in ("", row.key)]
    activities = {pair: None for row in chosen for pair in _activities(_compiled(row.id))}
    return [
        *stations,
        *((element, gettext("%(activity)s: all stations", activity=name)) for element, name in activities),
    ]


def _compiled(definition_id: uuid.UUID) -> engine.Definition:
    return definitions.load(definition_id).compiled


def _of_process(key: str, compiled: engine.Definition) -> Iterator[tuple[Key, str]]:
    for step in compiled.steps.values():
        yield (key, step.element_id), text_of(step.name)


def _around() -> dict[Key, str]:
    """In which activity a station lies, or else in which process."""
    found = {}
    for row in definitions.actives():
        compiled = _compiled(row.id)
        for element in compiled.steps:
            scope = compiled.owners.get(element, ((),))[0]
            found[row.key, element] = text_of(compiled.labels.get(scope[-1], scope[-1]) if scope else row.name)
    return found


def _activities(compiled: engine.Definition) -> Iterator[tuple[str, str]]:
    scopes = {
        activity for element in compiled.steps for scope in compiled.owners.get(element, ()) for activity in scope
    }
    yield from ((activity, text_of(compiled.labels.get(activity, activity))) for activity in sorted(scopes))
