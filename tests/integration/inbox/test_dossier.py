"""An exported case: everything is in it, it can be checked without the system, and it is for those who oversee only."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from lxml import html
from PIL import Image
from sqlalchemy import select

from app.audit import queries as audits
from app.audit import signing
from app.audit.models import case_chain
from app.audit.operations import SYSTEM
from app.demo import desk
from app.documents import operations as documents
from app.inbox.dossier import _paper_name
from app.kernel.db import session, transaction
from app.workflow import queries
from app.workflow.models import CaseEvent
from config import Settings
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
    assert code == 0, words
    assert "the record is whole" in words


def change(name: str) -> Callable[[Path], object]:
    """name: a file, or a pattern of which the first file is taken."""

    def do(folder: Path) -> None:
        path = next(iter(sorted(folder.glob(name))))
        path.write_bytes(path.read_bytes() + b" ")

    return do


def another_key(folder: Path) -> None:
    key = Ed25519PrivateKey.generate()
    (folder / "signing.pem").write_bytes(signing.public_pem(key))


def seal_again(folder: Path, key: Ed25519PrivateKey) -> None:
    """Sums and signature made anew, as whoever has the bank's own key could."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("SHA256SUMS"))
    sums = {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    listed = "".join(f"{digest}  {name}\n" for name, digest in sums.items()).encode()
    (folder / "SHA256SUMS").write_bytes(listed)
    (folder / "SHA256SUMS.sig").write_bytes(signing.sign(key, hashlib.sha256(listed).digest()))


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
        (change("verify.py"), "verify.py was changed"),
        (change("definition/**/*.bpmn"), ".bpmn was changed"),
        (change("definition/**/*.dmn"), ".dmn was changed"),
        (change("documents/*"), "was changed"),
        (change("SHA256SUMS"), "signature does not fit"),
        (change("SHA256SUMS.sig"), "signature does not fit"),
        (another_key, "signature does not fit"),
        (lambda folder: (folder / "SHA256SUMS.sig").unlink(), "SHA256SUMS.sig is missing"),
        (lambda folder: (folder / "case.json").unlink(), "case.json is missing"),
        (lambda folder: (folder / "more.txt").write_text("x"), "more.txt was added"),
        (edit_the_record, "entry 3 does not follow"),
    ],
    ids=["data", "page", "check", "diagram", "rule", "paper", "sums", "signature", "key", "unsigned", "missing", "added",
         "record"],
)  # fmt: skip
def test_a_changed_export_says_what_was_changed(folder: Path, tamper: Callable[[Path], object], said: str) -> None:
    tamper(folder)
    code, words = verified(folder)
    assert code == 1
    assert said in words


def opinion(data: dict[str, Any]) -> None:
    next(task for task in data["tasks"] if task["opinion"])["opinion"] = "不同意。"


def value(data: dict[str, Any]) -> None:
    entered = next(task["submitted"] for task in data["tasks"] if task["submitted"])
    entered[next(iter(entered))] = "99"


def who(data: dict[str, Any]) -> None:
    data["events"][1]["actor_id"] += 1


def said(data: dict[str, Any]) -> None:
    next(event for event in data["events"] if event["comment"])["comment"] = "无"


def ballot(data: dict[str, Any]) -> None:
    data["ballots"][0]["ballots"][0]["choice"] = "disagree"


def removed_ballot(data: dict[str, Any]) -> None:
    del data["ballots"][0]["ballots"][0]


def paper(data: dict[str, Any]) -> None:
    data["documents"] = []


@pytest.mark.parametrize(
    ("edit", "what"),
    [
        (opinion, "what was decided on task"),
        (value, "what was decided on task"),
        (who, "act 2 of the history"),
        (said, "of the history"),
        (ballot, "the ballots of round 1"),
        (removed_ballot, "the ballots of round 1"),
        (paper, "a document that was recorded"),
    ],
    ids=["opinion", "value", "who", "said", "ballot", "removed ballot", "paper"],
)
def test_what_was_edited_before_it_was_signed_is_not_what_the_record_says(
    folder: Path, settings: Settings, edit: Callable[[dict[str, Any]], None], what: str
) -> None:
    """Files, sums and signature fit, as if the rows had been changed before the export: the chain tells."""
    data = json.loads((folder / "case.json").read_text())
    edit(data)
    (folder / "case.json").write_text(json.dumps(data))
    seal_again(folder, signing.private_key(settings.keys_folder))
    code, words = verified(folder)
    faults = [line for line in words.splitlines() if line.startswith("FAULT")]
    assert code == 1
    assert len(faults) == 1
    assert what in faults[0]


def test_a_folder_signed_anew_with_another_key_bears_another_fingerprint(folder: Path, settings: Settings) -> None:
    ours = signing.fingerprint((folder / "signing.pem").read_bytes())
    assert ours in verified(folder)[1]
    assert ours in (folder / "index.html").read_text()
    key = Ed25519PrivateKey.generate()
    (folder / "signing.pem").write_bytes(signing.public_pem(key))
    seal_again(folder, key)
    code, words = verified(folder)
    assert code == 0
    assert ours not in words


def test_the_sums_can_be_checked_by_the_usual_tool(folder: Path) -> None:
    tool = shutil.which("sha256sum") or pytest.skip("sha256sum is not installed here")
    run = subprocess.run([tool, "-c", "--quiet", "SHA256SUMS"], cwd=folder, capture_output=True, check=False)
    assert (run.returncode, run.stdout) == (0, b"")


def test_who_may_not_know_the_ballots_gets_no_key_to_guess_them_by(finished: Route, folder: Path) -> None:
    """Each round has a key of its own; it goes along with the ballots and not without them."""
    data = json.loads((folder / "case.json").read_text())
    keys = {poll["key"] for poll in data["ballots"]}
    assert None not in keys
    assert data["record_key"] not in keys
    assert all(poll["ballots"] or poll["key"] is None for poll in data["ballots"])


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
