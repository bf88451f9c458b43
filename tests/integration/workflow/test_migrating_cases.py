"""A case goes over to another version of its process: what it keeps, what is refused, and how it comes back."""

from __future__ import annotations

import uuid

import pytest

from app.kernel.db import session
from app.kernel.errors import Conflict, Refusal
from app.workflow import instances, user_tasks
from app.workflow.committees.votes import Choice
from app.workflow.deploying import definitions
from app.workflow.migrating import migration
from app.workflow.models import TaskState
from app.workflow.moves import restoring
from app.workflow.recording import Act
from tests.integration.workflow.route import CORPORATE, EXPENSE, Route, notices_of
from tests.integration.workflow.versions import (
    LOAN_FILE,
    audited_before_payment,
    migrate,
    renamed,
    version,
)

KEY = "expense_declaration"


def at(start, station: str) -> Route:
    return start(EXPENSE).go_to(station)


def test_the_holder_the_draft_and_the_due_date_stay(start):
    route = at(start, "supervisor_approval")
    task = route.task("supervisor_approval")
    holder = route.holder("supervisor_approval")
    answer = user_tasks.Answer(opinion="草稿", values={"supervisor_approval_note": "半成品"})
    user_tasks.save_draft(task_id=task.id, answer=answer, person=holder, now=route.later())
    before = (task.id, task.engine_id, task.due_at, task.assignee_id, task.draft)
    migrate(route, version(KEY, audited_before_payment))
    after = route.task("supervisor_approval")
    assert (after.id, after.engine_id, after.due_at, after.assignee_id, after.draft) == before
    assert after.draft["opinion"] == "草稿"
    route.must_be_whole()


def test_a_migrated_case_goes_the_new_way_to_its_end(start):
    route = at(start, "supervisor_approval")
    migrate(route, version(KEY, audited_before_payment))
    route.go_to("audit_check")
    user_tasks.complete(
        task_id=route.task("audit_check").id,
        answer=user_tasks.Answer(),
        person=route.holder("audit_check"),
        now=route.later(),
    )
    session.flush()
    route.go_to("payment").finish()
    assert route.case.outcome == "declaration_paid"


def test_a_station_that_is_gone_wants_a_mapping_and_says_so(start):
    route = at(start, "first_check")
    row = version(KEY, renamed("first_check", "first_look"))
    with pytest.raises(Refusal) as caught:
        migrate(route, row)
    assert "is not in the new version" in caught.value.texts["en"]
    assert "初审" in caught.value.texts["zh_Hans"]
    assert route.case.definition_id != row.id
    migrate(route, row, {"first_check": "first_look"})
    assert route.stations == ["first_look"]
    route.must_be_whole()


def test_who_did_a_renamed_station_is_still_kept_away_by_four_eyes(start):
    route = at(start, "supervisor_approval")
    did = route.visits("first_check")[0].completed_by
    migrate(route, version(KEY, renamed("first_check", "first_look"), _apart), {"first_check": "first_look"})
    assert did in route.task("supervisor_approval").excluded_ids


def _apart(text: str) -> str:
    head, tail = text.split('<bpmn:userTask id="supervisor_approval"', 1)
    apart = tail.replace("</credit:step>", '<credit:fourEyes step="first_look" /></credit:step>', 1)
    return f'{head}<bpmn:userTask id="supervisor_approval"{apart}'


def test_the_holder_is_told_and_the_act_is_on_record(start):
    route = at(start, "supervisor_approval")
    holder = route.holder("supervisor_approval")
    migrate(route, version(KEY, audited_before_payment))
    assert "case_migrated" in notices_of(holder.id, route.case.id)
    (event,) = route.events("migrate")
    assert event.detail["from_version"] < event.detail["to_version"]
    assert event.comment == "按新版流程办理。"


def test_a_case_can_be_put_back_as_long_as_nobody_has_acted(start):
    route = at(start, "first_check")
    before = (route.case.definition_id, route.case.blob, route.case.visits)
    _, snapshot = migrate(route, version(KEY, renamed("first_check", "first_look")), {"first_check": "first_look"})
    undo(route, snapshot)
    assert (route.case.definition_id, route.case.blob, route.case.visits) == before
    assert route.stations == ["first_check"]
    route.must_be_whole()
    route.finish()


def undo(route: Route, snapshot: migration.Snapshot) -> None:
    act = Act(migration.UNDO, route.person("jiangshan").actor, route.later())
    migration.undo(instance_id=route.case.id, snapshot=snapshot, after_event=route.case.events, act=act)
    session.flush()


def test_a_case_that_has_moved_since_is_not_put_back(start):
    route = at(start, "first_check")
    _, snapshot = migrate(route, version(KEY, audited_before_payment))
    after = route.case.events
    route.do("first_check")
    act = Act(migration.UNDO, route.person("jiangshan").actor, route.later())
    with pytest.raises(Conflict, match="acted on the case since"):
        migration.undo(instance_id=route.case.id, snapshot=snapshot, after_event=after, act=act)


def test_a_suspended_case_stays_where_it_is(start):
    route = at(start, "first_check")
    instances.suspend(
        instance_id=route.case.id, reason="等待核实。", person=route.person("jiangshan"), now=route.later()
    )
    with pytest.raises(Conflict, match="suspended"):
        migrate(route, version(KEY, audited_before_payment))


def test_a_moment_before_the_migration_can_not_be_rewound_to(start):
    route = at(start, "supervisor_approval")
    migrate(route, version(KEY, audited_before_payment))
    with pytest.raises(Refusal, match="another version"):
        restoring.price(route.case, 1)


def test_ballots_half_cast_are_kept(start):
    route = start(CORPORATE).go_to("credit_committee")
    route.vote("credit_committee", Choice.AGREE, Choice.AGREE)
    task = route.task("credit_committee")
    left = list(task.candidate_user_ids)
    migrate(route, version("credit_application", _more_time, file=LOAN_FILE))
    assert route.task("credit_committee").candidate_user_ids == left
    route.must_be_whole()
    route.finish()
    assert route.case.state == "completed"


def _more_time(text: str) -> str:
    return text.replace(
        'form="credit_application/final_approval"', 'batch="true" form="credit_application/final_approval"', 1
    )


def test_a_vote_under_way_does_not_change_its_rule(start):
    route = start(CORPORATE).go_to("credit_committee")
    row = version("credit_application", lambda text: text.replace('pass="2/3"', 'pass="3/4"'), file=LOAN_FILE)
    with pytest.raises(Refusal, match="votes by another rule"):
        migrate(route, row)


def test_a_straight_return_finds_its_way_in_the_new_version(start):
    route = at(start, "budget_approval")
    sender = route.holder("budget_approval")
    route.send_back("budget_approval", "declaration", "straight")
    migrate(route, version(KEY, renamed("budget_approval", "budget_look")), {"budget_approval": "budget_look"})
    task = route.task("declaration")
    values = route.usual("declaration")
    answer = user_tasks.Answer(outcome="submit", opinion="已补充。", values=values)
    user_tasks.complete(task_id=task.id, answer=answer, person=route.person("zhaomin"), now=route.later())
    session.flush()
    assert route.stations == ["budget_look"]
    assert route.task("budget_look").assignee_id == sender.id


def test_a_task_of_a_branch_taken_away_is_cancelled_and_its_holder_told(start):
    route = start(CORPORATE).go_to("corporate_site_visit", "corporate_cross_check")
    holder = route.holder("corporate_cross_check")
    file, gone = "credit_application/corporate_investigation.bpmn", "corporate_cross_check"
    row = version("credit_application", _one_branch_less, file=file, gone=gone)
    with pytest.raises(Refusal, match="is not in the new version"):
        migrate(route, row)
    migrate(route, row, {"corporate_cross_check": None})
    assert route.stations == ["corporate_site_visit"]
    (gone,) = route.visits("corporate_cross_check")
    assert (gone.state, gone.cancel_reason) == (TaskState.CANCELLED, "migrated")
    assert "task_cancelled" in notices_of(holder.id, route.case.id)
    route.finish()


def _one_branch_less(text: str) -> str:
    from lxml import etree

    tree = etree.fromstring(text.encode())
    gone = {"corporate_cross_check"}
    gone |= {
        flow.get("id")
        for flow in tree.iter("{*}sequenceFlow")
        if {flow.get("sourceRef"), flow.get("targetRef")} & {"corporate_cross_check"}
    }
    for element in list(tree.iter("{*}*")):
        parent = element.getparent()
        named = element.get("id") in gone or element.get("bpmnElement") in gone or (element.text or "") in gone
        if parent is not None and named:
            parent.remove(element)
    return etree.tostring(tree, encoding="unicode")


def test_the_versions_in_force_change_only_by_activating(start):
    route = at(start, "first_check")
    before = definitions.active(KEY).id
    row = version(KEY, audited_before_payment)
    assert definitions.active(KEY).id == before
    was = definitions.activate(definition_ids=[row.id], actor=route.person("qiyue").actor, now=route.later())
    session.flush()
    assert (definitions.active(KEY).id, was[KEY]) == (row.id, before)
    with pytest.raises(Exception, match="no such process definition"):
        definitions.activate(definition_ids=[uuid.uuid4()], actor=route.person("qiyue").actor, now=route.later())
