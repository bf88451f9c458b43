"""What the page of monitoring shows of a period: marks on the diagram, the same as a table, and what stands out."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from flask_babel import format_decimal, gettext
from werkzeug.datastructures import MultiDict

from app.identity import queries as people
from app.web.i18n import text_of
from app.workflow.deploying import definitions
from app.workflow.deploying.deployment_models import ProcessDefinition
from app.workflow.monitoring import questions
from app.workflow.monitoring.questions import Picture, Station, Wanted
from app.workflow.moves.returns import REASONS
from app.workflow.reach import Reach
from app.workflow.watching import workload

MEASURES = {
    "total_work": "Time in all (working hours)",
    "waited_work": "Waiting (working hours)",
    "held_work": "Handling (working hours)",
    "total": "Time in all (hours by the clock)",
    "waited": "Waiting (hours by the clock)",
    "held": "Handling (hours by the clock)",
    "done": "Number of visits",
}
USUAL_DAYS = 56
STEPS = 5
BOTTLENECKS = 5
FEW = 20  # below so many tasks a growth of one or two says little


@dataclass(frozen=True)
class Row:
    """A station as the table shows it; `than` are the same figures of what it is compared with. share: of all time, 0 to 1."""

    id: str
    name: str
    station: Station
    than: Station | None
    waiting_now: int
    share: float
    returned: int
    step: int

    @property
    def return_rate(self) -> float | None:
        """Returns per visit that ended here."""
        return self.returned / self.station.done if self.station.done else None


def wanted(
    args: MultiDict[str, str], key: str, span: tuple[date, date], prefix: str = "", reach: Reach = None
) -> Wanted:
    """The filter in the address; without one the last eight weeks of which there is something."""
    until = _day(args.get(f"{prefix}until")) or span[1]
    since = _day(args.get(f"{prefix}since")) or max(span[0], until - timedelta(days=USUAL_DAYS - 1))
    branches = {str(branch.id): branch.id for branch in people.branches()}
    versions = {str(row.version): row.id for row in questions.versions(key)}
    return Wanted(
        key,
        min(since, until),
        until,
        branches.get(args.get("branch", "")),
        args.get("line", "")[:40],
        versions.get(args.get(f"{prefix}version", "")),
        reach,
    )


def compared(args: MultiDict[str, str], now: Wanted) -> Wanted | None:
    """What the period is compared with: the period of the same length before it, or another version; None where nobody asked."""
    choice = args.get("than", "")
    if choice == "before":
        until = now.since - timedelta(days=1)
        return replace(now, since=until - timedelta(days=now.days - 1), until=until)
    versions = {str(row.version): row.id for row in questions.versions(now.process_key)}
    return replace(now, definition_id=versions[choice]) if choice in versions else None


def choices(key: str, reach: Reach = None) -> dict[str, list[tuple[str, str]]]:
    """What can be chosen in the filter: value and words."""
    numbers = [str(row.version) for row in questions.versions(key)]
    return {
        "measure": [(code, gettext(words)) for code, words in MEASURES.items()],
        "branch": [
            (str(branch.id), text_of(branch.name))
            for branch in people.branches()
            if reach is None or branch.id in reach
        ],
        "line": [(line.key, text_of(line.name)) for line in people.lines()],
        "version": [(number, number) for number in numbers],
        "than": [("before", gettext("the period before"))]
        + [(number, gettext("version %(number)s", number=number)) for number in numbers],
    }


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def rows(
    picture: Picture, than: Picture | None, definition: ProcessDefinition, measure: str, lying: Mapping[str, int]
) -> list[Row]:
    """The stations of the definition that have anything to tell, those that cost the most time first."""
    names = station_names(definition.id)
    spent = {key: one.waited_work + one.held_work for key, one in picture.stations.items()}
    whole = sum(spent.values()) or 1
    most = max((_value(one, measure) or 0 for one in picture.stations.values()), default=0) or 1
    returned: dict[str, int] = defaultdict(int)
    for one in picture.returns:
        returned[one.station] += one.number
    known = set(picture.stations) | set(lying)
    found = []
    for key in sorted(known, key=lambda key: -spent.get(key, 0)):
        station = picture.stations.get(key, Station())
        value = _value(station, measure)
        step = 0 if value is None else min(STEPS, 1 + int(STEPS * value / most * 0.999))
        other = than.stations.get(key, Station()) if than is not None else None
        name = names.get(key, key)
        found.append(Row(key, name, station, other, lying.get(key, 0), spent.get(key, 0) / whole, returned[key], step))
    return found


def station_names(definition_id: uuid.UUID) -> dict[str, str]:
    """The names of the stations; where several have the same, the process they stand in follows."""
    compiled = definitions.load(definition_id).compiled
    names = {key: text_of(step.name) for key, step in compiled.steps.items()}
    twice = {name for name, number in Counter(names.values()).items() if number > 1}
    return {
        key: f"{name} · {text_of(compiled.labels.get(compiled.steps[key].process_id))}" if name in twice else name
        for key, name in names.items()
    }


def _value(station: Station, measure: str) -> float | None:
    return float(station.done) if measure == "done" else station.mean(measure)


def shown(station: Station | None, measure: str) -> str:
    """A figure of a station as text: hours, or a number; "–" where there is none."""
    value = _value(station, measure) if station is not None else None
    if value is None:
        return "–"
    if measure == "done":
        return str(format_decimal(int(value)))
    return gettext("%(hours)s h", hours=format_decimal(round(value, 1 if value < 100 else 0)))


def marks(found: list[Row], picture: Picture, definition_id: uuid.UUID, measure: str) -> dict[str, Any]:
    """The marks for the diagrams: heat in five steps with its figure, and the share of each way out of a fork."""
    elements: dict[str, Any] = {}
    for row in found:
        if row.step:
            note = gettext("%(name)s: step %(step)s of 5", name=row.name, step=row.step)
            text = shown(row.station, measure)
            elements[row.id] = {
                "state": f"heat-{row.step}",
                "badge": text,
                "kind": "neutral",
                "note": note,
                "outcome": text,
            }
    for flow, (number, share, is_fork) in shares(picture, definition_id).items():
        mark: dict[str, Any] = {"state": f"share-{1 + min(STEPS - 1, int(share * STEPS * 0.999))}"}
        if is_fork:
            mark |= {"badge": f"{share:.0%}", "kind": "flow", "note": gettext("taken %(number)s times", number=number)}
        elements[flow] = mark
    return elements


def shares(picture: Picture, definition_id: uuid.UUID) -> dict[str, tuple[int, float, bool]]:
    """Per flow how often it was taken, its share of all ways out of its source, and whether there are several."""
    found = {}
    for process in definitions.load(definition_id).compiled.processes.values():
        for flows in process.outgoing.values():
            whole = sum(picture.flows.get(flow.id, 0) for flow in flows)
            for flow in flows if whole else ():
                number = picture.flows.get(flow.id, 0)
                found[flow.id] = (number, number / whole, len(flows) > 1)
    return found


def bottlenecks(found: list[Row]) -> list[tuple[Row, str]]:
    """What keeps cases longest, and why it is named: growth of what lies there, and its share of all time."""
    ranked = sorted(found, key=lambda row: -(row.share + max(0, row.station.growth) / max(row.station.opened, FEW) / 2))
    return [(row, _why(row)) for row in ranked[:BOTTLENECKS] if row.share > 0.05 or row.station.growth > 0]


def _why(row: Row) -> str:
    parts = [gettext("%(share)s of all time", share=f"{row.share:.0%}")]
    if row.station.growth > 0:
        parts.append(gettext("%(number)s more came than were done", number=row.station.growth))
    if row.station.waited_work > row.station.held_work:
        parts.append(gettext("most of it waiting for somebody to take it"))
    return " · ".join(parts)


def reasons(picture: Picture, definition: ProcessDefinition) -> list[tuple[str, str, str, int]]:
    """Returns: from where, to where, why, how often."""
    names = station_names(definition.id)
    return [
        (
            names.get(one.station, one.station),
            names.get(one.to, one.to),
            text_of(REASONS.get(one.reason)) or one.reason or "–",
            one.number,
        )
        for one in picture.returns
    ]


def lying_now(key: str, reach: Reach = None) -> dict[str, int]:
    """How many open tasks each station has now."""
    return workload.station_counts(key, reach=reach)


def drawings(definition: ProcessDefinition) -> list[tuple[str, str]]:
    """The processes drawn in files of their own, the definition's own first: id and name."""
    compiled = definitions.load(definition.id).compiled
    own = [process for process in compiled.processes.values() if process.parent is None]
    ordered = sorted(own, key=lambda process: process.id != definition.key)
    return [(process.id, text_of(process.name)) for process in ordered]
