"""What the report says of people, authority, returns and values: the route as shipped is spoilt in one place, and that is found."""

import pytest
from sqlalchemy import delete, select, update

from app.identity.models import Group, Membership, User
from app.kernel.clock import now
from app.kernel.db import session, transaction
from app.studio import examinations
from app.studio.models import Draft
from app.studio.reports.report import examine
from app.workflow.assigning import assignment
from tests.integration.studio.test_report import files_of

MAIN = "credit_application/credit_application.bpmn"
AUTHORITY = "credit_application/approval_authority.dmn"


class Undo(Exception):
    """Takes back what the test changed."""


def report_of(files, change=None):
    """The findings about files, in a bank that `change` altered for the moment."""
    made = {}
    with pytest.raises(Undo), transaction():
        if change is not None:
            change()
            session.flush()
        assignment.forget()
        task = examinations.Task(Draft(), files, {}, now(), lambda done, total: None)
        made = examine(task)
        raise Undo
    assignment.forget()
    return {(line["code"], line["element"], line["severity"]): line["message"]["en"] for line in made["findings"]}


@pytest.fixture
def credit(bank):
    return files_of("credit_application")


def spoilt(files, name, old, new):
    assert old.encode() in files[name], old
    return {**files, name: files[name].replace(old.encode(), new.encode(), 1)}


def test_an_amount_that_the_authority_matrix_leaves_out_is_named(credit):
    found = report_of(spoilt(credit, AUTHORITY, "(3000000..20000000]", "(3000000..15000000]"))
    message = found["authority_gap", "approval_authority", "error"]
    assert "= 15000001" in message or "= 20000000" in message, message
    assert not [code for code, *_ in found if code == "decision_file"]


def test_a_group_with_the_authority_but_nobody_in_it_is_named_with_an_amount(credit):
    def empty():
        group = select(Group.id).where(Group.key == "approvers_president").scalar_subquery()
        session.execute(delete(Membership).where(Membership.group_id == group))

    message = report_of(credit, empty)["authority_nobody", "approval_authority", "error"]
    assert "20000001" in message, message


def test_a_rule_that_names_a_group_nobody_made_is_found(credit):
    old = "<text>\"approvers_president\"</text>"  # fmt: skip
    found = report_of(spoilt(credit, AUTHORITY, old, "<text>\"approvers_king\"</text>"))  # fmt: skip
    assert any(code in ("authority_unknown", "decision_file") for code, *_ in found), found


def test_a_station_that_has_nobody_in_one_branch_names_the_branch(credit):
    def leave():
        session.execute(update(User).where(User.username == "huaping").values(active=False))

    group = 'rule="group" value="pre_committee_reviewers"'
    files = spoilt(credit, MAIN, group, 'rule="position_in_branch" value="支行行长"')
    assert not [code for code, *_ in report_of(files) if code == "station_nobody"]
    message = report_of(files, leave)["station_nobody", "pre_committee_review", "warning"]
    assert "West Gate branch" in message
    assert "East" not in message


def test_a_committee_that_can_not_reach_its_quorum_is_found(credit):
    def shrink():
        group = session.scalars(select(Group).where(Group.key == "credit_committee")).one()
        members = session.scalars(select(Membership.user_id).where(Membership.group_id == group.id)).all()
        session.execute(update(User).where(User.id.in_(members)).values(active=False))

    found = report_of(credit, shrink)
    assert ("vote_quorum_short", "credit_committee", "error") in found


def test_a_return_to_a_station_that_comes_later_is_found_unless_a_loop_leads_back(credit):
    head, _, tail = credit[MAIN].decode().partition('<bpmn:userTask id="routing"')
    before, _, after = tail.partition("<credit:sendBack")
    attributes, _, rest = after.partition("/>")
    assert "</bpmn:userTask>" not in before + attributes
    changed = f'{head}<bpmn:userTask id="routing"{before}<credit:sendBack to="submission"/>{rest}'
    assert ("return_unreachable", "routing", "warning") in report_of({**credit, MAIN: changed.encode()})
    name = "credit_application/micro_investigation.bpmn"
    later = '<credit:sendBack to="micro_conclusion"'
    assert report_of(spoilt(credit, name, '<credit:sendBack to="assignment"', later)) == {}


def test_a_value_that_nothing_sets_and_one_that_is_asked_too_early_are_found(credit):
    found = report_of(spoilt(credit, MAIN, 'pre_check_result = "refuse"', 'pre_chekc_result = "refuse"'))
    assert ("value_never_set", "pre_check_passed", "warning") in found
    early = report_of(spoilt(credit, MAIN, 'pre_check_result = "refuse"', 'routing_result = "refuse"'))
    assert "“Enter loan application”" in early["value_before_set", "pre_check_passed", "warning"]
