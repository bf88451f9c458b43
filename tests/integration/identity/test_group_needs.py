"""What the routes need of a bank's groups: on the shelf of a bank that has just begun, and where everything is in force."""

from __future__ import annotations

import re

import pytest

from app.audit.operations import SYSTEM
from app.identity import places, queries
from app.identity.models import Group, Membership
from app.kernel.clock import now
from app.kernel.db import transaction
from app.workflow.deploying import definitions, group_needs, shelf
from config import ROOT


def missing(named) -> set[str]:
    return {need.key for need in group_needs.needs(named) if need.members is None}


def test_a_new_bank_is_told_every_group_at_once_those_of_rules_and_tables_too(session) -> None:
    for key in ("retail", "corporate"):
        places.create_line(key=key, name={"zh_Hans": key}, actor=SYSTEM, now=now())
    waiting, named = group_needs.waiting(ROOT)
    assert {route.name for route in waiting} == {"credit_application", "expense_declaration", "flow_change"}
    assert all(route.findings == () for route in waiting)
    found = missing(named)
    assert {"market_department", "credit_committee", "committee_deputies", "customer_managers"} <= found
    assert {"approvers_branch", "approvers_president"} <= found, "an authority table answers them"
    assert {"corporate_leaders", "retail_leaders"} <= found, "a rule puts them together from the business line"
    assert {"corporate_officers", "process_administrators"} <= found, "looked for without being named"


def test_once_the_groups_are_made_the_routes_are_in_force_and_nothing_is_missing(session) -> None:
    places.create_line(key="retail", name={"zh_Hans": "个贷"}, actor=SYSTEM, now=now())
    for key in missing(group_needs.waiting(ROOT)[1]):
        places.create_group(key=key, name={"zh_Hans": key}, actor=SYSTEM, now=now())
    made, refused = shelf.deploy_what_fits(root=ROOT, actor=SYSTEM, now=now())
    assert (refused, {row.key for row in made} >= {"credit_application", "expense_declaration"}) == ({}, True)
    assert definitions.in_force("credit_application") is not None
    assert group_needs.waiting(ROOT) == ([], {})
    assert missing({}) == set()
    assert {need.members for need in group_needs.needs({})} == {0}


def test_one_folder_that_can_not_be_deployed_does_not_hold_up_the_others(session) -> None:
    for key in ("supervisors_staff", "accounting", "budget_owners", "directors", "administration", "pre_approvers"):
        places.create_group(key=key, name={"zh_Hans": key}, actor=SYSTEM, now=now())
    made, refused = shelf.deploy_what_fits(root=ROOT, actor=SYSTEM, now=now())
    assert [row.key for row in made] == ["expense_declaration"]
    assert set(refused) == {"credit_application", "flow_change"}


def test_the_demo_bank_lacks_nothing_and_its_page_says_so(bank, sign_in) -> None:
    page = sign_in("zouyi").get("/administration/routes-need").get_data(as_text=True)
    assert "无缺项" in page


@pytest.fixture
def emptied(bank):
    """The group of the president has nobody in it for a while."""
    with transaction() as session:
        group = session.query(Group).filter_by(key="approvers_president").one()
        kept = [row.user_id for row in session.query(Membership).filter_by(group_id=group.id)]
        session.query(Membership).filter_by(group_id=group.id).delete()
        group_id = group.id
    yield
    with transaction() as session:
        session.add_all(Membership(user_id=user_id, group_id=group_id) for user_id in kept)


def test_a_group_with_nobody_in_it_is_named_with_the_route_that_needs_it(bank, sign_in, emptied) -> None:
    page = re.sub(r"\s+", " ", sign_in("zouyi").get("/administration/routes-need").get_data(as_text=True))
    assert "没有成员的用户组" in page
    assert "/administration/groups/approvers_president" in page


def test_somebody_can_be_put_into_groups_when_he_is_entered(bank, sign_in) -> None:
    given = {"username": "newcomer", "name": "新人", "role": ["staff"], "group": ["retail_officers", "no_such_group"]}
    assert sign_in("zouyi").post("/administration/new-person", given).status_code == 200
    with transaction():
        user = queries.user_by_username("newcomer")
        assert queries.group_keys_by_user()[user.id] == ["retail_officers"]


def test_who_keeps_the_people_and_has_no_tasks_begins_with_them(bank, sign_in) -> None:
    assert sign_in("zouyi").get("/").location.endswith("/administration/people")
    assert "/inbox" in sign_in("zhaomin").get("/").location
