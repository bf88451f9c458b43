"""Files made for the tests: good ones, and those that attackers send."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import pikepdf
from pikepdf import Array, Dictionary, Name, String
from PIL import Image, ImageDraw

CONTENT_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Override PartName="/{part}" ContentType="application/vnd.openxmlformats-officedocument.{kind}.main+xml"/></Types>'
)


def pdf(pages: int = 1, text: str = "Statement") -> bytes:
    """A plain PDF with a line of text on each page."""
    made = pikepdf.Pdf.new()
    font = made.make_indirect(Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
    for number in range(pages):
        page = made.add_blank_page(page_size=(595, 842))
        page.Resources = Dictionary(Font=Dictionary(F=font))
        page.Contents = made.make_stream(f"BT /F 12 Tf 72 700 Td ({text} {number + 1}) Tj ET".encode())
    return saved(made)


def saved(made: pikepdf.Pdf, **how: object) -> bytes:
    """The bytes of a PDF."""
    output = io.BytesIO()
    made.save(output, **how)
    return output.getvalue()


def active_pdf() -> bytes:
    """A PDF with everything that acts: scripts in six places, launch, attachments, form with XFA, links, media, outside files."""
    made = pikepdf.open(io.BytesIO(pdf()))
    script = Dictionary(S=Name.JavaScript, JS=String("app.alert('EVIL')"))
    page = made.pages[0]
    launch = Dictionary(S=Name.Launch, F=String("cmd.exe"))
    rect = Array([0, 0, 100, 100])
    page.AA = Dictionary(O=script)
    attached = pikepdf.AttachedFileSpec(made, b"MZ evil program", filename="evil.exe")
    page.Annots = Array(
        [
            Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=rect, A=launch),
            Dictionary(
                Type=Name.Annot, Subtype=Name.Link, Rect=rect, A=Dictionary(S=Name.URI, URI=String("file:///etc"))
            ),
            Dictionary(Type=Name.Annot, Subtype=Name.FileAttachment, Rect=rect, FS=attached.obj),
            Dictionary(Type=Name.Annot, Subtype=Name.Screen, Rect=rect, AA=Dictionary(PV=script)),
            Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=String("field"), Rect=rect, A=script),
        ]
    )
    outside = made.make_stream(b"")
    outside.F = String("http://evil.example/page")
    outside.Type, outside.Subtype, outside.BBox = Name.XObject, Name.Form, rect
    outside.Ref = Dictionary(F=String("http://evil.example/ref.pdf"), Page=0)
    page.Resources.XObject = Dictionary(F=made.make_indirect(outside))
    made.Root.OpenAction = script
    made.Root.AA = Dictionary(WC=script)
    made.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("x"), script])))
    made.Root.AcroForm = Dictionary(Fields=Array([page.Annots[4]]), XFA=made.make_stream(b"<xdp>EVIL</xdp>"))
    made.attachments["evil.exe"] = attached
    made.docinfo["/Author"] = "王小明"
    return saved(made)


def filled_form() -> bytes:
    """A PDF whose field was filled in: the value lies in the appearance of an annotation."""
    made = pikepdf.open(io.BytesIO(pdf()))
    look = made.make_stream(b"BT /F 12 Tf 2 2 Td (FILLED) Tj ET")
    look.Type, look.Subtype, look.BBox = Name.XObject, Name.Form, Array([0, 0, 200, 20])
    look.Resources = made.pages[0].Resources
    field = Dictionary(
        Type=Name.Annot,
        Subtype=Name.Widget,
        FT=Name.Tx,
        T=String("name"),
        V=String("FILLED"),
        Rect=Array([72, 600, 272, 620]),
        AP=Dictionary(N=look),
        F=4,
    )
    made.pages[0].Annots = Array([made.make_indirect(field)])
    made.Root.AcroForm = Dictionary(Fields=Array([made.pages[0].Annots[0]]))
    return saved(made)


def pdf_bomb(megabytes: int, *, filters: int = 1) -> bytes:
    """A page whose contents unpack to so many megabytes of blanks."""
    made = pikepdf.open(io.BytesIO(pdf()))
    data = blanks(megabytes)
    for _ in range(filters - 1):
        data = zlib.compress(data, 9)
    page = made.pages[0]
    page.Contents = made.make_stream(b"")
    page.Contents.write(data, filter=Array([Name.FlateDecode] * filters))
    return saved(made, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)


def blanks(megabytes: int) -> bytes:
    """So many megabytes of blanks, deflated; one packed megabyte repeated, so that making it takes no time."""
    block, packer, checksum = b" " * 2**20, zlib.compressobj(9), 1
    head = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    more = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    for _ in range(megabytes):
        checksum = zlib.adler32(block, checksum)
    return head + more * (megabytes - 1) + b"\x03\x00" + checksum.to_bytes(4)


def picture(kind: str = "JPEG", size: tuple[int, int] = (400, 250), mode: str = "RGB", **how: object) -> bytes:
    """A picture with a black bar in its upper left corner."""
    image = Image.new(mode, size, "white" if mode in ("RGB", "L", "1", "RGBA", "P") else 65535)
    if mode != "I;16":
        ImageDraw.Draw(image).rectangle((0, 0, size[0] // 2, size[1] // 4), fill="black" if mode != "1" else 0)
    output = io.BytesIO()
    image.save(output, kind, **how)
    return output.getvalue()


def tiff_pages(count: int, mode: str = "1", **how: object) -> bytes:
    """A scan of several pages; page n has n bars."""
    pages = []
    for number in range(count):
        page = Image.new(mode, (300, 400), "white")
        for bar in range(number + 1):
            ImageDraw.Draw(page).rectangle((20, 20 + 30 * bar, 280, 40 + 30 * bar), fill="black" if mode != "1" else 0)
        pages.append(page)
    output = io.BytesIO()
    pages[0].save(output, "TIFF", save_all=True, append_images=pages[1:], **how)
    return output.getvalue()


def png_bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that claims, and has, so many black pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    packer = zlib.compressobj(9)
    row = bytes(1 + (width + 7) // 8)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def office(kind: str = "docx", extra: dict[str, bytes] | None = None, types: str | None = None) -> bytes:
    """A small Word or Excel file with further entries."""
    part, family = ("word/document.xml", "wordprocessingml.document") if kind == "docx" else _EXCEL
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", types or CONTENT_TYPES.format(part=part, kind=family))
        archive.writestr(part, "<document>贷款</document>")
        for name, content in (extra or {}).items():
            archive.writestr(name, content)
    return output.getvalue()


_EXCEL = ("xl/workbook.xml", "spreadsheetml.sheet")


def shared_bytes_bomb(entries: int) -> bytes:
    """An Office file whose directory names the same packed megabyte over and over, so that nothing is nested."""
    whole = bytearray(office("docx", {"word/media/a.bin": bytes(2**20)}))
    end = whole.rindex(b"PK\x05\x06")
    start = struct.unpack("<I", whole[end + 16 : end + 20])[0]
    entry = bytes(whole[whole.rindex(b"PK\x01\x02") : end])
    more = b"".join(entry.replace(b"word/media/a.bin", f"word/m{i:06d}.bin".encode()) for i in range(entries))
    directory = bytes(whole[start:end]) + more
    count = 3 + entries
    return (
        bytes(whole[:start])
        + directory
        + struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, len(directory), start, 0)
    )
