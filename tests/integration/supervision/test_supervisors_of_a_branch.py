"""A supervisor of a branch: to him there are the cases of his branch, and no others, in lists, counts, files, acts and REST."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from app.audit.operations import SYSTEM
from app.demo import desk
from app.demo.staff import EAST, WEST
from app.identity import operations as identity
from app.identity import queries as people
from app.identity.models import Branch
from app.kernel import db
from app.kernel.clock import now
from app.kernel.db import session
from app.kernel.errors import Forbidden, NotFound, Refusal
from app.supervision import operations
from app.supervision.models import BulkAct, BulkRow
from app.web.access import Permission
from app.workflow import acts
from app.workflow.assigning import substitutes
from app.workflow.cases import hold_case
from app.workflow.models import ProcessInstance, TaskState, UserTask
from app.workflow.monitoring import counting, questions
from app.workflow.moves import confirmations, pending
from app.workflow.recording import ZONE, Act
from app.workflow.rules import Verb
from app.workflow.watching import stuck, worklists, workload
from app.workflow.watching.oversight import figures, stations, suspended
from app.workflow.watching.worklists import Filter
from tests.integration.desk_fixtures import a_committed_case
from tests.integration.rest.kit import Program, refused, token_of

EASTERN, WESTERN, CHIEF = "luohao", "westboss", "jiangshan"
FROM_EAST, FROM_WEST = "zhaomin", "sunli"


@dataclass(frozen=True)
class Cases:
    """Two cases at the same station, of different branches: the ids of the case and of its open task, and its number."""

    east: ProcessInstance
    west: ProcessInstance
    east_task: uuid.UUID
    west_task: uuid.UUID


@pytest.fixture(scope="module")
def staff(bank):
    """The people of the demo bank, and a supervisor of the western branch."""
    with db.transaction():
        west = session.scalars(select(Branch.id).where(Branch.key == WEST)).one()
        identity.create_user(
            username=WESTERN,
            name="西主管",
            roles=["branch_supervisor"],
            actor=SYSTEM,
            now=now(),
            position={},
            branch_id=west,
        )
    with db.reading():
        return desk.staff()


@pytest.fixture(scope="module")
def cases(staff) -> Cases:
    """One case of each branch, committed, where the market department routes it."""
    east = a_committed_case(staff, "routing", by=FROM_EAST)
    west = a_committed_case(staff, "routing", by=FROM_WEST)
    with db.reading():
        tasks = dict(
            session.execute(select(UserTask.instance_id, UserTask.id).where(UserTask.state == TaskState.OPEN)).all()
        )
        found = [session.get_one(ProcessInstance, route.case.id) for route in (east, west)]
    return Cases(*found, tasks[found[0].id], tasks[found[1].id])


@pytest.fixture
def person(staff):
    """A function: the person of a user name, as a request would make him; found beforehand, as finding ends a transaction."""
    with db.reading():
        found = {name: people.person_by_username(name) for name in (EASTERN, WESTERN, CHIEF, FROM_EAST, FROM_WEST)}
    return found.__getitem__


@pytest.fixture
def program(bank, staff):
    """A function: user name → a program with his token."""
    return lambda username: Program(bank.app.test_client(), token_of(username), username)


def test_what_he_may_do_reaches_his_branch_and_those_below_it(person):
    him = person(EASTERN)
    with db.transaction():
        below = Branch(key="east_lake_office", name={"en": "x"}, parent_id=him.branch_id)
        session.add(below)
        session.flush()
        found = people.person_by_username(EASTERN)
        assert found is not None
        assert found.branches == {him.branch_id, below.id}
        assert found.may_in(Permission.CASE_SUPERVISE, below.id)
        session.rollback()
    assert him.reach(Permission.CASE_SUPERVISE) == {him.branch_id}
    assert not him.may_in(Permission.CASE_SUPERVISE, None)
    assert person(CHIEF).reach(Permission.CASE_SUPERVISE) is None
    assert person(FROM_EAST).reach(Permission.CASE_SUPERVISE) == frozenset()


def test_who_also_oversees_the_bank_is_not_narrowed_by_the_role_of_a_branch(staff):
    with db.transaction():
        identity.create_user(
            username="both", name="双", roles=["auditor", "branch_supervisor"], actor=SYSTEM, now=now(), position={}
        )
        both = people.person_by_username("both")
        assert both is not None
        assert both.reach(Permission.CASE_SEE_ALL) is None
        assert both.reach(Permission.CASE_SUPERVISE) == frozenset()
        session.rollback()


@pytest.mark.parametrize(
    "path", ["/supervision/cases", "/supervision/tasks", "/supervision/cases.csv", "/supervision/tasks.csv"]
)
@pytest.mark.parametrize(
    ("username", "sees"), [(EASTERN, (True, False)), (WESTERN, (False, True)), (CHIEF, (True, True))]
)
def test_lists_and_files_hold_the_cases_of_the_branch_only(program, cases, path, username, sees):
    caller = program(username)
    answer = caller.http.get(path, headers={"Authorization": f"Bearer {caller.token}"})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert (cases.east.number in text, cases.west.number in text) == sees


def test_every_count_of_the_console_is_that_of_the_lists_behind_it(person, cases):
    moment = now()
    with db.reading():
        whole = figures(moment, ZONE).total
        parts = []
        for username in (EASTERN, WESTERN):
            reach = person(username).reach(Permission.CASE_SUPERVISE)
            rows = worklists.all_open(Filter(), now=moment, size=500, reach=reach).rows
            counted = figures(moment, ZONE, reach)
            assert {row.case.branch_id for row in rows} == set(reach)
            assert counted.total == len(rows) == sum(row.open for row in stations(moment, reach))
            assert sum(counted.by_age.values()) == len(rows)
            held = sum(row.open for row in workload.load_per_person(moment, reach))
            lying = sum(row.open for row in workload.load_per_pool(moment, reach))
            votes = [row for row in rows if row.task.is_vote]
            assert held + lying + len(votes) == len(rows)
            badges = workload.station_counts("credit_application", reach=reach)
            assert badges["routing"] == len([row for row in rows if row.task.element_id == "routing"])
            parts.append(len(rows))
        head_office = session.scalar(
            select(func.count())
            .select_from(UserTask)
            .join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
            .join(Branch, Branch.id == ProcessInstance.branch_id)
            .where(UserTask.state == TaskState.OPEN, Branch.key.notin_((EAST, WEST)))
        )
        assert sum(parts) + (head_office or 0) == whole


def test_the_overview_shows_his_numbers_and_says_whose_they_are(sign_in, cases):
    own = sign_in(EASTERN).get("/supervision/?fresh=1").get_data(as_text=True)
    whole = sign_in(CHIEF).get("/supervision/").get_data(as_text=True)
    assert "东湖支行" in own
    assert "仅限" not in whole, "what one reader's numbers are is not kept for another"
    for path in ("stuck", "load", "confirmations", "acts"):
        assert sign_in(EASTERN).get(f"/supervision/{path}").status_code == 200


def test_stuck_and_suspended_cases_of_elsewhere_are_not_counted(person, cases):
    east, west = person(EASTERN), person(WESTERN)
    with db.transaction():
        before = [(suspended(p.reach(Permission.CASE_SUPERVISE)), stuck.count(reach=p.reach(Permission.CASE_SUPERVISE)))
                  for p in (east, west)]  # fmt: skip
        given = acts.Given(reason="x")
        acts.carry_out(verb=Verb.SUSPEND, subject_id=cases.west.id, given=given, person=person(CHIEF), now=now())
        session.get_one(UserTask, cases.west_task).candidate_group_ids = []
        session.flush()
        after = [(suspended(p.reach(Permission.CASE_SUPERVISE)), stuck.count(reach=p.reach(Permission.CASE_SUPERVISE)))
                 for p in (east, west)]  # fmt: skip
        assert after[0] == before[0]
        assert after[1][0] == before[1][0] + 1
        found = {row.case.branch_id for row in stuck.find(now(), reach=east.reach(Permission.CASE_SUPERVISE))}
        assert found <= {east.branch_id}
        session.rollback()


def test_every_verb_of_a_supervisor_is_his_in_his_branch_and_unknown_elsewhere(person, cases):
    him, given = person(EASTERN), acts.Given(reason="x", people=("wulei",), target="intake", reason_code="other")
    of_tasks = (Verb.REASSIGN, Verb.SEND_BACK, Verb.SKIP, Verb.WAIT)
    of_cases = (Verb.SUSPEND, Verb.TERMINATE, Verb.JUMP, Verb.URGE, Verb.RETRY, Verb.LOOK_AGAIN)
    for verb, subject in [*((v, cases.west_task) for v in of_tasks), *((v, cases.west.id) for v in of_cases)]:
        with pytest.raises((NotFound, Forbidden)), db.transaction():
            acts.carry_out(verb=verb, subject_id=subject, given=given, person=him, now=now())
    with db.transaction():
        acts.carry_out(verb=Verb.SUSPEND, subject_id=cases.east.id, given=given, person=him, now=now())
        session.rollback()


def test_an_act_on_many_leaves_out_what_is_not_his_as_if_it_were_not_there(person, cases):
    him, given = person(EASTERN), {"people": ["wulei"], "reason": "x"}
    said = []
    for ids in ([cases.west_task], [cases.west.id], [uuid.uuid4()]):
        with pytest.raises(Refusal) as refusal, db.transaction():
            operations.prepare(verb=Verb.REASSIGN, ids=ids, given=given, person=him, now=now())
        said.append(refusal.value.text)
    assert len(set(said)) == 1, "a case of another branch and no case at all are told apart"
    with db.transaction():
        act = operations.prepare(
            verb=Verb.REASSIGN, ids=[cases.east_task, cases.west_task], given=given, person=him, now=now()
        )
        rows = session.scalars(select(BulkRow.subject_id).where(BulkRow.act_id == act.id)).all()
        assert rows == [cases.east_task]
        session.rollback()


def test_rows_of_an_act_are_carried_out_with_the_reach_he_has_now(staff, person, cases):
    him = person(EASTERN)
    with db.transaction():
        act = operations.prepare(verb=Verb.SUSPEND, ids=[cases.east.id], given={"reason": "x"}, person=him, now=now())
        operations.try_some(act_id=act.id, person=him, now=now())
        operations.confirm(act_id=act.id, person=him, now=now())
        west = session.scalars(select(Branch.id).where(Branch.key == WEST)).one()
        people.users([him.id])[him.id].branch_id = west
        session.flush()
        operations.carry_on(act_id=act.id, now=now())
        (row,) = session.scalars(select(BulkRow).where(BulkRow.act_id == act.id)).all()
        assert (row.state, row.refusal is not None) == ("refused", True)
        session.rollback()


def test_acts_of_others_are_not_his_to_look_at(sign_in, person, cases):
    with db.transaction():
        act_id = operations.prepare(
            verb=Verb.SUSPEND, ids=[cases.west.id], given={"reason": "机密"}, person=person(CHIEF), now=now()
        ).id
    him, chief = sign_in(EASTERN), sign_in(CHIEF)
    assert chief.get(f"/supervision/acts/{act_id}").status_code == 200
    for path in ("", "/result.csv"):
        assert him.get(f"/supervision/acts/{act_id}{path}").status_code == 404
    for verb in ("go", "confirm", "drop"):
        assert him.post(f"/supervision/acts/{act_id}/{verb}").status_code in (403, 404)
    assert str(act_id) not in him.get("/supervision/acts").get_data(as_text=True)
    assert str(act_id) in chief.get("/supervision/acts").get_data(as_text=True)
    with db.transaction():
        assert session.get_one(BulkAct, act_id).state == "trying"


def test_all_that_match_the_filter_means_his(sign_in, cases):
    him = sign_in(EASTERN)
    him.post("/supervision/acts", {"verb": "suspend", "all": "1", "list": "cases", "filter": "", "reason": "全部"})
    with db.transaction():
        act = session.scalars(select(BulkAct).order_by(BulkAct.id.desc()).limit(1)).one()
        branches = set(
            session.scalars(
                select(ProcessInstance.branch_id)
                .join(BulkRow, BulkRow.case_id == ProcessInstance.id)
                .where(BulkRow.act_id == act.id)
            )
        )
        assert (act.given["reason"], branches) == ("全部", {cases.east.branch_id})


def test_the_mapping_of_ticked_rows_tells_nothing_of_elsewhere(sign_in, cases):
    ticked = {"verb": "jump", "ids": [str(cases.west_task)]}
    own = {"verb": "jump", "ids": [str(cases.east_task)]}
    assert "to-routing" not in sign_in(EASTERN).post("/supervision/acts/new", ticked).get_data(as_text=True)
    assert "to-routing" in sign_in(EASTERN).post("/supervision/acts/new", own).get_data(as_text=True)


def test_over_rest_he_finds_his_cases_only(program, cases):
    him = program(EASTERN)
    seen = {one["businessKey"] for one in him.read("/process-instance", maxResults=1000)}
    tasks = {one["businessKey"] for one in him.read("/task", maxResults=1000)}
    past = {one["businessKey"] for one in him.read("/history/process-instance", maxResults=1000)}
    worked = {one["processInstanceId"] for one in him.read("/history/task", maxResults=1000)}
    for found in (seen, tasks, past):
        assert (cases.east.number in found, cases.west.number in found) == (True, False)
    assert (str(cases.east.id) in worked, str(cases.west.id) in worked) == (True, False)
    assert him.read("/task/count")["count"] == len(him.read("/task", maxResults=1000))
    refused(him.get(f"/process-instance/{cases.west.id}"), 404)
    refused(him.post(f"/task/{cases.west_task}/assignee", {"userId": "wulei"}), 404)
    refused(him.call("PUT", f"/process-instance/{cases.west.id}/suspended", {"suspended": True}), 404)
    refused(him.call("DELETE", f"/process-instance/{cases.west.id}"), 404)
    named = him.read("/process-instance", businessKeyIn=f"{cases.west.number},{cases.east.number}")
    assert [one["businessKey"] for one in named] == [cases.east.number]


def test_a_message_reaches_no_case_of_elsewhere(program, cases):
    said = [
        refused(program(EASTERN).post("/message", {"messageName": "disbursed", "businessKey": number}), 400)
        for number in (cases.west.number, "CA-0000-000000")
    ]
    assert said[0] == said[1]


def test_a_wish_is_confirmed_in_its_branch_or_by_the_bank(person, sign_in, cases):
    with db.transaction():
        held, chief = hold_case(cases.west.id), person(CHIEF)
        asked = pending.ask(held, Verb.SUSPEND, {"reason": "x"}, Act("suspend", chief.actor, now()), chief)
        session.flush()
        with pytest.raises(NotFound):
            confirmations.confirm(pending_id=asked.id, person=person(EASTERN), now=now())
        told = people.overseers(Permission.CASE_SUPERVISE, cases.west.branch_id)
        assert person(WESTERN).id in told
        assert person(EASTERN).id not in told
        rows = [session.execute(pending.waiting(person(name).reach(Permission.CASE_SUPERVISE))).all()
                for name in (EASTERN, WESTERN, CHIEF)]  # fmt: skip
        assert [len(found) for found in rows] == [0, 1, 1]
        confirmations.decline(pending_id=asked.id, reason="", person=person(WESTERN), now=now())
        session.rollback()


def test_he_names_substitutes_for_the_people_of_his_branch_only(person):
    him, moment = person(EASTERN), now()
    wish = substitutes.Wish(deputy="qianjin", from_at=moment, until_at=moment + timedelta(days=2))
    with db.transaction():
        with pytest.raises(Forbidden):
            substitutes.name_substitute(principal_id=person(FROM_WEST).id, wish=wish, person=him, now=moment)
        made = substitutes.name_substitute(principal_id=person(FROM_EAST).id, wish=wish, person=him, now=moment)
        abroad = person(WESTERN)
        assert substitutes.substitutions_of(abroad, moment) == []
        with pytest.raises(NotFound):
            substitutes.end_substitution(substitution_id=made.id, person=abroad, now=moment)
        session.rollback()


@pytest.mark.parametrize(
    "path",
    [
        "/studio/migrations",
        "/hand-over",
        "/administration/jobs",
        "/studio/",
        "/studio/monitoring/credit_application/staffing",
    ],
)
def test_what_concerns_the_whole_bank_is_not_for_him(program, path):
    caller = program(EASTERN)
    answer = caller.http.get(path, headers={"Authorization": f"Bearer {caller.token}"})
    assert answer.status_code in (403, 404)


def test_monitoring_shows_the_figures_of_his_branch(program, person, cases):
    done: set[date] = set()
    with db.transaction():
        while counting.advance(now=now() + timedelta(minutes=5), done=done):
            pass
    him = program(EASTERN)
    page = him.http.get("/studio/monitoring/credit_application", headers={"Authorization": f"Bearer {him.token}"})
    assert page.status_code == 200
    text = page.get_data(as_text=True)
    assert "东湖支行" in text
    assert "西门支行" not in text
    with db.reading():
        reach = person(EASTERN).reach(Permission.REPORT_SEE)
        span = questions.span("credit_application")
        assert span is not None
        own = questions.picture(questions.Wanted("credit_application", *span, reach=reach))
        west = questions.picture(
            questions.Wanted("credit_application", *span, branch_id=cases.west.branch_id, reach=reach)
        )
        whole = questions.picture(questions.Wanted("credit_application", *span))
    assert (west.cases, 0 < own.cases < whole.cases) == (0, True)
