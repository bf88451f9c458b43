"""Drafts: begun from a published route, saved under a guard, examined by a worker that changes nothing."""

import pytest
from sqlalchemy import func, select

from app.audit.operations import SYSTEM
from app.jobs.long_work import WorkState
from app.kernel.clock import now
from app.kernel.db import reading, separate_transaction, session, transaction
from app.studio import drafts, examinations
from app.studio.models import Draft, DraftContent, Examination


def begun() -> Draft:
    """A draft of two files."""
    files = {"a/a.bpmn": b"<one/>", "a/form.form": b"{}"}
    return drafts.begin(name="a", title="甲", files=files, actor=SYSTEM, now=now())


def test_a_saving_is_a_revision_and_the_earlier_ones_stay(bank):
    with transaction():
        draft = begun()
        drafts.save(draft_id=draft.id, changes={"a/a.bpmn": b"<two/>"}, base=draft.digest, actor=SYSTEM, now=now())
        drafts.save(draft_id=draft.id, changes={"a/form.form": None}, base=draft.digest, actor=SYSTEM, now=now())
        assert drafts.files_of(draft) == {"a/a.bpmn": b"<two/>"}
        assert drafts.files_of(draft, 1) == {"a/a.bpmn": b"<one/>", "a/form.form": b"{}"}
        assert draft.revision == 3


def test_saving_what_is_there_already_makes_no_revision(bank):
    with transaction():
        draft = begun()
        drafts.save(draft_id=draft.id, changes={"a/a.bpmn": b"<one/>"}, base=draft.digest, actor=SYSTEM, now=now())
        assert draft.revision == 1


def test_who_saves_over_somebody_elses_work_is_told_and_nothing_is_written(bank):
    with transaction():
        draft = begun()
        opened = draft.digest
        drafts.save(draft_id=draft.id, changes={"a/a.bpmn": b"<hers/>"}, base=opened, actor=SYSTEM, now=now())
        with pytest.raises(drafts.DraftChanged):
            drafts.save(draft_id=draft.id, changes={"a/a.bpmn": b"<his/>"}, base=opened, actor=SYSTEM, now=now())
        assert drafts.files_of(draft)["a/a.bpmn"] == b"<hers/>"


def test_the_same_content_is_kept_once(bank):
    with transaction():
        begun()
        before = session.scalar(select(func.count()).select_from(DraftContent))
        begun()
        assert session.scalar(select(func.count()).select_from(DraftContent)) == before


def test_a_draft_put_away_can_not_be_saved(bank):
    with transaction():
        draft = begun()
        drafts.discard(draft_id=draft.id, actor=SYSTEM, now=now())
        with pytest.raises(drafts.DraftClosed):
            drafts.save(draft_id=draft.id, changes={}, base=draft.digest, actor=SYSTEM, now=now())


def test_an_examination_tells_how_far_it_is_and_takes_back_what_it_wrote(bank):
    @examinations.examiner("trial")
    def trial(task):
        task.draft.title = "written on a copy"
        session.flush()
        task.report(3, 7)
        with separate_transaction() as beside:
            seen = beside.get(Examination, row_id)
        return {"files": sorted(task.files), "asked": task.asked["what"], "seen": seen.done}

    with transaction():
        draft = begun()
        row_id = examinations.begin(draft=draft, kind="trial", asked={"what": 7}, actor=SYSTEM, now=now()).id
    with transaction():
        examinations.examine(examination=str(row_id), key="")
    with reading():
        row = examinations.find(row_id)
        assert row.state == WorkState.DONE, row.fault
        assert (row.done, row.total) == (3, 7)
        assert row.found["files"] == ["a/a.bpmn", "a/form.form"]
        assert drafts.find(row.draft_id).title == "甲"
        assert not examinations.is_old(row, drafts.find(row.draft_id))


def test_an_examination_that_breaks_says_so_and_leaves_the_draft_alone(bank):
    @examinations.examiner("broken")
    def broken(task):
        task.draft.title = "written on a copy"
        raise ZeroDivisionError

    with transaction():
        row_id = examinations.begin(draft=begun(), kind="broken", asked={}, actor=SYSTEM, now=now()).id
    with transaction():
        examinations.examine(examination=str(row_id), key="")
    with reading():
        row = examinations.find(row_id)
        assert (row.state, row.fault) == (WorkState.FAILED, examinations.FAULT)
        assert drafts.find(row.draft_id).title == "甲"
