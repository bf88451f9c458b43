"""Word and Excel files are archives within limits, or they are not taken."""

from __future__ import annotations

import io
import zipfile

import pytest

from app.documents.rendering import office
from app.documents.rendering.result import Limits, Refused, TooMuch
from tests.unit.documents import made

LIMITS = Limits()


def refusal(content: bytes) -> str:
    with pytest.raises(Refused) as refused:
        office.check(content, LIMITS)
    return refused.value.text


@pytest.mark.parametrize(("kind", "family"), [("docx", "wordprocessingml"), ("xlsx", "spreadsheetml")])
def test_word_and_excel_are_told_apart_and_offered_as_attachments(kind: str, family: str) -> None:
    result = office.check(made.office(kind), LIMITS)
    assert (result.state, result.note, result.rendition_type) == ("attachment", "office", None)
    assert family in result.media_type


def test_another_archive_is_no_document() -> None:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert refusal(output.getvalue()) == office.NO_OFFICE


def test_an_archive_that_is_word_and_excel_at_once_is_no_document() -> None:
    assert refusal(made.office("docx", {"xl/workbook.xml": b"<x/>"})) == office.NO_OFFICE


def test_macros_are_refused_by_their_file_and_by_their_declared_type() -> None:
    assert refusal(made.office("docx", {"word/vbaProject.bin": b"macro"})) == office.MACROS
    assert refusal(made.office("xlsx", {"xl/VBAPROJECT.BIN": b"macro"})) == office.MACROS
    declared = '<Types><Override ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/></Types>'
    assert refusal(made.office("docx", types=declared)) == office.MACROS


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "..\\..\\windows\\x.dll", "C:\\x", "\\\\server\\share", "word/../../x"]
)
def test_entries_that_would_leave_their_folder_are_refused(name: str) -> None:
    assert refusal(made.office("docx", {name: b"x"})) == office.STRANGE


def test_links_encrypted_and_doubled_entries_are_refused() -> None:
    link = zipfile.ZipInfo("word/link")
    link.external_attr = 0o120777 << 16
    output = io.BytesIO(made.office())
    with zipfile.ZipFile(output, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    assert refusal(output.getvalue()) == office.STRANGE
    assert refusal(made.office("docx", {"word/a.xml": b"1", "WORD/A.XML": b"2"})) == office.STRANGE
    locked = made.office().replace(b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00")
    assert refusal(locked) == office.STRANGE


def test_something_glued_in_front_of_the_archive_is_refused() -> None:
    glued = b"PK\x03\x04 <script>evil</script>" + made.office()
    assert refusal(glued) == office.STRANGE


def test_a_hundredfold_or_fifty_megabytes_are_too_much() -> None:
    with pytest.raises(TooMuch):
        office.check(made.office("docx", {"word/media/a.bin": bytes(40 * 2**20)}), Limits(ratio=30))
    with pytest.raises(TooMuch):
        office.check(made.office("docx", {"word/media/a.bin": bytes(51 * 2**20)}), Limits(ratio=10**6))


def test_a_directory_that_lies_about_sizes_does_not_help() -> None:
    honest = made.office("docx", {"word/media/a.bin": bytes(60 * 2**20)})
    lying = honest.replace((60 * 2**20).to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    assert lying != honest
    assert refusal(lying) == office.DAMAGED


def test_entries_that_share_their_bytes_are_refused() -> None:
    bomb = made.shared_bytes_bomb(300)
    assert len(bomb) < 40_000
    with pytest.raises((Refused, TooMuch)):
        office.check(bomb, LIMITS)


def test_too_many_entries_are_not_even_read() -> None:
    with pytest.raises(TooMuch):
        office.check(made.shared_bytes_bomb(2001), LIMITS)


@pytest.mark.parametrize("cut", [10, 100, 200])
def test_a_cut_off_file_is_damaged(cut: int) -> None:
    assert refusal(made.office()[:-cut]) == office.DAMAGED


def test_a_file_with_a_wrong_checksum_is_damaged() -> None:
    content = bytearray(made.office("docx", {"word/x.bin": b"A" * 50}))
    place = content.index(b"word/x.bin") + len(b"word/x.bin")
    content[place + 1] ^= 0xFF
    assert refusal(bytes(content)) == office.DAMAGED
