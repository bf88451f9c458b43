"""What people call a file: the name of its process, its decision, its form or its scenario, in the reader's language.

Read tolerantly: a file that can't be read has no title, which its findings explain.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import PurePath

from flask import has_request_context
from lxml import etree

from app.web.i18n import DEFAULT, text_of
from app.workflow.engine.xmlgate import Refused, parse

CREDIT = "{urn:creditflow:bpmn:1}label"
NAMED = frozenset({"participant", "process", "decision"})


def title(name: str, content: bytes) -> Mapping[str, str]:
    """The title by language; empty where the file has none. The text without a language is taken as zh_Hans. A form without a
    title, as shared parts often are, is called by the label of its first section or field."""
    if PurePath(name).suffix in (".form", ".scenario"):
        return _of_json(content)
    try:
        root = parse(content)
    except Refused:
        return {}
    return next(_drawn(root), {})


def shown(name: str, files: Mapping[str, bytes]) -> str:
    """The title of one of these files in the reader's language; its name where it has none, or is not there any more."""
    found = title(name, files.get(name, b""))
    # A worker has no reader.
    return (text_of(found) if has_request_context() else found.get(DEFAULT) or next(iter(found.values()), "")) or name


def _of_json(content: bytes) -> Mapping[str, str]:
    try:
        document = json.loads(content)
        found = document.get("title") or next((one.get("label") for one in document.get("components") or ()), None)
    except (ValueError, AttributeError, TypeError, RecursionError):
        return {}
    if isinstance(found, str):
        return {"zh_Hans": found}
    return {key: text for key, text in found.items() if isinstance(text, str)} if isinstance(found, dict) else {}


def _drawn(root: etree._Element) -> Iterator[Mapping[str, str]]:
    """The titles of what the file defines, the first pool, process or decision first."""
    for element in root.iter(etree.Element):
        if etree.QName(element).localname in NAMED and element.get("name"):
            own = element.iterfind(f"./{{*}}extensionElements/{CREDIT}")
            yield {"zh_Hans": element.get("name", ""), **{one.get("lang", ""): one.text or "" for one in own}}
