"""Small foreign diagrams for the tests of import, and what they come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from lxml import etree

from app.workflow import engine
from app.workflow.engine.checking import check_here
from app.workflow.engine.trial import tried
from app.workflow.importing.bringing import bring
from app.workflow.importing.values import Bank, Fate, Import, Item

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
HEAD = (
    f'<definitions xmlns="{BPMN}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:activiti="http://activiti.org/bpmn" '
    'xmlns:flowable="http://flowable.org/bpmn" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
    'targetNamespace="urn:foreign" id="defs">'
)
GROUPS = {
    "credit_committee": {"en": "Credit committee", "zh_Hans": "贷审会", "zh_Hant": "貸審會"},
    "risk_managers": {"en": "Risk managers", "zh_Hans": "风险经理", "zh_Hant": "風險經理"},
    "accounting": {"en": "Accounting", "zh_Hans": "会计", "zh_Hant": "會計"},
}
BANK = Bank(GROUPS, ("loans.record",), ("zhaomin",))
NODES = frozenset(
    ("startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent", "userTask", "task")
)
NODES |= {"manualTask", "serviceTask", "scriptTask", "sendTask", "receiveTask", "businessRuleTask", "callActivity"}
NODES |= {"subProcess", "transaction", "adHocSubProcess", "exclusiveGateway", "parallelGateway", "inclusiveGateway"}
NODES |= {"eventBasedGateway", "complexGateway"}
COUNTED = NODES | {"sequenceFlow"}


def file(*inside: str, process: str = 'id="p" isExecutable="true"', beside: str = "") -> bytes:
    """A diagram of one process."""
    return f"{HEAD}{beside}<process {process}>{''.join(inside)}</process></definitions>".encode()


def flow(source: str, target: str, condition: str = "", **attributes: str) -> str:
    """A line with an id of its own; `id=""` leaves it without."""
    given = {"id": f"{source}_{target}", **attributes}
    words = "".join(f' {name}="{value}"' for name, value in given.items() if value)
    inside = f"<conditionExpression>{condition}</conditionExpression>" if condition else ""
    return f'<sequenceFlow{words} sourceRef="{source}" targetRef="{target}">{inside}</sequenceFlow>'


def brought(content: bytes, answers: Mapping[str, Mapping[str, str]] | None = None, bank: Bank = BANK) -> Import:
    """One file brought in."""
    return bring({"f.bpmn": content}, answers or {}, bank)


def diagram(made: Import) -> etree._Element:
    """The tree of the first diagram that came out."""
    return etree.fromstring(next(c for n, c in made.files.items() if n.endswith(".bpmn")))


def one(made: Import, kind: str, **attributes: str) -> etree._Element:
    """The only element of a kind (with these attributes) in what came out."""
    found = [
        e for e in diagram(made).iter(f"{{*}}{kind}") if all(e.get(name) == value for name, value in attributes.items())
    ]
    assert len(found) == 1, f"{len(found)} × {kind} {attributes}"
    return found[0]


def item(made: Import, element: str) -> Item:
    """The item of an element of the file, by its id."""
    return next(i for report in made.reports for i in report.items if i.element == element)


def why(made: Import, element: str) -> str:
    """The English reasons of an item, as one text."""
    return " / ".join(words["en"] for words in item(made, element).why)


def asked(made: Import, kind: str) -> list[Any]:
    """The questions of a kind."""
    return [question for question in made.questions if question.kind == kind]


def errors(made: Import) -> list[str]:
    """What the engine's check and trial run find wrong."""
    catalogue = engine.Catalogue(
        delegates=frozenset(BANK.delegates),
        groups=frozenset(BANK.groups),
        users=frozenset(BANK.users),
        forms=frozenset(name.removesuffix(".form") for name in made.files if name.endswith(".form")),
    )
    found = tried(check_here({n: c for n, c in made.files.items() if not n.endswith(".form")}, catalogue)).findings
    return [f"{f.code}: {f.message['en']}" for f in found if f.severity == "error"]


def definition(made: Import) -> engine.Definition:
    """The definition of a clean import."""
    assert errors(made) == []
    files = {n: c for n, c in made.files.items() if not n.endswith(".form")}
    return check_here(files, engine.Catalogue()).definitions[0]


def unaccounted(content: bytes, made: Import) -> list[str]:
    """Nodes and lines of the file that are neither in what came out nor told of; counted from the bytes, not by the reader."""
    root = etree.fromstring(content, etree.XMLParser(recover=True, resolve_entities=False, remove_comments=True))
    drawn = Counter(etree.QName(e).localname for e in root.iter(f"{{{BPMN}}}*") if etree.QName(e).localname in COUNTED)
    items = [i for report in made.reports for i in report.items if not i.added]
    told = Counter(i.kind for i in items if i.kind in COUNTED)
    wrong = [f"{kind}: {number} drawn, {told[kind]} told" for kind, number in drawn.items() if told[kind] != number]
    present = {
        e.get("id") for n, c in made.files.items() if n.endswith(".bpmn") for e in etree.fromstring(c).iter("{*}*")
    }
    wrong += [f"{i.kind} {i.element} is not in it" for i in items if i.fate is Fate.KEPT and i.now not in present]
    wrong += [f"{i.kind} {i.element} has no reason" for i in items if i.now is None and not i.why]
    return wrong + [f"{i.kind} {i.element} lost" for i in items if i.fate is Fate.LOST]
