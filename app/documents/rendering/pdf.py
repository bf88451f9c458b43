"""PDF: the pages are carried over into a new file; nothing that acts comes along.

A page keeps a short list of keys (size, rotation, contents, resources). Filled forms and stamps are drawn into the contents first,
then annotations go, and with them links, scripts, attached files and media. The catalogue of the new file is empty but for its
pages and layers, so there is no place from which a script could start.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import cast

import pikepdf
from pikepdf import Dictionary, Object, Pdf, PdfError, Stream

from .repair import reassembled
from .result import Limits, Refused, Result, TooMuch

PDF = "application/pdf"
PAGE_KEYS = frozenset(
    {"/Type", "/Parent", "/MediaBox", "/CropBox", "/BleedBox", "/TrimBox", "/ArtBox"}
    | {"/Rotate", "/UserUnit", "/Contents", "/Resources", "/Group"}
)
# On a stream these name other files, other versions of it, or data that no reader shows.
STREAM_KEYS = (
    "/F",
    "/FFilter",
    "/FDecodeParms",
    "/Ref",
    "/OPI",
    "/AF",
    "/Metadata",
    "/PieceInfo",
    "/Alternates",
    "/PS",
)
HARMLESS_ACTIONS = frozenset({"/GoTo", "/Named", "/URI"})
ACTIVE_ANNOTATIONS = frozenset({"/FileAttachment", "/RichMedia", "/Screen", "/Movie", "/Sound", "/3D"})
UNREADABLE = Result("broken", PDF, note="unreadable")
TOO_MANY_PAGES = "The document has more than {pages} pages. Split it and add the parts."


def render(content: bytes, limits: Limits) -> Result:
    """The PDF without anything that acts; raises Refused for too many pages, TooMuch for too much inside."""
    try:
        with pikepdf.open(io.BytesIO(content)) as source:
            return _render(source, limits)
    except pikepdf.PasswordError:
        return Result("protected", PDF, note="password")
    except PdfError:
        return _from_the_pieces(content, limits)


def _from_the_pieces(content: bytes, limits: Limits) -> Result:
    mended = reassembled(content)
    if mended is None:
        return UNREADABLE
    try:
        with pikepdf.open(io.BytesIO(mended)) as source:
            result = _render(source, limits)
    except PdfError:
        return UNREADABLE
    return replace(result, note="repaired") if result.state == "shown" else result


def _render(source: Pdf, limits: Limits) -> Result:
    count = len(source.pages)
    if count > limits.pages:
        raise Refused(TOO_MANY_PAGES, pages=limits.pages)
    if count == 0:
        return UNREADABLE
    was_active = _is_active(source)
    _draw_annotations(source)
    target = _rebuilt(source)
    complete = _weigh(target, limits)
    output = io.BytesIO()
    target.save(output, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    if output.tell() > limits.output:
        raise TooMuch
    state, note = _verdict(source, complete, was_active)
    return Result(state, PDF, note, count, PDF, output.getvalue())


def _verdict(source: Pdf, complete: bool, was_active: bool) -> tuple[str, str | None]:
    if not complete:
        return "broken", "incomplete"
    if source.is_encrypted:
        return "protected", "restricted"
    if any("damaged" in str(warning) for warning in source.get_warnings()):
        return "shown", "repaired"
    return "shown", "cleaned" if was_active else None


def _draw_annotations(source: Pdf) -> None:
    """Draw filled fields and stamps into the pages. Where the file's annotations can't be read, the pages go without."""
    try:
        if "/AcroForm" in source.Root and source.Root.AcroForm.get("/NeedAppearances", False):
            source.generate_appearance_streams()
        source.flatten_annotations("screen")
    except (PdfError, RuntimeError, ValueError, TypeError, AttributeError):
        return


def _rebuilt(source: Pdf) -> Pdf:
    target = Pdf.new()
    for page in source.pages:
        for key in set(page.obj.keys()) - PAGE_KEYS:
            del page[key]
        target.pages.append(page)
    layers = source.Root.get("/OCProperties")
    if isinstance(layers, Dictionary):
        target.Root.OCProperties = target.copy_foreign(source.make_indirect(layers))
    for stream in _streams(target):
        for key in STREAM_KEYS:
            if key in stream:
                del stream[key]
    return target


def _streams(pdf: Pdf) -> Iterator[Stream]:
    return (found for found in pdf.objects if isinstance(found, Stream))


def _weigh(pdf: Pdf, limits: Limits) -> bool:
    """Unpack what the viewer would have to unpack; False where part of it can't be read, TooMuch where it is a bomb."""
    total, complete = 0, True
    for stream in _streams(pdf):
        if str(stream.get("/Subtype", "")) == "/Image":
            _check_picture(stream, limits)
            continue
        try:
            total += len(stream.read_bytes())
        except PdfError:
            complete = False
        if total > limits.streams:
            raise TooMuch
    return complete


def _check_picture(picture: Stream, limits: Limits) -> None:
    try:
        pixels = int(picture.get("/Width", 0)) * int(picture.get("/Height", 0))
    except (TypeError, ValueError):
        return
    if pixels > limits.pixels:
        raise TooMuch


def _is_active(pdf: Pdf) -> bool:
    """Whether something was in it that acts or carries files: only for the note to the reader."""
    root = pdf.Root
    names = _dictionary(root.get("/Names"))
    form = _dictionary(root.get("/AcroForm"))
    if "/AA" in root or _acts(root.get("/OpenAction")) or "/XFA" in form:
        return True
    if "/JavaScript" in names or "/EmbeddedFiles" in names:
        return True
    return any("/AA" in page.obj or any(map(_is_active_annotation, _array(page.get("/Annots")))) for page in pdf.pages)


def _is_active_annotation(annotation: Object) -> bool:
    if not isinstance(annotation, Dictionary):
        return False
    is_media = str(annotation.get("/Subtype", "")) in ACTIVE_ANNOTATIONS
    return is_media or "/AA" in annotation or _acts(annotation.get("/A"))


def _acts(action: Object | None) -> bool:
    return isinstance(action, Dictionary) and str(action.get("/S", "")) not in HARMLESS_ACTIONS


def _dictionary(found: Object | None) -> Object:
    return found if isinstance(found, Dictionary) else Dictionary()


def _array(found: Object | None) -> Object:
    return found if isinstance(found, pikepdf.Array) else pikepdf.Array()


def page_picture(content: bytes, number: int) -> Result:
    """Page `number` (from 1) of a PDF that `pictures` made, as a PNG: the one picture on it."""
    with pikepdf.open(io.BytesIO(content)) as source:
        (picture,) = source.pages[number - 1].get_images().values()
        output = io.BytesIO()
        pikepdf.PdfImage(cast(Stream, picture)).as_pil_image().save(output, "PNG")
    return Result("shown", PDF, None, 1, "image/png", output.getvalue())
