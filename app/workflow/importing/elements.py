"""Small questions to an element of a BPMN tree: its kind, its references, its notes, how often it is done, which tool drew it."""

from __future__ import annotations

from lxml import etree

from app.workflow.importing import vendors
from app.workflow.importing.gate import BPMN, text_in
from app.workflow.importing.model import Loop

_TOOLS: tuple[tuple[str, str], ...] = (
    ("zeebe", "Camunda 8"),
    ("camunda", "Camunda 7"),
    ("flowable", "Flowable"),
    ("activiti", "Activiti"),
)
_TOOLS += (
    ("spiffworkflow", "SpiffWorkflow"),
    ("signavio", "Signavio"),
    ("trisotech", "Trisotech"),
    ("bizagi", "Bizagi"),
)


def kind_of(element: etree._Element) -> str | None:
    """The name of a BPMN element; None for comments and for what vendors add."""
    if not isinstance(element.tag, str):
        return None
    name = etree.QName(element)
    return name.localname if name.namespace == BPMN else None


def local(reference: str) -> str:
    """A reference without its prefix."""
    return reference.strip().rpartition(":")[2]


def docs(element: etree._Element) -> str:
    """Its documentation, a line each, at most 4,000 characters."""
    texts = (text_in(child).strip() for child in element.iterfind(f"{{{BPMN}}}documentation"))
    return "\n".join(text for text in texts if text)[:4000]


def loop(element: etree._Element) -> Loop | None:
    """How often an activity is done: once (None), in a loop, or for each of many."""
    standard = element.find(f"{{{BPMN}}}standardLoopCharacteristics")
    if standard is not None:
        condition = (standard.findtext(f"{{{BPMN}}}loopCondition") or "").strip()
        return Loop("standard", condition=condition, maximum=standard.get("loopMaximum") or "",
                    before=standard.get("testBefore") == "true")  # fmt: skip
    many = element.find(f"{{{BPMN}}}multiInstanceLoopCharacteristics")
    if many is None:
        return None
    theirs = vendors.said(many)
    item = many.find(f"{{{BPMN}}}inputDataItem")
    return Loop(
        kind="sequential" if many.get("isSequential") == "true" else "parallel",
        cardinality=(many.findtext(f"{{{BPMN}}}loopCardinality") or "").strip(),
        collection=(many.findtext(f"{{{BPMN}}}loopDataInputRef") or theirs.get("collection") or "").strip(),
        item=theirs.get("item") or ((item.get("name") or item.get("id") or "") if item is not None else ""),
        condition=(many.findtext(f"{{{BPMN}}}completionCondition") or "").strip(),
    )


def named(root: etree._Element) -> dict[tuple[str, str], etree._Element]:
    """What events and data refer to, by kind and id."""
    found: dict[tuple[str, str], etree._Element] = {}
    kinds = {
        "message": "message",
        "signal": "signal",
        "error": "error",
        "escalation": "escalation",
        "dataStore": "store",
    }
    for element in root:
        kind = kind_of(element) or ""
        if kind.endswith("EventDefinition"):
            found.setdefault(("definition", element.get("id") or ""), element)
        elif kind in kinds:
            found.setdefault((kinds[kind], element.get("id") or ""), element)
    return found


def tool(root: etree._Element) -> str:
    """What drew the file, as far as it says."""
    exporter = " ".join(f"{root.get('exporter') or ''} {root.get('exporterVersion') or ''}".split())
    spaces = " ".join(
        {etree.QName(name).namespace or "" for e in root.iter(etree.Element) for name in (e.tag, *e.attrib)}
    )
    vendor = next((name for word, name in _TOOLS if word in spaces), "")
    return ", ".join(filter(None, (exporter[:60], vendor)))
