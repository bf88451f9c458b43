"""What each activity does: services, scripts, rules and calls get what they need here, or a person does them."""

from __future__ import annotations

from app.workflow.importing.desk import choice, text
from app.workflow.importing.expressions import expression, script
from app.workflow.importing.model import Node
from app.workflow.importing.names import slug
from app.workflow.importing.texts import kind_words, plain, sentence
from app.workflow.importing.values import Texts
from app.workflow.importing.work import Work

Options = list[tuple[str, Texts]]
PERSON, PASS = "person", "pass"


def mend(work: Work) -> None:
    """All repairs of activities."""
    for node in list(work.diagram.nodes):
        if node.said["own"] and _is_ours(node):
            continue
        repair = _REPAIRS.get(node.kind)
        if repair is not None:
            repair(work, node)
        _dropped(node)


def _is_ours(node: Node) -> bool:
    """Whether our own modeler already says what the node does."""
    return any(child.tag.endswith(("}step", "}service", "}decision")) for child in node.said["own"])


def _plain(work: Work, node: Node) -> None:
    node.kind = "userTask"
    node.line.changed("task_undefined")


def _service(work: Work, node: Node) -> None:
    """Something else's code: one of the bank's delegates takes its place, or a person does."""
    foreign = str(node.said.get("work") or "")
    known = work.bank.delegates
    same = (
        [name for name in known if slug(name.rpartition(".")[2]) in (slug(foreign), slug(node.name))] if known else []
    )
    options = [(PERSON, sentence("by_person")), (PASS, sentence("by_nobody"))]
    options += [(f"delegate:{name}", plain(name)) for name in known]
    answer = work.ask(
        "service", node, choice("what", f"delegate:{same[0]}" if same else PERSON, options), was=foreign or "–"
    )
    _settled(work, node, answer["what"])


def _settled(work: Work, node: Node, what: str) -> None:
    if what.startswith("delegate:"):
        node.delegate = what.removeprefix("delegate:")
        node.kind = "serviceTask"
        node.line.changed("delegate_set", delegate=node.delegate)
    elif what.startswith("decision:"):
        node.decision = what.removeprefix("decision:")
        node.kind = "businessRuleTask"
    elif what == PASS:
        for border in node.borders:
            work.take_out(border, "border_with_passing", node=node.title)
        node.kind, node.loop, node.events = "intermediateThrowEvent", None, []
        node.line.changed("passes")
    else:
        node.kind = "userTask"
        node.line.changed("done_by_person", was=kind_words(node.line.kind))


def _rule(work: Work, node: Node) -> None:
    """A decision of the upload where it is named there; else chosen, or made by a person."""
    named = str(node.said.get("decision") or "").strip("=\"'${} ")
    if named in work.upload.decisions:
        node.decision = named
        node.result = work.names.key(str(node.said.get("result") or named))
        node.line.changed("decision_set", decision=named)
        return
    decisions = [(f"decision:{name}", plain(name)) for name in sorted(work.upload.decisions)]
    options = [(PERSON, sentence("by_person")), (PASS, sentence("by_nobody")), *decisions]
    options += [(f"delegate:{name}", plain(name)) for name in work.bank.delegates]
    answer = work.ask("rule", node, choice("what", PERSON, options), was=named or str(node.said.get("work") or "–"))
    _settled(work, node, answer["what"])
    if node.decision:
        node.result = work.names.key(str(node.said.get("result") or node.decision))


def _script(work: Work, node: Node) -> None:
    lines = script(node.script, work.names) if node.script else None
    if node.said.get("script_expression"):
        read = expression(node.script, work.names)
        lines = f"{work.names.key(str(node.said.get('result') or node.id))} = {read.text}" if read else None
    if lines:
        if lines != node.script:
            node.line.changed("script_translated", was=node.script[:200], now=lines)
        node.script, node.script_language = lines, ""
        return
    options = [(word, sentence(f"script_{word}")) for word in (PERSON, PASS, "write")]
    proposed = PASS if lines == "" else PERSON
    answer = work.ask(
        "script", node, choice("what", proposed, options), text("script", "feel", "done = true", only="write"),
        was=node.script[:300] or "–",
    )  # fmt: skip
    if answer["what"] == "write":
        key, _, value = answer["script"].partition("=")
        name = slug(key) or slug(node.id) or "result"
        node.script = f"{name} = {(value or answer['script']).strip()}"
        return
    node.script = ""
    _settled(work, node, answer["what"])


def _call(work: Work, node: Node) -> None:
    """A process of the upload is called; another one is chosen, or a person does the work."""
    top, running = node.scope.top.id, work.upload.running
    target = running.get(node.called)
    if target is not None and work.upload.may_call(top, target):
        _called(work, node, target)
        return
    if target is not None:
        node.line.changed("call_round", process=node.called)
    legal = sorted(id_ for id_ in running.values() if work.upload.may_call(top, id_))
    processes = [(f"call:{id_}", plain(id_)) for id_ in legal]
    entry = choice("what", PERSON, [(PERSON, sentence("by_person")), *processes])
    answer = work.ask("call", node, entry, was=node.called or "–")["what"]
    if answer == PERSON:
        node.called = ""
        _settled(work, node, PERSON)
        return
    _called(work, node, answer.removeprefix("call:"))
    node.line.changed("call_set", process=node.called)


def _called(work: Work, node: Node, process: str) -> None:
    node.called = process
    work.upload.calls.setdefault(node.scope.top.id, set()).add(process)


def _dropped(node: Node) -> None:
    """What the other tool says and nothing here means is named."""
    words = [word for word in node.said.get("dropped", []) if word]
    if words:
        node.line.changed("dropped", what=", ".join(words[:8]))
    if node.said.get("io"):
        node.line.changed("data_inputs")
    if node.said.get("async"):
        node.line.changed("async")


_REPAIRS = {
    "task": _plain,
    "serviceTask": _service,
    "businessRuleTask": _rule,
    "scriptTask": _script,
    "callActivity": _call,
}
