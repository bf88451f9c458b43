"""The bank's calendar: what a change moves, who may make it, files, branches, and that every process takes it up."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, select, update

from app.audit.models import AuditEntry
from app.bank_calendar import operations, queries, rules
from app.bank_calendar.models import OpeningHours, OwnDay
from app.bank_calendar.operations import Change
from app.bank_calendar.rules import Day
from app.demo import desk
from app.identity.models import Branch
from app.kernel.db import session, transaction
from app.kernel.errors import Forbidden, Refusal
from app.kernel.working_time import Calendar
from app.workflow import instances
from app.workflow.clocks import due_dates, escalation
from app.workflow.models import ProcessInstance, UserTask
from app.workflow.moves import waiting
from tests.integration.desk_fixtures import LANGUAGES, a_committed_case, no_english, speak, words

ADMINISTRATOR = "zouyi"
LATER = datetime(2026, 3, 2, 6, tzinfo=UTC)
DAY = date(2026, 3, 3)


@pytest.fixture(scope="module")
def routes(bank):
    """Three open tasks that are due on the third and the fourth of March 2026."""
    staff = desk.staff()
    made = [a_committed_case(staff, "routing") for _ in range(3)]
    with transaction():
        for route in made:
            task = session.get(UserTask, route.task("routing").id)
            task.due_left, task.chain_left = timedelta(hours=8), timedelta(hours=7)
            task.due_from = LATER
            task.due_at, task.chain_at = LATER + timedelta(days=1), LATER + timedelta(hours=23)
    return made


@pytest.fixture(autouse=True)
def as_before(routes):
    yield
    with transaction():
        session.execute(delete(OwnDay))
        session.execute(update(OpeningHours).values(sessions=["09:00-17:00"]))
        session.flush()
        queries.forget()
        due_dates.lay_out_anew(queries.read_all())
    session.remove()


@pytest.fixture
def administrator(routes):
    return desk.staff().by_name[ADMINISTRATOR]


def closed(day=DAY, branch="", reason="台风"):
    return Change((Day(day, works=False, branch=branch, reason=reason),))


def tasks(routes):
    ids = [route.case.id for route in routes]
    found = select(UserTask).where(UserTask.instance_id.in_(ids), UserTask.state == "open").order_by(UserTask.id)
    return session.scalars(found, execution_options={"populate_existing": True}).all()


def change(made, person, now=LATER):
    with transaction():
        after = operations.apply(change=made, person=person, now=now)
        return due_dates.lay_out_anew(after)


def test_a_closed_day_moves_what_spans_it_and_says_so_first(routes, administrator):
    foreseen = due_dates.foresee(operations.foresee(closed()))
    assert (foreseen.running, foreseen.later, foreseen.earlier) == (3, 3, 0)
    assert {move.number for move in foreseen.examples} == {route.case.number for route in routes}
    assert change(closed(), administrator) == 3
    assert {(task.due_at, task.chain_at) for task in tasks(routes)} == {
        (LATER + timedelta(days=2), LATER + timedelta(days=1, hours=23))
    }


def test_looking_first_writes_nothing(routes, administrator):
    due_dates.foresee(operations.foresee(closed()))
    assert session.scalars(select(OwnDay)).all() == []
    assert {task.due_at for task in tasks(routes)} == {LATER + timedelta(days=1)}


def test_taking_the_day_out_again_moves_everything_back(routes, administrator):
    before = [task.due_at for task in tasks(routes)]
    change(closed(), administrator)
    assert change(Change(removed=((DAY, ""),)), administrator) == 3
    assert [task.due_at for task in tasks(routes)] == before


def test_a_working_saturday_lets_a_deadline_come_earlier(routes, administrator):
    with transaction():
        for task in tasks(routes):
            task.due_left = timedelta(days=1, hours=14)  # 38 hours: into the next week
            task.due_at = queries.calendar().shift(LATER, task.due_left)
    saturday = Change((Day(date(2026, 3, 7), works=True, branch="", reason="结息"),))
    foreseen = due_dates.foresee(operations.foresee(saturday))
    assert (foreseen.earlier, foreseen.later) == (3, 0)
    with transaction():
        for task in tasks(routes):
            task.due_left = timedelta(hours=8)


def test_a_branch_has_days_of_its_own_and_the_others_do_not_move(routes, administrator):
    branches = [b.id for b in queries.branches()]
    key = session.get(Branch, branches[-1]).key
    with transaction():
        case = session.get(ProcessInstance, routes[0].case.id)
        case.branch_id = branches[-1]
        session.get(ProcessInstance, routes[1].case.id).branch_id = branches[0]
        session.get(ProcessInstance, routes[2].case.id).branch_id = None
    assert change(closed(branch=key), administrator) == 1
    assert [task.due_at == LATER + timedelta(days=2) for task in tasks(routes)].count(True) == 1
    assert queries.calendar(branches[-1]).is_working_day(DAY) is False
    assert queries.calendar(branches[0]).is_working_day(DAY) is True


def test_a_branch_may_work_on_a_day_on_which_the_bank_is_closed(routes, administrator):
    branch = queries.branches()[-1]
    change(closed(), administrator)
    change(Change((Day(DAY, works=True, branch=branch.key, reason="值班"),)), administrator)
    assert queries.calendar(branch.id).is_working_day(DAY)
    assert not queries.calendar().is_working_day(DAY)


def test_other_opening_hours_make_other_days(routes, administrator):
    change(Change(sessions=("09:00-12:00", "14:00-17:00")), administrator)
    assert queries.calendar().day_length == timedelta(hours=6)
    expected = Calendar(hours=rules.read_hours(["09:00-12:00", "14:00-17:00"])).shift(LATER, timedelta(hours=8))
    assert {task.due_at for task in tasks(routes)} == {expected}


def test_a_clock_that_stands_still_is_not_moved_and_goes_on_by_the_new_calendar(routes, administrator):
    task = tasks(routes)[0]
    person = desk.staff().by_name["jiangshan"]
    with transaction():
        waiting.wait(task_id=task.id, reason="等客户", person=person, now=LATER + timedelta(hours=1))
    assert change(closed(), administrator) == 2
    with transaction():
        waiting.go_on(task_id=task.id, reason="来了", person=person, now=LATER + timedelta(hours=2))
    assert tasks(routes)[0].due_at == LATER + timedelta(days=2, hours=1)
    with transaction():
        task = session.get(UserTask, task.id)
        task.due_from, task.due_left, task.chain_left = LATER, timedelta(hours=8), timedelta(hours=7)


def test_a_suspended_case_is_not_moved(routes, administrator):
    person = desk.staff().by_name["jiangshan"]
    with transaction():
        instances.suspend(instance_id=routes[0].case.id, reason="核查", person=person, now=LATER)
    assert due_dates.foresee(operations.foresee(closed())).running == 2
    with transaction():
        instances.resume(instance_id=routes[0].case.id, reason="完", person=person, now=LATER)


def test_an_act_between_the_reading_and_the_writing_is_not_overwritten(routes, administrator, monkeypatch):
    """The chain of a task went on meanwhile: the row that was read is no longer the one there is."""
    calendars = operations.foresee(closed())
    read = list(due_dates._running())
    task = tasks(routes)[0]
    with transaction():
        escalation.carry_out(task_id=task.id, now=task.chain_at)
    kept = tasks(routes)[0].chain_at
    monkeypatch.setattr(due_dates, "_running", lambda: iter(read))
    with transaction():
        due_dates.lay_out_anew(calendars)
    monkeypatch.undo()
    assert tasks(routes)[0].chain_at == kept
    with transaction():
        again = session.get(UserTask, task.id)
        again.chain_done, again.chain_left = 0, timedelta(hours=7)


def test_what_was_laid_out_by_the_old_calendar_meanwhile_is_settled_once(routes, administrator):
    change(closed(), administrator, now=LATER)
    old = LATER + timedelta(days=1)
    with transaction():
        session.execute(update(UserTask).where(UserTask.id == tasks(routes)[0].id).values(due_at=old))
    with transaction():
        due_dates.settle(LATER + timedelta(seconds=5))
    assert tasks(routes)[0].due_at == old, "other processes may still go by the old calendar"
    with transaction():
        due_dates.settle(LATER + due_dates.SETTLED_AFTER)
    assert tasks(routes)[0].due_at == LATER + timedelta(days=2)
    assert session.get(OpeningHours, 1, populate_existing=True).settled_at == LATER + due_dates.SETTLED_AFTER


def test_every_change_is_in_the_audit_with_its_reason(routes, administrator):
    change(closed(reason="台风停业"), administrator)
    entry = session.scalars(
        select(AuditEntry).where(AuditEntry.verb == "change_calendar").order_by(AuditEntry.id.desc())
    ).first()
    assert (entry.actor_id, "台风停业" in entry.payload, "2026-03-03" in entry.payload) == (
        administrator.id,
        True,
        True,
    )


def test_only_administrators_may_change_it(routes, sign_in):
    supervisor = desk.staff().by_name["jiangshan"]
    with pytest.raises(Forbidden):
        operations.apply(change=closed(), person=supervisor, now=LATER)
    for page in ("days", "remove", "hours", "import", "confirm"):
        assert sign_in("jiangshan").post(f"/supervision/calendar/{page}", {"first": "2026-03-03"}).status_code == 403


@pytest.mark.parametrize(
    "nothing", [Change(), Change(removed=((DAY, ""),))], ids=["nothing at all", "a day that is not set"]
)
def test_a_change_of_nothing_is_refused(routes, nothing):
    with pytest.raises(Refusal, match="Nothing would change"):
        operations.foresee(nothing)


def test_an_unknown_branch_is_refused(routes):
    with pytest.raises(Refusal, match="no branch"):
        operations.foresee(closed(branch="atlantis"))


# The pages.


def text(answer, status=200):
    assert answer.status_code == status, words(answer.get_data(as_text=True))
    return answer.get_data(as_text=True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_read_in_every_language_with_its_forms(routes, sign_in, language):
    speak(ADMINISTRATOR, language)
    page = text(sign_in(ADMINISTRATOR).get("/supervision/calendar?year=2026"))
    assert page.count('<table class="month">') == 12
    assert 'calendar/days"' in page.replace("?year=2026", "")
    if language != "en":
        no_english(page)


def test_staff_may_read_the_calendar_and_are_offered_no_forms(routes, sign_in):
    page = text(sign_in("zhouyan").get("/supervision/calendar?year=2026"))
    assert '/supervision/calendar/days"' not in page
    assert "2026-02-17" in page


def test_a_year_that_has_not_been_announced_is_shown_with_a_warning(routes, sign_in):
    speak(ADMINISTRATOR, "en")
    client = sign_in(ADMINISTRATOR)
    assert "have not been announced" not in text(client.get("/supervision/calendar?year=2026"))
    assert "The holidays of 2031 have not been announced yet" in text(client.get("/supervision/calendar?year=2031"))


@pytest.mark.parametrize("year", ["", "0", "9999", "-5", "abc", "99999999999999999999"])
def test_a_strange_year_is_no_fault(routes, sign_in, year):
    text(sign_in(ADMINISTRATOR).get(f"/supervision/calendar?year={year}"))


def test_a_day_is_shown_with_what_it_moves_then_set(routes, sign_in):
    speak(ADMINISTRATOR, "en")
    client = sign_in(ADMINISTRATOR)
    posted = {"first": "2026-03-03", "last": "2026-03-04", "kind": "closed", "branch": "", "reason": "台风"}
    shown = text(client.post("/supervision/calendar/days?year=2026", posted))
    assert "3 due dates move" in shown
    assert routes[0].case.number in shown
    assert session.scalars(select(OwnDay)).all() == []
    fields = {"days": rules.write_csv([Day(DAY, False, "", "台风")]).decode("utf-8-sig"), "year": "2026"}
    answer = client.post("/supervision/calendar/confirm", fields)
    assert answer.status_code == 302
    page = text(client.get(answer.location))
    assert "Due dates moved: 3" in page
    assert "closed by the bank" in page
    assert [row.day for row in session.scalars(select(OwnDay))] == [DAY]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"first": "yesterday", "reason": "x"}, "is no date"),
        ({"first": "2026-03-03", "reason": " "}, "Please give a reason."),
        ({"first": "2026-03-03", "last": "2026-03-01", "reason": "x"}, "must not lie before"),
        ({"first": "2026-03-03", "last": "2029-03-01", "reason": "x"}, "more than a year"),
        ({"first": "1066-10-14", "reason": "x"}, "is no date"),
        ({"first": "2026-03-03", "branch": "atlantis", "reason": "x"}, "There is no branch"),
    ],
)
def test_what_can_not_be_set_is_said_in_plain_words_and_nothing_is_lost(routes, sign_in, fields, said):
    speak(ADMINISTRATOR, "en")
    answer = sign_in(ADMINISTRATOR).post("/supervision/calendar/days", fields)
    page = text(answer, 422)
    assert said in page
    assert f'value="{fields["first"]}"' in page


def test_what_was_exported_can_be_imported_again(routes, sign_in, administrator):
    key = queries.branches()[-1].key
    change(closed(reason='=1+1, "quoted"'), administrator)
    change(closed(branch=key, reason="分行搬迁"), administrator)
    client = sign_in(ADMINISTRATOR)
    file = client.get("/supervision/calendar/days.csv").data
    assert {day.reason for day in rules.read_csv(file)} == {'\'=1+1, "quoted"', "分行搬迁"}
    with transaction():
        session.execute(delete(OwnDay))
    posted = {"file": (io.BytesIO(file), "days.csv")}
    assert "分行搬迁" in text(client.post("/supervision/calendar/import", posted, content_type="multipart/form-data"))
    client.post("/supervision/calendar/confirm", {"days": file.decode("utf-8-sig")})
    assert {(row.day, row.branch_id is None) for row in session.scalars(select(OwnDay))} == {(DAY, True), (DAY, False)}


def test_hours_are_shown_then_set(routes, sign_in):
    client = sign_in(ADMINISTRATOR)
    assert "08:30-12:00" in text(client.post("/supervision/calendar/hours", {"sessions": "08:30-12:00, 14:00-17:30"}))
    client.post("/supervision/calendar/confirm", {"session": ["08:30-12:00", "14:00-17:30"]})
    assert session.get(OpeningHours, 1, populate_existing=True).sessions == ["08:30-12:00", "14:00-17:30"]
