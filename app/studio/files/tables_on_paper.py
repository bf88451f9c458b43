"""Decision tables on paper: each decision with its columns and rows as written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flask_babel import gettext
from lxml import etree

from app.kernel import pdf
from app.workflow.engine.xmlgate import Refused, parse


def blocks(name: str, files: Mapping[str, bytes]) -> Iterator[pdf.Block]:
    """The decisions of a file, a table each."""
    try:
        root = parse(files[name])
    except Refused:
        yield pdf.Words(gettext("This file can't be read."))
        return
    for decision in root:
        if _tag(decision) == "decision":
            yield pdf.Heading(decision.get("name") or decision.get("id") or "")
            yield from _decision(decision)


def _decision(decision: etree._Element) -> Iterator[pdf.Block]:
    table = next((child for child in decision if _tag(child) == "decisionTable"), None)
    if table is None:
        yield pdf.Words("\n".join(_text(child) for child in decision if _tag(child) == "literalExpression"))
        return
    inputs = [child.get("label") or _text(child) for child in table if _tag(child) == "input"]
    outputs = [child.get("label") or child.get("name") or "" for child in table if _tag(child) == "output"]
    yield pdf.Words(gettext("Hit policy: %(policy)s", policy=table.get("hitPolicy") or "UNIQUE"))
    rows = [_row(number, rule) for number, rule in enumerate((r for r in table if _tag(r) == "rule"), 1)]
    yield pdf.Table((gettext("No."), *inputs, *outputs), rows, widths=(1, *(3 for _ in (*inputs, *outputs))))


def _row(number: int, rule: etree._Element) -> tuple[str, ...]:
    cells = [_text(child) for child in rule if _tag(child) in ("inputEntry", "outputEntry")]
    return str(number), *cells


def _text(element: etree._Element) -> str:
    return " ".join((child.text or "").strip() for child in element.iter() if _tag(child) == "text").strip()


def _tag(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""
