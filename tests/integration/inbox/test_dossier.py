"""An exported case: everything is in it, it can be checked without the system, and it is for those who oversee only."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import html
from PIL import Image
from sqlalchemy import select

from app.audit import queries as audits
from app.audit.models import case_chain
from app.audit.operations import SYSTEM
from app.demo import desk
from app.documents import operations as documents
from app.inbox.dossier import _paper_name
from app.kernel.db import session, transaction
from app.workflow import queries
from app.workflow.models import CaseEvent
from tests.integration.desk_fixtures import a_committed_case, left_in_english, speak
from tests.integration.workflow.route import Route

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def a_picture() -> bytes:
    """A small PNG."""
    kept = io.BytesIO()
    Image.new("RGB", (4, 4), "white").save(kept, "PNG")
    return kept.getvalue()


PICTURE = a_picture()


@pytest.fixture(scope="module")
def finished(bank) -> Route:
    """A case that went the whole way, with papers and ballots."""
    made = a_committed_case(desk.staff(), None)
    with transaction():
        documents.add_document(
            owner_type="case",
            owner_id=made.case.id,
            type_key="other",
            file_name="说明 ../1.png",
            stream=io.BytesIO(PICTURE),
            element_id=None,
            actor=SYSTEM,
            now=NOON,
        )
    session.remove()
    return made


@pytest.fixture
def folder(finished: Route, sign_in, tmp_path: Path) -> Path:
    """The exported case, unpacked."""
    answer = sign_in("jiangshan").post(f"/cases/{finished.case.id}/export")
    assert answer.status_code == 200
    assert answer.mimetype == "application/zip"
    assert answer.headers["Content-Disposition"].endswith(f"{finished.case.number}.zip")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        archive.extractall(tmp_path)
    session.remove()
    return tmp_path / finished.case.number


def verified(folder: Path) -> tuple[int, str]:
    """Exit code and words of the folder's own check, in a Python that has nothing of ours."""
    run = subprocess.run([sys.executable, "-I", "verify.py"], cwd=folder, capture_output=True, text=True, check=False)
    assert run.stderr == ""
    return run.returncode, run.stdout


def test_an_export_proves_itself_without_the_system(folder: Path) -> None:
    code, words = verified(folder)
    assert (code, "signature: good" in words) == (0, True), words


def change(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes() + b" ")


def edit_the_record(folder: Path) -> None:
    """Also with sums made anew: the chain tells, and so does the signature."""
    lines = (folder / "audit.jsonl").read_text().splitlines()
    entry = json.loads(lines[2])
    entry["payload"] = entry["payload"].replace('"verb"', '"verv"')
    (folder / "audit.jsonl").write_text("\n".join([*lines[:2], json.dumps(entry), *lines[3:]]))


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        (change("case.json"), "case.json was changed"),
        (change("index.html"), "index.html was changed"),
        (change("SHA256SUMS"), "signature does not fit"),
        (lambda folder: (folder / "case.json").unlink(), "case.json is missing"),
        (lambda folder: (folder / "more.txt").write_text("x"), "more.txt was added"),
        (edit_the_record, "entry 3 does not follow"),
    ],
    ids=["data", "page", "sums", "missing", "added", "record"],
)
def test_a_changed_export_says_what_was_changed(folder: Path, tamper: Callable[[Path], object], said: str) -> None:
    tamper(folder)
    code, words = verified(folder)
    assert code == 1
    assert said in words


def test_everything_of_the_case_is_in_it(folder: Path, finished: Route) -> None:
    data = json.loads((folder / "case.json").read_text())
    case = queries.case_by_id(finished.case.id)
    assert case is not None
    assert data["case"]["number"] == case.number
    assert data["case"]["title"] == case.title
    assert len(data["tasks"]) == len(queries.tasks_of(case.id))
    assert {event["verb"] for event in data["events"]} >= {"start", "complete", "vote", "close_vote", "export"}
    assert data["ballots"]
    assert data["ballots"][0]["ballots"][0]["choice"]
    assert any(task["opinion"] for task in data["tasks"])
    assert any(task["submitted"] for task in data["tasks"])
    assert all((folder / paper["file"]).is_file() for paper in data["documents"])
    assert [paper["file_name"] for paper in data["documents"]][-1:] == ["1.png"]
    assert {str(event["actor_id"]) for event in data["events"] if event["actor_id"]} <= set(data["people"])


def test_the_chain_in_it_is_the_one_of_the_database_with_the_export_itself(folder: Path, finished: Route) -> None:
    lines = [json.loads(line) for line in (folder / "audit.jsonl").read_text().splitlines()]
    assert lines[-1]["digest"] in {e.digest.hex() for e in audits.entries(case_chain(finished.case.id))}
    assert json.loads(lines[-1]["payload"])["verb"] == "export"


def test_the_files_the_case_ran_on_are_in_it(folder: Path) -> None:
    names = {path.suffix for path in (folder / "definition").rglob("*.*")}
    assert names >= {".bpmn", ".dmn", ".form"}


def test_the_page_needs_nothing_from_outside_and_runs_nothing(folder: Path) -> None:
    page = html.fromstring((folder / "index.html").read_bytes())
    assert not page.xpath("//script | //link | //img | //iframe")
    assert "default-src 'none'" in page.xpath("//meta[@http-equiv]/@content")[0]
    for address in page.xpath("//a/@href"):
        assert address.startswith("documents/")
    assert page.xpath("//*[local-name()='svg']"), "the diagram is drawn"


def test_the_page_speaks_the_language_of_who_exports(finished: Route, sign_in) -> None:
    speak("jiangshan", "zh_Hant")
    answer = sign_in("jiangshan").post(f"/cases/{finished.case.id}/export")
    speak("jiangshan", "zh_Hans")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        page = archive.read(f"{finished.case.number}/index.html").decode()
    assert "匯出" in page
    assert left_in_english(page.replace("python3 verify.py", "")) == []


@pytest.mark.parametrize("username", ["zhaomin", "xuqing"])
def test_it_is_for_those_who_oversee(finished: Route, sign_in, username: str) -> None:
    assert sign_in(username).post(f"/cases/{finished.case.id}/export").status_code == 403


def test_a_refused_export_leaves_no_trace(finished: Route, sign_in) -> None:
    def exports() -> int:
        statement = select(CaseEvent).where(CaseEvent.instance_id == finished.case.id, CaseEvent.verb == "export")
        return len(session.scalars(statement).all())

    before = exports()
    session.remove()
    sign_in("zhaomin").post(f"/cases/{finished.case.id}/export")
    assert exports() == before


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("工资单.pdf", "documents/001 工资单.pdf"),
        ("../../etc/passwd", "documents/001 .._etc_passwd"),
        ("a\x00b:c*?.jpg", "documents/001 a_b_c__.jpg"),
        ("  . ", "documents/001 document"),
        ("x" * 300 + ".pdf", f"documents/001 {'x' * 80}.pdf"),
    ],
)
def test_a_hostile_name_can_not_leave_the_folder(name: str, kept: str) -> None:
    class Paper:
        file_name = name

    made = _paper_name(1, Paper())  # type: ignore[arg-type]
    assert made == kept or (made.startswith("documents/001 ") and "/" not in made.removeprefix("documents/001 "))
