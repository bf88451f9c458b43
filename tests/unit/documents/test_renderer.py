"""The child process: what it is given, what it may take, and that its death is never ours."""

from __future__ import annotations

import base64
import csv
import resource
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from app.documents import renderer
from app.documents.renderer import FileRefused
from app.documents.rendering import result as results
from app.documents.rendering.result import Refused, Result
from tests.unit.documents import made

SECONDS = 15


@pytest.fixture(scope="module")
def papers(shared: Path) -> Path:
    return shared / "documents"


def listed(papers: Path, family: str) -> list[Path]:
    with (papers / "index.csv").open(encoding="utf-8") as index:
        return [papers / row["file"] for row in csv.DictReader(index) if row["class"] == family]


def verdict(content: bytes) -> str:
    """The state a file gets, or "refused"; fails the test where its reader takes more of the processor than it may."""
    begun = taken_by_children()
    try:
        state = renderer.render(content).state
    except FileRefused:
        state = "refused"
    assert taken_by_children() - begun < SECONDS
    return state


def taken_by_children() -> float:
    """Seconds of the processor, whatever else the machine does."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_every_good_file_is_accepted_and_shown(papers: Path) -> None:
    for path in listed(papers, "ok"):
        result = renderer.render(path.read_bytes())
        if path.suffix == ".docx":
            assert result.state == "attachment"
        elif path.name == "pocs--blankpage.pdf":
            # No index, no catalogue, a page without a type.
            assert (result.state, result.note, result.pages) == ("shown", "repaired", 1)
        else:
            assert (result.state, result.note in (None, "cleaned"), bool(result.rendition)) == ("shown", True, True), (
                path
            )


def test_every_protected_file_says_so(papers: Path) -> None:
    for path in listed(papers, "protected"):
        assert verdict(path.read_bytes()) == "protected", path


def test_every_broken_file_is_refused_or_shown_as_far_as_possible(papers: Path) -> None:
    for path in listed(papers, "broken"):
        assert verdict(path.read_bytes()) in ("refused", "shown", "broken"), path


def test_every_active_file_is_refused_or_comes_out_inert(papers: Path) -> None:
    for path in listed(papers, "active"):
        try:
            result = renderer.render(path.read_bytes())
        except FileRefused:
            continue
        assert result.state in ("shown", "broken", "unsafe"), path
        for word in (b"/JavaScript", b"/Launch", b"/OpenAction", b"<?php", b"app.alert"):
            assert word not in result.rendition, (path, word)


def test_the_index_names_every_file_so_that_none_is_left_out(papers: Path) -> None:
    named = {path for family in ("ok", "protected", "broken", "active") for path in listed(papers, family)}
    assert set(papers.glob("*/*")) <= named


def test_the_antivirus_test_file_is_no_document(papers: Path) -> None:
    assert verdict(base64.b64decode((papers / "eicar.base64.txt").read_bytes())) == "refused"


def test_two_files_with_one_sha1_stay_two(papers: Path) -> None:
    first, second = (renderer.render((papers / "active" / f"pocs--mini{n}.pdf").read_bytes()) for n in (1, 2))
    assert first.rendition != second.rendition


@pytest.mark.parametrize("filters", [1, 2])
def test_a_decompression_bomb_dies_in_the_child(filters: int) -> None:
    bomb = made.pdf_bomb(400 if filters == 1 else 3000, filters=filters)
    assert len(bomb) < 3 * 2**20
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert verdict(bomb) == "unsafe"
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 50 * 1024, f"the worker itself grew by {grown} KiB"


def test_office_bombs_are_refused() -> None:
    assert verdict(made.office("docx", {"word/media/a.bin": bytes(55 * 2**20)})) == "refused"
    assert verdict(made.shared_bytes_bomb(5000)) == "refused"


def test_polyglots_are_what_their_first_bytes_say_and_lose_the_rest() -> None:
    page = b"<html><script>alert(1)</script></html>"
    for content in (
        made.pdf() + made.office(),
        made.pdf() + page,
        made.picture() + made.pdf(),
        made.picture("PNG") + page,
    ):
        result = renderer.render(content)
        assert result.rendition
        for word in (b"<script", b"word/document.xml"):
            assert word not in result.rendition
        if not content.startswith(b"%PDF"):
            assert b"%PDF" not in result.rendition


def test_a_child_that_dies_makes_the_file_unsafe_not_the_request_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renderer, "_START", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    assert renderer.render(made.pdf()) == Result("unsafe", "application/pdf", "unsafe")
    assert renderer.render(made.picture("PNG")) == Result("unsafe", "image/png", "unsafe")
    with pytest.raises(FileRefused):
        renderer.render(made.office())


def test_a_child_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renderer, "_START", "import time; time.sleep(60)")
    monkeypatch.setattr(renderer, "WALL_SECONDS", 0.5)
    begun = time.monotonic()
    assert renderer.render(made.pdf()).state == "unsafe"
    assert time.monotonic() - begun < 5


def test_a_reader_that_is_not_installed_is_our_fault_and_not_the_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        renderer, "_START", renderer._START.replace("import sys;", "import sys; sys.modules['pikepdf'] = None;")
    )
    with pytest.raises(renderer.ReaderMissing):
        renderer.render(made.pdf())


CONFINED = """
import sys; sys.path.append(sys.argv[1])
from rendering.child import shut_in
from rendering.result import Limits
shut_in(Limits(seconds=1, memory=200 * 2**20))
"""


@pytest.mark.parametrize(
    "act",
    [
        "x = bytearray(400 * 2**20)",
        "while True: pass",
        "import os; os.write(os.open('leak', os.O_CREAT | os.O_WRONLY), b'x')",
    ],
)
def test_the_child_gets_no_memory_time_or_file_beyond_its_limits(act: str, tmp_path: Path) -> None:
    command = [sys.executable, "-I", "-c", CONFINED + act, str(renderer.ROOM)]
    done = subprocess.run(command, capture_output=True, timeout=20, check=False, cwd=tmp_path)
    assert done.returncode != 0
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) == 0


def test_the_child_sees_nothing_of_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    monkeypatch.setattr(renderer, "_START", "import os, sys; sys.stdout.write(repr(dict(os.environ)))")
    assert b"secret" not in renderer._ask_child(b"", "pdf")


def test_the_child_knows_nothing_of_the_application() -> None:
    names = "import sys; sys.path.append(sys.argv[1]); import rendering.child, rendering.pdf, rendering.pictures, rendering.office"
    command = [
        sys.executable,
        "-I",
        "-c",
        names + "; print([m for m in sys.modules if m.split('.')[0] in ('app', 'flask')])",
    ]
    done = subprocess.run([*command, str(renderer.ROOM)], capture_output=True, timeout=20, check=True)
    assert done.stdout.strip() == b"[]"


def test_at_most_two_files_are_opened_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renderer, "_START", "import time; time.sleep(0.4); print('{}')")
    threads = [threading.Thread(target=renderer._ask_child, args=(b"", "pdf")) for _ in range(6)]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - begun >= 1.2


def test_answers_and_refusals_survive_the_pipe() -> None:
    result = Result("shown", "application/pdf", None, 3, "application/pdf", b"%PDF\n\0\n{}")
    assert results.unpacked(result.packed()) == result
    with pytest.raises(Refused) as refused:
        results.unpacked(results.refusal(Refused("more than {pages} pages", pages=200)))
    assert (refused.value.text, refused.value.values) == ("more than {pages} pages", {"pages": 200})


def test_a_page_of_a_scan_that_does_not_exist_is_refused() -> None:
    scan = renderer.render(made.tiff_pages(2)).rendition
    assert renderer.page_picture(scan, 2).startswith(b"\x89PNG")
    with pytest.raises(FileRefused):
        renderer.page_picture(scan, 3)
