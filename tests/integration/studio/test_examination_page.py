"""The bar of an examination, its end, and what is said where there is no result: to each reader, and where nobody is at it."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
from flask_babel import force_locale
from sqlalchemy import func, select, text

from app.audit.operations import SYSTEM
from app.jobs import long_work
from app.jobs.long_work import WorkState
from app.kernel.clock import now
from app.kernel.db import reading, session, transaction
from app.kernel.errors import Refusal
from app.studio import drafts, examinations
from app.studio.models import Examination
from app.workflow.monitoring import foretelling, staffing_runs

PAGE = "/studio/examinations/{}"


@examinations.examiner("quick")
def quick(task):
    task.report(2, 5)
    return {}


@examinations.examiner("refusing")
def refusing(task):
    raise Refusal("The zip holds more than {most} files.", most=7)


def asked_for(kind):
    with transaction():
        draft = drafts.begin(name="a", title="甲", files={"a/a.bpmn": b"<one/>"}, actor=SYSTEM, now=now())
        return examinations.begin(draft=draft, kind=kind, asked={}, actor=SYSTEM, now=now()).id


@pytest.fixture
def asked(bank):
    """The id of an examination that nobody has begun."""
    return asked_for("quick")


def work(row_id):
    """What the worker does."""
    with transaction():
        examinations.examine(examination=str(row_id), key="")


def kill_the_worker_of(row_id):
    """Its job is in the hands of a worker that has not beaten for two minutes; the next sweep has not come."""
    with transaction():
        dead = session.scalar(
            text("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '2 min') RETURNING id")
        )
        changed = session.execute(
            text("UPDATE procrastinate_jobs SET status = 'doing', worker_id = :dead WHERE lock LIKE :lock"),
            {"dead": dead, "lock": f"%:{row_id}"},
        )
        assert changed.rowcount == 1
        session.get_one(Examination, row_id).state = WorkState.RUNNING


def state_of(row_id):
    with reading():
        return long_work.standing(examinations.find(row_id))


def test_the_bar_follows_the_work_and_has_the_page_loaded_anew_at_the_end(asked, sign_in):
    client = sign_in("qiyue")
    waiting = client.get(PAGE.format(asked), headers={"HX-Request": "true"})
    assert f'hx-get="{PAGE.format(asked)}"' in waiting.get_data(as_text=True)
    assert "HX-Refresh" not in waiting.headers
    work(asked)
    over = client.get(PAGE.format(asked), headers={"HX-Request": "true"})
    assert over.headers["HX-Refresh"] == "true"


def test_without_script_the_page_of_the_bar_leads_to_the_result(asked, sign_in):
    client = sign_in("qiyue")
    page = client.get(PAGE.format(asked))
    assert page.status_code == 200
    assert 'http-equiv="refresh"' in page.get_data(as_text=True)
    work(asked)
    assert client.get(PAGE.format(asked)).status_code == 302


def test_an_examination_that_is_none_is_not_found(bank, sign_in):
    assert sign_in("qiyue").get(PAGE.format("nothing")).status_code == 404


def test_a_refusal_is_read_by_each_in_his_own_language(bank):
    row_id = asked_for("refusing")
    work(row_id)
    said = {
        "en": "The zip holds more than 7 files.",
        "zh_Hans": "zip 中的文件超过 7 个。",
        "zh_Hant": "zip 中的檔案超過 7 個。",
    }
    for language, sentence in said.items():
        with bank.app.test_request_context(), force_locale(language), reading():
            row = examinations.find(row_id)
            assert (row.state, row.result) == (WorkState.FAILED, None)
            assert long_work.fault_of(row) == sentence


def test_where_the_files_are_to_blame_a_link_leads_to_what_is_wrong(bank, sign_in):
    with transaction():
        draft = drafts.begin(name="a", title="甲", files={"a/a.bpmn": b"<one/>"}, actor=SYSTEM, now=now())
        row = examinations.begin(draft=draft, kind="impact", asked={"mapping": {}}, actor=SYSTEM, now=now())
    work(row.id)
    client = sign_in("qiyue")
    client.post("/language", {"locale": "zh_Hans"})
    page = client.get(f"/studio/drafts/{draft.id}/impact").get_data(as_text=True)
    assert "The files can" not in page
    notice = page.split('data-kind="danger"')[1].split("</main>")[0]
    assert f'href="/studio/drafts/{draft.id}/report"' in notice


def test_the_same_question_twice_is_one_examination(asked, bank):
    with transaction():
        draft = drafts.find(examinations.find(asked).draft_id)
        assert examinations.begin(draft=draft, kind="quick", asked={}, actor=SYSTEM, now=now()).id == asked
        assert examinations.begin(draft=draft, kind="quick", asked={"a": 1}, actor=SYSTEM, now=now()).id != asked
    work(asked)
    with transaction():
        assert examinations.begin(draft=draft, kind="quick", asked={}, actor=SYSTEM, now=now()).id != asked


def test_of_two_presses_at_once_the_second_finds_the_first(bank):
    with transaction():
        draft = drafts.begin(name="a", title="甲", files={"a/a.bpmn": b"<one/>"}, actor=SYSTEM, now=now())
    together, answers = Barrier(4), []

    def press():
        with bank.app.app_context(), transaction():
            mine = drafts.find(draft.id)
            together.wait()
            answers.append(examinations.begin(draft=mine, kind="quick", asked={"x": 1}, actor=SYSTEM, now=now()).id)

    hands = [Thread(target=press) for _ in range(4)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert len(answers) == 4
    assert len(set(answers)) == 1
    with reading():
        count = select(func.count()).where(Examination.draft_id == draft.id)
        assert session.scalar(count) == 1


def test_an_examination_whose_worker_was_killed_is_said_to_be_lost_and_begun_again(asked, sign_in):
    assert state_of(asked) == WorkState.WAITING
    kill_the_worker_of(asked)
    assert state_of(asked) == WorkState.LOST
    over = sign_in("qiyue").get(PAGE.format(asked), headers={"HX-Request": "true"})
    assert over.headers["HX-Refresh"] == "true"
    with transaction():
        draft = drafts.find(examinations.find(asked).draft_id)
        again = examinations.begin(draft=draft, kind="quick", asked={}, actor=SYSTEM, now=now()).id
    assert again != asked
    assert state_of(asked) == WorkState.FAILED
    # The sweep finds the old job after all: it must not do the work a second time.
    work(asked)
    assert state_of(asked) == WorkState.FAILED
    work(again)
    assert state_of(again) == WorkState.DONE


def test_a_page_with_a_lost_examination_offers_to_begin_again(bank, sign_in):
    with transaction():
        draft = drafts.begin(name="a", title="甲", files={"a/a.bpmn": b"<one/>"}, actor=SYSTEM, now=now())
        row = examinations.begin(draft=draft, kind="impact", asked={"mapping": {}}, actor=SYSTEM, now=now())
    kill_the_worker_of(row.id)
    client = sign_in("qiyue")
    client.post("/language", {"locale": "en"})
    page = client.get(f"/studio/drafts/{draft.id}/impact").get_data(as_text=True)
    assert "The worker that was at it is gone" in page
    assert "Begin again" in page
    assert "<progress" not in page


def test_one_that_was_killed_and_given_to_another_worker_is_finished(asked):
    kill_the_worker_of(asked)
    with transaction():
        session.execute(
            text("UPDATE procrastinate_jobs SET status = 'todo' WHERE lock LIKE :lock"), {"lock": f"%:{asked}"}
        )
    assert state_of(asked) == WorkState.RUNNING
    work(asked)
    assert state_of(asked) == WorkState.DONE


def test_a_staffing_is_asked_for_once_and_lost_in_the_same_way(bank):
    asked = foretelling.Asked(growth=7)
    with transaction():
        first = staffing_runs.begin(process_key="expense_declaration", asked=asked, actor=SYSTEM, now=now())
        second = staffing_runs.begin(process_key="expense_declaration", asked=asked, actor=SYSTEM, now=now())
        assert first.id == second.id
    with transaction():
        session.execute(text("DELETE FROM procrastinate_jobs WHERE lock LIKE :lock"), {"lock": f"%:{first.id}"})
    with reading():
        assert long_work.standing(staffing_runs.find(first.id)) == WorkState.LOST
