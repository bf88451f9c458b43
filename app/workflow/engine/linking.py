"""What can only be checked with all files on the table: calls, decisions, expressions, and what the bank has.

Processes that no other calls, with all they call, become definitions. Names are checked against the catalogue; a
member of it that is None is not checked.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping

from app import feel
from app.workflow.engine.candidates import check_candidates, decisions
from app.workflow.engine.definition import Definition, decision_model, decision_models
from app.workflow.engine.expressions import Names, collect, known_types
from app.workflow.engine.linting import executable
from app.workflow.engine.model import START, Node, Process, inner_process
from app.workflow.engine.outcomes import check_ways_out
from app.workflow.engine.stations import Step
from app.workflow.engine.texts import Findings
from app.workflow.engine.timeouts import check_timeouts
from app.workflow.engine.values import LANGUAGES, Catalogue, Severity, Spot
from app.workflow.engine.voting import groups_named

MAX_CALLS = 8
# Where a refusal may lead beside a station named by its id.
REFUSALS_GO = frozenset({"follow", "end", "initiator", "previous"})


def link(
    processes: list[Process],
    steps: Mapping[str, Step],
    dmn: Mapping[str, bytes],
    catalogue: Catalogue,
    found: Mapping[str, Findings],
) -> tuple[Definition, ...]:
    """Check what lies between files and build the definitions whose files have no errors."""
    known = _unique(processes, found)
    models = _decisions(dmn, found)
    _calls(known, found)
    names: dict[str, Names] = {}
    types = known_types(known.values(), catalogue.table_columns or ())
    for process in executable(processes):
        findings = found[process.file]
        _administrator(process, catalogue, findings)
        collect(process, steps, findings, names.setdefault(process.id, Names(types=types)))
        check_ways_out(process, steps, findings)
        check_timeouts(process, steps, findings)
        for group in process.starters:
            if catalogue.groups is not None and group not in catalogue.groups:
                findings.error("group_unknown", process.id, group=group)
        for node in process.nodes:
            _node(node, models, catalogue, findings)
            if node.id in steps:
                _step(steps[node.id], steps, models, catalogue, findings)
    if any(findings.errors for findings in found.values()):
        return ()
    return tuple(_definition(root, known, steps, dmn, names) for root in _roots(known, found))


def _definition(
    root: Process,
    known: Mapping[str, Process],
    steps: Mapping[str, Step],
    dmn: Mapping[str, bytes],
    names: Mapping[str, Names],
) -> Definition:
    processes = {root.id: root}
    _gather(root, known, processes)
    nodes = [node for process in processes.values() for node in process.nodes]
    wanted = {node.decision for node in nodes if node.decision}
    wanted |= {decision for node in nodes if node.id in steps for decision in decisions(steps[node.id])}
    files = dict(dmn) if wanted else {}
    read = {name for process_id in processes for name in names[process_id].read}
    written = {name for process_id in processes for name in names[process_id].set_}
    return Definition(
        key=root.id,
        name=root.name,
        processes=processes,
        steps={node.id: steps[node.id] for node in nodes if node.id in steps},
        routing_names=frozenset(read.union(*(_decisions_read(files, wanted)))),
        set_names=frozenset(written.union(*(_outputs(files, node) for node in nodes if node.decision))),
        start_messages=_start_messages(root),
        decision_files=files,
    )


def _decisions_read(files: Mapping[str, bytes], wanted: Iterable[str]) -> Iterator[frozenset[str]]:
    models = decision_models(files)
    return (models[decision].decisions[decision].names for decision in wanted)


def _outputs(files: Mapping[str, bytes], node: Node) -> set[str]:
    """The variables that a decision with several outputs sets beside its result."""
    decision = node.decision or ""
    outputs = decision_models(files)[decision].decisions[decision].outputs
    return {f"{node.result or decision}_{output}" for output in outputs if len(outputs) > 1}


def _start_messages(process: Process) -> dict[str, str]:
    starts = (node for node in process.nodes if node.kind == START and node.event is not None)
    return {node.event.value or node.id: node.id for node in starts if node.event and node.event.kind == "message"}


def _gather(process: Process, known: Mapping[str, Process], into: dict[str, Process]) -> None:
    for node in process.nodes:
        inside = inner_process(node)
        if inside is not None and inside not in into:
            into[inside] = known[inside]
            _gather(known[inside], known, into)


def _unique(processes: Iterable[Process], found: Mapping[str, Findings]) -> dict[str, Process]:
    known: dict[str, Process] = {}
    owner: dict[str, str] = {}
    for process in processes:
        findings = found[process.file]
        if process.id in known and process.parent is None:
            findings.error("process_duplicate", process.id, other=known[process.id].file)
        known.setdefault(process.id, process)
        for node in process.nodes:
            if owner.setdefault(node.id, process.id) != process.id:
                findings.error("element_duplicate", node.id, other=owner[node.id])
    return known


def _decisions(dmn: Mapping[str, bytes], found: Mapping[str, Findings]) -> set[str]:
    """Ids of the decisions in the files; what is wrong with a file becomes findings."""
    known: set[str] = set()
    readable = {name: content for name, content in dmn.items() if _readable(content, found[name])}
    for name in readable:
        model = decision_model(name, readable)
        known.update(model.decisions)
        for fault in model.findings:
            severity, words = Severity(str(fault.severity)), _in_all_languages(fault.message)
            found[name].at(severity, "decision_file", fault.element or None, _spot(fault), text=words)
    return known


def _spot(fault: feel.Finding) -> Spot:
    first = dict(fault.facts).get("first", 0)
    where = fault.where
    reason = dict(fault.facts).get("reason")
    line, offset = (reason.line, reason.column) if isinstance(reason, feel.FeelError) else (where.line, where.offset)
    return Spot(fault.code, where.row, where.column, line, offset, first if isinstance(first, int) else 0)


def _readable(content: bytes, findings: Findings) -> bool:
    try:
        feel.load_dmn(content)
    except feel.FeelError as error:
        findings.error("decision_file", text=_in_all_languages(error.message))
        return False
    return True


def _in_all_languages(message: Callable[[str], str]) -> dict[str, str]:
    return {language: message(language) for language in LANGUAGES}


def _calls(known: Mapping[str, Process], found: Mapping[str, Findings]) -> None:
    for process in executable(known.values()):
        for node in process.nodes:
            if node.kind == "callActivity" and node.called and not _callable(node.called, known):
                found[process.file].error("called_unknown", node.id, called=node.called)
    for root in known.values():
        if root.parent is None:
            _descend(root, (root.id,), known, found[root.file])


def _callable(process_id: str, known: Mapping[str, Process]) -> bool:
    return process_id in known and known[process_id].parent is None and known[process_id].executable


def _descend(process: Process, path: tuple[str, ...], known: Mapping[str, Process], findings: Findings) -> None:
    for inside in sorted({inner_process(node) or "" for node in process.nodes}.intersection(known)):
        way = " → ".join((*path, inside))
        if inside in path:
            # Each member of a circle would report it; the one with the smallest id does.
            if path[0] == inside and path[0] == min(path):
                findings.error("called_recursive", path[0], path=way)
        elif len(path) >= MAX_CALLS:
            findings.error("called_deep", path[0], path=way, most=MAX_CALLS)
        else:
            _descend(known[inside], (*path, inside), known, findings)


def _roots(known: Mapping[str, Process], found: Mapping[str, Findings]) -> Iterator[Process]:
    called = {node.called for process in known.values() for node in process.nodes if node.kind == "callActivity"}
    tops = [process for process in known.values() if process.parent is None]
    roots = [process for process in tops if process.executable and process.id not in called]
    for process in tops:
        if not process.executable:
            found[process.file].warning("not_executable", process.id)
    if tops and not roots:
        found[tops[0].file].error("nothing_to_deploy")
    return iter(roots)


def _node(node: Node, models: Container[str], catalogue: Catalogue, findings: Findings) -> None:
    if node.delegate and catalogue.delegates is not None and node.delegate not in catalogue.delegates:
        findings.error("delegate_unknown", node.id, delegate=node.delegate)
    if node.compensation and catalogue.delegates is not None and node.compensation not in catalogue.delegates:
        findings.error("delegate_unknown", node.id, delegate=node.compensation)
    if node.decision and node.decision not in models:
        findings.error("decision_unknown", node.id, decision=node.decision)


def _administrator(process: Process, catalogue: Catalogue, findings: Findings) -> None:
    group = process.administrator
    if group and catalogue.groups is not None and group not in catalogue.groups:
        findings.error("group_unknown", process.id, group=group)


def _step(
    step: Step, steps: Mapping[str, Step], models: Container[str], catalogue: Catalogue, findings: Findings
) -> None:
    at = step.element_id
    if step.form and catalogue.forms is not None and step.form not in catalogue.forms:
        findings.error("form_unknown", at, form=step.form)
    check_candidates(step, steps, models, catalogue, findings)
    if step.skip_same:
        _skip_same(step, steps, findings)
    if step.signature and (step.vote is not None or step.batch or step.skip_same):
        findings.error("signature_forbidden", at)
    for group in _groups(step):
        if catalogue.groups is not None and group not in catalogue.groups:
            findings.error("group_unknown", at, group=group)
    if step.compensation and catalogue.delegates is not None and step.compensation not in catalogue.delegates:
        findings.error("delegate_unknown", at, delegate=step.compensation)
    if not step.candidates and step.vote is None:
        findings.warning("candidates_missing", at)
    for part, named in _named_steps(step):
        if named not in steps:
            findings.error("step_reference_unknown", at, part=part, step=named)


def _skip_same(step: Step, steps: Mapping[str, Step], findings: Findings) -> None:
    """A step may pass by itself only where nothing is lost by it: no vote, no four eyes, one answer to give."""
    apart = step.four_eyes or any(step.element_id in other.four_eyes for other in steps.values())
    if step.vote is not None or apart:
        findings.error("skip_same_forbidden", step.element_id)
    elif step.outcomes and step.skip_outcome is None:
        findings.error("skip_same_outcome", step.element_id)


def _groups(step: Step) -> Iterator[str]:
    if step.vote is not None:
        yield from groups_named(step.vote)


def _named_steps(step: Step) -> Iterator[tuple[str, str]]:
    yield from (("fourEyes", named) for named in step.four_eyes)
    yield from (("sendBack", named) for named in step.send_back.barred)
    if not isinstance(step.send_back.to, str):
        yield from (("sendBack", named) for named in step.send_back.to)
    yield from (("outcome then", o.then) for o in step.outcomes if o.then not in REFUSALS_GO)
