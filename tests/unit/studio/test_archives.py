"""Zips from outside, through both doors: the bundle that begins a draft, and the import of other tools' diagrams."""

from __future__ import annotations

import io
import resource
import zipfile

import pytest

from app.kernel.errors import Refusal
from app.studio.files import archives, bundles, imports

PLAIN = b"<definitions/>"
DOORS = (
    lambda content: bundles.unpacked(content).files,
    lambda content: imports.unpacked({"sent.zip": content}),
)


@pytest.fixture(params=DOORS, ids=("bundle", "import"))
def door(request):
    """What takes a zip and gives the files in it."""
    return request.param


def zipped(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return target.getvalue()


def overwritten(content: bytes, mark: bytes, at: int, by: bytes) -> bytes:
    """Each header that begins with the mark gets other bytes at a place."""
    changed, here = bytearray(content), content.find(mark)
    while here >= 0:
        changed[here + at : here + at + len(by)] = by
        here = content.find(mark, here + 1)
    return bytes(changed)


LOCAL, CENTRAL = b"PK\x03\x04", b"PK\x01\x02"


def says(door, content: bytes, *parts: str) -> None:
    with pytest.raises(Refusal) as caught:
        door(content)
    assert all(part in str(caught.value) for part in parts), str(caught.value)


def test_an_ordinary_zip_is_read(door):
    assert list(door(zipped(("loan/a.bpmn", PLAIN), ("loan/readme.txt", b"no"))).values()) == [PLAIN]


def test_a_header_that_says_less_than_comes_out_is_not_believed(door):
    content = zipped(("bomb.bpmn", b"0" * 30_000_000))
    for mark, at in ((LOCAL, 22), (CENTRAL, 24)):
        content = overwritten(content, mark, at, (100).to_bytes(4, "little"))
    says(door, content, "bomb.bpmn", "damaged")


def test_a_header_that_says_more_than_comes_out_is_not_believed(door):
    content = zipped(("small.bpmn", PLAIN))
    for mark, at in ((LOCAL, 22), (CENTRAL, 24)):
        content = overwritten(content, mark, at, (500).to_bytes(4, "little"))
    says(door, content, "small.bpmn", "damaged")


def test_what_really_comes_out_is_bounded_and_so_is_the_memory(door):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    says(door, zipped(("bomb.bpmn", b"0" * 60_000_000)), "bomb.bpmn", "too large")
    # Making the bomb takes its own size; taking it apart again must not.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 90_000


def test_many_files_that_are_too_large_only_together_are_refused(door):
    says(door, zipped(*((f"a/f{number}.bpmn", b"0" * 1_000_000) for number in range(30))), "too large")


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_methods_whose_output_can_not_be_bounded_are_not_read(door, method):
    says(door, zipped(("bomb.bpmn", b"0" * 5_000_000), method=method), "bomb.bpmn", "ordinary zip")


def test_an_encrypted_member_says_what_to_do(door):
    content = zipped(("secret.bpmn", PLAIN))
    for mark, at in ((LOCAL, 6), (CENTRAL, 8)):
        content = overwritten(content, mark, at, b"\x01\x00")
    says(door, content, "secret.bpmn", "encrypted", "without a password")


def test_a_damaged_stream_is_a_sentence(door):
    content = bytearray(zipped(("broken.bpmn", bytes(range(256)) * 40)))
    begin = 30 + len("broken.bpmn")
    content[begin : begin + 12] = b"\xff" * 12
    says(door, bytes(content), "broken.bpmn", "damaged")


def test_a_zip_in_a_zip_is_not_opened(door):
    inner = zipped(("inner.bpmn", PLAIN))
    assert list(door(zipped(("outer.bpmn", b"<x/>"), ("more.zip", inner)))) == ["outer.bpmn"]


def test_entries_that_lie_on_the_same_bytes_are_refused(door):
    content = zipped(("one.bpmn", b"0" * 1000), ("two.bpmn", b"0" * 1000))
    listed = content.find(CENTRAL, content.find(CENTRAL) + 1)
    changed = bytearray(content)
    changed[listed + 42 : listed + 46] = (0).to_bytes(4, "little")
    says(door, bytes(changed), "lies over another")


def test_two_entries_of_one_name_are_refused(door):
    with pytest.warns(UserWarning, match="Duplicate"):
        content = zipped(("same.bpmn", b"<a/>"), ("same.bpmn", b"<b/>"))
    says(door, content, "same.bpmn", "two entries")


def test_names_that_lead_out_are_never_taken_as_they_are(door):
    content = zipped(("../../etc/passwd.bpmn", PLAIN))
    with pytest.raises(Refusal):
        door(content)


def test_the_entries_are_counted_before_they_are_listed(door):
    says(door, zipped(*((f"n{number}.txt", b"") for number in range(1001))), "1000")
    with pytest.raises(Refusal):
        door(zipped(*((f"n{number}.bpmn", b"x") for number in range(202))))


def test_two_archives_of_one_import_have_one_bound_between_them():
    half = zipped(("a.bpmn", b"0" * 5_000_000))
    with pytest.raises(archives.BadArchive):
        imports.unpacked({"one.zip": half, "two.zip": half})
