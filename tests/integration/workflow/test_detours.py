"""Skip and jump by supervisors, the second person past the committee, refusals that lead elsewhere, what reached the outside."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.audit.operations import SYSTEM
from app.identity import operations as identity
from app.identity import queries as people
from app.kernel.db import session
from app.kernel.errors import Conflict, Forbidden, NotFound, Refusal
from app.workflow import cases, proofs, registry, user_tasks
from app.workflow.deploying import definitions
from app.workflow.models import TaskState
from app.workflow.moves import confirmations, pending
from app.workflow.moves.move_models import Copy, PendingAct
from app.workflow.rules import Verb
from app.workflow.screens import StaleScreen
from app.workflow.user_tasks import Answer
from tests.integration.workflow.refusing import refused
from tests.integration.workflow.route import MORNING, Route, notices_of
from tests.integration.workflow.saying import saying

REVIEW = "pre_committee_review"
CHIEF = "jiangshan"


@pytest.fixture
def review(start) -> Route:
    route = start().go_to(REVIEW)
    route.claim(REVIEW, "xuqing")
    return route


@pytest.fixture
def past_committee(start) -> Route:
    return start().go_to("committee_resolution")


@pytest.fixture
def second(bank) -> int:
    """Another supervisor, for as long as the test lasts."""
    user = identity.create_user(
        username="secondchief", name="复核人", roles=["supervisor"], actor=SYSTEM, now=MORNING, position={}
    )
    session.flush()
    return user.id


def compiled(route: Route):
    return definitions.load(route.case.definition_id).compiled


def waiting(route: Route) -> PendingAct:
    (row,) = pending.open_acts(route.case.id)
    return row


def test_a_skipped_station_lets_the_case_go_on_and_says_so(review):
    review.act(Verb.SKIP, REVIEW, by=CHIEF, outcome="approve", reason="审查人员集体外训")
    assert review.stations == ["credit_committee"]
    visit = review.visits(REVIEW)[0]
    assert (visit.state, visit.cancel_reason, visit.completed_by) == (TaskState.CANCELLED, "skipped", None)
    (event,) = review.events("skip")
    assert (event.comment, event.detail["outcome"]) == ("审查人员集体外训", "approve")
    review.must_be_whole()


def test_a_skip_says_as_what_the_case_goes_on(review):
    refused(Refusal, lambda: review.act(Verb.SKIP, REVIEW, by=CHIEF, outcome="perhaps"))
    refused(Refusal, lambda: review.act(Verb.SKIP, REVIEW, by=CHIEF))
    refused(Refusal, lambda: review.act(Verb.SKIP, REVIEW, by=CHIEF, outcome="approve", reason=""))


@pytest.mark.parametrize(
    ("verb", "said"),
    [(Verb.SUSPEND, {}), (Verb.SKIP, {"outcome": "approve"}), (Verb.JUMP, {"target": "submission"})],
)
def test_each_of_the_supervisors_verbs_needs_a_reason(review, verb, said):
    refused(Refusal, lambda: review.act(verb, REVIEW, by=CHIEF, reason="  ", **said))


def test_only_supervisors_skip_and_jump(review):
    refused(Forbidden, lambda: review.act(Verb.SKIP, REVIEW, by="xuqing", outcome="approve"))
    refused(Forbidden, lambda: review.act(Verb.JUMP, by="xuqing", target="intake"))


def test_a_vote_is_never_skipped(start):
    route = start().go_to("credit_committee")
    refused(Forbidden, lambda: route.act(Verb.SKIP, "credit_committee", by=CHIEF, outcome="approve"))


@pytest.mark.parametrize("target", ["intake", "submission", "credit_committee", "retail_phone_check"])
def test_a_jump_puts_the_case_at_any_station_back_or_ahead(review, target):
    review.act(Verb.JUMP, by=CHIEF, target=target, reason="按会议纪要处理")
    assert target in review.stations
    assert REVIEW not in review.stations
    assert notices_of(review.person("xuqing").id, review.case.id)[-1] == "task_cancelled"
    review.must_be_whole()
    review.finish()


@pytest.mark.parametrize("target", ["nowhere", REVIEW, ""])
def test_a_jump_leads_to_a_station_of_the_diagram_that_is_not_open(review, target):
    refused(Refusal, lambda: review.act(Verb.JUMP, by=CHIEF, target=target))


# --- the second person


@pytest.mark.parametrize("verb", [Verb.SKIP, Verb.JUMP, Verb.SUSPEND])
def test_past_the_committee_a_second_person_must_confirm(past_committee, second, verb):
    route = past_committee
    said = {"target": "submission", "outcome": desk_outcome(route)}
    route.act(verb, "committee_resolution", by=CHIEF, **said)
    assert (route.stations, route.case.state) == (["committee_resolution"], "active")
    assert notices_of(second, route.case.id) == ["confirmation_asked"]
    row = waiting(route)
    assert (row.verb, row.asked_by) == (verb, route.person(CHIEF).id)
    refused(Forbidden, lambda: confirmations.confirm(pending_id=row.id, person=route.person(CHIEF), now=route.now))
    confirmations.confirm(pending_id=row.id, person=people.person(second), now=route.later())
    assert route.stations != ["committee_resolution"] or route.case.state == "suspended"
    assert route.events(verb)[-1].detail["confirmed_by"] == second
    assert notices_of(route.person(CHIEF).id, route.case.id)[-1] == "confirmed"
    assert pending.open_acts(route.case.id) == []
    route.must_be_whole()


def desk_outcome(route: Route) -> str:
    step = compiled(route).steps["committee_resolution"]
    return next(iter([o.id for o in step.outcomes] or ["completed"]))


def test_before_the_committee_one_supervisor_is_enough(review):
    review.act(Verb.SUSPEND, by=CHIEF)
    assert review.case.state == "suspended"


def test_the_same_wish_is_not_asked_for_twice(past_committee, second):
    past_committee.act(Verb.JUMP, by=CHIEF, target="submission")
    refused(Conflict, lambda: past_committee.act(Verb.JUMP, by=CHIEF, target="intake"))


def test_a_declined_wish_leaves_the_case_as_it_is(past_committee, second):
    past_committee.act(Verb.JUMP, by=CHIEF, target="submission")
    row = waiting(past_committee)
    confirmations.decline(
        pending_id=row.id, reason="依据不足", person=people.person(second), now=past_committee.later()
    )
    assert past_committee.stations == ["committee_resolution"]
    assert past_committee.events("decline")[0].comment == "依据不足"
    refused(
        Conflict, lambda: confirmations.confirm(pending_id=row.id, person=people.person(second), now=past_committee.now)
    )


def test_who_asked_may_take_his_wish_back(past_committee, second):
    past_committee.act(Verb.JUMP, by=CHIEF, target="submission")
    row = waiting(past_committee)
    confirmations.decline(pending_id=row.id, reason="", person=past_committee.person(CHIEF), now=past_committee.later())
    assert pending.open_acts(past_committee.case.id) == []


def test_a_case_that_has_moved_on_is_asked_for_anew(past_committee, second):
    past_committee.act(Verb.JUMP, by=CHIEF, target="submission")
    row = waiting(past_committee)
    past_committee.do("committee_resolution")
    refused(
        Conflict, lambda: confirmations.confirm(pending_id=row.id, person=people.person(second), now=past_committee.now)
    )


def test_a_comment_in_between_does_not_matter(past_committee, second):
    past_committee.act(Verb.JUMP, by=CHIEF, target="submission")
    past_committee.act(Verb.COMMENT, by="zhaomin", note="知悉")
    confirmations.confirm(
        pending_id=waiting(past_committee).id, person=people.person(second), now=past_committee.later()
    )
    assert past_committee.stations == ["submission"]


def test_nobody_but_a_supervisor_learns_of_a_wish(past_committee, second):
    past_committee.act(Verb.JUMP, by=CHIEF, target="submission")
    row = waiting(past_committee)
    for act in (confirmations.confirm, lambda **k: confirmations.decline(reason="", **k)):
        refused(
            NotFound,
            lambda act=act: act(pending_id=row.id, person=past_committee.person("xuqing"), now=past_committee.now),
        )


# --- refusals that lead elsewhere


@pytest.mark.parametrize(
    ("then", "stations"),
    [("initiator", ["intake"]), ("previous", ["submission"]), ("assignment", ["assignment"])],
)
def test_a_refusal_leads_where_the_analyst_says(review, then, stations):
    refusal = next(o for o in compiled(review).steps[REVIEW].outcomes if o.kind == "refuse")
    with saying(refusal, then=then):
        review.do(REVIEW, refusal.id, by="xuqing", opinion="资料矛盾")
    assert review.stations == stations
    visit = review.visits(REVIEW)[0]
    assert (visit.state, visit.outcome, visit.superseded_at) == (TaskState.COMPLETED, refusal.id, None)
    assert review.case.variables[f"{REVIEW}_result"] == refusal.id
    review.must_be_whole()


def test_a_refusal_may_end_the_case_as_refused(review):
    refusal = next(o for o in compiled(review).steps[REVIEW].outcomes if o.kind == "refuse")
    with saying(refusal, then="end"):
        review.do(REVIEW, refusal.id, by="xuqing", opinion="不符合政策")
    ends = compiled(review).ends
    assert (review.case.state, ends[review.case.outcome]) == ("completed", "refused")
    binding = registry.binding_of("credit_application")
    assert binding is not None
    review.must_be_whole()


def test_a_refusal_follows_the_drawn_line_by_default(review):
    refusal = next(o for o in compiled(review).steps[REVIEW].outcomes if o.kind == "refuse")
    assert refusal.then == "follow"
    review.do(REVIEW, refusal.id, by="xuqing", opinion="不符合政策")
    assert review.case.state == "completed"


# --- the outside world


def test_what_reached_the_outside_world_bars_every_way_back_before_it(review, monkeypatch):
    monkeypatch.setitem(compiled(review).__dict__, "outside", {"retail_face_signing": None})
    for target in ("intake", "assignment", "retail_face_signing", "retail_document_check"):
        said = refused(Refusal, lambda target=target: review.send_back(REVIEW, target, by="xuqing"))
        assert "outside" in str(said)
        refused(Refusal, lambda target=target: review.act(Verb.JUMP, by=CHIEF, target=target))
    review.send_back(REVIEW, "submission", by="xuqing")
    assert review.stations == ["submission"]


def test_a_compensation_opens_the_way_and_is_called_once(review, monkeypatch):
    called = []
    monkeypatch.setitem(
        registry._delegates, "test.undo", lambda context, variables: called.append(context.number) or {}
    )
    monkeypatch.setitem(compiled(review).__dict__, "outside", {"retail_face_signing": "test.undo"})
    review.send_back(REVIEW, "assignment", by="xuqing")
    assert (review.stations, called) == (["assignment"], [review.case.number])
    assert review.events("send_back")[0].detail["compensated"] == ["retail_face_signing"]
    review.act(Verb.RECALL, by="zhaomin")
    assert called == [review.case.number]


def test_a_refusal_that_leads_elsewhere_is_barred_as_a_return_is(review, monkeypatch):
    monkeypatch.setitem(compiled(review).__dict__, "outside", {"retail_face_signing": None})
    refusal = next(o for o in compiled(review).steps[REVIEW].outcomes if o.kind == "refuse")
    with saying(refusal, then="initiator"):
        said = refused(Refusal, lambda: review.do(REVIEW, refusal.id, by="xuqing", opinion="资料矛盾"))
    assert "outside" in str(said)


def test_work_that_reached_the_outside_bars_the_way_whoever_ended_the_step(review, monkeypatch):
    """With people asked after the holder it is the last of them, or who takes him off, by whose act the step ends."""
    monkeypatch.setitem(compiled(review).__dict__, "outside", {REVIEW: None})
    review.act(Verb.ADD_SIGNER, REVIEW, by="xuqing", people=("caoying",), place="after")
    review.do(REVIEW, by="xuqing")
    review.act(Verb.ANSWER, review.signer("caoying"), by="caoying", outcome="agree", note="可")
    assert review.stations == ["credit_committee"]
    refused(Refusal, lambda: review.send_back("credit_committee", "submission", by=CHIEF))


def test_a_recall_is_barred_by_what_reached_the_outside(start, monkeypatch):
    route = start().go_to("submission")
    monkeypatch.setitem(compiled(route).__dict__, "outside", {"retail_face_signing": None})
    refused(Refusal, lambda: route.act(Verb.RECALL, by="zhaomin"))


# --- straight back: who is passed over learns what was changed


def test_approvers_in_between_get_a_copy_of_what_was_changed(start):
    route = start().go_to(REVIEW)
    route.claim(REVIEW, "xuqing")
    leader = route.visits("assignment")[0].completed_by
    route.send_back(REVIEW, "intake", "straight")
    route.do("intake", purpose="装修另一套住房")
    assert route.stations == [REVIEW]
    copies = {c.user_id: c for c in session.scalars(select(Copy).where(Copy.instance_id == route.case.id))}
    assert leader in copies
    assert copies[leader].visit_id == route.visits("intake")[-1].id
    assert not {route.person("xuqing").id, route.person("zhaomin").id} & set(copies)
    assert notices_of(leader, route.case.id)[-1] == "copied"


# --- what was on the screen


def screen_of(route: Route):
    loaded = definitions.load(route.case.definition_id)
    form = loaded.form(loaded.step(REVIEW).form)
    values = cases.form_values(form, cases.values_of(route.case, route.person("xuqing").actor, route.now))
    return form, values


def test_a_press_after_a_change_is_refused_and_says_which_fields_differ(review):
    form, values = screen_of(review)
    task = review.task(REVIEW)
    answer = Answer(
        outcome="approve",
        opinion="同意",
        values={},
        seen=proofs.of_screen(review.case, values),
        screen=cases.sealed(values, task.id),
    )
    changed = next(key for key, field in form.fields.items() if field.bind == "application.purpose")
    cases.store_values(review.case, form, {changed: "购车"}, values, review.person(CHIEF).actor, review.now)
    session.flush()
    with pytest.raises(StaleScreen) as caught:
        user_tasks.complete(task_id=task.id, answer=answer, person=review.person("xuqing"), now=review.later())
    assert caught.value.changes == {changed: (values[changed], "购车")}
    assert review.stations == [REVIEW]


@pytest.mark.parametrize("screen", [None, "", "x", "AAAA", "中文"])
def test_a_screen_that_is_not_ours_tells_nothing(review, screen):
    form, _ = screen_of(review)
    assert cases.unsealed(form, screen, review.task(REVIEW).id) is None


def test_a_screen_of_another_task_is_not_ours(review):
    form, values = screen_of(review)
    other = cases.sealed(values, review.case.id)
    assert cases.unsealed(form, other, review.task(REVIEW).id) is None
