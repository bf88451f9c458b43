"""What is shown of a PDF has the same pages and nothing that acts."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Object, Stream, String

from app.documents.rendering import pdf
from app.documents.rendering.result import Limits, Refused, Result, TooMuch
from tests.unit.documents import made

LIMITS = Limits()


def rendered(content: bytes, limits: Limits = LIMITS) -> Result:
    return pdf.render(content, limits)


def reopened(result: Result) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(result.rendition))


def everything(found: Object, seen: set[tuple[int, int]] | None = None) -> Iterator[Object]:
    """Every dictionary that a reader could come to from here."""
    seen = set() if seen is None else seen
    if isinstance(found, Dictionary | Stream | Array):
        if found.is_indirect:
            if found.objgen in seen:
                return
            seen.add(found.objgen)
        values = list(found) if isinstance(found, Array) else [found[key] for key in found.keys()]  # noqa: SIM118
        if not isinstance(found, Array):
            yield found
        for value in values:
            yield from everything(value, seen)


def plain_bytes(document: pikepdf.Pdf) -> bytes:
    """The file with nothing packed, to look for words in it."""
    return made.saved(
        document,
        compress_streams=False,
        stream_decode_level=pikepdf.StreamDecodeLevel.all,
        object_stream_mode=pikepdf.ObjectStreamMode.disable,
    )


def text_of(document: pikepdf.Pdf, page: int = 0) -> bytes:
    return document.pages[page].obj.Contents.read_bytes()


def test_a_plain_pdf_keeps_its_pages_text_and_sizes() -> None:
    result = rendered(made.pdf(3))
    assert (result.state, result.note, result.pages, result.rendition_type) == ("shown", None, 3, "application/pdf")
    shown = reopened(result)
    assert [b"Statement %d" % n in text_of(shown, n - 1) for n in (1, 2, 3)] == [True] * 3
    assert [float(x) for x in shown.pages[0].mediabox] == [0, 0, 595, 842]


def test_nothing_that_acts_comes_along() -> None:
    result = rendered(made.active_pdf())
    assert (result.state, result.note) == ("shown", "cleaned")
    shown = reopened(result)
    assert set(shown.Root.keys()) == {"/Type", "/Pages"}
    for found in everything(shown.Root):
        assert not {"/JS", "/JavaScript", "/AA", "/A", "/OpenAction", "/Launch", "/EF", "/XFA", "/Annots"} & set(
            found.keys()
        )
    words = plain_bytes(shown)
    for word in (
        b"EVIL",
        b"evil",
        b"cmd.exe",
        b"/JavaScript",
        b"/Launch",
        b"/URI",
        b"/EmbeddedFile",
        b"/Author",
        b"Ref",
    ):
        assert word not in words, word


def test_a_stream_that_points_to_a_file_elsewhere_points_nowhere_afterwards() -> None:
    shown = reopened(rendered(made.active_pdf()))
    form = shown.pages[0].obj.Resources.XObject.F
    assert not {"/F", "/Ref"} & set(form.keys())


def test_resources_named_like_dangerous_keys_stay() -> None:
    shown = reopened(rendered(made.pdf()))
    assert shown.pages[0].obj.Resources.Font.F.BaseFont == Name.Helvetica


def test_what_was_filled_into_a_form_is_part_of_the_page() -> None:
    shown = reopened(rendered(made.filled_form()))
    assert b"FILLED" in plain_bytes(shown)
    assert "/Annots" not in shown.pages[0].obj


def test_layers_keep_their_settings_so_that_hidden_ones_stay_hidden() -> None:
    document = pikepdf.open(io.BytesIO(made.pdf()))
    layer = document.make_indirect(Dictionary(Type=Name.OCG, Name=String("draft")))
    document.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=Dictionary(OFF=Array([layer])))
    document.pages[0].Resources.Properties = Dictionary(L=layer)
    shown = reopened(rendered(made.saved(document)))
    assert shown.Root.OCProperties.D.OFF[0].objgen == shown.pages[0].obj.Resources.Properties.L.objgen


def test_inherited_sizes_and_rotation_are_kept() -> None:
    document = pikepdf.open(io.BytesIO(made.pdf(2)))
    for page in document.pages:
        del page.obj["/MediaBox"]
    document.Root.Pages.MediaBox = Array([0, 0, 100, 200])
    document.Root.Pages.Rotate = 90
    shown = reopened(rendered(made.saved(document)))
    assert [float(x) for x in shown.pages[1].mediabox] == [0, 0, 100, 200]
    assert shown.pages[1].obj.Rotate == 90


def test_one_original_always_gives_the_same_rendition() -> None:
    content = made.pdf(2)
    assert rendered(content).rendition == rendered(content).rendition


def test_a_password_is_said_and_nothing_is_shown() -> None:
    locked = made.saved(pikepdf.open(io.BytesIO(made.pdf())), encryption=pikepdf.Encryption(owner="o", user="u"))
    assert rendered(locked) == Result("protected", "application/pdf", "password")


def test_a_pdf_protected_only_against_changes_is_shown_unprotected() -> None:
    locked = made.saved(pikepdf.open(io.BytesIO(made.pdf())), encryption=pikepdf.Encryption(owner="o", user=""))
    result = rendered(locked)
    assert (result.state, result.note, result.pages) == ("protected", "restricted", 1)
    assert not reopened(result).is_encrypted


def test_a_pdf_without_its_end_is_repaired_and_says_so() -> None:
    whole = made.pdf(2)
    cut = whole[: whole.rindex(b"startxref")]
    result = rendered(cut)
    assert (result.state, result.note, result.pages) == ("shown", "repaired", 2)


def test_a_pdf_without_index_types_and_end_is_put_together_from_its_pieces() -> None:
    whole = b"%PDF-1.4 4 0 obj<</Length 31>>stream\nBT /F 12 Tf 9 9 Td (Found) Tj ET\nendstream 1 0 obj<</Kids[3 0 R]>>"
    page = (
        b" 3 0 obj<</Parent 1 0 R/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>> 5 0 obj<</Type/Font/Subtype/Type1>>"
    )
    result = rendered(whole + page + b"trailer<</Root<</Pages 1 0 R>>/Size 9>>")
    assert (result.state, result.note, result.pages) == ("shown", "repaired", 1)
    assert b"Found" in plain_bytes(reopened(result))


def test_of_an_object_written_twice_the_later_one_counts() -> None:
    twice = b"%PDF-1.4 1 0 obj<</Kids[3 0 R]>>3 0 obj<</Rotate 0>>endobj 3 0 obj<</Rotate 90>>trailer<</Root<</Pages 1 0 R>>>>"
    shown = reopened(rendered(twice))
    assert shown.pages[0].obj.Rotate == 90


def test_pieces_put_together_lose_what_acts_as_any_other_file_does() -> None:
    acting = b"%PDF-1.4 1 0 obj<</Kids[3 0 R]>>3 0 obj<</AA<</O 4 0 R>>>>4 0 obj<</S/JavaScript/JS(EVIL)>>endobj "
    result = rendered(acting + b"trailer<</Root<</Pages 1 0 R/OpenAction 4 0 R>>>>")
    assert result.rendition
    assert b"EVIL" not in plain_bytes(reopened(result))


def test_looking_for_pieces_in_a_large_file_of_nothing_ends_soon() -> None:
    begun = time.monotonic()
    for filler in (b"1 0 obj ", b"9 ", b"trailer<<", b"\0"):
        rendered(b"%PDF-1.4 " + filler * (1_000_000 // len(filler)))
    assert time.monotonic() - begun < 20


def test_a_page_whose_contents_can_not_be_unpacked_is_shown_as_incomplete() -> None:
    document = pikepdf.open(io.BytesIO(made.pdf()))
    document.pages[0].Contents = document.make_stream(b"")
    document.pages[0].Contents.write(b"this is not deflated", filter=Name.FlateDecode)
    result = rendered(made.saved(document))
    assert (result.state, result.note) == ("broken", "incomplete")
    assert result.rendition


@pytest.mark.parametrize(
    "content", [b"%PDF-1.4", b"%PDF-1.7\n" + bytes(5000), b"%PDF-\0trailer<</Root<</Pages<<>>>>>>"]
)
def test_what_has_no_readable_pages_is_kept_as_broken(content: bytes) -> None:
    assert rendered(content) == Result("broken", "application/pdf", "unreadable")


def test_too_many_pages_are_refused_with_the_number() -> None:
    with pytest.raises(Refused) as refused:
        rendered(made.pdf(6), Limits(pages=5))
    assert refused.value.values == {"pages": 5}


def test_contents_that_unpack_beyond_the_limit_are_too_much() -> None:
    with pytest.raises(TooMuch):
        rendered(made.pdf_bomb(3), Limits(streams=2 * 2**20))


def test_a_picture_that_claims_more_pixels_than_allowed_is_too_much() -> None:
    document = pikepdf.open(io.BytesIO(made.pdf()))
    huge = document.make_stream(b"")
    huge.Type, huge.Subtype, huge.Width, huge.Height = Name.XObject, Name.Image, 60_000, 60_000
    huge.ColorSpace, huge.BitsPerComponent = Name.DeviceGray, 8
    document.pages[0].Resources.XObject = Dictionary(I=huge)
    with pytest.raises(TooMuch):
        rendered(made.saved(document))


def test_pages_that_contain_themselves_end() -> None:
    document = pikepdf.open(io.BytesIO(made.pdf()))
    page = document.pages[0]
    page.obj.Resources.XObject = Dictionary(Self=page.obj.Contents)
    page.obj.Contents.Resources = page.obj.Resources
    assert rendered(made.saved(document)).pages == 1
