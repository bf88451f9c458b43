"""What a dry run found, as JSON for the page and the spreadsheet: counts, differences, work per station and group, times, faults.

Cases that can't be replayed are counted as that and in nothing else, so that "then" and "now" are always about the same cases.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from app.workflow.trials import grounds
from app.workflow.trials.dry_run import Plan, Trial, Verdict, marks_now, stations_now, stations_then
from app.workflow.trials.walks import Fault
from app.workflow.trials.ways import Difference, Mark, What, flows, marks_of

EXAMPLES = 5
REPLAYED = (Verdict.SAME, Verdict.OTHER)


def summary(trials: Sequence[Trial], plan: Plan, medians: Mapping[str, float]) -> dict[str, Any]:
    """The whole result.

    counts: cases by verdict; differences: first differences with count and examples, the most frequent first; faults alike; work:
    rows of station (and the process that it is drawn in) and
    group with visits then and now and minutes a visit takes; ends: cases by how they ended, then and now;
    time: medians and sums of working minutes; elements, flows: passes then and now, by id; assumed: answers nobody gave; names: of
    every element mentioned, in every language; cases: a line each.
    """
    replayed = [trial for trial in trials if trial.verdict in REPLAYED]
    return {
        "total": len(trials),
        "counts": {verdict.value: sum(trial.verdict is verdict for trial in trials) for verdict in Verdict},
        "differences": _differences(trials),
        "faults": _faults(trials),
        "work": _work(replayed, plan, medians),
        "ends": {"then": dict(Counter(t.then for t in replayed)), "now": dict(Counter(t.now for t in replayed))},
        "time": _time(replayed),
        **_passes(replayed, plan),
        "assumed": _assumed(replayed),
        "names": {key: dict(text) for key, text in {**plan.before.labels, **plan.definition.labels}.items()},
        "cases": [_line(trial) for trial in trials],
    }


def _differences(trials: Iterable[Trial]) -> list[dict[str, Any]]:
    return _grouped((trial, trial.difference) for trial in trials if trial.verdict is Verdict.OTHER)


def _grouped(pairs: Iterable[tuple[Trial, Difference | Fault | None]]) -> list[dict[str, Any]]:
    """Equal things once, with how many cases and the first of them."""
    found: dict[str, dict[str, Any]] = {}
    for trial, thing in pairs:
        said = told(thing)
        entry = found.setdefault(repr(said), {**said, "count": 0, "examples": []})
        entry["count"] += 1
        if len(entry["examples"]) < EXAMPLES:
            entry["examples"].append({"id": trial.id, "number": trial.number})
    return sorted(found.values(), key=lambda entry: -entry["count"])


def told(thing: Difference | Fault | None) -> dict[str, Any]:
    """A difference or a fault as JSON."""
    if isinstance(thing, Difference):
        return {"at": thing.at, "now": _mark(thing.now), "then": _mark(thing.then)}
    if isinstance(thing, Fault):
        return {
            "code": thing.code,
            "element": thing.element,
            "texts": thing.texts and dict(thing.texts),
            "fact": thing.fact,
        }
    return {}


def _mark(mark: Mark | None) -> list[str] | None:
    return None if mark is None else [mark.what.value, mark.element]


def _faults(trials: Iterable[Trial]) -> list[dict[str, Any]]:
    return _grouped((trial, trial.fault) for trial in trials if trial.verdict not in REPLAYED)


def _work(trials: Iterable[Trial], plan: Plan, medians: Mapping[str, float]) -> list[dict[str, Any]]:
    then: Counter[tuple[str, str]] = Counter()
    now: Counter[tuple[str, str]] = Counter()
    old = {plan.names.get(key, key): step for key, step in plan.before.steps.items()}
    for trial in trials:
        for station in stations_then(trial):
            if station in old:
                then[station, grounds.whose(old[station], trial.variables)] += 1
        walked = trial.walked.variables if trial.walked is not None else {}
        for station in stations_now(trial):
            now[station, grounds.whose(plan.definition.steps[station], walked)] += 1
    order = [*plan.definition.steps, *old]
    drawn = {
        **{key: step.process_id for key, step in old.items()},
        **{k: s.process_id for k, s in plan.definition.steps.items()},
    }
    rows = [
        {
            "station": s,
            "process": drawn[s],
            "who": who,
            "then": then[s, who],
            "now": now[s, who],
            "minutes": medians.get(s),
        }
        for s, who in {**then, **now}
    ]
    return sorted(rows, key=lambda row: (order.index(row["station"]), row["who"]))


def _time(trials: Sequence[Trial]) -> dict[str, float]:
    if not trials:
        return {"then": 0.0, "now": 0.0, "longer": 0, "shorter": 0}
    return {
        "then": median(trial.minutes_then for trial in trials),
        "now": median(trial.minutes_now for trial in trials),
        "longer": sum(trial.minutes_now > trial.minutes_then + 1 for trial in trials),
        "shorter": sum(trial.minutes_now < trial.minutes_then - 1 for trial in trials),
    }


def _passes(trials: Iterable[Trial], plan: Plan) -> dict[str, Any]:
    """How often each element and each flow of the new picture was passed."""
    elements: dict[str, Counter[str]] = {"then": Counter(), "now": Counter()}
    lines: dict[str, Counter[str]] = {"then": Counter(), "now": Counter()}
    for trial in trials:
        marks = {"then": marks_of(trial.deeds), "now": marks_now(trial)}
        for when, passed in marks.items():
            elements[when].update(mark.element for mark in passed if mark.what is What.BY)
            lines[when].update(flows(plan.definition, passed))
    return {
        "elements": {e: [elements["then"][e], elements["now"][e]] for e in {**elements["then"], **elements["now"]}},
        "flows": {f: [lines["then"][f], lines["now"][f]] for f in {**lines["then"], **lines["now"]}},
    }


def _assumed(trials: Iterable[Trial]) -> list[dict[str, Any]]:
    counted = Counter(
        (stay.station, stay.outcome) for t in trials if t.walked is not None for stay in t.walked.stays if stay.assumed
    )
    return [{"station": s, "outcome": outcome, "count": number} for (s, outcome), number in counted.most_common()]


def _line(trial: Trial) -> dict[str, Any]:
    return {
        "id": trial.id,
        "number": trial.number,
        "verdict": trial.verdict.value,
        "difference": told(trial.difference) if trial.verdict is Verdict.OTHER else None,
        "fault": told(trial.fault) if trial.fault is not None else None,
        "then": trial.then,
        "now": trial.now,
        "minutes": [round(trial.minutes_then), round(trial.minutes_now)],
    }
