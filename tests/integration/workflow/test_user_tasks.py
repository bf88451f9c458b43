"""Claim, release, draft, complete, reassign, through the operations of the site."""

from __future__ import annotations

import pytest
from sqlalchemy import update
from werkzeug.datastructures import MultiDict

from app.identity.models import User
from app.kernel.db import session
from app.kernel.errors import Conflict, Forbidden, NotFound, Refusal
from app.workflow import cases, forms, proofs, queries, user_tasks
from app.workflow.deploying import definitions
from app.workflow.models import TaskState
from app.workflow.screens import StaleScreen
from app.workflow.user_tasks import AlreadyClaimed, Answer, InvalidSubmission
from tests.integration.workflow.route import CORPORATE, Route, everything, notices_of


def complete(route: Route, station: str, by: str, **answer) -> user_tasks.Done:
    usual = {"outcome": None, "opinion": "同意。", "values": route.usual(station)}
    return user_tasks.complete(
        task_id=route.task(station).id,
        answer=Answer(**{**usual, **answer}),
        person=route.person(by),
        now=route.later(),
    )


def refused(route: Route, kind: type[Refusal], act) -> Refusal:
    """`act` is refused so, and the whole database is as it was."""
    before = everything()
    with pytest.raises(kind) as caught:
        act()
    session.expire_all()
    assert everything() == before
    return caught.value


def test_the_second_to_claim_reads_who_was_faster(start):
    route = start().go_to("routing")
    route.claim("routing", "zhouyan")
    refusal = refused(route, AlreadyClaimed, lambda: route.claim("routing", "wulei"))
    assert (refusal.status, str(refusal)) == (409, "周燕 has already claimed this task.")


def test_claiming_what_one_holds_changes_nothing(start):
    route = start().go_to("routing")
    route.claim("routing", "zhouyan")
    before = everything()
    route.claim("routing", "zhouyan")
    assert everything() == before


@pytest.mark.parametrize("who", ["hanmei", "qiyue", "xieqian", "zouyi"])
def test_for_a_stranger_the_task_does_not_exist(start, who):
    route = start().go_to("routing")
    if who != "xieqian":
        refused(route, NotFound, lambda: route.claim("routing", who))
    else:
        refused(route, Forbidden, lambda: route.claim("routing", who))


def test_a_stranger_does_not_learn_who_completed_a_task(start):
    route = start().go_to("routing")
    task = route.task("routing")
    route.do("routing")
    refusal = refused(
        route, NotFound, lambda: user_tasks.claim(task_id=task.id, person=route.person("hanmei"), now=route.now)
    )
    assert "周燕" not in str(refusal)


def test_a_colleague_who_is_concerned_learns_who_completed_it(start):
    route = start().go_to("routing")
    task = route.task("routing")
    route.do("routing", by=route.holder("routing").username)
    person = route.person("zhaomin")
    refusal = refused(route, Conflict, lambda: user_tasks.claim(task_id=task.id, person=person, now=route.now))
    assert "周燕 has already completed this task" in str(refusal) or "吴磊" in str(refusal)


def test_who_entered_a_case_may_not_route_it(start):
    route = start().go_to("routing")
    task = route.task("routing")
    assert route.person("zhaomin").id in task.excluded_ids
    task.candidate_user_ids = [route.person("zhaomin").id]
    refusal = refused(route, Forbidden, lambda: route.claim("routing", "zhaomin"))
    assert "four eyes" in str(refusal)


def test_release_keeps_the_draft_for_the_next_holder(start):
    route = start().go_to("routing")
    route.claim("routing", "zhouyan")
    answer = Answer(opinion="看过了", posted=MultiDict({"business_line": "retail"}))
    user_tasks.save_draft(
        task_id=route.task("routing").id, answer=answer, person=route.person("zhouyan"), now=route.now
    )
    user_tasks.release(task_id=route.task("routing").id, person=route.person("zhouyan"), now=route.now)
    task = route.claim("routing", "wulei")
    assert (task.draft["values"]["business_line"], task.draft["opinion"]) == ("retail", "看过了")
    assert task.draft_by == route.person("zhouyan").id


def test_completing_forgets_the_draft(start):
    route = start().go_to("routing")
    task = route.claim("routing", "zhouyan")
    answer = Answer(posted=MultiDict({"business_line": "retail"}))
    user_tasks.save_draft(task_id=task.id, answer=answer, person=route.person("zhouyan"), now=route.now)
    route.do("routing")
    assert (task.draft, task.draft_by) == (None, None)


def test_what_came_by_name_can_not_be_released(start):
    route = start()
    task = route.task("intake")
    refused(
        route, Forbidden, lambda: user_tasks.release(task_id=task.id, person=route.person("zhaomin"), now=route.now)
    )


def test_a_supervisor_may_give_a_task_back_to_its_pool(start):
    route = start().go_to("routing")
    task = route.claim("routing", "zhouyan")
    user_tasks.release(task_id=task.id, person=route.person("jiangshan"), now=route.now)
    assert task.assignee_id is None


def test_a_task_must_be_claimed_before_it_is_completed(start):
    route = start().go_to("routing")
    refusal = refused(route, Conflict, lambda: complete(route, "routing", "zhouyan", outcome="route"))
    assert "Claim the task" in str(refusal)


def test_only_the_holder_completes(start):
    route = start().go_to("routing")
    route.claim("routing", "zhouyan")
    refusal = refused(route, Conflict, lambda: complete(route, "routing", "wulei", outcome="route"))
    assert "now held by 周燕" in str(refusal)


def test_a_completed_task_is_not_completed_twice(start):
    route = start().go_to("routing")
    task = route.claim("routing", "zhouyan")
    route.do("routing")
    again = lambda: user_tasks.complete(
        task_id=task.id, answer=Answer("route", values={}), person=route.person("zhouyan"), now=route.now
    )
    assert "already completed" in str(refused(route, Conflict, again))


@pytest.mark.parametrize("outcome", [None, "", "approve", "no_such_button"])
def test_only_the_buttons_of_the_step_are_taken(start, outcome):
    route = start().go_to("routing")
    route.claim("routing", "zhouyan")
    refused(route, Refusal, lambda: complete(route, "routing", "zhouyan", outcome=outcome))


@pytest.mark.parametrize("opinion", [None, "", "   "])
def test_a_refusal_needs_an_opinion(start, opinion):
    route = start().go_to("routing")
    route.claim("routing", "zhouyan")
    refusal = refused(route, Refusal, lambda: complete(route, "routing", "zhouyan", outcome="refuse", opinion=opinion))
    assert "opinion" in str(refusal)


def test_missing_documents_are_named_and_the_step_is_not_done(start, monkeypatch):
    route = start()
    monkeypatch.setattr(user_tasks.documents, "missing_types", lambda _t, _id, wanted: tuple(wanted))
    refusal = refused(route, Refusal, lambda: complete(route, "intake", "zhaomin", outcome="submit"))
    assert "身份证" in str(refusal)


def test_a_form_with_faults_says_which_fields_and_writes_nothing(start):
    route = start()
    values = {**route.usual("intake"), "amount": -5, "phone": "12"}
    refusal = refused(
        route, InvalidSubmission, lambda: complete(route, "intake", "zhaomin", outcome="submit", values=values)
    )
    assert {"amount", "phone"} <= set(refusal.submission.errors)


def test_fields_the_step_may_not_write_are_ignored_in_the_request(start):
    route = start().go_to("routing")
    route.claim("routing", "zhouyan")
    form = definitions.load(route.case.definition_id).form("credit_application/routing")
    known = cases.form_values(form, cases.values_of(route.case, route.person("zhouyan").actor, route.now))
    forbidden = [key for key, field in form.fields.items() if not field.editable and key in known]
    assert "amount" in forbidden, "the routing form shows the amount to read"
    posted = MultiDict(forms.to_posted(form, {**known, "business_line": "retail"}))
    posted.setlist("amount", ["999"])
    posted["approved_amount"] = "77"
    complete(route, "routing", "zhouyan", outcome="route", values=None, posted=posted)
    assert route.case.amount == route.facts.amount
    assert "approved_amount" not in (route.case.data or {})
    assert "amount" not in (route.visits("routing")[0].submitted or {})
    assert route.case.variables["amount"] == "200000.00"


def test_a_value_that_changed_since_the_page_was_opened_refuses_the_press(start):
    route = start().go_to("routing")
    route.claim("routing", "zhouyan")
    form = definitions.load(route.case.definition_id).form("credit_application/routing")
    actor = route.person("zhouyan").actor
    seen = proofs.of_screen(route.case, cases.form_values(form, cases.values_of(route.case, actor, route.now)))
    route.case.amount, before = None, route.case.data
    values = cases.values_of(route.case, actor, route.now)
    key = next(k for k, f in form.fields.items() if not f.bind and values.get(k) is not None)
    route.case.data = {**(before or {}), key: "changed"}
    session.flush()
    refused(route, StaleScreen, lambda: complete(route, "routing", "zhouyan", outcome="route", seen=seen))
    route.case.data = before
    complete(route, "routing", "zhouyan", outcome="route", seen=seen)
    assert route.visits("routing")[0].seen_digest == bytes.fromhex(seen)


def test_the_answer_names_who_is_next(start):
    route = start().go_to("assignment")
    done = route.do("assignment")
    assert [(t.element_id, route.staff.by_id[t.assignee_id].username) for t in done.opened] == [
        ("retail_document_check", "hanmei")
    ]
    assert notices_of(route.person("hanmei").id, route.case.id) == ["task_assigned"]


def test_everything_entered_is_kept_with_the_visit(start):
    route = start().go_to("routing")
    visit = route.visits("intake")[0]
    assert visit.submitted["purpose"] == route.facts.purpose
    assert (visit.state, visit.outcome, visit.completed_by) == (
        TaskState.COMPLETED,
        "submit",
        route.person("zhaomin").id,
    )


# --- reassign


def reassign(route: Route, station: str, to: str, reason: str = "休假", by: str = "jiangshan"):
    return user_tasks.reassign(
        task_id=route.task(station).id, to_username=to, reason=reason, person=route.person(by), now=route.later()
    )


def test_a_supervisor_hands_a_task_over_and_both_are_told(start):
    route = start().go_to("routing")
    route.claim("routing", "zhouyan")
    task = reassign(route, "routing", "wulei")
    assert task.assignee_id == route.person("wulei").id
    for name in ("zhouyan", "wulei"):
        assert notices_of(route.person(name).id, route.case.id) == ["task_reassigned"]
    (event,) = route.events("reassign")
    assert event.comment == "休假"


def test_who_lost_the_task_can_not_complete_it_any_more(start):
    route = start().go_to("routing")
    route.claim("routing", "zhouyan")
    reassign(route, "routing", "wulei")
    refused(route, Conflict, lambda: complete(route, "routing", "zhouyan", outcome="route"))


@pytest.mark.parametrize(
    ("to", "reason", "kind"),
    [
        ("wulei", " ", Refusal),
        ("nobody", "休假", NotFound),
        ("zhaomin", "休假", Refusal),
        ("xieqian", "休假", Refusal),
        ("zouyi", "休假", Refusal),
    ],
    ids=["no reason", "unknown user", "four eyes", "an auditor", "an administrator"],
)
def test_a_task_is_reassigned_only_to_somebody_who_may_do_it(start, to, reason, kind):
    route = start().go_to("routing")
    refused(route, kind, lambda: reassign(route, "routing", to, reason))


def test_nobody_who_has_left_gets_a_task(start):
    route = start().go_to("routing")
    session.execute(update(User).where(User.username == "wulei").values(active=False))
    session.expire_all()
    refused(route, NotFound, lambda: reassign(route, "routing", "wulei"))


def test_only_supervisors_reassign(start):
    route = start().go_to("routing")
    refused(route, Forbidden, lambda: reassign(route, "routing", "wulei", by="zhouyan"))


def test_a_vote_has_no_holder_to_change(start):
    route = start().go_to("credit_committee")
    refused(route, Refusal, lambda: reassign(route, "credit_committee", "wulei"))


# --- four eyes across parallel branches


def test_of_two_parallel_steps_nobody_does_both_where_the_diagram_asks_for_four_eyes(start):
    route = start(CORPORATE).go_to("corporate_site_visit", "corporate_cross_check")
    reassign(route, "corporate_cross_check", "chenjie")
    route.do("corporate_site_visit", by="chenjie")
    task = route.task("corporate_cross_check")
    assert route.person("chenjie").id in task.excluded_ids
    assert task.assignee_id is None
    refused(route, Forbidden, lambda: complete(route, "corporate_cross_check", "chenjie", outcome="done"))


def test_the_other_way_round_as_well(start):
    route = start(CORPORATE).go_to("corporate_site_visit", "corporate_cross_check")
    reassign(route, "corporate_cross_check", "weina")
    route.do("corporate_cross_check", by="weina")
    refused(route, Refusal, lambda: reassign(route, "corporate_site_visit", "weina"))


def test_supervisors_see_a_task_that_four_eyes_left_to_nobody_and_reassign_it(start):
    route = start(CORPORATE).go_to("corporate_site_visit", "corporate_cross_check")
    task = route.task("corporate_cross_check")
    reassign(route, "corporate_cross_check", "chenjie")
    task.candidate_user_ids = [route.person("chenjie").id]
    route.do("corporate_site_visit", by="chenjie")
    assert route.case.has_incident
    assert [i.element_id for i in queries.incidents_of(route.case.id)] == ["corporate_cross_check"]
    reassign(route, "corporate_cross_check", "weina")
    assert not route.case.has_incident
    route.do("corporate_cross_check", by="weina")
    route.must_be_whole()
