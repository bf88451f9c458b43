"""Pictures: decoded, turned the right way up, and encoded anew, so that only the picture itself is left.

One picture gives a JPEG or a PNG; a TIFF of several pages (a scan, a fax) gives a PDF. Fax pages whose pixels are not square are
stretched to their true shape.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

from PIL import Image, ImageFile, ImageOps

from .result import Limits, Refused, Result, TooMuch

MEDIA_TYPES = {"jpeg": "image/jpeg", "png": "image/png", "tiff": "image/tiff"}
UNREADABLE = "The picture can't be read. Scan or photograph the document again."
TOO_LARGE = "The picture has more than {megapixels} megapixels. Scan it with a lower resolution."
TOO_MANY_PAGES = "The document has more than {pages} pages. Split it and add the parts."
# What Pillow's readers raise on damaged files, by its own tests.
DAMAGE = (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError, struct.error, ZeroDivisionError)
LOSSLESS_PIXELS = 4_000_000
USUAL_DPI = 150
QUALITY = 88


def render(content: bytes, kind: str, limits: Limits) -> Result:
    """The picture encoded anew; raises Refused where nothing of it can be read or it is too large."""
    Image.MAX_IMAGE_PIXELS = None  # ours is checked below, with a sentence instead of a warning
    image = _opened(content, kind)
    count = _count(image) if kind == "tiff" else 1
    if count > limits.pages:
        raise Refused(TOO_MANY_PAGES, pages=limits.pages)
    if count > 1:
        return _pages(image, count, limits)
    return _single(image, content, kind, limits)


def _single(image: Image.Image, content: bytes, kind: str, limits: Limits) -> Result:
    whole = True
    try:
        shown = _normal(image, limits)
    except DAMAGE:
        shown, whole = _as_far_as_possible(content, kind, limits), False
    media_type, rendition = _encoded(shown, keep_lossless=kind != "jpeg")
    if len(rendition) > limits.output:
        raise TooMuch
    state, note = ("shown", None) if whole else ("broken", "incomplete")
    return Result(state, MEDIA_TYPES[kind], note, 1, media_type, rendition)


def _as_far_as_possible(content: bytes, kind: str, limits: Limits) -> Image.Image:
    """Once more, with the missing part left grey: a cut-off photograph still shows whose card it is."""
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        return _normal(_opened(content, kind), limits)
    except DAMAGE:
        raise Refused(UNREADABLE) from None
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False


def _pages(image: Image.Image, count: int, limits: Limits) -> Result:
    import pikepdf

    made, size = pikepdf.Pdf.new(), 0
    for page in _readable_pages(image, count, limits):
        one = _page(page)
        made.pages.extend(pikepdf.open(one).pages)
        size += one.tell()
        if size > limits.output:
            raise TooMuch
    if not len(made.pages):
        raise Refused(UNREADABLE)
    output = io.BytesIO()
    made.save(output, deterministic_id=True)
    state, note = ("shown", None) if len(made.pages) == count else ("broken", "incomplete")
    return Result(state, MEDIA_TYPES["tiff"], note, len(made.pages), "application/pdf", output.getvalue())


def _page(image: Image.Image) -> io.BytesIO:
    """A PDF of one page: fax coding for black and white, JPEG for the rest."""
    one = io.BytesIO()
    quality = {} if image.mode == "1" else {"quality": QUALITY}
    image.save(one, "PDF", resolution=USUAL_DPI if max(image.size) < 2500 else 2 * USUAL_DPI, **quality)
    return one


def _readable_pages(image: Image.Image, count: int, limits: Limits) -> Iterator[Image.Image]:
    for number in range(count):
        try:
            image.seek(number)
            yield _normal(image, limits)
        except DAMAGE:
            continue


def _opened(content: bytes, kind: str) -> Image.Image:
    try:
        return Image.open(io.BytesIO(content), formats=(kind.upper(),))
    except DAMAGE:
        raise Refused(UNREADABLE) from None


def _count(image: Image.Image) -> int:
    try:
        return int(getattr(image, "n_frames", 1))
    except DAMAGE:
        return 1


def _normal(image: Image.Image, limits: Limits) -> Image.Image:
    """The picture as people see it: upright, in black and white, grey or colour, no larger than a screen can use."""
    width, height = image.size
    if width * height > limits.pixels:
        raise Refused(TOO_LARGE, megapixels=limits.pixels // 1_000_000)
    if image.format == "JPEG":
        factor = limits.edge / max(width, height)
        image.draft("RGB", (round(width * factor), round(height * factor)))
    shape = _square(image)
    upright = ImageOps.exif_transpose(_plain(image))
    if shape != image.size or max(upright.size) > limits.edge:
        upright = _fitted(upright, shape if upright.size == image.size else upright.size, limits.edge)
    upright.info.clear()
    return upright


def _square(image: Image.Image) -> tuple[int, int]:
    """The size in square pixels: a standard fax has twice as many dots across as down."""
    width, height = image.size
    across, down = (float(value) for value in image.info.get("dpi") or (1, 1))
    if across <= 1 or down <= 1 or not 1.1 < max(across / down, down / across) < 4:
        return width, height
    return (width, round(height * across / down)) if across > down else (round(width * down / across), height)


def _fitted(image: Image.Image, size: tuple[int, int], edge: int) -> Image.Image:
    factor = min(1.0, edge / max(size))
    wanted = max(1, round(size[0] * factor)), max(1, round(size[1] * factor))
    smooth = image.convert("L") if image.mode == "1" else image
    return smooth.resize(wanted, Image.Resampling.LANCZOS)


def _plain(image: Image.Image) -> Image.Image:
    """In mode "1", "L" or "RGB"; transparent parts become white paper, 16 bits become 8."""
    image.load()
    if image.mode in ("1", "L", "RGB"):
        return image
    if image.mode.startswith("I") or image.mode == "F":
        return _eight_bits(image)
    if "A" in image.getbands() or "transparency" in image.info:
        colours = image.convert("RGBA")
        paper = Image.new("RGB", image.size, "white")
        paper.paste(colours, mask=colours.getchannel("A"))
        paper.info = dict(image.info)
        return paper
    return image.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    deep = image.convert("F")
    high = float(str(deep.getextrema()[1]))
    top = 65535.0 if 255 < high <= 65535 else max(high, 1.0)
    return deep.point(lambda value: value * (255.0 / top)).convert("L")


def _encoded(image: Image.Image, *, keep_lossless: bool) -> tuple[str, bytes]:
    output = io.BytesIO()
    if image.mode == "1" or (keep_lossless and image.width * image.height <= LOSSLESS_PIXELS):
        image.save(output, "PNG")
        return "image/png", output.getvalue()
    image.save(output, "JPEG", quality=QUALITY)
    return "image/jpeg", output.getvalue()
