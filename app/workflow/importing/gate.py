"""From bytes to a tree, as tolerantly as is safe: any usual encoding, missing prefixes, damage that can be read around.

Nothing is fetched and nothing expands. A file with a DOCTYPE is refused before it is parsed; what is no BPMN is refused
by what it is.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from lxml import etree

MAX_BYTES = 4 * 1024 * 1024
MAX_ELEMENTS = 20_000
# What takes part in a route. The largest drawing ever met here had 300; ten times as many are still answered in time.
MAX_DRAWN = 3_000
MAX_ATTRIBUTES = 200  # of one element: the XML library reads them in quadratic time
DRAWN = (
    "Task",
    "task",
    "Event",
    "Gateway",
    "EventDefinition",
    "sequenceFlow",
    "callActivity",
    "ubProcess",
    "lane",
    "process",
)
BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
OLD = ("http://schema.omg.org/spec/BPMN/2.0", "http://www.omg.org/bpmn20", "http://www.omg.org/spec/BPMN/2.0")
DI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DD = "http://www.omg.org/spec/DD/20100524/DI"
XINCLUDE = "http://www.w3.org/2001/XInclude"
PREFIXES = {
    **dict.fromkeys(("bpmn", "bpmn2", "semantic", "model", "bpmn20", "bpmns"), BPMN),
    **dict.fromkeys(("bpmndi", "omgbpmndi"), DI),
    **dict.fromkeys(("dc", "omgdc"), DC),
    **dict.fromkeys(("di", "omgdi"), DD),
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "camunda": "http://camunda.org/schema/1.0/bpmn",
    "activiti": "http://activiti.org/bpmn",
    "flowable": "http://flowable.org/bpmn",
    "zeebe": "http://camunda.org/schema/zeebe/1.0",
    "spiffworkflow": "http://spiffworkflow.org/bpmn/schema/1.0/core",
}
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_PROLOG = re.compile(rb"^\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._:-]+)[\"']", re.IGNORECASE)
_DOCTYPE = re.compile(r"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_CDATA = re.compile(r"<!\[CDATA\[.*?\]\]>", re.DOTALL)
_ROOT = re.compile(r"<(?![?!])[^<>]*>")
_PREFIX = re.compile(r"</?([A-Za-z_][\w.-]*):[A-Za-z_]|\s([A-Za-z_][\w.-]*):[\w.-]+\s*=\s*[\"']")
_DECLARED = re.compile(r"xmlns:([A-Za-z_][\w.-]*)\s*=")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_LATIN = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})


@dataclass(frozen=True)
class Refused(Exception):
    """Why a file can't be brought in: a code of texts.toml and the fact it needs."""

    code: str
    fact: str = ""


@dataclass(frozen=True)
class Opened:
    """The tree and what had to be overlooked to get it: codes with a fact each."""

    root: etree._Element
    remarks: tuple[tuple[str, str], ...]


def open_file(content: bytes) -> Opened:
    """The tree of a BPMN file. Raises Refused."""
    if not content.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        raise Refused("empty")
    if len(content) > MAX_BYTES:
        raise Refused("too_large", f"{len(content):,}")
    remarks: list[tuple[str, str]] = []
    text = _text(content, remarks)
    # What stands in a comment or a CDATA section is no declaration.
    bare = _CDATA.sub("", _COMMENT.sub("", text))
    if _DOCTYPE.search(bare):
        raise Refused("doctype" if "<definitions" in text or ":definitions" in text else "not_bpmn", "DOCTYPE")
    text = _declared(text, bare, remarks)
    root = _parsed(text, remarks)
    _bounded(root)
    _adopt(root, remarks)
    _is_bpmn(root)
    return Opened(root, tuple(remarks))


def in_utf8(content: bytes) -> bytes:
    """A decision table in UTF-8, whatever encoding it came in; what is UTF-8 already stays as it is. Raises Refused."""
    remarks: list[tuple[str, str]] = []
    text = _text(content, remarks)
    if not remarks:
        return content
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()


def _text(content: bytes, remarks: list[tuple[str, str]]) -> str:
    """The characters of the file, without its declaration."""
    text = None
    for encoding in _encodings(content):
        try:
            text = content.decode(encoding)
        except (LookupError, UnicodeError):
            continue
        if encoding not in _LATIN and encoding != "utf-8-sig":
            remarks.append(("encoding", encoding))
        break
    if text is None:
        raise Refused("encoding_unreadable")
    clean = _CONTROL.sub("", text)
    if clean != text:
        remarks.append(("control_characters", ""))
    return _DECLARATION.sub("", clean.lstrip("\ufeff \t\r\n"), count=1)


def _encodings(content: bytes) -> list[str]:
    """What to try, in order. latin-1 reads anything, so it comes last."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ["utf-16"]
    if content.startswith(codecs.BOM_UTF8):
        return ["utf-8-sig", "gb18030", "latin-1"]
    if content[:4] in (b"<\x00?\x00", b"<\x00d\x00", b"<\x00b\x00"):
        return ["utf-16-le"]
    if content[:4] in (b"\x00<\x00?", b"\x00<\x00d", b"\x00<\x00b"):
        return ["utf-16-be"]
    declared = _PROLOG.match(content)
    named = declared.group(1).decode("ascii").lower() if declared else "utf-8"
    # Bytes that are no UTF-16 although the declaration says so: a tool converted the file and kept the words.
    first = "utf-8" if named.startswith(("utf-16", "utf16", "ucs-2", "unicode")) else named
    return [first, "utf-8", "gb18030", "latin-1"]


def _declared(text: str, bare: str, remarks: list[tuple[str, str]]) -> str:
    """The text with a declaration for every prefix that is used without one."""
    used = {one or two for one, two in _PREFIX.findall(bare)} - {"xmlns", "xml"}
    missing = sorted(used - set(_DECLARED.findall(bare)))
    start = _ROOT.search(text) if missing else None
    if start is None:
        return text
    remarks.append(("prefixes", ", ".join(missing)))
    added = "".join(f' xmlns:{prefix}="{PREFIXES.get(prefix.lower(), "urn:unknown:" + prefix)}"' for prefix in missing)
    end = start.end() - (2 if start.group().endswith("/>") else 1)
    return text[:end] + added + text[end:]


def _parsed(text: str, remarks: list[tuple[str, str]]) -> etree._Element:
    content = text.encode()
    try:
        return etree.fromstring(content, _parser(recover=False))
    except (etree.XMLSyntaxError, ValueError) as error:
        reason = str(error)[:160]
    try:
        root = etree.fromstring(content, _parser(recover=True))
    except etree.XMLSyntaxError:
        root = None
    if root is None:
        raise Refused("not_xml", reason)
    remarks.append(("damaged", reason))
    _without_loose_prefixes(root)
    return root


def _without_loose_prefixes(root: etree._Element) -> None:
    """Where the damage took a prefix's declaration away, names keep the prefix as if it were a part of them; it is cut off."""
    for element in root.iter(etree.Element):
        if ":" in element.tag and element.tag[0] != "{":
            element.tag = element.tag.rpartition(":")[2] or "element"
        for name in [name for name in element.attrib if ":" in str(name) and str(name)[0] != "{"]:
            value, plain = element.attrib.pop(name), str(name).rpartition(":")[2] or "attribute"
            if plain not in element.attrib:
                element.set(plain, value)


def _parser(*, recover: bool) -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        no_network=True,
        huge_tree=False,
        recover=recover,
        remove_pis=True,
        remove_comments=True,
    )


def _bounded(root: etree._Element) -> None:
    drawn = 0
    for number, element in enumerate(root.iter(), start=1):
        if number > MAX_ELEMENTS:
            raise Refused("too_many_elements", f"{MAX_ELEMENTS:,}")
        if len(element.attrib) > MAX_ATTRIBUTES:
            raise Refused("too_many_attributes", f"{MAX_ATTRIBUTES:,}")
        if not isinstance(element.tag, str):
            continue
        if element.tag.startswith(f"{{{XINCLUDE}}}"):
            raise Refused("include")
        drawn += element.tag.endswith(DRAWN)
        if drawn > MAX_DRAWN:
            raise Refused("too_many_elements", f"{MAX_DRAWN:,}")


def _adopt(root: etree._Element, remarks: list[tuple[str, str]]) -> None:
    """Elements without the namespace of BPMN, in a file that is meant to be BPMN, get it."""
    name = etree.QName(root)
    if name.localname != "definitions" or name.namespace == BPMN:
        return
    if name.namespace is not None and name.namespace not in OLD:
        return
    remarks.append(("namespace", name.namespace or ""))
    for element in root.iter():
        if isinstance(element.tag, str) and etree.QName(element).namespace in (name.namespace, None):
            element.tag = f"{{{BPMN}}}{etree.QName(element).localname}"


def _is_bpmn(root: etree._Element) -> None:
    name = etree.QName(root)
    if name.namespace == BPMN and name.localname == "definitions":
        return
    namespace = (name.namespace or "").lower()
    if "dmn" in namespace:
        raise Refused("is_decision")
    for word in ("xpdl", "xmi", "html", "cmmn", "svg", "aris", "visio", "drawio", "mxfile", "bpel"):
        if word in namespace or word in name.localname.lower():
            raise Refused("other_format", word.upper())
    raise Refused("not_bpmn", name.localname[:60])


def text_in(element: etree._Element) -> str:
    """All text inside an element."""
    return "".join(str(part) for part in element.itertext())
