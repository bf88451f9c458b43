"""What people find in their lists: tabs, filters, orders, pages, counts, search, and who may see what."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.demo import synthetic
from app.kernel.db import session
from app.workflow import instances, queries, rules
from app.workflow.committees import ballots
from app.workflow.committees.votes import Choice
from app.workflow.models import ProcessInstance, TaskState, UserTask
from app.workflow.moves import copies
from app.workflow.watching import worklists, workload
from app.workflow.watching.worklists import Filter
from tests.integration.workflow.route import EXPENSE, MORNING, RETAIL, Route

EVERY = Filter()
LATE = MORNING + timedelta(days=30)
TABS = ("todo", "pool")


def rows(route: Route, tab: str, who: str, wanted: Filter = EVERY, size: int = 50):
    person = route.person(who)
    if tab in TABS:
        return getattr(worklists, tab)(person, wanted, now=LATE, size=size)
    return getattr(worklists, tab)(person, wanted, size=size)


def numbers(page) -> list[str]:
    return [row.case.number for row in page.rows]


def test_a_task_moves_from_the_pool_to_the_desk_to_what_is_done(start):
    route = start().go_to("routing")
    number = route.case.number
    assert number in numbers(rows(route, "pool", "zhouyan"))
    assert number not in numbers(rows(route, "todo", "zhouyan"))
    route.claim("routing", "zhouyan")
    assert number in numbers(rows(route, "todo", "zhouyan"))
    for who in ("zhouyan", "wulei"):
        assert number not in numbers(rows(route, "pool", who))
    route.do("routing")
    assert number in numbers(rows(route, "done", "zhouyan"))
    assert number not in numbers(rows(route, "todo", "zhouyan"))


def test_who_began_a_case_finds_it_and_who_has_a_copy_too(start):
    route = start().go_to("routing")
    assert rows(route, "started", "zhaomin").rows[0].id == route.case.id
    copies.copy_to(instance_id=route.case.id, usernames=["weina"], person=route.person("zhaomin"), now=route.now)
    session.flush()
    ((case, copy),) = rows(route, "copied", "weina").rows
    assert (case.id, copy.read_at) == (route.case.id, None)


def test_a_vote_is_to_do_for_members_until_they_have_voted(start):
    route = start().go_to("credit_committee")
    assert route.case.number in numbers(rows(route, "todo", "lvbin"))
    ballots.cast(
        task_id=route.task("credit_committee").id,
        choice=Choice.AGREE,
        opinion="",
        person=route.person("lvbin"),
        now=route.now,
    )
    session.flush()
    assert route.case.number not in numbers(rows(route, "todo", "lvbin"))
    assert route.case.number in numbers(rows(route, "todo", "shiyun"))


def test_four_eyes_keep_a_task_out_of_a_persons_pool(start):
    route = start().go_to("routing")
    task = route.task("routing")
    task.excluded_ids = [*task.excluded_ids, route.person("wulei").id]
    session.flush()
    assert route.case.number not in numbers(rows(route, "pool", "wulei"))
    assert route.case.number in numbers(rows(route, "pool", "zhouyan"))


def test_what_the_pool_shows_is_exactly_what_may_be_claimed(start):
    for facts in (RETAIL, EXPENSE):
        route = start(facts, "qianjin").go_to("routing" if facts is RETAIL else "first_check")
    tasks = session.scalars(select(UserTask).where(UserTask.state == TaskState.OPEN)).all()
    for person in route.staff.by_id.values():
        shown = {row.task.id for row in worklists.pool(person, EVERY, now=LATE).rows}
        may = {
            task.id
            for task in tasks
            if rules.may(rules.Verb.CLAIM, person, session.get_one(ProcessInstance, task.instance_id), task)
        }
        assert shown == may, person.username


def test_counts_are_the_lengths_of_the_lists(start):
    for to in ("routing", "assignment", "credit_committee"):
        route = start().go_to(to)
    route.task("credit_committee").candidate_group_ids = []
    extra = start().go_to("routing")
    # A task that lies in two pools of a person, and is open to him by name too, is still one task.
    task = extra.task("routing")
    task.candidate_group_ids = list(extra.person("zhouyan").group_ids)
    task.candidate_user_ids = [extra.person("zhouyan").id]
    session.flush()
    for who in ("zhouyan", "wangfang", "zhaomin", "lvbin", "taoran"):
        counted = worklists.counts(route.person(who))
        for tab in ("todo", "pool"):
            assert counted[tab] == len(rows(route, tab, who).rows), (who, tab)
        assert counted["started"] == len(rows(route, "started", who, Filter(state="live")).rows)
    copies.copy_to(instance_id=route.case.id, usernames=["taoran"], person=route.person("zhaomin"), now=route.now)
    session.flush()
    assert worklists.counts(route.person("taoran"))["copied"] == 1


# --- filters and orders


def test_a_list_is_filtered_by_process_station_and_holder(start):
    loan = start().go_to("routing")
    expense = start(EXPENSE).go_to("first_check")
    every = lambda wanted: numbers(worklists.all_open(wanted, now=LATE))
    assert expense.case.number not in every(Filter(process_key="credit_application"))
    assert every(Filter(process_key="expense_declaration")) == [expense.case.number]
    assert every(Filter(element_id="first_check")) == [expense.case.number]
    loan.claim("routing", "wulei")
    assert every(Filter(holder_id=loan.person("wulei").id)) == [loan.case.number]


def test_overdue_is_what_is_past_its_deadline_now(start):
    route = start().go_to("routing")
    due = route.task("routing").due_at
    overdue = Filter(due="overdue")
    assert numbers(worklists.all_open(overdue, now=due)) == []
    assert numbers(worklists.all_open(overdue, now=due + timedelta(seconds=1))) == [route.case.number]


@pytest.mark.parametrize(
    ("state", "found"), [("live", [1, 0]), ("suspended", [1]), ("completed", []), ("withdrawn", [2]), ("incident", [0])]
)
def test_cases_are_filtered_by_their_state(start, state, found):
    made = [start(), start(), start()]
    made[0].case.has_incident = True
    instances.suspend(instance_id=made[1].case.id, reason="x", person=made[1].person("jiangshan"), now=made[1].now)
    instances.give_up(instance_id=made[2].case.id, reason="x", person=made[2].person("zhaomin"), now=made[2].now)
    made[2].case.has_incident = True
    session.flush()
    shown = [case.id for case in worklists.all_cases(Filter(state=state)).rows]
    assert sorted(shown) == sorted(made[n].case.id for n in found)


def test_cases_are_filtered_by_the_station_they_are_at(start):
    here, there = start().go_to("routing"), start().go_to("assignment")
    assert [c.id for c in worklists.all_cases(Filter(element_id="routing")).rows] == [here.case.id]
    assert there.case.id not in [c.id for c in worklists.all_cases(Filter(element_id="routing")).rows]


def test_orders_are_newest_oldest_and_due_first(start):
    made = [start().go_to("routing") for _ in range(3)]
    for route, days in zip(made, (3, 1, 2), strict=True):
        route.task("routing").due_at = MORNING + timedelta(days=days)
    made[2].task("routing").due_at = None
    session.flush()
    of = lambda *order: [made[n].case.number for n in order]
    assert numbers(worklists.all_open(Filter(sort="newest"), now=LATE)) == of(2, 1, 0)
    assert numbers(worklists.all_open(Filter(sort="oldest"), now=LATE)) == of(0, 1, 2)
    assert numbers(worklists.all_open(Filter(sort="due"), now=LATE)) == of(1, 0, 2)


# --- pages


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.sampled_from(["newest", "oldest", "due"]), st.integers(1, 6))
def test_pages_follow_each_other_without_gaps_or_doubles(many, sort, size):
    route, _ = many
    whole = [row.task.id for row in worklists.all_open(Filter(sort=sort), now=LATE, size=50).rows]
    pool = [row.task.id for row in rows(route, "pool", "zhouyan", Filter(sort=sort)).rows]
    assert paged(lambda f: worklists.all_open(f, now=LATE, size=size), sort) == whole
    assert paged(lambda f: rows(route, "pool", "zhouyan", f, size), sort) == pool


@pytest.fixture
def many(start):
    routes = [start().go_to("routing") for _ in range(9)]
    # Deadlines that are equal, and some that are missing: the order must still be one.
    for n, route in enumerate(routes):
        route.task("routing").due_at = None if n % 4 == 0 else MORNING + timedelta(days=n % 3)
    session.flush()
    return routes[0], routes


def paged(read, sort: str) -> list:
    found, after = [], ""
    for _ in range(30):
        page = read(Filter(sort=sort, after=after))
        found += [row.task.id for row in page.rows]
        if page.following is None:
            return found
        after = page.following
    raise AssertionError("the pages never end")


def test_done_started_and_copied_are_paged_too(many):
    route, routes = many
    for other in routes:
        other.claim("routing", "zhouyan")
        other.do("routing")
        copies.copy_to(instance_id=other.case.id, usernames=["weina"], person=route.person("zhaomin"), now=other.now)
    session.flush()
    assert paged(lambda f: rows(route, "done", "zhouyan", f, 2), "newest") == [
        row.task.id for row in rows(route, "done", "zhouyan").rows
    ]
    for tab, who in (("started", "zhaomin"), ("copied", "weina")):
        first = rows(route, tab, who, size=4)
        rest = rows(route, tab, who, Filter(after=first.following))
        assert [*first.rows, *rest.rows] == list(rows(route, tab, who).rows)


@pytest.mark.parametrize(
    "after", ["x", "|", "x|y", "2026-01-01|nope", "nope|018f0000-0000-7000-8000-000000000000", "\0"]
)
@pytest.mark.parametrize("sort", ["newest", "due", "oldest"])
def test_a_cursor_that_is_none_begins_at_the_beginning(many, after, sort):
    route, _ = many
    for tab in ("todo", "pool", "done", "started", "copied"):
        wanted = Filter(after=after, sort=sort)
        assert len(rows(route, tab, "zhouyan", wanted).rows) == len(rows(route, tab, "zhouyan", Filter(sort=sort)).rows)


@pytest.mark.usefixtures("many")
def test_a_cursor_of_another_order_does_not_break_the_list():
    due = worklists.all_open(Filter(sort="due"), now=LATE, size=2).following
    worklists.all_open(Filter(sort="newest", after=due), now=LATE)
    newest = worklists.all_open(Filter(sort="newest"), now=LATE, size=2).following
    worklists.all_open(Filter(sort="due", after=newest), now=LATE)


# --- search


def test_search_finds_a_case_by_its_number_or_the_beginning_of_it(start):
    route = start().go_to("routing")
    for text in (route.case.number, route.case.number.lower(), route.case.number[:7], f" {route.case.number} "):
        assert route.case.id in [case.id for case in worklists.all_cases(Filter(text=text)).rows]
    assert worklists.all_cases(Filter(text=route.case.number[1:])).rows == []


def test_search_finds_a_customer_by_the_exact_name_only(start):
    one = start().go_to("routing")
    other = start(replace(RETAIL, customer=synthetic.individual("somebody else"))).go_to("routing")
    name = RETAIL.customer.name
    assert [case.id for case in worklists.all_cases(Filter(text=name)).rows] == [one.case.id]
    assert worklists.all_cases(Filter(text=name[0])).rows == []
    assert numbers(rows(one, "pool", "zhouyan", Filter(text=name))) == [one.case.number]
    assert other.case.number not in numbers(rows(one, "pool", "zhouyan", Filter(text=name)))


@pytest.mark.parametrize("text", ["%", "_", "' OR 1=1 --", "\uffff", "CA%", "😀" * 50])
def test_signs_of_a_search_mean_themselves(start, text):
    start().go_to("routing")
    assert worklists.all_cases(Filter(text=text)).rows == []


# --- who may see a case


def test_everybody_concerned_sees_a_case_and_nobody_else(start):
    route = start().go_to("credit_committee")
    copies.copy_to(instance_id=route.case.id, usernames=["weina"], person=route.person("zhaomin"), now=route.now)
    session.flush()
    seeing = {p.username for p in route.staff.by_id.values() if queries.may_see(p, route.case)}
    worked = {route.staff.by_id[t.completed_by].username for t in queries.tasks_of(route.case.id) if t.completed_by}
    committee = {route.staff.by_id[i].username for i in route.task("credit_committee").elector_ids}
    overseers = {"luohao"}  # of the branch that the case belongs to
    assert seeing == {"zhaomin", "weina", "jiangshan", "hefeng", "xieqian", "songyan"} | overseers | worked | committee


def test_a_pool_sees_a_case_while_it_could_claim_it(start):
    route = start().go_to("routing")
    assert queries.may_see(route.person("wulei"), route.case)
    route.claim("routing", "zhouyan")
    assert not queries.may_see(route.person("wulei"), route.case)
    route.do("routing")
    assert queries.may_see(route.person("zhouyan"), route.case)


def test_what_has_ended_is_seen_by_who_worked_on_it(start):
    route = start().finish()
    seeing = {p.username for p in route.staff.by_id.values() if queries.may_see(p, route.case)}
    assert {"zhaomin", "hanmei", "lvbin", "jiangshan", "xieqian"} <= seeing
    assert not {"weina", "qiyue", "zouyi", "caoying"} & seeing


def test_workload_counts_what_is_held_and_what_lies_in_pools(start):
    route = start().go_to("routing")
    other = start().go_to("routing")
    other.claim("routing", "zhouyan")
    late = max(route.task("routing").due_at, other.task("routing").due_at) + timedelta(hours=1)
    persons = {row.username: (row.open, row.overdue) for row in workload.load_per_person(late)}
    pools = {row.key: (row.open, row.overdue) for row in workload.load_per_pool(late)}
    assert persons["zhouyan"] == (1, 1)
    assert pools["market_department"] == (1, 1)
    assert workload.station_counts("credit_application")["routing"] == 2


@pytest.mark.parametrize("sort", ["newest", "oldest", "due"])
def test_the_tasks_before_and_after_one_are_its_neighbours_in_the_list(start, sort):
    routes = [start().go_to("routing") for _ in range(3)]
    for route in routes:
        route.claim("routing", "zhouyan")
    session.flush()
    person, wanted = routes[0].person("zhouyan"), Filter(sort=sort)
    listed = [row.task for row in worklists.todo(person, wanted, now=LATE).rows]
    assert len(listed) >= 3
    for number, task in enumerate(listed):
        before, after = worklists.neighbours(person, "todo", wanted, task, now=LATE)
        assert before == (listed[number - 1].id if number else None)
        assert after == (listed[number + 1].id if number + 1 < len(listed) else None)


def test_the_neighbours_obey_the_filter_of_the_list(start):
    here, there = start().go_to("routing"), start(EXPENSE).go_to("first_check")
    for route, station in ((here, "routing"), (there, "first_check")):
        route.claim(station, "zhouyan")
    session.flush()
    person = here.person("zhouyan")
    task = here.task("routing")
    only = Filter(process_key="credit_application", text=here.case.number)
    assert worklists.neighbours(person, "todo", only, task, now=LATE) == (None, None)
    assert there.task("first_check").id in worklists.neighbours(person, "todo", EVERY, task, now=LATE)


def test_what_one_voted_in_is_done_with_the_ballot_and_a_changed_ballot_counts_once(start):
    route = start().go_to("credit_committee")
    voter = route.staff.by_id[route.task("credit_committee").candidate_user_ids[0]]
    route.vote("credit_committee", Choice.AGREE)
    (row,) = [r for r in worklists.done(voter, EVERY).rows if r.case.id == route.case.id]
    assert (row.task.element_id, row.choice) == ("credit_committee", "agree")
    again = {"choice": "disagree", "opinion": "期限过长。", "person": voter, "now": route.later()}
    ballots.cast(task_id=row.task.id, **again)
    session.flush()
    (row,) = [r for r in worklists.done(voter, EVERY).rows if r.case.id == route.case.id]
    assert (row.choice, row.done_at) == ("disagree", route.now)


@pytest.mark.parametrize(("tab", "who"), [("done", "zhaomin"), ("started", "zhaomin")])
def test_lists_of_the_past_can_be_read_from_either_end(start, tab, who):
    routes = [start().go_to("routing") for _ in range(4)]
    person = routes[0].person(who)
    read = getattr(worklists, tab)

    def numbers(sort: str, size: int) -> list[str]:
        found, after = [], ""
        while True:
            part = read(person, Filter(sort=sort, after=after), size=size)
            found += [(row.case if tab == "done" else row).number for row in part.rows]
            if not part.following:
                return found
            after = part.following

    newest, oldest = numbers("newest", 3), numbers("oldest", 3)
    assert oldest == newest[::-1]
    assert newest == numbers("newest", 50)
    assert {route.case.number for route in routes} <= set(newest)
