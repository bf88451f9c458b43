"""What a place on a diagram stands for in a list: a station for itself, an activity for all stations inside it."""

from __future__ import annotations

from app.workflow.deploying import definitions


def inside(process_key: str, element_id: str) -> list[str]:
    """The element ids of the stations meant, in the versions in force. process_key: "" for all processes."""
    found = {element_id}
    for row in definitions.actives():
        if process_key in ("", row.key):
            compiled = definitions.load(row.id).compiled
            within = (e for e in compiled.steps if any(element_id in scope for scope in compiled.owners.get(e, ())))
            found.update(within)
    return sorted(found)
