"""Scenarios as files of a deployment, `<process>/<name>.scenario`: JSON that a person can read, write and keep in git.

    {"title": {"en": "…", "zh_Hans": "…", "zh_Hant": "…"}, "process": "credit_application",
     "steps": [{"station": "intake", "outcome": "submit", "values": {"amount": 200000}},
               {"from": "routing", "back_to": "intake"}, {"message": "paid", "values": {}}, {"clock": "reminder"},
               {"ended": "withdrawn"}],
     "services": {"rates.fetch": {"rate": 3.1}},
     "expect": {"route": ["intake", "routing", "back intake", "…"], "end": "approved"}}

The first step may be {"start": {…}}, the variables a case begins with. A step that went (or comes) straight back says
"straight": true; of several people asked at once "instance" says which. A date is {"$date": "2026-03-02"}.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from app.workflow.engine import Finding, Severity
from app.workflow.engine.values import LANGUAGES
from app.workflow.trials.deeds import Deed, Kind
from app.workflow.trials.ways import Mark, What

SUFFIX = ".scenario"
NAME = re.compile(r"[a-z0-9][a-z0-9_]{0,60}")
BEGINS = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
WORDS = {What.MOVE: "back", What.STAND: "standing", What.END: "ended"}
LARGEST = 200_000


class ScenarioUnreadable(ValueError):
    """The file is no scenario; the text says what is wrong, in English (for the analyst beside the file's name)."""


@dataclass(frozen=True)
class Scenario:
    """A recorded walk with the way it is to take. name: of the file, without folder and suffix; end: status or end event."""

    name: str
    process: str
    title: Mapping[str, str]
    deeds: tuple[Deed, ...]
    route: tuple[Mark, ...]
    end: str
    services: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def names(files: Mapping[str, bytes]) -> list[str]:
    """The scenario files, by name."""
    return sorted(name for name in files if name.endswith(SUFFIX))


def stem(file: str) -> str:
    """The name of a scenario in its process: the file's, without folder and suffix."""
    return file.rpartition("/")[2].removesuffix(SUFFIX)


def read(file: str, content: bytes) -> Scenario:
    """The scenario in a file. Raises ScenarioUnreadable."""
    try:
        if len(content) > LARGEST:
            raise ValueError("it is too large")
        body = json.loads(content, parse_float=Decimal)
        expect = body["expect"]
        services = {str(name): _typed(given) for name, given in body.get("services", {}).items()}
        title = body.get("title") or stem(file)
        route = tuple(_mark(text) for text in expect.get("route", []))
        return Scenario(
            name=stem(file),
            process=str(body["process"]),
            title={key: str(title.get(key) or next(iter(title.values()))) for key in LANGUAGES}
            if isinstance(title, dict)
            else dict.fromkeys(LANGUAGES, str(title)),
            deeds=_standing(_deeds(body["steps"], services), route),
            route=route,
            end=str(expect.get("end") or ""),
            services=services,
        )
    except KeyError as error:
        raise ScenarioUnreadable(f"{error.args[0]} is missing") from error
    except (ValueError, TypeError, AttributeError, StopIteration) as error:
        raise ScenarioUnreadable(str(error)) from error


def write(scenario: Scenario) -> bytes:
    """The file of a scenario; the same scenario always gives the same bytes."""
    body: dict[str, Any] = {
        "title": {key: scenario.title[key] for key in LANGUAGES},
        "process": scenario.process,
        "steps": [step for deed in scenario.deeds for step in _step(deed)],
    }
    if scenario.services:
        body["services"] = _plain(scenario.services)
    body["expect"] = {"route": [_text(mark) for mark in scenario.route], "end": scenario.end}
    return (json.dumps(body, ensure_ascii=False, indent=1) + "\n").encode()


def findings(files: Mapping[str, bytes]) -> list[Finding]:
    """What is wrong with the scenario files of a deployment: those that can't be read."""
    return list(_findings(files))


def _findings(files: Mapping[str, bytes]) -> Iterator[Finding]:
    for file in names(files):
        try:
            read(file, files[file])
        except ScenarioUnreadable as error:
            said = {
                "en": f"The scenario can't be read: {error}.",
                "zh_Hans": f"场景文件无法读取：{error}。",
                "zh_Hant": f"場景檔案無法讀取：{error}。",
            }
            mend = {
                "en": "Write it anew on the page of the scenarios, or take the file away.",
                "zh_Hans": "请在场景页面重新编写，或删除该文件。",
                "zh_Hant": "請在場景頁面重新編寫，或刪除該檔案。",
            }
            yield Finding(Severity.ERROR, file, None, "scenario_unreadable", said, mend)


def deeds_at(steps: Sequence[Deed]) -> tuple[Deed, ...]:
    """The deeds with numbers and times as a file would give them, the START first."""
    begun = list(steps) if steps and steps[0].kind is Kind.START else [Deed(Kind.START, 0, BEGINS), *steps]
    return tuple(_placed(deed, number) for number, deed in enumerate(begun))


def _placed(deed: Deed, number: int) -> Deed:
    return Deed(
        kind=deed.kind,
        seq=number,
        at=BEGINS + timedelta(minutes=number),
        station=deed.station,
        instance=deed.instance,
        outcome=deed.outcome,
        to=deed.to,
        values=deed.values,
        served=deed.served,
        passed=deed.passed if deed.kind is Kind.TIMER else (),
        opened=deed.opened if deed.kind is Kind.END else (),
        straight=deed.straight,
        reopens=deed.reopens,
    )


def _deeds(steps: Any, services: Mapping[str, Mapping[str, Any]]) -> tuple[Deed, ...]:
    if not isinstance(steps, list):
        raise ValueError("steps is no list")
    found = deeds_at([_deed(step) for step in steps])
    first = found[0]
    return (Deed(first.kind, first.seq, first.at, values=first.values, served=services), *found[1:])


def _standing(deeds: tuple[Deed, ...], route: Sequence[Mark]) -> tuple[Deed, ...]:
    """Where a case that was ended by hand stood then: the route says it."""
    stood = tuple(mark.element for mark in route if mark.what is What.STAND)
    return tuple(replace(deed, opened=stood) if deed.kind is Kind.END else deed for deed in deeds)


def _deed(step: Any) -> Deed:
    given = _typed(step.get("values") or {})
    more: dict[str, Any] = {"straight": bool(step.get("straight")), "instance": step.get("instance")}
    if "start" in step:
        return Deed(Kind.START, 0, BEGINS, values=_typed(step["start"]))
    if "station" in step:
        outcome = str(step.get("outcome") or "completed")
        return Deed(Kind.ANSWER, 0, BEGINS, station=str(step["station"]), outcome=outcome, values=given, **more)
    if "back_to" in step:
        sender, reopens = step.get("from"), bool(step.get("reopens"))
        return Deed(Kind.MOVE, 0, BEGINS, station=sender, to=str(step["back_to"]), reopens=reopens, **more)
    if "message" in step:
        return Deed(Kind.MESSAGE, 0, BEGINS, to=str(step["message"]), values=given)
    if "clock" in step:
        return Deed(Kind.TIMER, 0, BEGINS, passed=(str(step["clock"]),))
    if "ended" in step:
        return Deed(Kind.END, 0, BEGINS, to=str(step["ended"]))
    raise ValueError(f"a step says none of start, station, back_to, message, clock, ended: {json.dumps(step)[:80]}")


def _step(deed: Deed) -> Iterator[dict[str, Any]]:
    more: dict[str, Any] = {"straight": True} if deed.straight else {}
    more |= {"instance": deed.instance} if deed.instance is not None else {}
    values = {"values": _plain(deed.values)} if deed.values else {}
    match deed.kind:
        case Kind.START:
            if deed.values:
                yield {"start": _plain(deed.values)}
        case Kind.ANSWER:
            yield {"station": deed.station, "outcome": deed.outcome, **values, **more}
        case Kind.MOVE:
            sender = {"from": deed.station} if deed.station is not None else {}
            yield {**sender, "back_to": deed.to, **({"reopens": True} if deed.reopens else {}), **more}
        case Kind.MESSAGE:
            yield {"message": deed.to, **values}
        case Kind.TIMER:
            yield {"clock": deed.passed[0] if deed.passed else ""}
        case Kind.END:
            yield {"ended": deed.to}
        case _:
            return


def _mark(text: str) -> Mark:
    word, _, element = str(text).partition(" ")
    for what, said in WORDS.items():
        if word == said and element:
            return Mark(what, element)
    return Mark(What.BY, str(text))


def _text(mark: Mark) -> str:
    return mark.element if mark.what is What.BY else f"{WORDS[mark.what]} {mark.element}"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return {"$dt": value.isoformat()}
    return {"$date": value.isoformat()} if isinstance(value, date) else value


def _typed(value: Any) -> Any:
    if isinstance(value, list):
        return [_typed(item) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"$date"}:
        return date.fromisoformat(value["$date"])
    if set(value) == {"$dt"}:
        return datetime.fromisoformat(value["$dt"])
    return {str(key): _typed(item) for key, item in value.items()}
