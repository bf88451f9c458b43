"""What publishing a draft would mean for the cases in flight, case by case, computed by a worker on copies.

asked: {"mapping": {element: element or null}}. found: {"rows": [[case number, place of its verdict]], the worst first,
"verdicts": [{"key", "version", "kind", "stations", "reason", "ahead", "more"}], "counts": {kind: n}, "names": {element: words by
language}, "gone": [{"key", "element", "count"}]}; `gone` are the elements that a case stands at and that want a mapping. Cases of
one verdict share it, for a hundred thousand of them come to a few dozen.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from app.kernel.db import session
from app.studio.examinations import Task, examiner
from app.workflow import engine
from app.workflow.deploying import definitions
from app.workflow.migrating import impact
from app.workflow.migrating.impact import Judge, Kind, Verdict
from app.workflow.models import ProcessInstance

STEP = 25
MOST_AHEAD = 12
WORST_FIRST = (Kind.STUCK, Kind.MAPPING, Kind.AHEAD, Kind.UNAFFECTED)


@examiner("impact")
def examine(task: Task) -> dict[str, Any]:
    """Judge every case in flight of the processes in the draft. Raises NotDeployable where the draft has findings."""
    parsed = definitions.check(task.files)
    judges = impact.judges(parsed.definitions, task.files, task.asked.get("mapping", {}))
    numbers = {definition_id: definitions.load(definition_id).version for definition_id in judges}
    total = sum(1 for _ in _in_flight(parsed.definitions, ids_only=True))
    rows: list[tuple[str, int]] = []
    verdicts: dict[bytes, int] = {}
    counts: Counter[str] = Counter()
    gone: Counter[tuple[str, str]] = Counter()
    for case in _in_flight(parsed.definitions):
        judge = judges[case.definition_id]
        verdict = judge.judge(case.blob, task.now)
        kept = orjson.dumps(_verdict(case, verdict, numbers[case.definition_id]))
        rows.append((case.number, verdicts.setdefault(kept, len(verdicts))))
        counts[verdict.kind] += 1
        gone.update(_gone(case, judge, verdict))
        session.expunge(case)
        if len(rows) % STEP == 0:
            task.report(len(rows), total)
    shared = [orjson.loads(kept) for kept in verdicts]
    rows.sort(key=lambda row: (WORST_FIRST.index(shared[row[1]]["kind"]), row[0]))
    return {
        "rows": rows,
        "verdicts": shared,
        "counts": {str(kind): counts[kind] for kind in Kind},
        "names": _names(parsed.definitions, judges, shared),
        "gone": [{"key": key, "element": element, "count": count} for (key, element), count in sorted(gone.items())],
    }


def _in_flight(news: Sequence[engine.Definition], *, ids_only: bool = False) -> Iterator[ProcessInstance]:
    for new in news:
        for case in impact.cases_in_flight(new.key):
            yield case
            if ids_only:
                session.expunge(case)


def _verdict(case: ProcessInstance, verdict: Verdict, version: int) -> dict[str, Any]:
    return {
        "key": case.process_key,
        "version": version,
        "kind": str(verdict.kind),
        "stations": list(case.stations),
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


def _names(
    news: Sequence[engine.Definition], judges: Mapping[uuid.UUID, Judge], verdicts: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    wanted = {element for one in verdicts for element in (*one["stations"], *one["ahead"])}
    found: dict[str, Any] = {}
    for definition in (*(judge.old for judge in judges.values()), *news):
        found.update({e: dict(definition.labels[e]) for e in wanted if e in definition.labels})
    return found
