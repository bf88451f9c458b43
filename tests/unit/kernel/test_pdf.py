"""Paper: what people typed is text and never markup; the same paper gives the same bytes; every page says what it belongs to."""

from __future__ import annotations

import io
import re

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel import pdf
from app.kernel.pdf import Facts, Heading, NewPage, Paper, Signatures, Stamp, Table, Words

HOSTILE = (
    '#panic("x")',
    '#import "/etc/passwd": *',
    '#read("/etc/passwd")',
    "*bold* _it_ $x^2$ `raw` <label> @ref",
    "= heading",
    '"; #sys.inputs // comment /* */',
    "\\u{41} \\",
    "]}[{#",
    "]\n#pagebreak()\n[",
    "{{7*7}}<script>alert(1)</script>",
)


def a_paper(*blocks: pdf.Block, **more) -> Paper:
    return Paper("决议", blocks, **more)


def pages(content: bytes) -> int:
    with pikepdf.open(io.BytesIO(content)) as opened:
        return len(opened.pages)


def text_of(content: bytes) -> str:
    """The text of a PDF by its glyph maps, spaces left out."""
    found = []
    with pikepdf.open(io.BytesIO(content)) as opened:
        for page in opened.pages:
            maps = {name: _glyphs(font.ToUnicode.read_bytes().decode()) for name, font in page.Resources.Font.items()}
            font = {}
            for operands, operator in pikepdf.parse_content_stream(page):
                if str(operator) == "Tf":
                    font = maps[str(operands[0])]
                elif str(operator) in ("Tj", "TJ"):
                    parts = operands[0] if str(operator) == "TJ" else [operands[0]]
                    found += [_decoded(bytes(part), font) for part in parts if isinstance(part, pikepdf.String)]
    return re.sub(r"\s", "", "".join(found))


def _glyphs(cmap: str) -> dict[int, str]:
    found = {}
    for block in re.findall(r"beginbfchar(.*?)endbfchar", cmap, re.DOTALL):
        for code, value in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            found[int(code, 16)] = bytes.fromhex(value).decode("utf-16-be")
    for block in re.findall(r"beginbfrange(.*?)endbfrange", cmap, re.DOTALL):
        for first, last, value in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            for offset in range(int(last, 16) - int(first, 16) + 1):
                found[int(first, 16) + offset] = chr(int(value, 16) + offset)
    return found


def _decoded(raw: bytes, font: dict[int, str]) -> str:
    return "".join(font.get(int.from_bytes(raw[i : i + 2]), "?") for i in range(0, len(raw), 2))


@pytest.mark.parametrize("evil", HOSTILE)
def test_what_people_typed_is_set_as_text_wherever_it_stands(evil: str) -> None:
    blocks = (
        Stamp(evil),
        Facts([(evil, evil)]),
        Heading(evil),
        Table([evil], [[evil]]),
        Words(evil),
        Signatures([evil]),
    )
    content = pdf.render(Paper(evil, blocks, subtitle=evil, foot=[evil]))
    plain = re.sub(r"\s", "", evil)
    # Ligatures of the font may join two letters; nothing may be missing or carried out.
    assert text_of(content).count(plain) >= 8, text_of(content)[:400]
    assert pages(content) == 1


def test_it_reads_no_file_and_names_none() -> None:
    content = pdf.render(a_paper(Words('#read("pdf.typ")')))
    assert '#read("pdf.typ")' in text_of(content)


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=60), st.lists(st.text(max_size=30), max_size=4))
def test_any_text_at_all_can_be_printed(title: str, cells: list[str]) -> None:
    assert pdf.render(Paper(title, [Table(["a", "b"], [[one, title] for one in cells]), Words(title)])).startswith(
        b"%PDF"
    )


@pytest.mark.parametrize("language", ["zh_Hans", "zh_Hant", "en"])
def test_the_same_paper_gives_the_same_bytes(language: str) -> None:
    paper = a_paper(Words("同意发放贷款 12,000,000.00 元"), language=language)
    assert pdf.render(paper) == pdf.render(paper)


def test_both_scripts_are_set_in_the_font_that_comes_with_us() -> None:
    content = pdf.render(a_paper(Words("简体：审批条件落实；繁體：審批條件落實、決議、風險評審會")))
    assert "繁體：審批條件落實、決議、風險評審會" in text_of(content)
    with pikepdf.open(io.BytesIO(content)) as opened:
        fonts = {str(font.BaseFont) for page in opened.pages for font in page.Resources.Font.values()}
    assert all("NotoSansCJK" in name for name in fonts), fonts


def test_every_page_carries_its_foot_and_its_number() -> None:
    rows = [[str(n), "意见" * 20] for n in range(120)]
    content = pdf.render(
        a_paper(Table(["序号", "意见"], rows, (1, 5)), NewPage(), Words("完"), foot=["CA-1", "摘要 abc"])
    )
    count, text = pages(content), text_of(content)
    assert count > 3
    assert text.count("CA-1") == count
    assert text.count("摘要abc") == count
    assert all(f"{n}/{count}" in text for n in range(1, count + 1))
    assert text.count("序号") >= count - 1, "the head of the table is repeated"


def test_the_font_is_small_enough_and_its_licence_is_with_it() -> None:
    (font,) = pdf.FONTS.glob("*.otf")
    assert font.stat().st_size < 6 * 2**20
    assert "SIL OPEN FONT LICENSE" in (pdf.FONTS / "OFL.txt").read_text()
