"""The whole way of an import, from bytes to an `Import`: open, read, repair in order, write, and hold what came out
against what went in.

The same files and the same answers always give the same import, so nothing but them need be kept between two looks.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from pathlib import PurePath

from lxml import etree

from app import feel
from app.workflow.importing import (
    activities,
    events,
    fields,
    gateways,
    ours,
    people,
    pools,
    reading,
    repeats,
    scopes,
    soundness,
    structure,
    vendors,
    writing,
)
from app.workflow.importing.desk import Desk
from app.workflow.importing.gate import BPMN, Opened, Refused, in_utf8, open_file
from app.workflow.importing.ledger import Ledger
from app.workflow.importing.model import STATIONS, Diagram
from app.workflow.importing.names import Names, slug
from app.workflow.importing.texts import plain, sentence
from app.workflow.importing.values import Answers, Bank, FileReport, Import
from app.workflow.importing.work import Upload, Work

MOST_FILES = 200
_STEPS = (
    scopes.lift_flows,
    scopes.mend,
    events.mend,
    structure.mend,
    fields.gather,
    activities.mend,
    repeats.mend,
    gateways.fork,
    soundness.mend,
    gateways.mend,
    fields.complete,
    people.mend,
)


def bring(files: Mapping[str, bytes], answers: Answers, bank: Bank) -> Import:
    """Bring in files that belong together (diagrams, decision tables, forms of other tools). Never raises for bad input."""
    desk, names, out = Desk(answers), Names(), dict[str, bytes]()
    reports: list[FileReport] = []
    opened: dict[str, Opened] = {}
    upload = Upload()
    order = list(files)
    for name, content in list(files.items())[:MOST_FILES]:
        _first_look(name, content, upload, opened, reports, out)
    reports += [
        FileReport(n, None, "", (), refused=sentence("refused_number", fact=MOST_FILES)) for n in order[MOST_FILES:]
    ]
    tables = {name: content for name, content in out.items() if name.endswith(".dmn")}
    own = ours.as_they_are(opened, files, tables)
    benches = _benches(opened, own, upload, desk, bank, names)
    for work in benches:
        if not _stays(work, own):
            pools.choose(work)
        upload.running |= {str(p.said["given"]): p.id for p in work.diagram.processes if p.executable}
    for work in benches:
        if _stays(work, own):
            reports.append(_kept(work, files[work.file], opened[work.file].root, out))
        else:
            reports.append(_mended(work, opened[work.file], upload, out))
    return Import(
        reports=tuple(sorted(reports, key=lambda report: order.index(report.name))),
        questions=tuple(desk.questions),
        files=out,
    )


def _first_look(
    name: str,
    content: bytes,
    upload: Upload,
    opened: dict[str, Opened],
    reports: list[FileReport],
    out: dict[str, bytes],
) -> None:
    """Decisions and forms are taken in, diagrams opened."""
    suffix = PurePath(name).suffix.lower()
    try:
        if suffix == ".dmn":
            _decisions(name, content, upload, reports, out)
        elif suffix in (".form", ".json"):
            text = content.decode("utf-8", "replace")
            if key := vendors.own_form_key(text):
                upload.own_forms.add(key)
                out[f"{key}.form"] = content
                reports.append(FileReport(name, f"{key}.form", "", (), remarks=(sentence("form_ours"),)))
                return
            upload.forms[vendors.form_id(text) or PurePath(name).stem] = vendors.form_fields(text)
            reports.append(FileReport(name, None, "", (), remarks=(sentence("form_taken"),)))
        else:
            opened[name] = open_file(content)
    except Refused as refused:
        reports.append(FileReport(name, None, "", (), refused=sentence(f"refused_{refused.code}", fact=refused.fact)))


def _decisions(name: str, content: bytes, upload: Upload, reports: list[FileReport], out: dict[str, bytes]) -> None:
    content = in_utf8(content)
    try:
        model = feel.load_dmn(content)
    except feel.FeelError as error:
        reports.append(FileReport(name, None, "", (), refused=sentence("refused_decision", fact=error.message("en"))))
        return
    if any(finding.severity == "error" for finding in model.findings):
        fact = next(finding.message("en") for finding in model.findings if finding.severity == "error")
        reports.append(FileReport(name, None, "", (), refused=sentence("refused_decision", fact=fact)))
        return
    upload.decisions |= set(model.decisions)
    out[f"tables/{PurePath(name).name}"] = content
    reports.append(FileReport(name, f"tables/{PurePath(name).name}", "DMN", (), remarks=(sentence("decision_taken"),)))


def _benches(
    opened: dict[str, Opened], own: frozenset[str], upload: Upload, desk: Desk, bank: Bank, names: Names
) -> list[Work]:
    """Every diagram read, with ids that no other of them has; our own first, since theirs shall stay."""
    benches: list[Work] = []
    taken: set[str] = set()
    for name, file in sorted(opened.items(), key=lambda each: each[0] not in own):
        ledger = Ledger()
        for code, fact in file.remarks:
            ledger.remark(f"overlooked_{code}", fact=fact)
        upload.forms |= vendors.embedded_forms(file.root)
        diagram = reading.read(file.root, ledger, taken)
        taken |= diagram.ids
        benches.append(Work(name, diagram, ledger, desk, bank, upload, names))
    return benches


def _stays(work: Work, own: frozenset[str]) -> bool:
    return work.file in own and ours.untouched(work.ledger)


def _kept(work: Work, content: bytes, root: etree._Element, out: dict[str, bytes]) -> FileReport:
    """One of our own files, taken over as it is."""
    if ours.take_off_forms(work):
        content = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    became = _place(work.diagram, out)
    out[became] = content
    items = ours.items(work.ledger, _ids(content))
    return FileReport(work.file, became, work.diagram.tool, items, remarks=(sentence("diagram_ours"),))


def _place(diagram: Diagram, out: Mapping[str, bytes]) -> str:
    """The name of the file that a diagram becomes; no other file came to it before."""
    main = next((p for p in diagram.processes if p.executable), diagram.processes[0])
    base = slug(main.id) or "process"
    names = (base if number == 1 else f"{base}_{number}" for number in count(1))
    folder = next(name for name in names if f"{name}/{name}.bpmn" not in out)
    return f"{folder}/{folder}.bpmn"


def _mended(work: Work, opened: Opened, upload: Upload, out: dict[str, bytes]) -> FileReport:
    """One file repaired and written; refused where there is nothing that could run."""
    diagram = work.diagram
    reason = _nothing_to_run(diagram, opened.root)
    if reason is not None:
        return _refused(work, reason)
    for step in _STEPS:
        step(work)
    if reason := _nothing_left(diagram):
        return _refused(work, reason)
    _only_drawn(work)
    became = _place(diagram, out)
    _forms(work, became.partition("/")[0], out)
    content = writing.write(diagram, work.ledger)
    out[became] = content
    present = _ids(content)
    items = work.ledger.items(present)
    return FileReport(work.file, became, diagram.tool, items, remarks=tuple(work.ledger.remarks))


def _refused(work: Work, reason: str) -> FileReport:
    for line in work.ledger.lines:
        line.left_out(reason)
    items = work.ledger.items(())
    return FileReport(work.file, None, work.diagram.tool, items, refused=sentence(reason))


def _nothing_to_run(diagram: Diagram, root: etree._Element) -> str | None:
    """Why a file holds nothing that could be run."""
    if any(process.nodes for process in diagram.processes):
        return None
    kinds = {etree.QName(element).localname for element in root if isinstance(element.tag, str)}
    if "choreography" in kinds or any(
        etree.QName(e).localname == "choreographyTask" for e in root.iter(f"{{{BPMN}}}*")
    ):
        return "refused_choreography"
    if kinds & {"conversation", "globalConversation"} or root.find(f".//{{{BPMN}}}conversation") is not None:
        return "refused_conversation"
    return "refused_no_nodes" if diagram.processes else "refused_no_process"


def _nothing_left(diagram: Diagram) -> str | None:
    """Why nothing runs after all repairs; a process that they emptied is only drawn where another still runs."""
    for process in diagram.processes:
        if process.executable and not process.nodes:
            process.executable = False
    return None if any(process.executable for process in diagram.processes) else "refused_no_nodes"


def _only_drawn(work: Work) -> None:
    """In a process that is only drawn, what the engine would not even read is drawn as its nearest kin."""
    for scope in work.diagram.scopes:
        if scope.top.executable:
            continue
        for node in scope.nodes:
            kin = {"complexGateway": "inclusiveGateway", "adHocSubProcess": "subProcess"}.get(node.kind)
            if kin is not None:
                node.kind = kin
                node.line.changed("drawn_as_kin")
            if node.attached is None and node.kind == "boundaryEvent":
                node.kind = "intermediateCatchEvent"
                node.line.changed("drawn_as_kin")
            for flow in node.outgoing:
                flow.condition = ""
            node.loop = None
            for event in node.events:
                event.timer = "" if event.timer == "dangling" else event.timer
                event.name = event.name or event.ref or node.title


def _forms(work: Work, folder: str, out: dict[str, bytes]) -> None:
    """The generated forms, one for each station that asks for something."""
    ours.take_off_forms(work)
    for node in work.diagram.nodes:
        if node.kind in STATIONS and node.fields and not node.said["own"]:
            key = f"{folder}/{(slug(node.id) or 'station')[:40]}"
            while f"{key}.form" in out:
                key = f"{key}_"
            node.form = key
            out[f"{key}.form"] = fields.form_file(key, node.labels or plain(node.title), node.fields)


def _ids(content: bytes) -> frozenset[str]:
    """The ids of everything in what came out, read again from its bytes."""
    root = etree.fromstring(content)
    return frozenset(str(e.get("id")) for e in root.iter(f"{{{BPMN}}}*") if e.get("id"))
