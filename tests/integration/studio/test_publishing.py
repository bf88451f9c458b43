"""A flow change from draft to force and back: who must look at it, when it takes effect, and what nobody can do meanwhile."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from app.jobs.models import JOBS
from app.kernel.db import session
from app.kernel.errors import Conflict, Forbidden, Refusal
from app.studio import drafts
from app.studio.bindings import FlowChangeBinding
from app.studio.models import DraftState, PublicationState
from app.studio.publish import publishing
from app.workflow import instances, recording
from app.workflow.deploying import definitions
from tests.integration.studio.changes import APPROVER, AUTHOR, KEY, POLICY, RISK
from tests.integration.workflow.versions import EXPENSE_FILE

TOMORROW = timedelta(days=1)
SCENARIO_TITLE = "绝不会走的路"
EXPECTS_OTHERWISE: dict[str, bytes | None] = {
    "expense_declaration/never.scenario": json.dumps(
        {
            "title": {"en": "Never", "zh_Hans": SCENARIO_TITLE},
            "process": KEY,
            "steps": [],
            "expect": {"route": ["nowhere"], "end": "paid"},
        }
    ).encode()
}


def jobs(name: str) -> list:
    rows = session.execute(select(JOBS.c.scheduled_at).where(JOBS.c.task_name == name))
    return [row.scheduled_at for row in rows]


def test_a_change_goes_through_three_people_and_new_cases_take_it(change):
    made = change()
    case = made.hand_in()
    assert made.stations == ["policy_review"]
    made.approve()
    assert (case.state, case.outcome) == ("completed", "change_in_force")
    assert made.in_force() != made.before
    begun = instances.start(key=KEY, person=made.person("zhaomin"), now=made.later())
    assert "audit_check" in definitions.load(begun.definition_id).compiled.steps
    assert drafts.find(made.draft.id).state == DraftState.PUBLISHED


def test_running_cases_stay_with_their_version(change, start):
    route = start()
    earlier = route.case.definition_id
    change_of = change()
    change_of.hand_in()
    change_of.approve()
    assert route.case.definition_id == earlier


def test_while_in_review_nobody_changes_the_draft(change):
    made = change()
    made.hand_in()
    with pytest.raises(drafts.DraftClosed):
        made.edit({"expense_declaration/new.form": b"{}"})
    with pytest.raises(drafts.DraftClosed):
        made.hand_in()


def test_sent_back_it_is_open_again_and_what_is_reviewed_next_is_the_new_text(change):
    made = change()
    made.hand_in()
    made.decide("policy_review", POLICY, "refuse")
    assert made.stations == ["change_correction"]
    assert made.publication.state == PublicationState.SENT_BACK
    first = made.publication.digest
    text = drafts.files_of(made.draft)["expense_declaration/expense_declaration.bpmn"]
    made.edit({"expense_declaration/expense_declaration.bpmn": text.replace(b'due="P1D"', b'due="P3D"')})
    made.report()
    made.decide("change_correction", AUTHOR, "resubmit")
    assert made.stations == ["policy_review"]
    assert made.publication.digest != first
    made.approve()
    steps = definitions.load(made.in_force()).compiled.steps
    assert steps["audit_check"].due == "P3D"


def test_the_author_may_drop_what_was_returned_and_the_draft_stays_his(change):
    made = change()
    made.hand_in()
    made.decide("policy_review", POLICY, "refuse")
    made.decide("change_correction", AUTHOR, "drop")
    assert made.publication.state == PublicationState.REFUSED
    assert drafts.find(made.draft.id).state == DraftState.OPEN
    assert made.in_force() == made.before


def test_no_two_of_the_four_are_the_same_person(change):
    made = change()
    made.hand_in()
    with pytest.raises(Refusal):
        made.decide("policy_review", AUTHOR)
    made.decide("policy_review", POLICY)
    with pytest.raises(Refusal):
        made.decide("change_risk_check", POLICY)


def test_ended_by_a_supervisor_the_draft_is_open_again(change):
    made = change()
    case = made.hand_in()
    instances.terminate(instance_id=case.id, reason="不再需要。", person=made.person("jiangshan"), now=made.later())
    assert drafts.find(made.draft.id).state == DraftState.OPEN
    assert made.publication.state == PublicationState.REFUSED


def test_with_a_day_it_waits_for_a_job_at_that_moment(change):
    made = change()
    day = (made.now + TOMORROW).date()
    made.hand_in(effective_on=day)
    made.approve()
    assert made.publication.state == PublicationState.APPROVED
    assert made.in_force() == made.before
    assert jobs(publishing.ACTIVATE) == [publishing.day_begins(day)]
    publishing.put_in_force(
        publication_id=made.publication.id, actor=made.person(APPROVER).actor, now=made.now + TOMORROW
    )
    assert made.in_force() != made.before
    in_force = made.in_force()
    publishing.put_in_force(
        publication_id=made.publication.id, actor=made.person(APPROVER).actor, now=made.now + TOMORROW
    )
    assert made.in_force() == in_force


def test_one_act_brings_the_version_before_back(change):
    made = change()
    made.hand_in()
    made.approve()
    publishing.go_back(publication_id=made.publication.id, actor=made.person(AUTHOR).actor, now=made.later())
    assert made.in_force() == made.before
    assert made.publication.state == PublicationState.TAKEN_BACK
    with pytest.raises(Conflict):
        publishing.go_back(publication_id=made.publication.id, actor=made.person(AUTHOR).actor, now=made.later())


def test_unconfirmed_it_goes_back_by_itself_on_its_day(change):
    made = change()
    day = (made.now + 7 * TOMORROW).date()
    made.hand_in(back_on=day)
    made.approve()
    assert jobs(publishing.BACK) == [publishing.day_begins(day)]
    publishing.go_back_in_time(publication_id=made.publication.id, now=made.now + 7 * TOMORROW)
    assert made.in_force() == made.before


def test_confirmed_it_stays(change):
    made = change()
    made.hand_in(back_on=(made.now + 7 * TOMORROW).date())
    made.approve()
    in_force = made.in_force()
    publishing.keep(publication_id=made.publication.id, person=made.person(AUTHOR), now=made.later())
    publishing.go_back_in_time(publication_id=made.publication.id, now=made.now + 7 * TOMORROW)
    assert made.in_force() == in_force


def test_a_version_that_came_later_is_not_taken_away_by_going_back(change):
    made = change()
    made.hand_in()
    made.approve()
    definitions.activate(definition_ids=[made.before], actor=made.person(AUTHOR).actor, now=made.later())
    session.flush()
    with pytest.raises(Conflict, match="Another version"):
        publishing.go_back(publication_id=made.publication.id, actor=made.person(AUTHOR).actor, now=made.later())


def test_what_can_not_be_deployed_is_not_handed_in(change):
    made = change()
    made.edit({"expense_declaration/expense_declaration.bpmn": b"<broken"})
    with pytest.raises(definitions.NotDeployable):
        made.hand_in()


def test_what_changes_nothing_is_not_handed_in(change):
    made = change()
    made.edit(dict(definitions.load(made.before).files))
    with pytest.raises(Refusal, match="Nothing differs"):
        made.hand_in()


@pytest.mark.parametrize(("effective", "back"), [(-1, None), (None, 0), (3, 2)])
def test_days_that_make_no_sense_are_refused(change, effective, back):
    made = change()
    days = [None if d is None else (made.now + d * TOMORROW).date() for d in (effective, back)]
    with pytest.raises(Refusal):
        made.hand_in(effective_on=days[0], back_on=days[1])


def test_only_analysts_hand_in(change):
    made = change()
    with pytest.raises(Forbidden):
        made.hand_in(by=RISK)


def test_without_a_report_of_the_draft_as_it_is_nothing_is_handed_in(change):
    made = change()
    said = {"reason": "审计要求。", "effective_on": None, "back_on": None, "person": made.person(AUTHOR)}
    with pytest.raises(publishing.NotReported, match="Make the report"):
        publishing.hand_in(draft_id=made.draft.id, now=made.later(), **said)
    made.report()
    made.edit(EXPECTS_OTHERWISE)
    with pytest.raises(publishing.NotReported, match="Make the report"):
        publishing.hand_in(draft_id=made.draft.id, now=made.later(), **said)


def test_scenarios_that_go_another_way_are_confirmed_by_the_author_and_seen_by_the_reviewers(change):
    made = change()
    made.edit(EXPECTS_OTHERWISE)
    (name,) = EXPECTS_OTHERWISE
    with pytest.raises(publishing.ScenariosFail) as caught:
        made.hand_in()
    assert list(caught.value.names) == [name]
    case = made.hand_in(acknowledged=True)
    assert publishing.of_case(case.id).failing == [name]
    seen = FlowChangeBinding().load(recording.context_of(case, made.person(POLICY).actor, made.later()))
    assert f"：{SCENARIO_TITLE}" in seen["change.differences"]


def returned(change):
    made = change()
    made.hand_in()
    made.decide("policy_review", POLICY, "refuse")
    return made


def test_a_returned_change_is_not_submitted_again_without_a_report_of_what_it_is_now(change):
    made = returned(change)
    text = drafts.files_of(made.draft)[EXPENSE_FILE]
    made.edit({EXPENSE_FILE: text.replace(b'due="P1D"', b'due="P3D"')})
    with pytest.raises(publishing.NotReported, match="Make the report"):
        made.decide("change_correction", AUTHOR, "resubmit")


def test_a_returned_change_with_a_scenario_that_newly_fails_says_which_and_what_to_do(change):
    made = returned(change)
    made.edit(EXPECTS_OTHERWISE)
    made.report()
    with pytest.raises(Refusal, match="On the page Scenarios") as caught:
        made.decide("change_correction", AUTHOR, "resubmit")
    assert SCENARIO_TITLE in str(caught.value)


def test_what_was_confirmed_when_it_was_handed_in_is_not_asked_again(change):
    made = change()
    made.edit(EXPECTS_OTHERWISE)
    made.hand_in(acknowledged=True)
    made.decide("policy_review", POLICY, "refuse")
    made.decide("change_correction", AUTHOR, "resubmit")
    assert made.stations == ["policy_review"]


def test_a_returned_change_that_can_not_be_deployed_is_refused_at_the_form_but_may_be_dropped(change):
    made = returned(change)
    made.edit({EXPENSE_FILE: b"<broken/>"})
    made.report()
    with pytest.raises(publishing.NotReported, match="Mend them"):
        made.decide("change_correction", AUTHOR, "resubmit")
    made.decide("change_correction", AUTHOR, "drop")
    assert made.publication.state == PublicationState.REFUSED


def test_a_returned_change_whose_day_is_over_is_refused(change):
    made = returned(change)
    with pytest.raises(Refusal, match="over already"):
        made.decide("change_correction", AUTHOR, "resubmit", effective_on=date(2020, 1, 1))
