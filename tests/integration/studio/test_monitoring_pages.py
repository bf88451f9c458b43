"""Monitoring: the record counted up by day, the page over it, and a staffing played from it."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from app.audit.operations import SYSTEM
from app.demo import command as applications
from app.jobs.long_work import WorkState
from app.kernel.clock import now
from app.kernel.db import reading, session, transaction
from app.workflow.models import CaseEvent, ProcessInstance, TaskState, UserTask
from app.workflow.monitoring import counting, foretelling, questions, staffing_runs
from app.workflow.monitoring.models import FactKind, MonitoringFact
from app.workflow.monitoring.questions import Wanted

KEY = "credit_application"


@pytest.fixture(scope="module")
def counted(bank):
    """A bank with forty generated applications whose record has been counted up."""
    applications.load_applications(now(), 40, 1)
    with bank.app.app_context():
        count_all()
    return bank


def count_all():
    done: set[date] = set()
    while True:
        with transaction():
            if not counting.advance(now=now(), done=done):
                return


def everything():
    span = questions.span(KEY)
    return questions.picture(Wanted(KEY, *span))


def test_what_was_counted_is_what_the_record_says(counted):
    with reading():
        picture = everything()
        done = (
            select(UserTask.element_id, func.count())
            .where(UserTask.process_key == KEY, UserTask.state != TaskState.OPEN, UserTask.parent_id.is_(None))
            .group_by(UserTask.element_id)
        )
        assert {key: one.done for key, one in picture.stations.items() if one.done} == dict(session.execute(done).all())
        opened = (
            select(UserTask.element_id, func.count()).where(UserTask.parent_id.is_(None)).group_by(UserTask.element_id)
        )
        assert {key: one.opened for key, one in picture.stations.items() if one.opened} == dict(
            session.execute(opened).all()
        )
        assert picture.cases == session.scalar(select(func.count()).select_from(ProcessInstance))


def test_what_flows_into_a_decision_flows_out_of_it(counted):
    with reading():
        flows = everything().flows
        into = flows["pre_check_to_pre_check_passed"]
        out = sum(number for flow, number in flows.items() if flow.startswith("pre_check_passed_to_"))
        assert into == out > 0


def test_counting_again_changes_nothing(counted):
    def facts():
        statement = select(
            MonitoringFact.day, MonitoringFact.kind, MonitoringFact.place, func.sum(MonitoringFact.number)
        )
        with reading():
            grouped = statement.group_by(MonitoringFact.day, MonitoringFact.kind, MonitoringFact.place)
            return sorted(map(tuple, session.execute(grouped)))

    before = facts()
    with counted.app.app_context(), transaction():
        counting.count_day(date.fromisoformat(str(before[0][0])))
    count_all()
    assert facts() == before


def test_an_act_with_a_date_of_long_ago_is_counted_there(counted):
    with counted.app.app_context(), transaction():
        event = session.scalars(select(CaseEvent).where(CaseEvent.verb == "start").limit(1)).one()
        day = (event.at - timedelta(days=200)).date()
        case = session.get(ProcessInstance, event.instance_id)
        case.events += 1
        late = CaseEvent(
            id=counting._id_at(now()), instance_id=case.id, seq=case.events, at=event.at - timedelta(days=200)
        )
        late.verb, late.passed, late.detail = "send_back", [], {"to": "intake", "reason": "incomplete"}
        session.add(late)
    with counted.app.app_context():
        count_all()
    with reading():
        fact = select(MonitoringFact.detail).where(MonitoringFact.day == day, MonitoringFact.kind == FactKind.RETURN)
        assert session.scalar(fact) == "intake incomplete"
    with counted.app.app_context(), transaction():
        session.delete(session.get(CaseEvent, late.id))
        counting.count_day(day)


def page(client, address):
    answer = client.get(address)
    assert answer.status_code == 200, answer.get_data(as_text=True)[:500]
    return answer.get_data(as_text=True)


def test_the_page_says_in_words_what_the_picture_shows(counted, sign_in):
    analyst = sign_in("qiyue")
    assert f"/studio/monitoring/{KEY}" in page(analyst, "/studio/monitoring")
    text = page(analyst, f"/studio/monitoring/{KEY}")
    assert "heat-5" in text
    assert 'data-point="pre_committee_review"' in text
    assert "share-" in text
    for query in ("measure=done", "than=before", "than=1", "branch=1", "line=retail", "since=2020-01-01", "since=x"):
        page(analyst, f"/studio/monitoring/{KEY}?{query}")
    assert "<" in page(analyst, f"/studio/monitoring/{KEY}/picture")


def test_the_table_can_be_had_as_a_file(counted, sign_in):
    lines = page(sign_in("qiyue"), f"/studio/monitoring/{KEY}/stations.csv").splitlines()
    head = lines[0].lstrip("\ufeff").split(",")
    row = dict(zip(head, next(line for line in lines if line.startswith("intake,")).split(","), strict=True))
    assert int(row["done"]) > 20


def test_a_process_of_which_nothing_is_known_says_so(counted, sign_in):
    assert "data-diagram" not in page(sign_in("qiyue"), "/studio/monitoring/expense_declaration")


def test_a_staffing_is_asked_for_played_and_shown_with_its_error(counted, sign_in):
    analyst = sign_in("qiyue")
    answer = analyst.post(f"/studio/monitoring/{KEY}/staffing", {"growth": "20", "ahead": "7", "away": "7"})
    assert answer.status_code == 302
    assert "hx-get" in page(analyst, answer.headers["Location"])
    with reading():
        run = staffing_runs.newest(KEY)[0]
    with counted.app.app_context(), transaction():
        staffing_runs.work(run=str(run.id), key="")
    with reading():
        run = staffing_runs.find(run.id)
        assert run.state == WorkState.DONE, run.fault
        found = run.found
    assert found["error"]["cases"] > 0
    assert found["error"]["median_percent"] is not None
    now_played = sum(one["before"]["visits"] for one in found["stations"])
    then_played = sum(one["after"]["visits"] for one in found["stations"])
    assert then_played > now_played
    text = page(analyst, f"/studio/monitoring/{KEY}/staffing?run={run.id}")
    assert "hx-get" not in text.split("staffing-run")[1][:200]
    assert "→" in text


def test_a_process_without_history_refuses_to_be_played(counted):
    with counted.app.app_context(), transaction():
        row = staffing_runs.begin(process_key="expense_declaration", asked=foretelling.Asked(), actor=SYSTEM, now=now())
        run_id = row.id
    with counted.app.app_context(), transaction():
        staffing_runs.work(run=str(run_id), key="")
    with reading():
        run = staffing_runs.find(run_id)
        assert (run.state, run.fault) == (WorkState.FAILED, "Nothing has been counted of this process yet.")
