"""Sending back and coming back: targets, price, straight and step by step, votes, branches, who is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, event, update

from app.identity.models import User
from app.kernel.db import session
from app.kernel.errors import Conflict, Forbidden, NotFound, Refusal
from app.workflow import cases, instances, queries, user_tasks
from app.workflow.committees.votes import Choice
from app.workflow.deploying import definitions
from app.workflow.engine.stations import SendBack
from app.workflow.models import TaskState
from app.workflow.moves import returns
from app.workflow.rules import Verb
from tests.integration.workflow.route import CORPORATE, EXPENSE, Route, ballots_of, everything, notices_of
from tests.integration.workflow.saying import saying

PARALLEL = ("corporate_site_visit", "corporate_cross_check")


def refused(route: Route, kind: type[Refusal], act) -> Refusal:
    before = everything()
    with pytest.raises(kind) as caught:
        act()
    session.expire_all()
    assert everything() == before
    return caught.value


def test_targets_are_the_completed_stations_in_the_order_they_were_done(start):
    route = start().go_to("pre_committee_review")
    assert route.targets("pre_committee_review") == [
        "intake",
        "routing",
        "assignment",
        "retail_document_check",
        "retail_phone_check",
        "retail_face_signing",
        "retail_conclusion",
        "submission",
    ]


def test_a_target_says_who_did_it_and_when(start):
    route = start().go_to("pre_committee_review")
    loaded_targets = returns.targets(
        route.case, route.task("pre_committee_review"), cases.hold_case(route.case.id).loaded.compiled
    )
    intake = loaded_targets[0]
    assert (intake.done_by, intake.round) == ("赵敏", 1)
    assert intake.done_at == route.visits("intake")[0].completed_at


def test_the_analyst_says_where_to_and_the_initiators_first_step_is_always_offered(start):
    route = start().go_to("submission")
    assert route.targets("submission") == ["intake", "assignment"]


def test_a_station_that_is_at_work_beside_is_no_target(start):
    route = start(CORPORATE).go_to("corporate_conclusion")
    route.send_back("corporate_conclusion", "corporate_site_visit", redo=True)
    assert set(route.stations) == set(PARALLEL)
    assert not set(route.targets("corporate_site_visit")) & set(PARALLEL)


def test_what_the_case_has_not_passed_is_no_target(start):
    route = start().go_to("routing")
    route.holder("routing")
    refused(route, Refusal, lambda: route.send_back("routing", "submission"))


@pytest.mark.parametrize(
    ("code", "reason"), [("incomplete", ""), ("incomplete", "  "), ("", "缺资料"), ("x", "缺资料")]
)
def test_a_reason_is_required(start, code, reason):
    route = start().go_to("routing")
    person = route.holder("routing")
    send = lambda: returns.send_back(
        task_id=route.task("routing").id,
        target="intake",
        reason_code=code,
        reason=reason,
        mode="step",
        person=person,
        now=route.now,
    )
    refused(route, Refusal, send)


def test_only_the_holder_or_a_supervisor_sends_back(start):
    route = start().go_to("routing")
    refused(route, Forbidden, lambda: route.send_back("routing", "intake", by="wulei"))
    refused(route, Forbidden, lambda: route.send_back("routing", "intake", by="zhaomin"))
    refused(route, NotFound, lambda: route.send_back("routing", "intake", by="hanmei"))
    route.send_back("routing", "intake", by="jiangshan")
    assert route.stations == ["intake"]


def test_a_station_that_may_not_send_back_does_not(start):
    route = start().go_to("routing")
    route.send_back("routing", "intake")
    refused(route, Forbidden, lambda: route.send_back("intake", "routing", by="zhaomin"))


def test_a_suspended_case_is_not_sent_back(start):
    route = start().go_to("routing")
    route.holder("routing")
    instances.suspend(instance_id=route.case.id, reason="核查", person=route.person("jiangshan"), now=route.now)
    assert "suspended" in str(refused(route, Conflict, lambda: route.send_back("routing", "intake")))


@pytest.mark.parametrize("target", ["intake", "assignment", "retail_phone_check", "submission"])
def test_the_price_said_before_is_what_then_happens(start, target):
    route = start().go_to("pre_committee_review")
    route.holder("pre_committee_review")
    cost = returns.price(cases.hold_task(route.task("pre_committee_review").id), target)
    before = {task.id for task in route.open()}
    passed = {t.element_id for t in queries.tasks_of(route.case.id) if t.state == TaskState.COMPLETED}
    route.send_back("pre_committee_review", target)
    gone = {t.id for t in queries.tasks_of(route.case.id) if t.state == TaskState.CANCELLED}
    void = {t.element_id for t in queries.tasks_of(route.case.id) if t.superseded_at is not None}
    assert {task.id for task in cost.cancelled} == gone == before
    assert void == (set(cost.again) | {target}) & passed
    assert cost.informed == (route.staff.pool(route.visits("pre_committee_review")[0])[0].name,)


def test_asking_for_the_price_changes_nothing(start):
    route = start().go_to("pre_committee_review")
    before = everything()
    returns.price(cases.hold_task(route.task("pre_committee_review").id), "intake")
    assert everything() == before


def test_the_price_names_the_ballots_that_would_be_void(start):
    route = start().go_to("credit_committee")
    route.vote("credit_committee", Choice.AGREE, Choice.AGREE)
    assert returns.price(cases.hold_task(route.task("credit_committee").id), "submission").ballots == 2


def test_a_return_to_before_a_closed_vote_counts_its_ballots_and_tells_who_cast_them(start):
    route = start().go_to("committee_resolution")
    vote = route.visits("credit_committee")[0]
    voters = {ballot.voter_id for ballot in ballots_of(vote.id)}
    price = returns.price(cases.hold_task(route.task("committee_resolution").id), "submission")
    assert price.ballots == len(voters) > 2
    assert set(price.informed) >= {route.staff.by_id[i].name for i in voters}
    sender = route.holder("committee_resolution").id
    route.send_back("committee_resolution", "submission")
    assert all("task_cancelled" in notices_of(i, route.case.id) for i in voters - {sender})


def test_a_returned_task_is_with_who_did_it_and_says_where_it_came_from(start):
    route = start().go_to("pre_committee_review")
    by = route.visits("routing")[0].completed_by
    route.send_back("pre_committee_review", "routing")
    task = route.task("routing")
    assert (task.assignee_id, task.round, task.returned_from) == (by, 2, "pre_committee_review")
    assert notices_of(by, route.case.id) == ["task_returned"]


def test_a_returned_task_goes_to_the_pool_if_who_did_it_has_left(start):
    route = start().go_to("assignment")
    by = route.visits("routing")[0].completed_by
    session.execute(update(User).where(User.id == by).values(active=False))
    session.expire_all()
    route.send_back("assignment", "routing")
    assert route.task("routing").assignee_id is None


def test_the_old_visit_stays_on_record_and_is_marked_void(start):
    route = start().go_to("pre_committee_review")
    route.send_back("pre_committee_review", "assignment")
    first, second = route.visits("assignment")
    assert (first.state, first.superseded_at) == (TaskState.COMPLETED, route.now)
    assert (second.state, second.superseded_at) == (TaskState.OPEN, None)
    assert route.visits("routing")[0].superseded_at is None
    assert first.submitted["credit_officer"] == "hanmei"


def test_due_dates_are_made_anew(start):
    route = start().go_to("pre_committee_review")
    before = route.visits("routing")[0].due_at
    route.later(timedelta(days=10))
    route.send_back("pre_committee_review", "routing")
    assert route.task("routing").due_at > before + timedelta(days=9)


def test_people_whose_task_is_gone_are_told(start):
    route = start().go_to("routing")
    holder = route.holder("routing")
    route.send_back("routing", "intake", by="jiangshan")
    assert "task_cancelled" in notices_of(holder.id, route.case.id)


def test_step_by_step_passes_every_station_again(start):
    route = start().go_to("pre_committee_review")
    route.send_back("pre_committee_review", "assignment", "step")
    route.do("assignment")
    assert route.stations == ["retail_document_check"]


def test_straight_back_comes_to_the_sender_and_only_to_him(start):
    route = start().go_to("pre_committee_review")
    route.claim("pre_committee_review", "hejing")
    route.send_back("pre_committee_review", "assignment", "straight")
    done = route.do("assignment")
    task = route.task("pre_committee_review")
    assert [t.id for t in done.opened] == [task.id]
    assert (task.assignee_id, task.round) == (route.person("hejing").id, 2)
    assert notices_of(route.person("hejing").id, route.case.id)[-1] == "task_assigned"
    assert route.case.returns == []
    route.must_be_whole()


def test_after_a_supervisors_return_it_comes_straight_back_to_the_holder_not_to_the_supervisor(start):
    route = start().go_to("pre_committee_review")
    route.claim("pre_committee_review", "hejing")
    route.send_back("pre_committee_review", "intake", "straight", by="jiangshan")
    route.do("intake")
    assert route.task("pre_committee_review").assignee_id == route.person("hejing").id


def test_the_same_amount_entered_again_is_no_change(start):
    route = start().go_to("pre_committee_review")
    route.send_back("pre_committee_review", "intake", "straight")
    route.do("intake")
    assert route.stations == ["pre_committee_review"]


def test_straight_back_is_refused_where_a_value_the_route_depends_on_changed_and_says_which(start):
    route = start().go_to("pre_committee_review")
    route.send_back("pre_committee_review", "intake", "straight")
    route.do("intake", amount=90_000)
    assert route.stations == ["routing"]
    assert route.events("complete")[-1].detail["straight_refused"] == ["amount"]
    assert route.case.returns == []


def test_a_refusal_at_the_target_is_not_overridden_by_coming_straight_back(start):
    route = start().go_to("pre_committee_review")
    route.send_back("pre_committee_review", "routing", "straight")
    route.do("routing", "refuse", opinion="不符合准入条件。")
    assert route.stations == []
    assert route.case.outcome == "application_refused"


def test_returns_nest_and_each_comes_back_to_its_own_sender(start):
    route = start().go_to("final_approval")
    last = route.holder("final_approval")
    route.send_back("final_approval", "submission", "straight")
    route.send_back("submission", "assignment", "straight")
    assert len(route.case.returns) == 2
    route.do("assignment")
    assert route.stations == ["submission"]
    route.do("submission")
    assert route.task("final_approval").assignee_id == last.id
    assert route.case.returns == []
    route.finish()
    assert route.case.state == "completed"


def test_a_step_return_below_a_straight_one_keeps_who_waits(start):
    route = start().go_to("final_approval")
    route.send_back("final_approval", "submission", "straight")
    route.send_back("submission", "assignment", "step")
    route.go_to("submission")
    route.do("submission")
    assert route.stations == ["final_approval"]


def test_a_step_return_to_the_same_target_forgets_the_straight_one(start):
    route = start().go_to("pre_committee_review")
    route.send_back("pre_committee_review", "routing", "straight")
    route.send_back("routing", "intake", "step")
    route.go_to("pre_committee_review")
    route.send_back("pre_committee_review", "routing", "step")
    route.do("routing")
    assert route.stations == ["assignment"]


def test_out_of_a_vote_the_ballots_are_void_and_the_next_round_counts_anew(start):
    route = start().go_to("credit_committee")
    task = route.task("credit_committee")
    route.vote("credit_committee", Choice.DISAGREE, Choice.AGREE)
    route.send_back("credit_committee", "submission", by="jiangshan")
    assert all(ballot.void_at is not None for ballot in ballots_of(task.id))
    assert len(ballots_of(task.id)) == 2
    route.go_to("credit_committee")
    again = route.task("credit_committee")
    assert (again.round, ballots_of(again.id)) == (2, [])
    assert again.candidate_user_ids == again.elector_ids == task.elector_ids
    route.go_to("committee_resolution")
    assert again.outcome == "approve"


def test_straight_back_into_a_vote_opens_a_new_round(start):
    route = start().go_to("credit_committee")
    route.vote("credit_committee", Choice.AGREE)
    route.send_back("credit_committee", "submission", "straight", by="lvbin")
    route.do("submission")
    task = route.task("credit_committee")
    assert (task.round, task.assignee_id, len(task.candidate_user_ids)) == (2, None, len(task.elector_ids))
    route.must_be_whole()


def test_back_into_a_vote_from_after_it(start):
    route = start().go_to("committee_resolution")
    first = route.visits("credit_committee")[0]
    route.send_back("committee_resolution", "credit_committee")
    assert first.superseded_at is not None
    assert all(ballot.void_at is None for ballot in ballots_of(first.id)), "what was decided stays readable"
    route.finish()
    assert len(route.visits("credit_committee")) == 2


def test_out_of_a_call_activity_and_into_it_again(start):
    route = start().go_to("retail_face_signing")
    route.send_back("retail_face_signing", "assignment")
    assert route.stations == ["assignment"]
    route.go_to("submission")
    assert [v.round for v in route.visits("retail_document_check")] == [1, 2]


def test_into_the_middle_of_a_call_activity_that_is_over(start):
    route = start().go_to("pre_committee_review")
    route.send_back("pre_committee_review", "retail_phone_check")
    assert route.stations == ["retail_phone_check"]
    route.go_to("pre_committee_review")
    assert [v.round for v in route.visits("retail_document_check")] == [1]
    route.must_be_whole()


def test_after_the_join_only_the_branch_sent_back_to_is_asked_again(start):
    route = start(CORPORATE).go_to("corporate_conclusion")
    route.send_back("corporate_conclusion", "corporate_site_visit")
    assert route.stations == ["corporate_site_visit"]
    assert route.visits("corporate_cross_check")[0].superseded_at is None
    route.do("corporate_site_visit")
    assert route.stations == ["corporate_conclusion"]


def test_the_other_branch_is_asked_again_where_the_sender_ticks_it(start):
    route = start(CORPORATE).go_to("corporate_conclusion")
    route.send_back("corporate_conclusion", "corporate_site_visit", redo=True)
    assert set(route.stations) == set(PARALLEL)
    assert route.visits("corporate_cross_check")[0].superseded_at is not None
    route.do("corporate_site_visit")
    assert route.stations == ["corporate_cross_check"]
    route.must_be_whole()


def test_before_the_fork_both_branches_are_cancelled(start):
    route = start(CORPORATE).go_to(*PARALLEL)
    route.send_back("corporate_site_visit", "assignment")
    assert route.stations == ["assignment"]
    assert "task_cancelled" in notices_of(route.person("chuliang").id, route.case.id)
    route.must_be_whole()


def test_straight_back_to_before_the_fork_reopens_both_branches_with_their_holders(start):
    route = start(CORPORATE).go_to(*PARALLEL)
    user_tasks.reassign(
        task_id=route.task("corporate_cross_check").id,
        to_username="weina",
        reason="换人",
        person=route.person("jiangshan"),
        now=route.later(),
    )
    route.send_back("corporate_site_visit", "assignment", "straight")
    route.do("assignment")
    holders = {task.element_id: route.staff.by_id[task.assignee_id].username for task in route.open()}
    # What came by name comes by name again; a new holder would have to be in the leader's answer.
    assert holders == {"corporate_site_visit": "chenjie", "corporate_cross_check": "chuliang"}
    route.must_be_whole()


def test_who_sent_it_back_sees_it_again_on_the_expense_route_too(start):
    route = start(EXPENSE).go_to("director_approval")
    holder = route.holder("director_approval")
    route.send_back("director_approval", "declaration", "straight")
    route.do("declaration")
    assert route.task("director_approval").assignee_id == holder.id
    route.finish()
    assert route.case.state == "completed"


def test_sent_back_and_forth_many_times_the_case_is_still_whole(start):
    route = start().go_to("pre_committee_review")
    for n in range(5):
        route.send_back("pre_committee_review", ("intake", "routing", "submission")[n % 3], ("step", "straight")[n % 2])
        route.must_be_whole()
        route.go_to("pre_committee_review")
    assert len(route.events("send_back")) == 5
    route.finish()
    route.must_be_whole()


def test_the_record_of_a_return_says_where_how_and_why(start):
    route = start().go_to("pre_committee_review")
    route.send_back("pre_committee_review", "intake", "straight")
    (event,) = route.events("send_back")
    assert event.comment == "请补充收入证明。"
    wanted = {"to": "intake", "returned_from": "pre_committee_review", "mode": "straight", "reason": "incomplete"}
    assert wanted.items() <= event.detail.items()


def test_what_a_return_reads_does_not_grow_with_the_rounds_of_the_case(start):
    route = start().go_to("routing")

    def rows_read() -> int:
        read: list[int] = []
        note = lambda _connection, cursor, *_rest: read.append(cursor.rowcount)
        route.holder("routing")
        session.flush()
        session.expire_all()
        event.listen(Engine, "after_cursor_execute", note)
        route.send_back("routing", "intake", "step")
        event.remove(Engine, "after_cursor_execute", note)
        route.go_to("routing")
        return sum(read)

    rows = [rows_read() for _ in range(8)]
    assert rows[-1] <= rows[1], rows


# --- what the analyst says of the way back


def test_a_station_the_analyst_barred_is_no_target(start):
    route = start().go_to("pre_committee_review")
    step = definitions.load(route.case.definition_id).step("pre_committee_review")
    with saying(step, send_back=SendBack(barred=("routing", "intake"))):
        targets = route.targets("pre_committee_review")
        assert "routing" not in targets
        assert {"intake", "assignment"} <= set(targets), "the initiator's first step is always offered"
        route.holder("pre_committee_review")
        refused(route, Refusal, lambda: route.send_back("pre_committee_review", "routing"))


@pytest.mark.parametrize(
    ("modes", "default", "said", "taken"),
    [
        (("straight", "step"), "step", "straight", "straight"),
        (("straight", "step"), "straight", None, "straight"),
        (("straight", "step"), "step", None, "step"),
        (("step",), "step", "straight", "step"),
        (("straight",), "straight", "step", "straight"),
    ],
)
def test_how_it_comes_back_is_chosen_within_what_the_station_allows(start, modes, default, said, taken):
    route = start().go_to("pre_committee_review")
    step = definitions.load(route.case.definition_id).step("pre_committee_review")
    with saying(step, send_back=SendBack(modes=modes, default=default)):
        route.send_back("pre_committee_review", "routing", said)
    assert route.events("send_back")[0].detail["mode"] == taken
    route.do("routing")
    assert route.stations == (["pre_committee_review"] if taken == "straight" else ["assignment"])


@pytest.mark.parametrize(("target", "fields"), [("intake", True), ("submission", False)])
def test_the_price_says_whether_the_way_can_change(start, target, fields):
    route = start().go_to("pre_committee_review")
    cost = returns.price(cases.hold_task(route.task("pre_committee_review").id), target)
    stations = dict(cost.deciding)
    assert ("amount" in stations.get("intake", ())) is fields
    assert "pre_committee_review" not in stations or fields


# --- what stays


def test_values_entered_since_stay_as_last_known_and_every_old_one_on_record(start):
    route = start().go_to("pre_committee_review")
    route.send_back("pre_committee_review", "intake", "step")
    assert last_known(route, "intake")["purpose"] == route.facts.purpose
    route.do("intake", purpose="购置家具")
    route.go_to("submission")
    route.send_back("submission", "intake", "step")
    assert last_known(route, "intake")["purpose"] == "购置家具", "the form is filled with what was known last"
    entered = [visit.submitted["purpose"] for visit in route.visits("intake")[:2]]
    assert entered == [route.facts.purpose, "购置家具"]


def last_known(route, station):
    """What the form of a station is filled with."""
    loaded = definitions.load(route.case.definition_id)
    form = loaded.form(loaded.step(station).form)
    return cases.form_values(form, cases.values_of(route.case, route.person("zhaomin").actor, route.now))


# --- combinations


def test_a_delegated_task_of_a_case_that_is_sent_back_tells_both(start):
    route = start().go_to("pre_committee_review")
    route.claim("pre_committee_review", "xuqing")
    route.act(Verb.DELEGATE, "pre_committee_review", by="xuqing", people=("caoying",))
    route.send_back("pre_committee_review", "intake", by="jiangshan")
    for name in ("xuqing", "caoying"):
        assert "task_cancelled" in notices_of(route.person(name).id, route.case.id), name


def test_a_case_whose_initiator_has_left_goes_back_to_his_successor_or_to_the_administrators(start):
    route = start().go_to("pre_committee_review")
    session.execute(update(User).where(User.username == "zhaomin").values(active=False))
    session.expire_all()
    route.send_back("pre_committee_review", "intake", by="jiangshan")
    assert route.stations == ["intake"]
    assert route.task("intake").assignee_id is None
    assert route.case.has_incident, "never passed by, never lost: a supervisor gives it to somebody"
    route.act(Verb.REASSIGN, "intake", by="jiangshan", people=("qianjin",))
    assert not route.case.has_incident
    route.must_be_whole()


@pytest.mark.parametrize(
    "verb",
    [
        Verb.TRANSFER,
        Verb.DELEGATE,
        Verb.ADD_SIGNER,
        Verb.REASSIGN,
        Verb.SKIP,
        Verb.WAIT,
        Verb.WITHDRAW,
        Verb.URGE,
        Verb.RECALL,
        Verb.GIVE_UP,
        Verb.JUMP,
        Verb.RETRY,
        Verb.LOOK_AGAIN,
    ],
)
def test_in_a_suspended_case_nobody_moves_anything(start, verb):
    route = start().go_to("pre_committee_review")
    route.claim("pre_committee_review", "xuqing")
    route.act(Verb.SUSPEND, by="jiangshan")
    by = {"transfer": "xuqing", "delegate": "xuqing", "add_signer": "xuqing", "wait": "xuqing"}.get(verb, "jiangshan")
    by = "zhaomin" if verb in (Verb.RECALL, Verb.GIVE_UP, Verb.WITHDRAW) else by
    said = {"people": ("hejing",), "place": "before", "target": "intake", "outcome": "approve"}
    said = refused(route, Conflict, lambda: route.act(verb, "pre_committee_review", by=by, **said))
    assert "suspended" in str(said)


@pytest.mark.parametrize("act", ["answer", "resolve"])
def test_in_a_suspended_case_those_who_were_asked_wait_too(start, act):
    route = start().go_to("pre_committee_review")
    route.claim("pre_committee_review", "xuqing")
    if act == "answer":
        route.act(Verb.ADD_SIGNER, "pre_committee_review", by="xuqing", people=("caoying",), place="before")
        task, said = route.signer("caoying"), {"outcome": "agree", "note": "可"}
    else:
        route.act(Verb.DELEGATE, "pre_committee_review", by="xuqing", people=("caoying",))
        task, said = route.task("pre_committee_review"), {"note": "可"}
    route.act(Verb.SUSPEND, by="jiangshan")
    assert "suspended" in str(refused(route, Conflict, lambda: route.act(Verb(act), task, by="caoying", **said)))
