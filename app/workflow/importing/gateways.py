"""Which way at a gateway: conditions are translated, a last open way becomes the default, and for the rest somebody must say.

The proposal is the house's own way: whoever works at the station before the gateway decides by a button; where there is
no such station, a field of an earlier form does, or a new station.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.workflow.importing.desk import choice, text
from app.workflow.importing.expressions import Read, condition
from app.workflow.importing.model import AND, BOUNDARY, OR, STATIONS, XOR, Flow, FormField, Node, Outcome
from app.workflow.importing.names import slug
from app.workflow.importing.texts import plain, sentence
from app.workflow.importing.work import Work

_YES = re.compile(
    r"\b(yes|approv\w*|accept\w*|grant\w*|ok|pass\w*|eligible|positive?|ja|genehmig\w*)\b|^(同意|通过|通過|批准|是)",
    re.I,
)
_NO = re.compile(
    r"\b(no|not|reject\w*|declin\w*|refus\w*|den(y|ied)|fail\w*|negative?|nein|abgelehnt|ablehn\w*)\b|^(不|拒绝|拒絕|驳回|駁回|否)",
    re.I,
)


def fork(work: Work) -> None:
    """What an inclusive gateway without conditions means: known before the net is looked at as a whole."""
    for node in list(work.diagram.nodes):
        if node.kind == OR and len(node.outgoing) > 1:
            missing = [flow for flow in node.outgoing if not flow.default and _translated(work, flow) is None]
            if missing:
                _inclusive(work, node, missing)


def mend(work: Work) -> None:
    """Every way out of a choosing gateway has a condition or is the default."""
    for node in list(work.diagram.nodes):
        if node.kind in (XOR, OR):
            if len(node.outgoing) > 1:
                _ways(work, node)
            else:
                _single(node)
        elif node.kind != OR:
            _idle(node)


def _single(node: Node) -> None:
    for flow in node.outgoing:
        if flow.condition:
            flow.line.changed("condition_idle", condition=flow.condition)
        flow.condition, flow.default, flow.also = "", False, []


def _idle(node: Node) -> None:
    for flow in node.outgoing:
        if flow.condition:
            flow.line.changed("condition_ignored", condition=flow.condition)
        flow.condition, flow.default, flow.also = "", False, []


def _ways(work: Work, node: Node) -> None:
    read = {id(flow): _translated(work, flow) for flow in node.outgoing}
    missing = [flow for flow in node.outgoing if not flow.default and read[id(flow)] is None]
    unsaid = [flow for flow in missing if not flow.condition]
    has_default = any(flow.default for flow in node.outgoing)
    if node.kind == XOR and len(missing) == 1 and len(unsaid) == 1 and not has_default:
        unsaid[0].default = True
        unsaid[0].line.changed("made_default", gateway=node.title)
        missing = []
    if missing:
        _ask(work, node, missing)
    elif not any(flow.default for flow in node.outgoing):
        _otherwise(work, node, [read[id(flow)] for flow in node.outgoing])


def _translated(work: Work, flow: Flow) -> Read | None:
    """The condition of a way in FEEL, put in place; None where it has none or can't be had."""
    if flow.default:
        if flow.condition:
            flow.line.changed("condition_of_default", condition=flow.condition)
        flow.condition, flow.also = "", []
        return None
    if not flow.condition:
        return None
    parts = [condition(part, work.names, flow.language) for part in (flow.condition, *flow.also)]
    told = [part for part in parts if part is not None]
    if len(told) < len(parts):
        return None
    joined = told[0].text if len(told) == 1 else " or ".join(f"({part.text})" for part in told)
    if joined != flow.condition:
        flow.line.changed("translated", was=flow.condition, now=joined)
    flow.condition, flow.also = joined, []
    names = tuple(name for part in told for name in part.names)
    return Read(joined, names, tuple(value for part in told for value in part.values))


def _otherwise(work: Work, node: Node, read: list[Read | None]) -> None:
    """What if no condition holds: asked unless they are plainly each other's opposite."""
    texts = [one.text for one in read if one is not None]
    if len(texts) == 2 and (f"not({texts[0]})" == texts[1] or f"not({texts[1]})" == texts[0]):
        return
    compared = {one.values[0][0] for one in read if one is not None and len(one.values) == 1 and " = " in one.text}
    if len(compared) == 1 and all(one is not None and len(one.values) == 1 for one in read):
        return
    options = [("stop", sentence("otherwise_stop"))]
    options += [(flow.id, plain(flow.title)) for flow in node.outgoing]
    answer = work.ask("otherwise", node, choice("what", "stop", options))
    for flow in node.outgoing:
        if flow.id == answer["what"]:
            flow.default, flow.condition = True, ""


def _ask(work: Work, node: Node, missing: list[Flow]) -> None:
    before, upstream = decider(node), stations_before(node)
    ways = ["station", "write"]
    if upstream:
        ways.insert(0, "field")
    if before is not None:
        ways.insert(0, "vote" if before.vote else "person")
    station = before or (upstream[0] if upstream else None)
    answer = work.ask(
        "way", node, choice("what", ways[0], [(way, sentence(f"way_{way}")) for way in ways]), *_written(missing),
        station=station.title if station is not None else "–", ways=" · ".join(_label(flow) for flow in node.outgoing),
    )  # fmt: skip
    _decide(work, node, missing, answer, before, upstream)


def _inclusive(work: Work, node: Node, missing: list[Flow]) -> None:
    options = [(word, sentence(f"choice_inclusive_{word}")) for word in ("all", "one", "write")]
    answer = work.ask("inclusive", node, choice("what", "all", options), *_written(missing))
    if answer["what"] == "all":
        node.kind = AND
        node.line.changed("inclusive_all")
        _idle(node)
    elif answer["what"] == "write":
        _write(missing, answer)
    else:
        node.kind = XOR


def _decide(
    work: Work, node: Node, missing: list[Flow], answer: Mapping[str, str], before: Node | None, upstream: list[Node]
) -> None:
    what = answer["what"]
    if what == "write":
        _write(missing, answer)
    elif what == "field":
        by_field(work, node, upstream)
    elif what == "station" or before is None:
        made = work.before(node, "userTask", node.name, "station_decides", gateway=node.title)
        work.call(made, "decide")
        by_button(node, made)
    elif what == "vote":
        _by_vote(node, before)
    else:
        by_button(node, before)


def _written(missing: list[Flow]) -> list[object]:
    return [
        text(f"way_{number}", "feel", "", only="write", label=plain(_label(flow)))
        for number, flow in enumerate(missing, start=1)
    ]  # fmt: skip


def _write(missing: list[Flow], answer: Mapping[str, str]) -> None:
    """Conditions that a person wrote. One that is still missing is never taken; the last missing one is the default."""
    for number, flow in enumerate(missing, start=1):
        flow.condition = answer.get(f"way_{number}") or "false"
    gateway = missing[0].source
    blank = [flow for flow in missing if flow.condition == "false"]
    if blank and not any(flow.default for flow in gateway.outgoing):
        blank[-1].default, blank[-1].condition = True, ""


def decider(gateway: Node) -> Node | None:
    """The station whose holder can decide by a button: the only thing before the gateway, and not repeated."""
    incoming = gateway.incoming
    if len(incoming) != 1:
        return None
    node = incoming[0].source
    usable = node.kind in STATIONS and node.loop is None and not node.outcomes and not node.said["own"]
    return node if usable and len(node.outgoing) == 1 else None


def stations_before(gateway: Node) -> list[Node]:
    """The stations at which every way to the gateway last stops; empty where some way has none."""
    found: list[Node] = []
    seen: set[int] = set()
    todo = [flow.source for flow in gateway.incoming]
    while todo:
        node = todo.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if node.kind in STATIONS and node.loop is None and not node.vote and not node.said["own"]:
            found.append(node)
            continue
        before = [flow.source for flow in node.incoming]
        if node.kind == BOUNDARY and node.attached is not None:
            before = [flow.source for flow in node.attached.incoming]
        if not before:
            return []
        todo += before
    return found


def _label(flow: Flow) -> str:
    return flow.name or flow.target.title


def _keys(flows: list[Flow]) -> list[str]:
    """A key for each way, from its name."""
    found: list[str] = []
    for number, flow in enumerate(flows, start=1):
        base = slug(_label(flow))[:40] or f"way_{number}"
        found.append(base if base not in found else f"{base}_{number}")
    return found


def by_button(gateway: Node, station: Node) -> None:
    """The holder of the station chooses the way."""
    timed = any(
        border.interrupting and border.events and border.events[0].kind == "timer" for border in station.borders
    )
    for flow, key in zip(gateway.outgoing, _keys(gateway.outgoing), strict=True):
        label = _label(flow)
        kind = "neutral" if timed else "refuse" if _NO.search(label) else "approve" if _YES.search(label) else "neutral"
        station.outcomes.append(Outcome(key, label, kind))
        _replace(flow, f'{station.id}_result = "{key}"')
    station.line.changed("decides", gateway=gateway.title)


def _by_vote(gateway: Node, station: Node) -> None:
    """The ballot chooses: who refuses goes the way that sounds like it, everybody else the other."""
    ways = gateway.outgoing
    refused = next((flow for flow in ways if _NO.search(_label(flow))), ways[-1])
    _replace(refused, f'{station.id}_result = "refuse"')
    others = [flow for flow in ways if flow is not refused]
    for flow in others[1:]:
        _replace(flow, "false")
    _replace(others[0], "")
    others[0].default = True
    for flow in ways:
        flow.default = flow is others[0]


def by_field(work: Work, gateway: Node, stations: list[Node]) -> None:
    """A field on the form of every station that comes last before the gateway."""
    key = work.names.key(f"{slug(gateway.name) or slug(gateway.id) or 'gateway'}_way")
    if any(field.key == key for station in stations for field in station.fields):
        key = work.names.key(f"way {gateway.id}")
    keys = _keys(gateway.outgoing)
    options = tuple((value, _label(flow)) for value, flow in zip(keys, gateway.outgoing, strict=True))
    for station in stations:
        station.fields.append(FormField(key, gateway.name or gateway.id, "radio", True, True, options))
        station.line.changed("form_asks", field=key, gateway=gateway.title)
    for flow, value in zip(gateway.outgoing, keys, strict=True):
        _replace(flow, f'{key} = "{value}"')


def _replace(flow: Flow, text_: str) -> None:
    if flow.condition and flow.condition != text_:
        flow.line.changed("condition_replaced", was=flow.condition)
    flow.condition, flow.default, flow.also = text_, False, []
