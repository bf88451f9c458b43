"""What the page of a dry run shows, made from what its examination found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext, ngettext

from app.studio.trials import trial_words as words
from app.web.i18n import text_of
from app.workflow.engine import Definition
from app.workflow.trials.dry_run import Verdict


@dataclass(frozen=True)
class Sentence:
    """Something that holds for several cases, with the first of them."""

    text: str
    count: int
    examples: Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class Work:
    """Visits of a station by a group, or of a group at all its stations: then and now."""

    station: str
    who: str
    then: int
    now: int
    minutes: str = ""

    @property
    def change(self) -> str:
        """The difference with its sign."""
        return f"{self.now - self.then:+d}".replace("-", "−") if self.now != self.then else ""


@dataclass(frozen=True)
class Shown:
    """The whole page."""

    headline: str
    tiles: Sequence[tuple[str, int, str]]
    differences: Sequence[Sentence]
    faults: Sequence[Sentence]
    stations: Sequence[Work]
    groups: Sequence[Work]
    ends: Sequence[tuple[str, int, int]]
    time: Sequence[str]
    assumed: Sequence[str]


def shown(found: Mapping[str, Any]) -> Shown:
    """The page of a result."""
    names = found["names"]
    counts = found["counts"]
    who = words.who(row["who"] for row in found["work"])
    return Shown(
        headline=_headline(found["total"], counts),
        tiles=_tiles(counts),
        differences=[_sentence(words.difference(each, names), each) for each in found["differences"]],
        faults=[_sentence(words.fault(each, names), each) for each in found["faults"]],
        stations=[
            Work(_station(r, found), who[r["who"]], r["then"], r["now"], words.duration(r["minutes"]))
            for r in found["work"]
        ],
        groups=_groups(found["work"], who),
        ends=_ends(found["ends"]),
        time=list(_time(found["time"])),
        assumed=[_assumption(each, names) for each in found["assumed"]],
    )


def _station(row: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """The station; one of a called process with that, for stations of several bear the same name."""
    name = words.name_of(row["station"], found["names"])
    inside = row["process"] != found["process"]
    return f"{name} · {words.name_of(row['process'], found['names'])}" if inside else name


def _sentence(text: str, each: Mapping[str, Any]) -> Sentence:
    return Sentence(text, each["count"], each["examples"])


def _headline(total: int, counts: Mapping[str, int]) -> str:
    other = counts[Verdict.OTHER]
    if not total:
        return gettext("No finished case fits what was asked for.")
    if other == 0 and counts[Verdict.SAME] == total:
        return ngettext(
            "%(num)s case was replayed; it goes its way as before.",
            "%(num)s cases were replayed; all of them go their way as before.",
            total,
        )
    return gettext("%(other)s of %(total)s cases go another way.", other=other, total=total)


def _tiles(counts: Mapping[str, int]) -> list[tuple[str, int, str]]:
    return [
        (gettext("Another way"), counts[Verdict.OTHER], "warn" if counts[Verdict.OTHER] else "neutral"),
        (gettext("As before"), counts[Verdict.SAME], "ok"),
        (gettext("End nowhere"), counts[Verdict.NOWHERE], "danger" if counts[Verdict.NOWHERE] else "neutral"),
        (gettext("Not replayed"), counts[Verdict.FAULT], "danger" if counts[Verdict.FAULT] else "neutral"),
    ]


def _groups(rows: Iterable[Mapping[str, Any]], who: Mapping[str, str]) -> list[Work]:
    then: dict[str, int] = {}
    now: dict[str, int] = {}
    for row in rows:
        then[row["who"]] = then.get(row["who"], 0) + row["then"]
        now[row["who"]] = now.get(row["who"], 0) + row["now"]
    found = [Work("", who[key], then[key], now[key]) for key in then]
    return sorted(found, key=lambda work: (-abs(work.now - work.then), -work.now))


def _ends(ends: Mapping[str, Mapping[str, int]]) -> list[tuple[str, int, int]]:
    keys = {**ends["then"], **ends["now"]}
    return [(words.status(key), ends["then"].get(key, 0), ends["now"].get(key, 0)) for key in keys]


def _time(time: Mapping[str, float]) -> Iterator[str]:
    then, now = words.duration(time["then"]), words.duration(time["now"])
    yield gettext(
        "From beginning to end, half of the cases take at most %(now)s; before it was %(then)s.", now=now, then=then
    )
    if time["longer"]:
        yield ngettext("%(num)s case takes longer.", "%(num)s cases take longer.", int(time["longer"]))
    if time["shorter"]:
        yield ngettext("%(num)s case takes less time.", "%(num)s cases take less time.", int(time["shorter"]))


def _assumption(each: Mapping[str, Any], names: words.Names) -> str:
    return ngettext(
        "At “%(station)s” nobody had answered; “%(outcome)s” was assumed in %(num)s case.",
        "At “%(station)s” nobody had answered; “%(outcome)s” was assumed in %(num)s cases.",
        each["count"],
        station=words.name_of(each["station"], names),
        outcome=text_of(each.get("label")) or each["outcome"],
    )


@dataclass(frozen=True)
class Drawing:
    """One picture of the draft: its address, its name, and the marks on it."""

    name: str
    address: str
    marks: Mapping[str, Any]
    changed: bool


def drawings(
    definition: Definition, draft_id: object, marks: Mapping[str, Any], *, path: Sequence[str] = ()
) -> list[Drawing]:
    """A picture of each process of the definition, its own first; marks: by element id."""
    found = []
    own = [definition.processes[definition.key], *(p for p in definition.processes.values() if p.id != definition.key)]
    for process in own:
        if process.parent is not None:
            continue
        ids = {node.id for node in process.nodes} | {flow.id for flow in process.flows}
        state: dict[str, Any] = {
            "elements": {key: mark for key, mark in marks.items() if key in ids},
            "path": [f for f in path if f in ids],
            "exact": True,
        }
        address = url_for("studio.trial_diagram", draft_id=draft_id, file=process.file)
        changed = any(mark.get("state") in ("changed", "added", "removed") for mark in state["elements"].values())
        found.append(Drawing(text_of(process.name), address, state, changed))
    return found


def counted(found: Mapping[str, Any], definition: Definition, before: Definition | None) -> dict[str, Any]:
    """The marks of a dry run: at each station, end and changed flow how often it was passed, then and now."""
    known = {node.id for process in before.processes.values() for node in process.nodes} if before else set()
    marks: dict[str, Any] = {}
    for process in definition.processes.values():
        for node in process.nodes:
            then, now = found["elements"].get(node.id, (0, 0))
            if node.id in definition.steps or node.kind == "endEvent" or then != now:
                marks[node.id] = _mark(then, now, is_new=bool(known) and node.id not in known)
        for flow in process.flows:
            then, now = found["flows"].get(flow.id, (0, 0))
            if then != now:
                marks[flow.id] = {"badge": f"{now - then:+d}".replace("-", "−"), "kind": "warn"}
    return marks


def _mark(then: int, now: int, *, is_new: bool) -> dict[str, Any]:
    note = gettext("%(now)s times; before %(then)s", now=now, then=then)
    if is_new:
        return {"badge": str(now), "kind": "ok", "state": "added", "note": note}
    if then == now:
        return {"badge": str(now), "kind": "neutral", "note": note}
    return {"badge": f"{then} → {now}", "kind": "warn", "state": "changed", "note": note}
