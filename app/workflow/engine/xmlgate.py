"""The gate for XML from outside: nothing is fetched, nothing expands, nothing grows without bound.

A file is looked at as bytes first (size, DOCTYPE), then parsed with every generous feature of lxml switched off, then
counted, then held against the BPMN schema. What is refused comes back as a finding code, never as an exception.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import XSD_PATH

MAX_BYTES = 2 * 1024 * 1024
MAX_ELEMENTS = 20_000
BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
XINCLUDE = "http://www.w3.org/2001/XInclude"
_DECLARATION = re.compile(r"^<\?xml[^>]*\?>")
_DOCTYPE = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
ENCODINGS = frozenset({"utf-8", "utf8", "us-ascii", "ascii", "utf-16", "iso-8859-1", "iso-8859-15", "windows-1252"})
ENCODINGS |= {"gb2312", "gbk", "gb18030", "big5", "big5-hkscs"}
_PROLOG = re.compile(rb"^\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']", re.IGNORECASE)


@dataclass(frozen=True)
class Refused(Exception):
    """Why a file may not come in: a finding code and what it is about."""

    code: str
    fact: str = ""


def parse(content: bytes) -> etree._Element:
    """The root element of `content`.

    Raises Refused: empty, too large, DOCTYPE, an unknown encoding, not well-formed, too many elements.
    """
    if not content.strip():
        raise Refused("xml_empty")
    if len(content) > MAX_BYTES:
        raise Refused("xml_too_large", f"{len(content):,}")
    content = _as_utf8(content)
    if _DOCTYPE.search(content):
        raise Refused("xml_doctype")
    try:
        root = etree.fromstring(content, _parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Refused("xml_malformed", str(error)[:200]) from error
    _count(root)
    return root


def _parser() -> etree.XMLParser:
    # A parser object keeps state between files, so each file gets its own.
    return etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        no_network=True,
        huge_tree=False,
        recover=False,
        remove_pis=True,
        remove_comments=True,
    )


def _as_utf8(content: bytes) -> bytes:
    """The same document in UTF-8 without a declaration: what is scanned is then exactly what is parsed."""
    encoding = _encoding(content)
    if encoding not in ENCODINGS:
        raise Refused("xml_encoding", encoding)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise Refused("xml_encoding", encoding) from error
    return _DECLARATION.sub("", text.lstrip("\ufeff \t\r\n"), count=1).encode()


def _encoding(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    declared = _PROLOG.match(content.removeprefix(codecs.BOM_UTF8))
    return declared.group(1).decode("ascii").lower() if declared else "utf-8"


def _count(root: etree._Element) -> None:
    if root.getroottree().docinfo.internalDTD is not None:
        raise Refused("xml_doctype")
    for number, element in enumerate(root.iter(), start=1):
        if number > MAX_ELEMENTS:
            raise Refused("xml_too_many_elements", f"{MAX_ELEMENTS:,}")
        if not isinstance(element.tag, str):
            raise Refused("xml_doctype")
        if element.tag.startswith(f"{{{XINCLUDE}}}"):
            raise Refused("xml_include")


def schema_errors(root: etree._Element) -> list[tuple[int, str]]:
    """Line and words of each place (at most 20) where a BPMN document breaks the schema."""
    schema = _schema()
    if schema.validate(root):
        return []
    log: list[Any] = list(schema.error_log)  # type: ignore[call-overload]  # iterable, its stubs do not say so
    return [(entry.line, entry.message.replace(f"{{{BPMN}}}", "")) for entry in log[:20]]


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(XSD_PATH))
