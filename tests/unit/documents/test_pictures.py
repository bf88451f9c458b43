"""Pictures come out as pictures only: upright, whole, without what was hidden beside them."""

from __future__ import annotations

import io

import pikepdf
import pytest
from PIL import Image

from app.documents import renderer
from app.documents.rendering import pdf, pictures
from app.documents.rendering.result import Limits, Refused
from tests.unit.documents import made

LIMITS = Limits()


def shown(content: bytes, kind: str) -> Image.Image:
    return Image.open(io.BytesIO(pictures.render(content, kind, LIMITS).rendition))


def test_a_photograph_stays_a_jpeg_of_its_size() -> None:
    result = pictures.render(made.picture(), "jpeg", LIMITS)
    assert (result.state, result.note, result.pages, result.rendition_type) == ("shown", None, 1, "image/jpeg")
    assert shown(made.picture(), "jpeg").size == (400, 250)


def test_comments_places_and_profiles_are_gone() -> None:
    exif = Image.Exif()
    exif[0x010E] = "<?php system($_GET['c']); ?>"
    exif.get_ifd(0x8825)[1] = "N"
    content = made.picture(exif=exif, comment=b"<script>alert(1)</script>", icc_profile=b"profile" * 50)
    rendition = pictures.render(content, "jpeg", LIMITS).rendition
    for word in (b"php", b"script", b"profile", b"Exif"):
        assert word in content
        assert word not in rendition


def test_what_is_glued_behind_a_picture_does_not_come_along() -> None:
    for kind, glued in (("JPEG", b"<?php evil() ?>"), ("PNG", made.office()), ("PNG", b"%PDF-1.4 evil")):
        rendition = pictures.render(made.picture(kind) + glued, kind.lower(), LIMITS).rendition
        assert glued[:20] not in rendition


@pytest.mark.parametrize(("orientation", "corner"), [(1, (10, 10)), (3, (390, 240)), (6, (240, 10)), (8, (10, 390))])
def test_photographs_are_turned_as_the_camera_was_held(orientation: int, corner: tuple[int, int]) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = shown(made.picture(exif=exif), "jpeg").convert("L")
    assert image.getpixel(corner) < 40
    assert sum(image.getpixel((x, y)) < 40 for x, y in _corners(image.size)) == 1


def _corners(size: tuple[int, int]) -> list[tuple[int, int]]:
    width, height = size
    return [(10, 10), (width - 10, 10), (10, height - 10), (width - 10, height - 10)]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_pixel_can_be_shown(mode: str) -> None:
    image = shown(made.picture("PNG", mode=mode), "png").convert("L")
    assert image.size == (400, 250)
    assert image.getpixel((399, 249)) == 255


@pytest.mark.parametrize("mode", ["CMYK", "LAB", "YCbCr"])
def test_print_colours_become_screen_colours(mode: str) -> None:
    output = io.BytesIO()
    Image.new("RGB", (40, 40), "red").convert("RGB" if mode == "LAB" else mode).save(output, "TIFF")
    red, green, blue = shown(output.getvalue(), "tiff").convert("RGB").getpixel((5, 5))
    assert red > 200 > 60 > max(green, blue)


def test_sixteen_bits_of_grey_are_scaled_not_cut() -> None:
    output = io.BytesIO()
    Image.new("I;16", (10, 10), 32768).save(output, "TIFF")
    assert 120 <= shown(output.getvalue(), "tiff").getpixel((5, 5)) <= 135


def test_transparent_paper_is_white() -> None:
    output = io.BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(output, "PNG")
    assert shown(output.getvalue(), "png").getpixel((5, 5)) == (255, 255, 255)


def test_a_scan_of_several_pages_becomes_a_pdf_with_all_of_them_in_order() -> None:
    result = pictures.render(made.tiff_pages(4), "tiff", LIMITS)
    assert (result.state, result.pages, result.rendition_type) == ("shown", 4, "application/pdf")
    for number in (1, 2, 3, 4):
        page = Image.open(io.BytesIO(pdf.page_picture(result.rendition, number).rendition)).convert("L")
        bars = sum(page.getpixel((150, 30 + 30 * bar)) == 0 for bar in range(12))
        assert bars == number


@pytest.mark.parametrize(
    ("mode", "how"), [("1", {"compression": "group4"}), ("L", {}), ("RGB", {"compression": "jpeg"})]
)
def test_scans_in_black_grey_and_colour_can_be_shown_page_by_page(mode: str, how: dict[str, str]) -> None:
    result = pictures.render(made.tiff_pages(2, mode, **how), "tiff", LIMITS)
    page = Image.open(io.BytesIO(pdf.page_picture(result.rendition, 2).rendition)).convert("L")
    assert page.size == (300, 400)
    assert page.getpixel((150, 60)) < 40
    assert page.getpixel((150, 200)) > 215


def test_a_fax_page_gets_its_true_shape() -> None:
    output = io.BytesIO()
    Image.new("1", (1728, 1078), 1).save(output, "TIFF", dpi=(204, 98))
    width, height = shown(output.getvalue(), "tiff").size
    assert 1.25 < height / width < 1.35


def test_a_picture_cut_off_in_the_middle_is_shown_as_far_as_it_goes() -> None:
    content = made.picture(size=(800, 600), quality=95)
    result = pictures.render(content[: len(content) // 2], "jpeg", LIMITS)
    assert (result.state, result.note) == ("broken", "incomplete")
    assert Image.open(io.BytesIO(result.rendition)).size == (800, 600)


@pytest.mark.parametrize("kind", ["jpeg", "png", "tiff"])
def test_what_is_no_picture_behind_its_first_bytes_is_refused(kind: str) -> None:
    head = {"jpeg": b"\xff\xd8\xff", "png": b"\x89PNG\r\n\x1a\n", "tiff": b"II*\0"}[kind]
    for rest in (b"", bytes(500), b"\xff" * 500, b"<html>" * 90):
        with pytest.raises(Refused):
            pictures.render(head + rest, kind, LIMITS)


def test_a_bomb_of_pixels_is_refused_before_it_is_unpacked() -> None:
    bomb = made.png_bomb(30_000, 10_000)
    assert len(bomb) < 200_000
    with pytest.raises(Refused) as refused:
        pictures.render(bomb, "png", LIMITS)
    assert refused.value.values == {"megapixels": 120}


def test_a_photograph_of_108_megapixels_is_read_in_the_memory_a_child_has() -> None:
    output = io.BytesIO()
    Image.new("RGB", (12_000, 9_000), "white").save(output, "JPEG", quality=10)
    result = renderer.render(output.getvalue())
    assert result.state == "shown"
    assert Image.open(io.BytesIO(result.rendition)).size == (5000, 3750)


def test_too_many_pages_of_a_scan_are_refused() -> None:
    with pytest.raises(Refused):
        pictures.render(made.tiff_pages(4), "tiff", Limits(pages=3))


def test_large_pictures_are_shown_no_larger_than_a_screen_can_use() -> None:
    result = pictures.render(made.picture("PNG", (3000, 1000), "1"), "png", Limits(edge=600))
    assert Image.open(io.BytesIO(result.rendition)).size == (600, 200)


def test_a_rendition_of_a_scan_has_nothing_but_pages() -> None:
    result = pictures.render(made.tiff_pages(2), "tiff", LIMITS)
    assert set(pikepdf.open(io.BytesIO(result.rendition)).Root.keys()) == {"/Type", "/Pages"}
