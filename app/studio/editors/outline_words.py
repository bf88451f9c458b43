"""The words of the outline: what each kind of element is, who a station is for, how a vote is counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from flask_babel import gettext

from app.documents import types as document_types
from app.identity import queries as people
from app.kernel.working_time import BadDuration
from app.web.i18n import text_of
from app.workflow.assigning import groups
from app.workflow.assigning.candidates import RULES
from app.workflow.clocks import clock_words
from app.workflow.engine.deadlines import USUAL
from app.workflow.engine.model import Event, Loop, Node, Process
from app.workflow.engine.stations import Candidates, Link, Step, VoteRule

Names = Callable[[str], str]

ICONS: Mapping[str, str] = {
    "startEvent": "play",
    "endEvent": "flag",
    "userTask": "user-round",
    "manualTask": "user-round",
    "task": "user-round",
    "serviceTask": "settings",
    "scriptTask": "settings",
    "businessRuleTask": "table",
    "exclusiveGateway": "split",
    "inclusiveGateway": "split",
    "parallelGateway": "git-branch",
    "eventBasedGateway": "timer",
    "callActivity": "workflow",
    "subProcess": "layers",
    "transaction": "layers",
    "boundaryEvent": "timer",
    "intermediateCatchEvent": "timer",
    "intermediateThrowEvent": "send",
}
KINDS: Mapping[str, str] = {
    "startEvent": "Start event",
    "endEvent": "End event",
    "userTask": "Station",
    "manualTask": "Station",
    "task": "Station",
    "serviceTask": "Service",
    "scriptTask": "Calculation",
    "businessRuleTask": "Decision table",
    "sendTask": "Sends a message",
    "receiveTask": "Waits for a message",
    "exclusiveGateway": "Decision",
    "inclusiveGateway": "Decision, several ways may be taken",
    "parallelGateway": "Branches side by side",
    "eventBasedGateway": "Waits for what comes first",
    "callActivity": "Called process",
    "subProcess": "Sub-process",
    "transaction": "Sub-process",
    "boundaryEvent": "While it lasts",
    "intermediateCatchEvent": "Waits",
    "intermediateThrowEvent": "Tells",
}
MEETS: Mapping[str, str] = {
    "exclusiveGateway": "Ways meet",
    "inclusiveGateway": "Waits for all ways taken",
    "parallelGateway": "Waits for all branches",
}
LABELS: Mapping[str, str] = {
    "lane": "Lane",
    "form": "Form",
    "who": "Who",
    "apart": "Kept away",
    "due": "Time allowed",
    "chain": "After that",
    "vote": "Vote",
    "answers": "Answers",
    "papers": "Documents",
    "back": "May be sent back to",
    "decision": "Decision table",
    "delegate": "Service",
    "called": "Process",
    "repeats": "Repeated",
    "event": "Event",
    "attached": "Belongs to",
    "result": "Result",
    "starters": "May be begun by",
}
BASES = {"present": "those present", "electorate": "all members", "voting": "those who vote"}
LINKS = {
    "remind": "reminder",
    "superior": "the superior is told",
    "deputy": "the deputy takes over",
    "supervisor": "it goes to the supervisors",
}
STATUSES = {
    "approved": "Approved",
    "conditional": "Approved with conditions",
    "refused": "Refused",
    "withdrawn": "Withdrawn",
}
EVENTS = {
    "timer": "clock",
    "message": "message",
    "signal": "signal",
    "error": "error",
    "escalation": "escalation",
    "terminate": "ends everything",
    "cancel": "cancels the sub-process",
    "conditional": "condition",
    "link": "jump",
    "compensate": "undoes what was done",
    "multiple": "several events",
}


def label(key: str) -> str:
    """The label of a fact."""
    return gettext(LABELS[key])


def kind_of(node: Node, ways_in: int, ways_out: int) -> str:
    """What an element is; a gateway with one way out is where ways meet."""
    if node.kind in MEETS and ways_in > 1 and ways_out < 2:
        return gettext(MEETS[node.kind])
    return plain_kind(node)


def plain_kind(node: Node) -> str:
    """What an element is, by itself."""
    return gettext(KINDS[node.kind]) if node.kind in KINDS else node.kind


def when(name: str, condition: str | None, *, default: bool) -> str:
    """Under which condition a flow is taken."""
    if default:
        return gettext("%(name)s (in all other cases)", name=name) if name else gettext("in all other cases")
    return " · ".join(part for part in (name, condition or "") if part)


def of_process(process: Process) -> tuple[tuple[str, str], ...]:
    """Who may begin a case."""
    if not process.starters:
        return ()
    return ((label("starters"), _listed(_group(key) for key in process.starters)),)


def of_station(step: Step, station: Names) -> Iterator[tuple[str, str]]:
    """Everything an analyst said of a station."""
    yield label("who"), "; ".join(_rule(candidates, station) for candidates in step.candidates)
    yield label("apart"), _listed(gettext("who did %(step)s", step=station(name)) for name in step.four_eyes)
    yield label("due"), working_time(step.due) if step.due else ""
    yield label("chain"), _listed(_link(link) for link in step.deadline)
    yield label("vote"), _vote(step.vote) if step.vote is not None else ""
    yield label("answers"), _listed(text_of(outcome.label) for outcome in step.outcomes)
    yield label("papers"), _listed(text_of(document_types.label(paper.type)) for paper in step.documents)
    yield label("back"), _back(step, station)


def of_node(node: Node, called: str) -> Iterator[tuple[str, str]]:
    """What is said of any other element."""
    yield label("decision"), node.decision or ""
    yield label("delegate"), node.delegate or ""
    yield label("called"), called
    yield label("repeats"), _loop(node.loop) if node.loop is not None else ""
    if node.event is not None and node.event.kind != "none":
        yield label("event"), _event(node.event)
    yield label("result"), gettext(STATUSES[node.status]) if node.status in STATUSES else node.status or ""


def _event(event: Event) -> str:
    kind, value = gettext(EVENTS.get(event.kind, event.kind)), event.value or ""
    if event.working and value:
        # Of a cycle (R3/PT4H) only the time between two rings has words; an expression stays as it is.
        head, stop, time = value.rpartition("/")
        value = gettext("%(time)s (working time)", time=head + stop + working_time(time))
    return f"{kind}: {value}" if value else kind


def working_time(duration: str) -> str:
    """ "P2D" in words; as it is where it can't be read."""
    try:
        return clock_words.in_working_time(USUAL.work(duration), USUAL.day_length)
    except BadDuration:
        return duration


def _rule(candidates: Candidates, station: Names) -> str:
    known = RULES.get(candidates.rule)
    said = text_of(known.label) if known else candidates.rule
    value = _value(candidates, station)
    text = gettext("%(rule)s: %(value)s", rule=said, value=value) if value else said
    only = [gettext("only: %(rule)s", rule=_rule(part, station)) for part in candidates.also]
    never = [gettext("not: %(rule)s", rule=_rule(part, station)) for part in candidates.apart]
    text = f"{text} ({_listed([*only, *never])})" if only or never else text
    return gettext("where nobody is found: %(rule)s", rule=text) if candidates.otherwise else text


def _value(candidates: Candidates, station: Names) -> str:
    known = RULES.get(candidates.rule)
    if known is None or not candidates.value:
        return candidates.value
    found = {"group": _group, "branch": _branch, "step": station, "user": _user}.get(known.kind.value)
    return found(candidates.value) if found else candidates.value


def _vote(rule: VoteRule) -> str:
    parts = [
        gettext("members of %(group)s", group=_group(rule.electorate)) if rule.electorate else rule.members,
        gettext("passes at %(share)s of %(base)s", share=rule.passing, base=gettext(BASES.get(rule.base, rule.base))),
        gettext("quorum %(share)s", share=rule.quorum),
        gettext("closes after %(time)s", time=working_time(rule.after)) if rule.after else "",
        gettext("veto: %(who)s", who=_listed(_group(word) for word in rule.veto.split())) if rule.veto else "",
    ]
    return _listed(parts)


def _link(link: Link) -> str:
    what, time = gettext(LINKS[link.kind]), working_time(link.delay)
    if not USUAL.work(link.delay):
        return gettext("when it is due: %(what)s", what=what)
    if link.before:
        return gettext("%(what)s %(time)s before", what=what, time=time)
    return gettext("%(what)s %(time)s after", what=what, time=time)


def _back(step: Step, station: Names) -> str:
    if step.send_back.to == "any":
        return gettext("any earlier station")
    return gettext("nowhere") if isinstance(step.send_back.to, str) else _listed(map(station, step.send_back.to))


def _loop(loop: Loop) -> str:
    how = gettext("one after the other") if loop.kind == "sequential" else gettext("at the same time")
    how = gettext("until the condition fails") if loop.kind == "standard" else how
    return " · ".join(part for part in (how, loop.cardinality or loop.collection or "", loop.condition or "") if part)


def _listed(parts: Iterator[str] | list[str] | map[str]) -> str:
    return gettext(", ").join(part for part in parts if part)


def _group(key: str) -> str:
    team = groups.by_key(key)
    return text_of(team.name) if team else key


def _user(username: str) -> str:
    found = people.user_by_username(username)
    return found.name if found else username


def _branch(key: str) -> str:
    return next((text_of(branch.name) for branch in people.branches() if branch.key == key), key)
