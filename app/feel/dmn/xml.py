"""Reading the XML of a decision model without trusting it.

No DOCTYPE, no entities, no network, 2 MB at most, 50,000 elements at most. Every DMN namespace from 1.1 to 1.5 is
read alike: below this module only local names count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, TypeAlias

from lxml import etree

from app.feel.errors import FeelError

MAX_BYTES = 2 << 20
MAX_ELEMENTS = 50_000
_NAMESPACE = re.compile(r"https?://www\.omg\.org/spec/(?:DMN|FEEL)/.*")
_DOCTYPE = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_ENCODINGS = frozenset(("UTF-8", "UTF8", "ASCII", "US-ASCII"))
Element: TypeAlias = etree._Element


def read(xml: bytes) -> Element:
    """The `definitions` element; raises FeelError for anything that is not a decision model."""
    if len(xml) > MAX_BYTES:
        raise FeelError("xml_size", limit=MAX_BYTES // 1024)
    if _DOCTYPE.search(xml) or b"\0" in xml:
        raise FeelError("xml_doctype")
    parser = etree.XMLParser(
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
    try:
        root = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        line = getattr(error, "lineno", 0) or 0
        raise FeelError("xml", line=line, column=1 if line else 0, reason=str(error)[:200]) from None
    document: Any = root.getroottree().docinfo
    if document.doctype or (document.encoding or "UTF-8").upper() not in _ENCODINGS:
        raise FeelError("xml_doctype")
    if sum(1 for _ in root.iter()) > MAX_ELEMENTS:
        raise FeelError("xml_elements", limit=MAX_ELEMENTS)
    if local(root) != "definitions" or not _NAMESPACE.fullmatch(etree.QName(root).namespace or ""):
        raise FeelError("not_dmn")
    return root


def local(element: Element) -> str:
    """The name of an element without its namespace; empty for what is not an element."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def is_dmn(element: Element) -> bool:
    """Whether an element belongs to DMN and not to a tool's extension."""
    return isinstance(element.tag, str) and bool(_NAMESPACE.fullmatch(etree.QName(element).namespace or ""))


def children(element: Element | None, *names: str) -> Iterator[Element]:
    """The child elements of DMN with one of these names, or all of them."""
    if element is None:
        return
    for child in element:
        if is_dmn(child) and (not names or local(child) in names):
            yield child


def child(element: Element | None, *names: str) -> Element | None:
    """The first child with one of these names."""
    return next(children(element, *names), None)


def text_of(element: Element | None) -> str:
    """The content of the `text` child, or of the element itself, without surrounding white space."""
    if element is None:
        return ""
    holder = child(element, "text")
    found = holder if holder is not None else element
    return (
        "".join(str(part) for part in found.itertext()).strip() if holder is not None else (element.text or "").strip()
    )


def attribute(element: Element | None, name: str) -> str:
    """An attribute, with white space normalised; empty where it is missing."""
    return "" if element is None else " ".join((element.get(name) or "").split())


def extension(element: Element, name: str) -> str:
    """An attribute of any tool's namespace, such as `camunda:inputVariable`."""
    for key, value in element.attrib.items():
        if etree.QName(key).localname == name:
            return " ".join(str(value).split())
    return ""


def identity(element: Element) -> str:
    """The id of an element, or its name."""
    return element.get("id") or attribute(element, "name")
