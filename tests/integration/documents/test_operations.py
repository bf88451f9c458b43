"""Adding, taking out, asking and sweeping, on the real database."""

from __future__ import annotations

import hashlib
import io
import os
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text

from app.audit import queries as audit
from app.audit.operations import Actor
from app.documents import access, operations, queries, renderer, scanner, storage
from app.documents.models import Document, StoredFile
from app.documents.storage import FolderStorage
from app.identity.models import User
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from tests.unit.documents import made

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FolderStorage:
    monkeypatch.setattr(storage, "_storage", FolderStorage(tmp_path / "documents"))
    return storage.current()  # type: ignore[return-value]


@pytest.fixture
def officer(session: Any) -> Actor:
    user = User(username=f"officer{uuid.uuid4().hex[:8]}", name="王芳")
    session.add(user)
    session.flush()
    return Actor(user_id=user.id)


@pytest.fixture
def case() -> uuid.UUID:
    return new_id()


@pytest.fixture
def add(
    store: FolderStorage, officer: Actor, case: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Document]:
    monkeypatch.setattr(access, "_owners", {})

    def put(content: bytes = b"", **changes: Any) -> Document:
        given = {
            "owner_type": "case",
            "owner_id": case,
            "type_key": "bank_statement",
            "file_name": "流水.pdf",
            "element_id": "intake",
            "actor": officer,
            "now": NOW,
        }
        return operations.add_document(**(given | changes), stream=io.BytesIO(content or made.pdf(2)))

    return put


def test_an_added_document_is_on_record_with_everything_about_it(
    add: Callable[..., Document], session: Any, case: uuid.UUID, officer: Actor
) -> None:
    content = made.pdf(2)
    document = add(content)
    session.expire_all()
    (found,) = queries.documents_of("case", case)
    assert found.id == document.id
    assert found.file_name == "流水.pdf"
    assert found.sha256 == hashlib.sha256(content).digest()
    assert (found.state, found.note, found.pages, found.size) == ("shown", None, 2, len(content))
    assert (found.type_key, found.element_id, found.uploaded_by, found.uploaded_at) == (
        "bank_statement",
        "intake",
        officer.user_id,
        NOW,
    )
    assert storage.current().open(found.sha256) == content
    assert storage.current().open(found.rendition).startswith(b"%PDF")


def test_the_file_name_is_encrypted_in_the_table(add: Callable[..., Document], session: Any) -> None:
    document = add(file_name="王小明身份证.pdf")
    raw = session.execute(
        text("SELECT file_name_cipher FROM document WHERE id = :id"), {"id": document.id}
    ).scalar_one()
    assert "王小明".encode() not in bytes(raw)


def test_adding_and_taking_out_are_on_the_chain_of_the_case(
    add: Callable[..., Document], session: Any, case: uuid.UUID, officer: Actor
) -> None:
    document = add()
    operations.remove_document(document_id=document.id, reason="错误文件", actor=officer, now=NOW)
    session.flush()
    entries = audit.entries(f"case:{case}")
    assert [(entry.verb, entry.object_id) for entry in entries] == [
        ("add_document", str(document.id)),
        ("remove_document", str(document.id)),
    ]
    assert document.sha256.hex() in entries[0].payload
    assert "流水" not in entries[0].payload
    assert "错误文件" not in entries[1].payload


def test_the_owner_is_locked_before_anything_is_written(
    add: Callable[..., Document], session: Any, case: uuid.UUID
) -> None:
    held: list[tuple[uuid.UUID, int]] = []

    def hold(owner_id: uuid.UUID) -> None:
        held.append((owner_id, session.scalar(select(func.count()).select_from(Document))))

    before = session.scalar(select(func.count()).select_from(Document))
    access.register("case", lambda *_: True, lambda *_: True, hold)
    add()
    assert held == [(case, before)]


def test_a_document_taken_out_is_gone_from_the_list_and_stays_on_record(
    add: Callable[..., Document], case: uuid.UUID, officer: Actor, session: Any
) -> None:
    document = add()
    operations.remove_document(document_id=document.id, reason="  换新版 ", actor=officer, now=NOW)
    session.expire_all()
    assert queries.documents_of("case", case) == []
    (kept,) = queries.documents_of("case", case, with_removed=True)
    assert (kept.removed_by, kept.removed_at, kept.removal_reason) == (officer.user_id, NOW, "换新版")
    assert storage.current().exists(kept.sha256)


def test_taking_out_needs_a_reason_and_happens_once(add: Callable[..., Document], officer: Actor) -> None:
    document = add()
    with pytest.raises(operations.ReasonMissing):
        operations.remove_document(document_id=document.id, reason="  ", actor=officer, now=NOW)
    operations.remove_document(document_id=document.id, reason="x", actor=officer, now=NOW)
    with pytest.raises(operations.AlreadyRemoved) as removed:
        operations.remove_document(document_id=document.id, reason="y", actor=officer, now=NOW)
    assert removed.value.status == 409
    with pytest.raises(NotFound):
        operations.remove_document(document_id=new_id(), reason="y", actor=officer, now=NOW)


@pytest.mark.parametrize(
    ("content", "changes", "refusal"),
    [
        (b"", {"type_key": "nonsense"}, operations.UnknownType),
        (b"MZ program", {}, renderer.FileRefused),
        (made.office("docx", {"word/vbaProject.bin": b"x"}), {}, renderer.FileRefused),
        (b"%PDF-" + bytes(20 * 2**20), {}, operations.TooLarge),
    ],
)
def test_what_is_refused_leaves_no_row_and_no_file(
    add: Callable[..., Document],
    session: Any,
    store: FolderStorage,
    case: uuid.UUID,
    content: bytes,
    changes: dict,
    refusal: type,
) -> None:
    with pytest.raises(refusal):
        add(content, **changes)
    assert queries.documents_of("case", case) == []
    assert not store.root.exists()


def test_an_empty_file_is_refused(store: FolderStorage, officer: Actor, case: uuid.UUID, session: Any) -> None:
    with pytest.raises(operations.EmptyFile):
        operations.add_document(
            owner_type="case",
            owner_id=case,
            type_key="contract",
            file_name="x.pdf",
            stream=io.BytesIO(),
            element_id=None,
            actor=officer,
            now=NOW,
        )


def test_a_file_the_scanner_knows_is_never_opened_nor_kept(
    add: Callable[..., Document], store: FolderStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def infected(_content: bytes) -> None:
        raise scanner.VirusFound("The virus scanner has refused the file. Tell your security officer.")

    monkeypatch.setattr(scanner, "check", infected)
    monkeypatch.setattr(renderer, "render", lambda _content: pytest.fail("opened"))
    with pytest.raises(scanner.VirusFound):
        add()
    assert not store.root.exists()


def test_the_same_content_is_one_file_prepared_once(
    add: Callable[..., Document], session: Any, store: FolderStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = made.pdf(3, "Twice")
    first = add(content)
    monkeypatch.setattr(renderer, "render", lambda _content: pytest.fail("prepared again"))
    second = add(content, type_key="contract", file_name="other name.pdf")
    assert (second.rendition, second.pages, second.state) == (first.rendition, 3, "shown")
    assert len([path for path in store.root.rglob("*") if path.is_file()]) == 2
    assert session.scalar(select(func.count()).where(StoredFile.sha256 == first.sha256)) == 1


def test_a_file_that_once_broke_its_reader_gets_another_try(
    add: Callable[..., Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = made.pdf(1, "Second try")
    with monkeypatch.context() as slow:
        slow.setattr(renderer, "_START", "raise SystemExit(1)")
        assert add(content).state == "unsafe"
    assert add(content).state == "shown"


def test_copies_in_the_case_and_elsewhere_are_noted(add: Callable[..., Document], case: uuid.UUID) -> None:
    content = made.pdf(1, "Payslip")
    first, other, second = add(content), add(made.pdf(1, "Unique")), add(content)
    add(content, owner_id=new_id())
    add(content, owner_id=new_id())
    copies = queries.copies_of(queries.documents_of("case", case))
    assert copies[first.id] == queries.Copies(None, 2)
    assert copies[second.id] == queries.Copies(first.id, 2)
    assert other.id not in copies
    assert queries.copies_of([]) == {}


def test_missing_types_count_only_what_can_be_read_and_is_still_there(
    add: Callable[..., Document], case: uuid.UUID, officer: Actor
) -> None:
    required = ["id_card", "bank_statement", "contract", "income_proof"]
    add(made.picture(), type_key="id_card")
    add(b"%PDF-1.4 nothing in it", type_key="bank_statement")
    taken_out = add(type_key="contract")
    add(type_key="income_proof", owner_id=new_id())
    operations.remove_document(document_id=taken_out.id, reason="x", actor=officer, now=NOW)
    assert queries.missing_types("case", case, required) == ("bank_statement", "contract", "income_proof")
    assert queries.missing_types("case", case, []) == ()


def test_the_panel_puts_required_types_first_and_says_what_is_missing(
    add: Callable[..., Document], case: uuid.UUID
) -> None:
    add(type_key="other")
    add(type_key="contract")
    panel = queries.panel("case", case, element_id="intake", required=["receipt", "contract"], may_add=True)
    assert [(slot.type_key, slot.is_missing, len(slot.documents)) for slot in panel.slots] == [
        ("receipt", True, 0),
        ("contract", False, 1),
        ("other", False, 1),
    ]
    assert panel.next_type == "receipt"


def test_a_protected_and_an_office_file_are_kept_without_rendition(add: Callable[..., Document]) -> None:
    document = add(made.office("xlsx"), file_name="报表.xlsx")
    assert (document.state, document.rendition, document.is_shown) == ("attachment", None, False)
    assert document.file_name == "报表.xlsx"


@pytest.fixture
def committed(databases: Any, settings: Any, store: FolderStorage, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A database of its own, for what works across transactions."""
    monkeypatch.setattr(access, "_owners", {})
    from app.kernel import crypto, db
    from app.kernel.keys import open_keys
    from app.migrating import migrate

    url = databases.create("sweeping")
    migrate(url)
    db.connect(url)
    with db.transaction() as opening:
        crypto.use(open_keys(opening, settings.keys_folder))
    yield
    db.disconnect()


def test_the_sweep_takes_what_a_rolled_back_upload_left_and_nothing_a_row_names(
    committed: None, store: FolderStorage
) -> None:
    from app.kernel import db

    def add_in_transaction(content: bytes) -> bytes:
        return operations.add_document(
            owner_type="case",
            owner_id=new_id(),
            type_key="contract",
            file_name="x",
            stream=io.BytesIO(content),
            element_id=None,
            actor=Actor(user_id=None),
            now=NOW,
        ).sha256

    with db.transaction():
        kept = add_in_transaction(made.pdf(1, "kept"))
    with db.transaction():
        lost = add_in_transaction(made.pdf(1, "lost"))
        raise db.Rollback
    old = (NOW - timedelta(days=8)).timestamp()
    for path in store.root.rglob("*"):
        os.utime(path, (old, old))
    assert operations.sweep_orphans(NOW) == 2
    assert store.exists(kept)
    assert not store.exists(lost)


def test_the_chain_of_openings_stays_whole_when_many_read_at_once(committed: None) -> None:
    import threading

    from app.kernel import db

    with db.transaction():
        document = operations.add_document(
            owner_type="case",
            owner_id=new_id(),
            type_key="contract",
            file_name="x",
            stream=io.BytesIO(made.pdf(1, "read")),
            element_id=None,
            actor=Actor(user_id=None),
            now=NOW,
        )

    def read() -> None:
        for _ in range(10):
            operations.record_opening(verb="open_document", document=document, actor=Actor(user_id=None), now=NOW)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.reading():
        assert audit.verify(f"document:{document.id}") == (40, [])
