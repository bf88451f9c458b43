"""Character classes of XML Schema regular expressions, rewritten for RE2: subtraction, blocks and name characters."""

from __future__ import annotations

import re

NAME_START = (
    r":A-Z_a-z\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{2FF}\x{370}-\x{37D}\x{37F}-\x{1FFF}\x{200C}-\x{200D}\x{2070}-\x{218F}"
    r"\x{2C00}-\x{2FEF}\x{3001}-\x{D7FF}\x{F900}-\x{FDCF}\x{FDF0}-\x{FFFD}\x{10000}-\x{EFFFF}"
)
NAME_CHARS = r"\-.0-9\x{B7}\x{300}-\x{36F}\x{203F}-\x{2040}"
BLOCKS = {
    "BasicLatin": r"\x00-\x7F",
    "Latin-1Supplement": r"\x{80}-\x{FF}",
    "LatinExtended-A": r"\x{100}-\x{17F}",
    "LatinExtended-B": r"\x{180}-\x{24F}",
    "Greek": r"\x{370}-\x{3FF}",
    "GreekandCoptic": r"\x{370}-\x{3FF}",
    "Cyrillic": r"\x{400}-\x{4FF}",
    "Hebrew": r"\x{590}-\x{5FF}",
    "Arabic": r"\x{600}-\x{6FF}",
    "Thai": r"\x{E00}-\x{E7F}",
    "GeneralPunctuation": r"\x{2000}-\x{206F}",
    "CurrencySymbols": r"\x{20A0}-\x{20CF}",
    "CJKSymbolsandPunctuation": r"\x{3000}-\x{303F}",
    "Hiragana": r"\x{3040}-\x{309F}",
    "Katakana": r"\x{30A0}-\x{30FF}",
    "Bopomofo": r"\x{3100}-\x{312F}",
    "CJKUnifiedIdeographsExtensionA": r"\x{3400}-\x{4DBF}",
    "CJKUnifiedIdeographs": r"\x{4E00}-\x{9FFF}",
    "HangulSyllables": r"\x{AC00}-\x{D7AF}",
    "HalfwidthandFullwidthForms": r"\x{FF00}-\x{FFEF}",
}
_SETS = {
    "d": r"\p{Nd}",
    "D": r"\P{Nd}",
    "s": r" \t\n\r",
    "w": r"\p{L}\p{M}\p{N}\p{S}",
    "W": r"\p{P}\p{Z}\p{C}",
    "i": NAME_START,
    "c": NAME_START + NAME_CHARS,
}
_ITEM = re.compile(r"\\[pP]\{([A-Za-z0-9\-]+)\}|\\(.)|(.)", re.DOTALL)
_LITERAL_ESCAPES = {"n": 10, "r": 13, "t": 9}
_LITERALS = frozenset("\\|.?*+(){}-[]^$nrt")
Interval = tuple[int, int]


def read_class(pattern: str, at: int) -> tuple[str | None, int]:
    """The class that begins at `at`, for RE2, and the offset after it; None for one that can't be read or computed."""
    end = _closing(pattern, at)
    if end < 0:
        return None, at
    body = pattern[at + 1 : end]
    subtracted = re.search(r"-\[(.*)\]$", body, re.DOTALL)
    if subtracted is None:
        return _plain(body), end + 1
    kept, removed = _intervals(body[: subtracted.start()]), _intervals(subtracted.group(1))
    if kept is None or removed is None:
        return None, at
    rest = _minus(kept, removed)
    return (
        "[" + "".join(f"\\x{{{low:X}}}-\\x{{{high:X}}}" for low, high in rest) + "]" if rest else r"[^\x00-\x{10FFFF}]"
    ), end + 1


def _closing(pattern: str, at: int) -> int:
    depth = 0
    while at < len(pattern):
        sign = pattern[at]
        if sign == "\\":
            at += 1
        elif sign == "[":
            depth += 1
        elif sign == "]":
            depth -= 1
            if depth == 0:
                return at
        at += 1
    return -1


def _plain(body: str) -> str | None:
    negated = body.startswith("^")
    inner = body[1:] if negated else body
    if not inner or "[" in re.sub(r"\\.", "", inner):
        return None
    pieces = [_item(match) for match in _ITEM.finditer(inner)]
    if any(piece is None for piece in pieces) or not _hyphens_fit(inner):
        return None
    return f"[{'^' if negated else ''}{''.join(piece or '' for piece in pieces)}]"


def _item(match: re.Match[str]) -> str | None:
    category, escaped, single = match.groups()
    if category is not None:
        if not category.startswith("Is"):
            return match.group()
        return BLOCKS.get(category[2:]) if match.group().startswith(r"\p") else None
    if escaped is not None:
        return _SETS.get(escaped) or (match.group() if escaped in _LITERALS else None)
    return "\\" + single if single in "[^&~" else single


def _hyphens_fit(inner: str) -> bool:
    """A hyphen stands for itself only first or last; `[0-9-.]` is an error of XML Schema."""
    plain = re.sub(r"\\[pP]\{[^}]*\}|\\.", "x", inner)
    return re.fullmatch(r"-?(?:[^-](?:-[^-])?)*-?", plain, re.DOTALL) is not None


def _intervals(body: str) -> list[Interval] | None:
    """The code points of a class made of characters and ranges; None where a category makes it uncountable."""
    negated = body.startswith("^")
    points: list[int | None] = []
    for match in _ITEM.finditer(body[1:] if negated else body):
        category, escaped, single = match.groups()
        if category is not None or (escaped is not None and escaped not in _LITERALS):
            return None
        unescaped_hyphen = single == "-"
        points.append(None if unescaped_hyphen else _LITERAL_ESCAPES.get(escaped or "", ord(escaped or single)))
    intervals: list[Interval] = []
    while points:
        low = points.pop(0)
        if low is None:
            intervals.append((45, 45))
        elif len(points) > 1 and points[0] is None and points[1] is not None:
            intervals.append((low, points[1]))
            del points[:2]
        else:
            intervals.append((low, low))
    return _minus([(0, 0x10FFFF)], intervals) if negated else intervals


def _minus(kept: list[Interval], removed: list[Interval]) -> list[Interval]:
    for low, high in removed:
        parts = [((a, min(b, low - 1)), (max(a, high + 1), b)) for a, b in kept]
        kept = [interval for pair in parts for interval in pair if interval[0] <= interval[1]]
    return kept
