"""Stuck cases: each kind is found, named, and can be put right; a healthy bank shows none."""

from __future__ import annotations

import zlib

import pytest
from sqlalchemy import delete, select, text, update

from app.identity.models import Group, Membership, User
from app.kernel.db import session
from app.kernel.errors import Conflict, Forbidden, Refusal
from app.workflow import acts
from app.workflow.acts import Given
from app.workflow.assigning import assignment
from app.workflow.engine import state as states
from app.workflow.models import Incident, ProcessInstance, UserTask
from app.workflow.moves import repairs
from app.workflow.rules import Verb
from app.workflow.watching import checkup, stuck
from app.workflow.watching.stuck import Kind
from tests.integration.workflow.route import CORPORATE, Route


@pytest.fixture(autouse=True)
def groups_as_they_are():
    """What a test learned of groups it had changed is forgotten with its changes."""
    assignment.forget()
    yield
    session.rollback()
    assignment.forget()


def kinds(route: Route) -> list[Kind]:
    session.flush()
    found = [row.kind for row in stuck.find(route.now) if row.case.id == route.case.id]
    assert len(found) <= stuck.count()
    return found


def leave(route: Route, username: str) -> None:
    """The person leaves the bank."""
    session.execute(update(User).where(User.id == route.person(username).id).values(active=False))
    session.expire_all()
    session.info.clear()


def lose_token(route: Route, element: str) -> None:
    """Damage no program of ours does: the engine's token and the open task of a station are gone."""
    body = states.unpack(zlib.decompress(route.case.blob))
    tokens = [prune(token, element) for token in body["tokens"]]
    body["tokens"] = [token for token in tokens if token]
    route.case.blob = zlib.compress(states.pack(body), 1)
    for task in route.open():
        if task.element_id == element:
            session.execute(update(UserTask).where(UserTask.id == task.id).values(state="cancelled"))
    route.case.stations = [station for station in route.case.stations if station != element]
    session.flush()
    session.expire_all()


def prune(token: dict, element: str) -> dict | None:
    if token["s"].removesuffix(".BoundaryEventSplit") == element:
        return None
    if "in" in token:
        token["in"] = [inner for inner in (prune(t, element) for t in token["in"]) if inner]
    return token


def do(route: Route, verb: Verb, subject, **said) -> None:
    given = Given(**{"reason": "处理卡住的业务", **said})
    acts.carry_out(
        verb=verb, subject_id=subject, given=given, person=route.person("jiangshan"), now=route.later()
    )  # fmt: skip
    session.flush()


def test_a_healthy_case_is_not_stuck_at_any_station(start):
    route = start()
    seen = set()
    while route.open():
        assert kinds(route) == []
        seen |= set(route.stations)
        route.step(route.open()[0])
    assert kinds(route) == []
    assert len(seen) > 8


def test_a_task_of_somebody_who_left_is_found_and_goes_to_whom_the_rules_name_today(start):
    route = start().go_to("routing")
    route.claim("routing", "zhouyan")
    leave(route, "zhouyan")
    assert kinds(route) == [Kind.HOLDER_GONE]
    do(route, Verb.LOOK_AGAIN, route.case.id)
    assert kinds(route) == []
    task = route.task("routing")
    assert (task.assignee_id, bool(task.candidate_group_ids)) == (None, True)
    route.must_be_whole()


def test_a_task_of_somebody_who_lost_the_right_is_found_and_can_be_given_to_another(start):
    route = start().go_to("routing")
    task = route.claim("routing", "zhouyan")
    session.execute(update(User).where(User.id == route.person("zhouyan").id).values(roles=["auditor"]))
    assert kinds(route) == [Kind.HOLDER_GONE]
    do(route, Verb.REASSIGN, task.id, people=("wulei",))
    assert kinds(route) == []
    route.must_be_whole()


def test_a_holder_whom_four_eyes_keep_away_is_found(start):
    route = start().go_to("routing")
    task = route.claim("routing", "zhouyan")
    session.execute(update(UserTask).where(UserTask.id == task.id).values(excluded_ids=[task.assignee_id]))
    session.expire_all()
    assert kinds(route) == [Kind.KEPT_AWAY]


def test_a_pool_without_anybody_is_found(start):
    route = start().go_to("routing")
    group = session.scalars(select(Group).where(Group.key == "market_department")).one()
    session.execute(delete(Membership).where(Membership.group_id == group.id))
    assert kinds(route) == [Kind.NOBODY]
    assignment.forget()
    with pytest.raises(Refusal, match="find nobody"), session.begin_nested():
        do(route, Verb.LOOK_AGAIN, route.case.id)


def test_a_pool_in_which_four_eyes_keep_everybody_away_is_found(start):
    route = start().go_to("routing")
    task = route.task("routing")
    group_id = task.candidate_group_id
    members = session.scalars(select(Membership.user_id).where(Membership.group_id == group_id)).all()
    session.execute(update(UserTask).where(UserTask.id == task.id).values(excluded_ids=list(members)))
    session.expire_all()
    assert kinds(route) == [Kind.NOBODY]
    do(route, Verb.REASSIGN, task.id, people=("hanmei",))
    assert kinds(route) == []


def test_a_vote_none_of_whose_members_is_left_is_found(start):
    route = start().go_to("credit_committee")
    vote = route.task("credit_committee")
    session.execute(update(User).where(User.id.in_(vote.elector_ids)).values(active=False))
    session.expire_all()
    assert kinds(route) == [Kind.VOTERS_GONE]


def test_an_incident_is_found_with_its_own_words(start):
    route = start().go_to("routing")
    words = {"en": "It broke.", "zh_Hans": "出错。", "zh_Hant": "出錯。"}
    session.add(Incident(instance_id=route.case.id, element_id="routing", message=words, at=route.now))
    route.case.has_incident = True
    session.flush()
    (found,) = [row for row in stuck.find(route.now) if row.case.id == route.case.id]
    assert (found.kind, found.words) == (Kind.INCIDENT, words)


def test_a_case_in_which_nothing_is_live_is_found(start):
    route = start().go_to("routing")
    lose_token(route, "routing")
    assert kinds(route) == [Kind.NOTHING]
    do(route, Verb.TERMINATE, route.case.id)
    assert kinds(route) == []


def test_a_join_that_cant_be_met_is_named_with_the_branch_that_is_missing_and_an_earlier_moment_mends_it(start):
    route = start(CORPORATE).go_to("corporate_site_visit", "corporate_cross_check")
    session.flush()
    both = route.case.events
    route.do("corporate_site_visit")
    lose_token(route, "corporate_cross_check")
    (found,) = [row for row in stuck.find(route.now) if row.case.id == route.case.id]
    assert found.kind == Kind.JOIN
    assert found.missing == ("corporate_cross_check",)
    do(route, Verb.RESTORE, route.case.id, target=str(both))
    assert kinds(route) == []
    assert route.stations == ["corporate_cross_check", "corporate_site_visit"]
    route.finish().must_be_whole()


def test_a_state_that_cant_be_read_is_found_by_the_check_and_an_earlier_moment_mends_it(start):
    route = start().go_to("assignment")
    session.flush()
    route.case.blob = b"damaged"
    session.flush()
    checkup.check(route.case.id, now=route.now)
    session.flush()
    assert kinds(route) == [Kind.UNREADABLE]
    checkup.check(route.case.id, now=route.now)
    session.flush()
    assert kinds(route) == [Kind.UNREADABLE], "told once"
    from tests.integration.workflow.test_restoring import seq_when

    do(route, Verb.RESTORE, route.case.id, target=str(seq_when(route, "assignment")))
    assert kinds(route) == []
    route.finish().must_be_whole()


def test_tasks_that_do_not_fit_the_engines_state_are_found_by_the_check(start):
    route = start().go_to("assignment")
    session.execute(update(UserTask).where(UserTask.id == route.task("assignment").id).values(engine_id="x"))
    session.expire_all()
    checkup.check(route.case.id, now=route.now)
    session.flush()
    assert kinds(route) == [Kind.ROWS]


def test_the_check_finds_nothing_in_healthy_cases_and_resolves_what_is_mended(start):
    route = start().go_to("assignment")
    session.flush()
    whole, route.case.blob = route.case.blob, b"damaged"
    session.flush()
    checkup.check(route.case.id, now=route.now)
    session.flush()
    route.case.blob = whole
    session.flush()
    checkup.check(route.case.id, now=route.now)
    session.flush()
    assert kinds(route) == []
    assert not session.get_one(ProcessInstance, route.case.id, populate_existing=True).has_incident


def test_the_check_goes_round_all_live_cases(start):
    routes = [start().go_to("routing") for _ in range(3)]
    session.flush()
    assert checkup.suspects([route.case.id for route in routes], now=routes[0].now) == []
    routes[1].case.blob = b"damaged"
    session.flush()
    assert checkup.suspects([route.case.id for route in routes], now=routes[0].now) == [routes[1].case.id]
    seen, after = set(), None
    for _ in range(20):
        ids = checkup.next_cases(after, size=2)
        if not ids:
            break
        seen |= set(ids)
        after = ids[-1]
    assert {route.case.id for route in routes} <= seen


def test_looking_again_where_all_is_well_is_refused(start):
    route = start().go_to("routing")
    with pytest.raises(Refusal, match="nobody to look for"), session.begin_nested():
        do(route, Verb.LOOK_AGAIN, route.case.id)


def test_looking_again_is_for_supervisors_with_a_reason_in_a_case_at_work(start):
    route = start().go_to("routing")
    boss = route.person("jiangshan")
    with pytest.raises(Forbidden):
        repairs.look_again(instance_id=route.case.id, reason="x", person=route.person("zhaomin"), now=route.now)
    with pytest.raises(Refusal, match="reason"):
        repairs.look_again(instance_id=route.case.id, reason=" ", person=boss, now=route.now)
    do(route, Verb.SUSPEND, route.case.id)
    with pytest.raises(Conflict):
        repairs.look_again(instance_id=route.case.id, reason="x", person=boss, now=route.now)


@pytest.mark.parametrize("reader", range(len(stuck.READERS)))
def test_no_question_reads_open_tasks_or_live_cases_one_by_one(start, reader):
    """With sequential scans forbidden, what is left are the indexes; none of the big tables may need one."""
    start().go_to("routing")
    session.flush()
    statement, _ = stuck.READERS[reader]
    session.execute(text("SET LOCAL enable_seqscan = off"))
    compiled = statement().limit(200).compile(session.get_bind(), compile_kwargs={"literal_binds": True})
    plan = "\n".join(session.scalars(text(f"EXPLAIN {compiled}".replace(":", "\\:"))))
    assert "Seq Scan on user_task" not in plan, plan
    assert "Seq Scan on process_instance" not in plan, plan
