"""Documents over HTTP: who sees what, under which headers, and what is on record afterwards."""

from __future__ import annotations

import io
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.http import parse_options_header
from werkzeug.test import TestResponse

from app import create_app
from app.audit import queries as audit
from app.documents import access, operations, queries, rules
from app.documents.models import Document
from app.identity import operations as identity
from app.identity.models import User
from app.identity.views import COOKIE
from app.kernel import db
from app.kernel.ids import new_id
from app.migrating import migrate
from tests.unit.documents import made

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
PASSWORD = "Long enough 1!"


@dataclass
class Office:
    """The application with one case: an officer who works on it, an examiner who sees it, a stranger who does not."""

    app: Any
    case: uuid.UUID
    users: dict[str, int] = field(default_factory=dict)
    station: str | None = "intake"

    def client(self, name: str | None, language: str = "en") -> FlaskClient:
        client = self.app.test_client()
        if name is not None:
            with db.transaction():
                db.session.get_one(User, self.users[name]).language = language
                secret = identity.sign_in(
                    username=name, password=PASSWORD, address="::1", agent=None, now=datetime.now(UTC)
                )
            client.set_cookie(COOKIE, secret)
        return client

    def put(self, content: bytes, file_name: str = "流水.pdf", type_key: str = "bank_statement") -> Document:
        with db.transaction():
            return operations.add_document(
                owner_type="paper_case",
                owner_id=self.case,
                type_key=type_key,
                file_name=file_name,
                stream=io.BytesIO(content),
                element_id=self.station,
                actor=identity.Actor(user_id=self.users["officer"]),
                now=NOW,
            )


@pytest.fixture(scope="module")
def office(databases: Any, settings: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    url = databases.create("papers")
    migrate(url)
    app = create_app(replace(settings, home=tmp_path_factory.mktemp("papers")), url)
    app.config["WTF_CSRF_ENABLED"] = False
    made_office = Office(app, new_id())
    with db.transaction():
        for name in ("officer", "examiner", "stranger"):
            user = identity.create_user(
                username=name, name=f"{name}某", roles=["staff"], actor=identity.Actor(user_id=None), now=NOW
            )
            user.password_hash = identity.HASHER.hash(PASSWORD)
            made_office.users[name] = user.id
    access.register(
        "paper_case",
        lambda person, owner_id: person.username != "stranger" and owner_id == made_office.case,
        lambda person, owner_id, element_id: person.username == "officer" and element_id == made_office.station,
    )
    yield made_office
    access._owners.pop("paper_case")
    db.disconnect()


@pytest.fixture
def officer(office: Office) -> FlaskClient:
    return office.client("officer")


def upload(client: FlaskClient, office: Office, *files: tuple[bytes, str], **changes: Any) -> TestResponse:
    headers = changes.pop("headers", {})
    form = {
        "owner_type": "paper_case",
        "owner_id": str(office.case),
        "element_id": "intake",
        "type": "contract",
        "next": "/somewhere",
        "files": [(io.BytesIO(content), name) for content, name in files],
    }
    return client.post("/documents/", data=form | changes, headers=headers)


def live(office: Office) -> list[Document]:
    with db.reading():
        return list(queries.documents_of("paper_case", office.case))


def test_the_original_leaves_as_a_sealed_download_under_its_true_name(office: Office, officer: FlaskClient) -> None:
    content = made.pdf()
    document = office.put(content, '王 #1 "副本".pdf')
    answer = officer.get(f"/documents/{document.id}/original")
    assert answer.status_code == 200
    assert answer.data == content
    disposition, options = parse_options_header(answer.headers["Content-Disposition"])
    assert (disposition, options["filename"]) == ("attachment", '王 #1 "副本".pdf')
    assert answer.headers["Content-Type"] == "application/pdf"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_page_in_disguise_leaves_under_the_type_we_found(office: Office, officer: FlaskClient) -> None:
    polyglot = made.picture("PNG") + b"<html><script>alert(1)</script></html>"
    answer = officer.get(f"/documents/{office.put(polyglot, 'photo.html').id}/original")
    assert answer.headers["Content-Type"] == "image/png"
    assert parse_options_header(answer.headers["Content-Disposition"])[1]["filename"] == "photo.html.png"


def test_the_rendition_is_shown_inline_without_what_acts(office: Office, officer: FlaskClient) -> None:
    answer = officer.get(f"/documents/{office.put(made.active_pdf()).id}/rendition")
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert answer.headers["Content-Type"] == "application/pdf"
    shown = pikepdf.open(io.BytesIO(answer.data))
    assert set(shown.Root.keys()) == {"/Type", "/Pages"}


def test_a_picture_is_shown_in_a_sandbox(office: Office, officer: FlaskClient) -> None:
    answer = officer.get(f"/documents/{office.put(made.picture(), '现场.jpg').id}/rendition")
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_pages_of_a_scan_are_pictures_for_browsers_without_script(office: Office, officer: FlaskClient) -> None:
    scan = office.put(made.tiff_pages(3), "scan.tif")
    page = officer.get(f"/documents/{scan.id}/pages/3")
    assert page.headers["Content-Type"] == "image/png"
    assert Image.open(io.BytesIO(page.data)).size == (300, 400)
    for number in (0, 4, 999):
        assert officer.get(f"/documents/{scan.id}/pages/{number}").status_code == 404
    single = office.put(made.picture(), "a.jpg")
    assert officer.get(f"/documents/{single.id}/pages/1").headers["Content-Type"] == "image/jpeg"
    assert officer.get(f"/documents/{office.put(made.pdf()).id}/pages/1").status_code == 404


@pytest.mark.parametrize("what", ["", "/original", "/rendition", "/pages/1"])
def test_who_may_not_see_the_case_does_not_learn_of_its_documents(office: Office, what: str) -> None:
    there = office.put(made.tiff_pages(2), "scan.tif")
    seen = office.client("examiner").get(f"/documents/{there.id}{what}")
    hidden = office.client("stranger").get(f"/documents/{there.id}{what}")
    absent = office.client("stranger").get(f"/documents/{new_id()}{what}")
    assert seen.status_code == 200
    assert (hidden.status_code, absent.status_code) == (404, 404)
    assert "scan" not in hidden.text
    assert _sentence(hidden) == _sentence(absent)
    assert office.client(None).get(f"/documents/{there.id}{what}").status_code in (302, 401)


def _sentence(answer: TestResponse) -> str:
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|[\w.-]{60,}", "", answer.text)


def test_an_owner_of_an_unknown_kind_is_seen_by_nobody(office: Office, officer: FlaskClient) -> None:
    with db.transaction():
        lost = office_document = operations.add_document(
            owner_type="nobody_registered",
            owner_id=office.case,
            type_key="contract",
            file_name="x.pdf",
            stream=io.BytesIO(made.pdf()),
            element_id=None,
            actor=identity.Actor(user_id=None),
            now=NOW,
        )
    assert officer.get(f"/documents/{lost.id}").status_code == 404
    assert upload(officer, office, (made.pdf(), "a.pdf"), owner_type="nobody_registered").status_code == 404
    assert office_document.removed_at is None


def test_every_opening_is_on_record_and_a_refused_one_is_not(office: Office, officer: FlaskClient) -> None:
    document = office.put(made.pdf(2))
    officer.get(f"/documents/{document.id}/rendition")
    officer.get(f"/documents/{document.id}/original")
    office.client("stranger").get(f"/documents/{document.id}/original")
    with db.reading():
        entries = audit.entries(f"document:{document.id}")
    assert [(entry.verb, entry.actor_id) for entry in entries] == [
        ("open_document", office.users["officer"]),
        ("download_document", office.users["officer"]),
    ]


def test_files_are_added_and_people_come_back_where_they_were(office: Office, officer: FlaskClient) -> None:
    before = len(live(office))
    answer = upload(officer, office, (made.pdf(1, "One"), "一.pdf"), (made.picture(), "二.jpg"))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/somewhere")
    added = live(office)[before:]
    assert [(d.file_name, d.element_id, d.uploaded_by) for d in added] == [
        ("一.pdf", "intake", office.users["officer"]),
        ("二.jpg", "intake", office.users["officer"]),
    ]


def test_a_refused_file_does_not_take_the_good_ones_with_it(office: Office, officer: FlaskClient) -> None:
    before = len(live(office))
    answer = upload(
        officer, office, (made.pdf(1, "Good"), "good.pdf"), (b"MZ", "bad.exe"), headers={"HX-Request": "true"}
    )
    assert answer.status_code == 200
    assert [d.file_name for d in live(office)[before:]] == ["good.pdf"]
    assert "bad.exe: Only PDF, JPEG" in answer.text
    assert "good.pdf" in answer.text


def test_only_refused_files_are_an_answer_of_422_and_nothing_is_written(office: Office, officer: FlaskClient) -> None:
    before = len(live(office))
    answer = upload(officer, office, (b"MZ", "bad.exe"), headers={"HX-Request": "true"})
    assert (answer.status_code, len(live(office))) == (422, before)
    assert upload(officer, office, headers={"HX-Request": "true"}).status_code == 422


def test_a_refused_file_is_explained_without_script_too(office: Office, officer: FlaskClient) -> None:
    answer = upload(officer, office, (b"MZ", "坏.exe"))
    assert answer.status_code == 303
    with officer.session_transaction() as pages:
        ((kind, message),) = pages["_flashes"]
    assert kind == "danger"
    assert message.startswith("坏.exe: Only PDF")


def test_adding_is_for_who_works_on_the_station(office: Office) -> None:
    before = len(live(office))
    assert upload(office.client("examiner"), office, (made.pdf(), "a.pdf")).status_code == 403
    assert upload(office.client("stranger"), office, (made.pdf(), "a.pdf")).status_code == 404
    assert upload(office.client("officer"), office, (made.pdf(), "a.pdf"), element_id="committee").status_code == 403
    assert upload(office.client("officer"), office, (made.pdf(), "a.pdf"), owner_id="not-an-id").status_code == 404
    assert len(live(office)) == before


def test_an_unknown_type_is_a_plain_refusal(office: Office, officer: FlaskClient) -> None:
    answer = upload(officer, office, (made.pdf(), "a.pdf"), type="<b>", headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert "&lt;b&gt;" in answer.text


def test_taking_out_asks_for_a_reason_and_the_right_person(office: Office, officer: FlaskClient) -> None:
    document = office.put(made.pdf(1, "Taken out"))
    address = f"/documents/{document.id}/removal"
    assert office.client("examiner").post(address, data={"reason": "x"}).status_code == 403
    assert office.client("stranger").post(address, data={"reason": "x"}).status_code == 404
    assert officer.post(address, data={"reason": ""}).status_code == 422
    assert document.id in [d.id for d in live(office)]
    assert officer.post(address, data={"reason": "wrong customer", "next": "/somewhere"}).status_code == 303
    assert document.id not in [d.id for d in live(office)]
    assert officer.post(address, data={"reason": "again"}).status_code == 409


def test_a_document_taken_out_can_still_be_looked_at_and_says_so(office: Office, officer: FlaskClient) -> None:
    document = office.put(made.pdf(1, "Old"))
    officer.post(f"/documents/{document.id}/removal", data={"reason": "wrong customer"})
    page = officer.get(f"/documents/{document.id}")
    assert page.status_code == 200
    assert "wrong customer" in page.text
    assert "officer某" in page.text


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (made.pdf(3), "a.pdf", ["data-document=", "/rendition", "application/pdf"]),
        (made.picture(), "a.jpg", ["data-document=", "image/jpeg", "/pages/1"]),
        (made.tiff_pages(2), "a.tif", ["data-document=", "application/pdf", "/pages/2"]),
        (made.office(), "a.docx", ["Office files are not opened here", "/original"]),
        (b"%PDF-1.4 nothing", "a.pdf", ["data-document=", "/original", "The file is damaged"]),
        (made.active_pdf(), "a.pdf", ["the original is unchanged"]),
    ],
)
def test_the_viewer_page_says_what_the_document_is(
    office: Office, officer: FlaskClient, content: bytes, name: str, words: list[str]
) -> None:
    page = officer.get(f"/documents/{office.put(content, name).id}")
    assert page.status_code == 200
    for word in words:
        assert word in page.text
    assert "<script>" not in page.text
    assert " style=" not in page.text


def test_a_name_with_markup_is_shown_as_text(office: Office, officer: FlaskClient) -> None:
    document = office.put(made.pdf(), '"><img src=x onerror=alert(1)>.pdf')
    page = officer.get(f"/documents/{document.id}")
    assert "<img src=x" not in page.text


@pytest.mark.parametrize(
    ("language", "word"), [("zh_Hans", "下载原件"), ("zh_Hant", "下載原件"), ("en", "Download original")]
)
def test_the_viewer_speaks_the_readers_language(office: Office, language: str, word: str) -> None:
    page = office.client("examiner", language).get(f"/documents/{office.put(made.pdf()).id}")
    assert word in page.text


def test_a_refusal_with_a_number_in_it_is_translated(office: Office) -> None:
    client = office.client("officer", "zh_Hans")
    answer = upload(client, office, (made.pdf(201), "长.pdf"), headers={"HX-Request": "true"})
    assert "文件超过 200 页" in answer.text
    office.client("officer", "en")


def test_the_panel_lists_marks_and_offers(office: Office, officer: FlaskClient) -> None:
    office.put(b"%PDF-1.4 nothing", "kaputt.pdf")
    answer = upload(
        officer,
        office,
        (made.pdf(1, "Panel"), "a.pdf"),
        headers={"HX-Request": "true"},
        required=["valuation_report", "nonsense"],
    )
    for word in ("Valuation report", "Still missing", "kaputt.pdf", "damaged", 'type="file"', "multiple"):
        assert word in answer.text
    assert "nonsense" not in answer.text


def test_every_real_file_is_answered_with_a_page_and_never_with_a_fault(
    office: Office, officer: FlaskClient, shared: Path
) -> None:
    known = {document.id for document in live(office)}
    for path in sorted((shared / "documents").glob("*/*")):
        content = path.read_bytes()
        assert upload(officer, office, (content, path.name)).status_code == 303, path
        new = [document for document in live(office) if document.id not in known]
        if not new:
            assert path.parent.name in ("active", "broken"), path
            continue
        (document,) = new
        known.add(document.id)
        assert officer.get(f"/documents/{document.id}").status_code == 200, path
        assert officer.get(f"/documents/{document.id}/original").data == content, path
        assert (officer.get(f"/documents/{document.id}/rendition").status_code == 200) == bool(document.rendition)


def test_two_pdfs_with_one_sha1_are_two_documents(office: Office, officer: FlaskClient, shared: Path) -> None:
    contents = [(shared / "documents" / "active" / f"pocs--mini{n}.pdf").read_bytes() for n in (1, 2)]
    ids = [office.put(content, "mini.pdf").id for content in contents]
    assert [officer.get(f"/documents/{i}/original").data for i in ids] == contents


def test_every_sentence_of_the_room_is_translated() -> None:
    room = Path(rules.__file__).parent
    catalogues = [po.read_text() for po in room.glob("translations/*/LC_MESSAGES/messages.po")]
    assert len(catalogues) == 2
    sentences = [*rules.NOTES.values(), rules.NOT_TAKEN, rules.OLD_OFFICE, rules.HEIC]
    for path in room.rglob("*.py"):
        found = re.findall(
            r'(?:raise (?!RuntimeError)\w+|gettext|^[A-Z_]+ =)\(?\s*"([A-Z][^"]+[.])"', path.read_text(), re.M
        )
        sentences += found
    for path in room.rglob("*.html"):
        sentences += re.findall(r'_\("([^"]+)"', path.read_text())
        sentences += re.findall(r"_\('([^']+)'", path.read_text())
    assert len(sentences) > 50
    for sentence in sentences:
        for catalogue in catalogues:
            assert f'msgid "{sentence}"' in catalogue, sentence


def test_the_panel_offers_what_is_welcome_and_tells_who_added_what(office: Office, officer: FlaskClient) -> None:
    sent = {"required": ["valuation_report"], "optional": ["site_photos", "nonsense"]}
    answer = upload(officer, office, (made.pdf(1, "Welcome"), "w.pdf"), headers={"HX-Request": "true"}, **sent)
    assert answer.text.index("Valuation report") < answer.text.index("Site photographs")
    assert answer.text.count("data-missing-type=") == 1
    assert "this station does not insist on it" in answer.text
    assert "officer某 ·" in answer.text
