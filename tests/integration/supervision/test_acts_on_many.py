"""One verb on many rows: the trial writes nothing, the confirmation does each row once, what is refused says why."""

from __future__ import annotations

import csv
import io
import json
import re
import threading
import uuid
from contextlib import contextmanager

import openpyxl
import pytest
from sqlalchemy import event, select, text
from sqlalchemy.engine import Engine

from app.audit import queries as audits
from app.demo import desk
from app.identity.models import User
from app.kernel import db
from app.kernel.clock import now
from app.kernel.db import session
from app.kernel.errors import Forbidden, NotFound, Refusal
from app.notifications.models import Notice
from app.supervision import act_page, operations
from app.supervision.models import ActState, BulkAct, BulkRow, RowState
from app.workflow import acts
from app.workflow.models import CaseEvent, ProcessInstance, UserTask
from app.workflow.rules import Verb
from tests.integration.desk_fixtures import LANGUAGES, a_committed_case, no_english, speak, words

GIVEN = {"people": ["wulei"], "reason": "休假"}


@pytest.fixture(scope="module")
def staff(bank):
    try:
        return desk.staff()
    finally:
        session.remove()


@pytest.fixture(autouse=True)
def fresh_session():
    yield
    session.remove()


@pytest.fixture
def boss(staff):
    return staff.by_name["jiangshan"]


def cases(staff, number: int = 3) -> list:
    return [a_committed_case(staff, "routing") for _ in range(number)]


def task_ids(routes) -> list[uuid.UUID]:
    ids = [route.case.id for route in routes]
    with db.reading():
        rows = session.execute(
            select(UserTask.instance_id, UserTask.id).where(UserTask.instance_id.in_(ids), UserTask.state == "open")
        )
        found = {row[0]: row[1] for row in rows}
    return [found[i] for i in ids]


def prepared(boss, ids, verb=Verb.REASSIGN, given=GIVEN, tries: int = 1) -> uuid.UUID:
    with db.transaction():
        act_id = operations.prepare(verb=verb, ids=ids, given=given, person=boss, now=now()).id
    for _ in range(tries):
        with db.transaction():
            operations.try_some(act_id=act_id, person=boss, now=now())
    return act_id


def confirmed(boss, act_id) -> None:
    with db.transaction():
        operations.confirm(act_id=act_id, person=boss, now=now())


def go_on(act_id, size: int = 50) -> str:
    with db.transaction():
        return operations.carry_on(act_id=act_id, now=now(), size=size).state


@contextmanager
def counting():
    """The statements with their values, as they go to the database."""
    seen = []

    def note(_connection, _cursor, statement, values, *_rest):
        seen.append((statement, values))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def rows_of(act_id) -> list[BulkRow]:
    with db.reading():
        return list(session.scalars(select(BulkRow).where(BulkRow.act_id == act_id).order_by(BulkRow.place)))


def case_tasks(case_id) -> list[UserTask]:
    return list(session.scalars(select(UserTask).where(UserTask.instance_id == case_id)))


def holder(task_id) -> str | None:
    with db.reading():
        return session.scalar(
            select(User.username).join(UserTask, UserTask.assignee_id == User.id).where(UserTask.id == task_id)
        )


def state_of(case_id) -> str:
    with db.reading():
        return session.get_one(ProcessInstance, case_id).state


TRACES = ("process_instance", "user_task", "case_event", "audit_entry", "notification", "incident", "ballot")


def digests() -> dict[str, int]:
    sums = "SELECT coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM {} t"
    with db.reading():
        return {name: int(session.scalar(text(sums.format(name))) or 0) for name in TRACES}


# -- the trial ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "given"),
    [
        (Verb.REASSIGN, GIVEN),
        (Verb.SUSPEND, {"reason": "核查"}),
        (Verb.TERMINATE, {"reason": "重复"}),
        (Verb.SEND_BACK, {"reason": "x", "reason_code": "other", "mapped": {"routing": "intake"}}),
    ],
)
def test_a_trial_tells_what_would_happen_and_writes_nothing(staff, boss, verb, given):
    routes = cases(staff)
    ids = [route.case.id for route in routes]
    before = digests()
    act_id = prepared(boss, ids, verb, given)
    assert digests() == before
    rows = rows_of(act_id)
    assert [row.state for row in rows] == [RowState.READY] * 3, [row.refusal for row in rows]
    assert all(row.before != row.after for row in rows)


def test_a_trial_names_the_refusal_that_the_act_itself_would_give(staff, boss):
    routes = cases(staff, 2)
    with db.transaction():
        acts.carry_out(
            verb=Verb.SUSPEND, subject_id=routes[0].case.id, given=acts.Given(reason="x"), person=boss, now=now()
        )
    act_id = prepared(boss, [route.case.id for route in routes], Verb.SUSPEND, {"reason": "x"})
    by_case = {row.case_id: row for row in rows_of(act_id)}
    barred = by_case[routes[0].case.id]
    assert barred.state == RowState.BARRED
    with pytest.raises(Refusal) as refused, db.transaction():
        acts.carry_out(
            verb=Verb.SUSPEND, subject_id=routes[0].case.id, given=acts.Given(reason="x"), person=boss, now=now()
        )
    assert barred.refusal["text"] == refused.value.text
    assert by_case[routes[1].case.id].state == RowState.READY


def test_a_fault_in_one_row_is_that_rows_and_stops_no_other(staff, boss, monkeypatch):
    routes = cases(staff, 3)
    ids = task_ids(routes)
    act_id = prepared(boss, ids)
    confirmed(boss, act_id)
    real = acts.carry_out

    def broken(**said):
        if said["subject_id"] == ids[1]:
            raise ZeroDivisionError
        return real(**said)

    monkeypatch.setattr(operations.acts, "carry_out", broken)
    assert go_on(act_id) == ActState.DONE
    states = {row.subject_id: row.state for row in rows_of(act_id)}
    assert [states[i] for i in ids] == [RowState.DONE, RowState.REFUSED, RowState.DONE]
    assert [holder(i) for i in ids] == ["wulei", None, "wulei"]


# -- what is meant by the ticked rows ----------------------------------------------------------------------------------


def test_a_verb_about_tasks_goes_to_the_open_tasks_of_ticked_cases_and_one_about_cases_to_the_case_of_ticked_tasks(
    staff, boss
):
    routes = cases(staff, 2)
    ids = [route.case.id for route in routes]
    tasks = task_ids(routes)
    assert {row.subject_id for row in rows_of(prepared(boss, ids))} == set(tasks)
    on_cases = rows_of(prepared(boss, tasks, Verb.SUSPEND, {"reason": "x"}))
    assert {row.subject_id for row in on_cases} == set(ids)


def test_only_tasks_at_a_mapped_station_are_moved(staff, boss):
    here, there = a_committed_case(staff, "routing"), a_committed_case(staff, "assignment")
    given = {"reason": "x", "reason_code": "other", "mapped": {"assignment": "intake"}}
    act_id = prepared(boss, [here.case.id, there.case.id], Verb.SEND_BACK, given)
    assert [row.case_id for row in rows_of(act_id)] == [there.case.id]
    confirmed(boss, act_id)
    go_on(act_id)
    with db.reading():
        assert session.get_one(ProcessInstance, there.case.id).stations == ["intake"]
        assert session.get_one(ProcessInstance, here.case.id).stations == ["routing"]


def test_nothing_mapped_is_said(staff, boss):
    (route,) = cases(staff, 1)
    with pytest.raises(Refusal, match="Choose for at least one"), db.transaction():
        operations.prepare(
            verb=Verb.SEND_BACK, ids=[route.case.id], given={"mapped": {}}, person=boss, now=now()
        )  # fmt: skip


@pytest.mark.parametrize("ids", [[], [uuid.uuid4()]])
def test_nothing_to_act_on_is_refused(staff, boss, ids):
    with pytest.raises(Refusal), db.transaction():
        operations.prepare(verb=Verb.SUSPEND, ids=ids, given={"reason": "x"}, person=boss, now=now())


def test_too_many_rows_are_refused_before_any_is_tried(staff, boss, monkeypatch):
    monkeypatch.setattr(operations, "MOST", 2)
    ids = [route.case.id for route in cases(staff, 3)]
    with pytest.raises(operations.TooMany), db.transaction():
        operations.prepare(verb=Verb.SUSPEND, ids=ids, given={"reason": "x"}, person=boss, now=now())


# -- carrying out ------------------------------------------------------------------------------------------------------


def _suspend(routes, boss) -> None:
    for route in routes:
        with db.transaction():
            said = acts.Given(reason="x")
            acts.carry_out(verb=Verb.SUSPEND, subject_id=route.case.id, given=said, person=boss, now=now())


@pytest.mark.parametrize(
    ("verb", "given", "becomes"),
    [
        (Verb.REASSIGN, GIVEN, ("active", ["routing"], ["wulei"])),
        (Verb.URGE, {"note": "请尽快"}, ("active", ["routing"], [])),
        (
            Verb.SEND_BACK,
            {"reason": "x", "reason_code": "other", "mapped": {"routing": "intake"}},
            ("active", ["intake"], ["zhaomin"]),
        ),
        (Verb.SUSPEND, {"reason": "x"}, ("suspended", ["routing"], [])),
        (Verb.RESUME, {"reason": "x"}, ("active", ["routing"], [])),
        (Verb.TERMINATE, {"reason": "x"}, ("cancelled", [], [])),
        (Verb.JUMP, {"reason": "x", "mapped": {"routing": "assignment"}}, ("active", ["assignment"], [])),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_verb_is_tried_confirmed_and_done_with_a_result_for_each_row(staff, boss, verb, given, becomes):
    routes = cases(staff, 2)
    if verb is Verb.RESUME:
        _suspend(routes, boss)
    act_id = prepared(boss, [route.case.id for route in routes], verb, given)
    assert [row.state for row in rows_of(act_id)] == [RowState.READY] * 2, [row.refusal for row in rows_of(act_id)]
    confirmed(boss, act_id)
    assert go_on(act_id) == ActState.DONE
    assert [row.state for row in rows_of(act_id)] == [RowState.DONE] * 2
    with db.reading():
        for route in routes:
            case = session.get_one(ProcessInstance, route.case.id)
            tasks = [task for task in case_tasks(case.id) if task.state == "open"]
            named = [staff.by_id[task.assignee_id].username for task in tasks if task.assignee_id]
            assert (case.state, case.stations, named) == becomes
            told = session.scalars(select(CaseEvent).where(CaseEvent.instance_id == case.id, CaseEvent.verb == verb))
            assert [event.actor_id for event in told] == [boss.id]


def test_nothing_is_done_before_it_is_confirmed(staff, boss):
    tasks = task_ids(cases(staff))
    act_id = prepared(boss, tasks)
    assert go_on(act_id) == ActState.PREVIEW
    assert [holder(i) for i in tasks] == [None] * 3


def test_confirmed_rows_are_done_chunk_by_chunk_each_once(staff, boss):
    tasks = task_ids(cases(staff, 5))
    act_id = prepared(boss, tasks)
    confirmed(boss, act_id)
    states = [go_on(act_id, size=2) for _ in range(3)]
    assert states == [ActState.RUNNING, ActState.RUNNING, ActState.DONE]
    assert go_on(act_id) == ActState.DONE
    assert [holder(i) for i in tasks] == ["wulei"] * 5
    with db.reading():
        told = session.scalars(select(CaseEvent.task_id).where(CaseEvent.verb == "reassign")).all()
    assert all(told.count(i) == 1 for i in tasks)


def test_a_row_that_was_changed_after_the_trial_is_refused_with_its_reason_and_leaves_no_trace(staff, boss):
    routes = cases(staff, 2)
    act_id = prepared(boss, task_ids(routes))
    confirmed(boss, act_id)
    with db.transaction():
        acts.carry_out(
            verb=Verb.TERMINATE, subject_id=routes[0].case.id, given=acts.Given(reason="x"), person=boss, now=now()
        )
    with db.reading():
        events = session.get_one(ProcessInstance, routes[0].case.id).events
    go_on(act_id)
    states = {row.case_id: (row.state, bool(row.refusal)) for row in rows_of(act_id)}
    assert states == {routes[0].case.id: (RowState.REFUSED, True), routes[1].case.id: (RowState.DONE, False)}
    with db.reading():
        assert session.get_one(ProcessInstance, routes[0].case.id).events == events


def refused_to(person) -> list[dict]:
    """What the audit says was refused to somebody, oldest first."""
    with db.reading():
        return [json.loads(entry.payload) for entry in audits.entries(f"refused:{person.id}")]


def test_each_refused_row_stands_in_the_audit_in_one_statement_and_a_dropped_preview_leaves_nothing(staff, boss):
    routes = cases(staff, 5)
    ids = [route.case.id for route in routes]
    for route in routes[:2]:
        suspend = {"subject_id": route.case.id, "given": acts.Given(reason="x"), "person": boss, "now": now()}
        with db.transaction():
            acts.carry_out(verb=Verb.SUSPEND, **suspend)
    count = len(refused_to(boss))
    dropped = prepared(boss, ids, Verb.SUSPEND, {"reason": "x"})
    with db.transaction():
        operations.drop(act_id=dropped, person=boss, now=now())
    assert len(refused_to(boss)) == count
    act_id = prepared(boss, ids, Verb.SUSPEND, {"reason": "x"})
    confirmed(boss, act_id)
    for route in routes[2:4]:
        with db.transaction():
            terminate = {"subject_id": route.case.id, "given": acts.Given(reason="x"), "person": boss, "now": now()}
            acts.carry_out(verb=Verb.TERMINATE, **terminate)
    with counting() as seen:
        go_on(act_id)
    entries = refused_to(boss)[count:]
    by_case = {row.case_id: row for row in rows_of(act_id)}
    assert [entry["object"] for entry in entries] == [["process_instance", str(i)] for i in ids[:4]]
    assert [entry["detail"]["why"] for entry in entries] == [by_case[i].refusal["text"] for i in ids[:4]]
    assert {entry["detail"]["act"] for entry in entries} == {"suspend"}
    assert {(entry["actor"], entry["detail"]["case"]) for entry in entries} == {(boss.id, str(i)) for i in ids[:4]}
    of_refusals = [values for _, values in seen if f"refused:{boss.id}" in str(values)]
    assert len(of_refusals) == 1, "two rows, one statement"
    with db.reading():
        assert audits.verify(f"refused:{boss.id}")[1] == []


def test_two_who_go_on_with_the_same_act_do_no_row_twice(staff, boss):
    tasks = task_ids(cases(staff, 8))
    act_id = prepared(boss, tasks)
    confirmed(boss, act_id)

    def work() -> None:
        for _ in range(6):
            go_on(act_id, size=2)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert go_on(act_id) == ActState.DONE
    with db.reading():
        told = session.scalars(select(CaseEvent.task_id).where(CaseEvent.verb == "reassign")).all()
    assert sorted(told.count(i) for i in tasks) == [1] * 8


def test_the_worker_goes_on_where_a_page_was_left(staff, boss):
    from app import worker

    tasks = task_ids(cases(staff, 3))
    act_id = prepared(boss, tasks)
    confirmed(boss, act_id)
    go_on(act_id, size=1)
    worker.carry_on_acts()
    with db.reading():
        assert session.get_one(BulkAct, act_id).state == ActState.DONE
    assert [holder(i) for i in tasks] == ["wulei"] * 3


def test_rows_are_done_with_the_rights_that_who_confirmed_has_now(staff, boss):
    (route,) = cases(staff, 1)
    act_id = prepared(boss, [route.case.id], Verb.SUSPEND, {"reason": "x"})
    confirmed(boss, act_id)
    with db.transaction():
        row = session.scalars(select(User).where(User.username == "jiangshan")).one()
        roles, row.roles = row.roles, ["staff"]
    try:
        go_on(act_id)
    finally:
        with db.transaction():
            session.scalars(select(User).where(User.username == "jiangshan")).one().roles = roles
    assert rows_of(act_id)[0].state == RowState.REFUSED
    assert state_of(route.case.id) == "active"


def test_what_is_dropped_half_way_stays_half_done(staff, boss):
    tasks = task_ids(cases(staff, 3))
    act_id = prepared(boss, tasks)
    confirmed(boss, act_id)
    go_on(act_id, size=1)
    with db.transaction():
        operations.drop(act_id=act_id, person=boss, now=now())
    assert go_on(act_id) == ActState.DROPPED
    assert sorted(filter(None, map(holder, tasks))) == ["wulei"]


def test_an_act_is_confirmed_once(staff, boss):
    act_id = prepared(boss, task_ids(cases(staff, 1)))
    confirmed(boss, act_id)
    with pytest.raises(Refusal, match="confirmed already"):
        confirmed(boss, act_id)


def test_only_who_prepared_an_act_confirms_it(staff, boss):
    act_id = prepared(boss, task_ids(cases(staff, 1)))
    from dataclasses import replace

    other = replace(staff.by_name["zhouyan"], permissions=boss.permissions)
    with pytest.raises(Forbidden):
        confirmed(other, act_id)
    with pytest.raises(NotFound):
        confirmed(staff.by_name["zhouyan"], act_id)


def test_staff_can_not_prepare_one(staff):
    with pytest.raises(Forbidden), db.transaction():
        operations.prepare(
            verb=Verb.SUSPEND, ids=[uuid.uuid4()], given={}, person=staff.by_name["zhouyan"], now=now()
        )  # fmt: skip


def test_who_gets_tasks_from_a_bulk_act_is_told_once_for_each(staff, boss):
    tasks = task_ids(cases(staff, 2))
    act_id = prepared(boss, tasks)
    confirmed(boss, act_id)
    go_on(act_id)
    with db.reading():
        ids = [session.get_one(UserTask, i).instance_id for i in tasks]
        told = session.scalars(
            select(Notice.case_id).where(Notice.case_id.in_(ids), Notice.event == "task_reassigned")
        ).all()
    assert sorted(told) == sorted(ids)


# -- the pages ---------------------------------------------------------------------------------------------------------


def shown(answer, status: int = 200) -> str:
    assert answer.status_code == status, words(answer.get_data(as_text=True))
    return answer.get_data(as_text=True)


def made(client, ids, verb: str = "reassign", **said) -> str:
    """An act made through the pages; returns its address."""
    fields = {"verb": verb, "ids": [str(i) for i in ids], "people": "wulei", "reason": "休假", **said}
    answer = client.post("/supervision/acts", fields)
    assert answer.status_code == 302, words(answer.get_data(as_text=True))
    return answer.headers["Location"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_supervisor_reassigns_through_plain_pages_in_his_language(sign_in, staff, language):
    speak("jiangshan", language)
    client = sign_in("jiangshan")
    tasks = task_ids(cases(staff, 2))
    pages = [shown(client.post("/supervision/acts/new", {"verb": "reassign", "ids": [str(i) for i in tasks]}))]
    address = made(client, tasks)
    pages.append(shown(client.get(address)))
    assert [holder(i) for i in tasks] == [None, None]
    assert client.post(f"{address}/confirm").status_code == 302
    pages.append(shown(client.get(address)))
    assert client.post(f"{address}/go").status_code == 302
    pages.append(shown(client.get(address)))
    pages.append(shown(client.get("/supervision/acts")))
    assert [holder(i) for i in tasks] == ["wulei", "wulei"]
    for page in pages if language != "en" else ():
        no_english(page)
    speak("jiangshan", "zh_Hans")


def test_all_that_match_the_filter_means_those_and_no_others(sign_in, staff):
    client = sign_in("jiangshan")
    (route,) = cases(staff, 1)
    others = cases(staff, 1)
    said = {"list": "tasks", "all": "1", "filter": f"q={route.case.number}", "ids": []}
    page = shown(client.post("/supervision/acts/new", {"verb": "reassign", **said}))
    ids = re.findall(r'name="ids" value="([^"]+)"', page)
    assert ids == [str(task_ids([route])[0])]
    assert str(task_ids(others)[0]) not in page


def test_htmx_gets_the_part_and_the_part_asks_on_until_it_is_over(sign_in, staff):
    client = sign_in("jiangshan")
    address = made(client, task_ids(cases(staff, 1)))
    client.post(f"{address}/confirm")
    assert 'hx-trigger="load' in shown(client.get(address))
    part = shown(client.post(f"{address}/go", headers={"HX-Request": "true"}))
    assert "<html" not in part
    assert 'hx-trigger="load' not in part


def test_a_reload_shows_the_act_as_it_is(sign_in, staff):
    client = sign_in("jiangshan")
    address = made(client, task_ids(cases(staff, 1)))
    assert shown(client.get(address)) == shown(client.get(address))
    client.post(f"{address}/confirm")
    client.post(f"{address}/go")
    assert "wulei" not in shown(client.get(address)).partition("<table")[0]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_result_comes_as_a_file_with_a_line_per_row(sign_in, staff, kind):
    client = sign_in("jiangshan")
    routes = cases(staff, 3)
    address = made(client, task_ids(routes))
    client.post(f"{address}/confirm")
    client.post(f"{address}/go")
    answer = client.get(f"{address}/result.{kind}")
    assert answer.status_code == 200
    assert {route.case.number for route in routes} == {row[0] for row in table(kind, answer.data)[1:]}


def table(kind: str, content: bytes) -> list[list]:
    if kind == "csv":
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    return [list(row) for row in openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True)]


@pytest.mark.parametrize("path", ["acts/new", "acts"])
def test_staff_and_auditors_make_no_acts(sign_in, path):
    for who in ("zhouyan", "xieqian"):
        assert sign_in(who).post(f"/supervision/{path}", {"verb": "suspend", "ids": "x"}).status_code == 403


def test_verbs_that_are_not_a_supervisors_are_not_found(sign_in):
    for verb in ("complete", "vote", "explode", ""):
        assert sign_in("jiangshan").post("/supervision/acts", {"verb": verb, "ids": "x"}).status_code == 404


def test_acts_that_nobody_confirmed_are_forgotten(staff, boss):
    act_id = prepared(boss, task_ids(cases(staff, 1)))
    with db.transaction():
        operations.sweep(now(), now())
    with db.reading():
        assert session.get_one(BulkAct, act_id).state == ActState.DROPPED


def test_every_verb_of_the_bar_has_words_and_an_operation():
    for verb in act_page.OFFERED:
        assert verb in acts.OPERATIONS
        assert act_page.WORDS[verb].button
