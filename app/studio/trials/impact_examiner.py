"""What publishing a draft would mean for the cases in flight, case by case, computed by a worker on copies.

asked: {"mapping": {element: element or null}}. found: {"rows": [{"id", "number", "version", "kind", "stations", "holders",
"reason", "ahead"}], "counts": {kind: n}, "names": {element: words by language}, "gone": [{"key", "element", "count"}]}; `gone` are
the elements that a case stands at and that want a mapping.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.kernel.db import session
from app.studio.examinations import Task, examiner
from app.workflow import definitions, engine, impact, queries
from app.workflow.impact import Judge, Kind, Verdict
from app.workflow.models import ProcessInstance

STEP = 25
MOST_AHEAD = 12


@examiner("impact")
def examine(task: Task) -> dict[str, Any]:
    """Judge every case in flight of the processes in the draft. Raises NotDeployable where the draft has findings."""
    parsed = definitions.check(task.files)
    judges = impact.judges(parsed.definitions, task.files, task.asked.get("mapping", {}))
    numbers = {definition_id: definitions.load(definition_id).version for definition_id in judges}
    total = sum(1 for _ in _in_flight(parsed.definitions, ids_only=True))
    rows: list[dict[str, Any]] = []
    gone: Counter[tuple[str, str]] = Counter()
    for case in _in_flight(parsed.definitions):
        judge = judges[case.definition_id]
        verdict = judge.judge(case.blob, task.now)
        rows.append(_row(case, verdict, numbers[case.definition_id]))
        gone.update(_gone(case, judge, verdict))
        session.expunge(case)
        if len(rows) % STEP == 0:
            task.report(len(rows), total)
    _add_holders(rows)
    return {
        "rows": rows,
        "counts": {str(kind): sum(row["kind"] == kind for row in rows) for kind in Kind},
        "names": _names(parsed.definitions, judges, rows),
        "gone": [{"key": key, "element": element, "count": count} for (key, element), count in sorted(gone.items())],
    }


def _in_flight(news: Sequence[engine.Definition], *, ids_only: bool = False) -> Iterator[ProcessInstance]:
    for new in news:
        for case in impact.cases_in_flight(new.key):
            yield case
            if ids_only:
                session.expunge(case)


def _row(case: ProcessInstance, verdict: Verdict, version: int) -> dict[str, Any]:
    return {
        "id": str(case.id),
        "number": case.number,
        "key": case.process_key,
        "version": version,
        "kind": str(verdict.kind),
        "stations": list(case.stations),
        "holders": [],
        "reason": dict(verdict.reason),
        "ahead": list(verdict.ahead[:MOST_AHEAD]),
        "more": max(0, len(verdict.ahead) - MOST_AHEAD),
    }


def _gone(case: ProcessInstance, judge: Judge, verdict: Verdict) -> Iterator[tuple[str, str]]:
    """The stations of the case that the new version does not have."""
    if verdict.kind is Kind.MAPPING:
        for element in case.stations:
            if judge.mapping.get(element, element) not in judge.new.owners:
                yield case.process_key, element


def _add_holders(rows: Sequence[dict[str, Any]]) -> None:
    holders = queries.holders_of([uuid.UUID(row["id"]) for row in rows])
    for row in rows:
        row["holders"] = sorted(set(holders.get(uuid.UUID(row["id"]), [])))


def _names(
    news: Sequence[engine.Definition], judges: Mapping[uuid.UUID, Judge], rows: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    wanted = {element for row in rows for element in (*row["stations"], *row["ahead"])}
    found: dict[str, Any] = {}
    for definition in (*(judge.old for judge in judges.values()), *news):
        found.update({e: dict(definition.labels[e]) for e in wanted if e in definition.labels})
    return found
