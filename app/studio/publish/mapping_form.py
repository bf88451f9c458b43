"""Which station of the new version takes the place of which: the form's fields, and what may be chosen."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext

from app.web.i18n import text_of
from app.workflow import engine

PREFIX, AWAY = "to-", "-"
LONGEST = 120


def read_mapping(form: Mapping[str, str]) -> dict[str, str | None]:
    """What the form says: fields `to-<element>`; empty ones say nothing, "-" takes the token away."""
    given = {
        name.removeprefix(PREFIX)[:LONGEST]: value[:LONGEST] for name, value in form.items() if name.startswith(PREFIX)
    }
    return {element: None if value == AWAY else value for element, value in given.items() if value}


def choices(old: engine.Definition, new: engine.Definition, element: str) -> list[tuple[str, str]]:
    """The elements of the new version that could stand for one of the old: id and name; at last "take it away"."""
    nodes = {node.id: node for process in old.processes.values() for node in process.nodes}
    if element not in nodes:
        return [(AWAY, gettext("Take it away"))]
    sort = engine.sort_of(nodes[element])
    found = [
        (node.id, text_of(new.labels.get(node.id, {})) or node.id)
        for process in new.processes.values()
        for node in process.nodes
        if engine.sort_of(node) == sort
    ]
    return [*sorted(found, key=lambda pair: pair[1]), (AWAY, gettext("Take it away"))]
