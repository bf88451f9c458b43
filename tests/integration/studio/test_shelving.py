"""Versions written to bpmn/ and forms/ and read again: the same bytes, nothing left over, nothing else touched."""

import pytest
from sqlalchemy import select

from app.audit.operations import SYSTEM
from app.kernel.clock import now
from app.kernel.db import session, transaction
from app.kernel.errors import NotFound
from app.studio import command, drafts
from app.studio.files import shelving
from app.studio.models import Draft
from app.workflow.deploying import definitions, shelf
from config import ROOT

KEYS = ("credit_application", "expense_declaration")


@pytest.fixture
def files(bank):
    with transaction():
        return {key: dict(definitions.load(definitions.active(key).id).files) for key in KEYS}


@pytest.mark.parametrize("key", KEYS)
def test_a_version_goes_out_and_comes_in_byte_for_byte(files, tmp_path, key):
    lines = command.export(key, None, tmp_path)
    assert lines[-1] == f"{len(files[key])} written, 0 removed, 0 the same."
    assert dict(shelf.folders(tmp_path)) == {key: files[key]}
    command.read(key, tmp_path)
    with transaction():
        draft = session.scalars(select(Draft).order_by(Draft.created_at.desc()).limit(1)).one()
        assert drafts.files_of(draft) == files[key]
        assert draft.digest == definitions.digest_of(files[key])
        assert draft.deployment_id == definitions.active(key).deployment_id


def test_what_lies_on_the_shelf_of_this_checkout_is_written_again_unchanged(files, tmp_path):
    """The shelf was deployed when the bank was made; written out it must be the shelf."""
    for key in KEYS:
        command.export(key, None, tmp_path)
    for part in ("bpmn", "forms"):
        for path in (tmp_path / part).rglob("*.*"):
            assert path.read_bytes() == (ROOT / path.relative_to(tmp_path)).read_bytes()


def test_writing_again_changes_nothing_and_takes_away_only_what_went(files, tmp_path):
    command.export("expense_declaration", None, tmp_path)
    (tmp_path / "bpmn/expense_declaration/README.md").write_text("ours")
    (tmp_path / "bpmn/expense_declaration/old.dmn").write_text("<x/>")
    (tmp_path / "forms/expense_declaration/payment.form").write_text("{}")
    done = shelving.write(files["expense_declaration"], tmp_path)
    assert [path.name for path in done.removed] == ["old.dmn"]
    assert [path.name for path in done.written] == ["payment.form"]
    assert len(done.same) == len(files["expense_declaration"]) - 1
    assert (tmp_path / "bpmn/expense_declaration/README.md").read_text() == "ours"


def test_an_earlier_version_can_be_written(files, tmp_path):
    key = "expense_declaration"
    changed = {**files[key], f"{key}/payment.form": files[key][f"{key}/payment.form"] + b"\n"}
    with transaction():
        definitions.deploy(name=key, files=changed, actor=SYSTEM, now=now())
    command.export(key, 1, tmp_path)
    assert dict(shelf.folders(tmp_path))[key] == files[key]
    command.export(key, 2, tmp_path)
    assert dict(shelf.folders(tmp_path))[key] == changed


def test_files_that_lie_in_no_folder_can_not_go_to_the_shelf(bank, tmp_path):
    for files in ({"loan.bpmn": b""}, {"a/x.bpmn": b"", "b/y.form": b""}, {"../x.bpmn": b""}, {"a/b/x.bpmn": b""}):
        with pytest.raises(shelving.NotOnTheShelf):
            shelving.write(files, tmp_path)
    assert not any(tmp_path.iterdir())


def test_what_is_not_there_is_said(bank, tmp_path):
    with pytest.raises(NotFound):
        command.export("nothing", None, tmp_path)
    (tmp_path / "bpmn").mkdir()
    with pytest.raises(NotFound):
        command.read("nothing", tmp_path)
