"""Paper: data in, PDF bytes out. Any room can print; how it looks is one template (`pdf.typ`), and the font comes with us.

What people typed reaches the template as JSON strings and is set as text, never read as markup. The same paper gives the same
bytes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import typst

TEMPLATE = Path(__file__).with_name("pdf.typ")
FONTS = Path(__file__).with_name("fonts")
FONT = "Noto Sans CJK SC"
REGIONS = {"zh_Hans": ("zh", "cn"), "zh_Hant": ("zh", "tw"), "en": ("en", "gb")}
WIDE = 1400  # above it a drawing can no longer be read on A4
KEPT_CONTROLS = frozenset("\n\t")


@dataclass(frozen=True)
class Heading:
    """A heading inside the paper."""

    text: str


@dataclass(frozen=True)
class Words:
    """A paragraph; line breaks are kept."""

    text: str


@dataclass(frozen=True)
class Facts:
    """Labels left, values right."""

    pairs: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Table:
    """Rows under columns; widths are relative (equal where left out). The head is repeated on every page."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[int] = ()


@dataclass(frozen=True)
class Stamp:
    """The result in a red frame."""

    text: str


@dataclass(frozen=True)
class Signatures:
    """A line to sign on for each name."""

    names: Sequence[str]


@dataclass(frozen=True)
class NewPage:
    """What follows begins on a new page."""


@dataclass(frozen=True)
class Picture:
    """A drawing (SVG) on a page of its own across the sheet; large drawings get a larger sheet."""

    svg: str
    title: str = ""


Block = Heading | Words | Facts | Table | Stamp | Signatures | NewPage | Picture


@dataclass(frozen=True)
class Paper:
    """A document. foot: the lines at the foot of every page (case number, digest, rule version), beside page x / y."""

    title: str
    blocks: Sequence[Block]
    subtitle: str = ""
    foot: Sequence[str] = ()
    language: str = "zh_Hans"


def render(paper: Paper) -> bytes:
    """The paper as PDF."""
    lang, region = REGIONS.get(paper.language, REGIONS["en"])
    body = {
        "title": paper.title,
        "subtitle": paper.subtitle,
        "blocks": [_block(block) for block in paper.blocks],
        "foot": list(paper.foot),
    }
    body = _clean(body) | {"lang": lang, "region": region, "fonts": [FONT]}
    text = orjson.dumps(body).decode()
    # The host's fonts are asked only for signs that ours lacks (rare names); so usual paper is the same everywhere.
    made: bytes = typst.compile(
        str(TEMPLATE),
        font_paths=[str(FONTS)],
        ignore_system_fonts=not any(_is_rare(sign) for sign in set(text)),
        sys_inputs={"paper": text},
    )
    return made


def _block(block: Block) -> dict[str, Any]:
    match block:
        case Heading(text):
            return {"kind": "heading", "text": text}
        case Words(text):
            return {"kind": "text", "text": text}
        case Facts(pairs):
            return {"kind": "facts", "pairs": [list(pair) for pair in pairs]}
        case Table(columns, rows, widths):
            wide = list(widths) or [1] * len(columns)
            return {"kind": "table", "columns": list(columns), "rows": [list(row) for row in rows], "widths": wide}
        case Stamp(text):
            return {"kind": "stamp", "text": text}
        case Signatures(names):
            return {"kind": "signatures", "names": list(names)}
        case Picture(svg, title):
            return {"kind": "picture", "svg": svg, "title": title, "sheet": "a4" if _width(svg) < WIDE else "a3"}
    return {"kind": "page"}


def _width(svg: str) -> float:
    """The width that a drawing states for itself, in its own units; 0 where it states none."""
    match = re.search(r'<svg[^>]*? width="([0-9.]+)"', svg)
    return float(match.group(1)) if match else 0


def _clean(value: Any) -> Any:
    """Without control signs and lone surrogates, which no font has and no PDF may hold."""
    if isinstance(value, str):
        return "".join(_printable(value))
    if isinstance(value, Mapping):
        return {name: _clean(part) for name, part in value.items()}
    return [_clean(part) for part in value] if isinstance(value, Sequence) else value


def _printable(text: str) -> Iterator[str]:
    for sign in text:
        if sign in KEPT_CONTROLS or unicodedata.category(sign) not in ("Cc", "Cs", "Cn"):
            yield sign


def _is_rare(sign: str) -> bool:
    """Whether our font may lack a sign: neither in GB 2312 nor in Big5, nor Latin."""
    return ord(sign) > 0x17F and not any(_encodes(sign, name) for name in ("gb2312", "big5"))


def _encodes(sign: str, encoding: str) -> bool:
    try:
        sign.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
