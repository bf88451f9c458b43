"""The people of the demo bank fit the routes and the house's rules."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from app.demo.bank import DEMO_LOGINS, DEMO_PASSWORD
from app.demo.staff import BRANCHES, LINES, STAFF, TEAMS, superior_of
from app.identity.rules import ROLES, password_fault
from config import ROOT

DECIDERS = {"pre_committee_reviewers", "credit_committee", "risk_committee", "risk_managers"}
USERNAMES = {member.username for member in STAFF}


def members(team: str) -> set[str]:
    return {member.username for member in STAFF if team in member.groups}


def groups_in_diagrams() -> set[str]:
    """Every group that a diagram or a decision table names."""
    found = set()
    for path in (ROOT / "bpmn").rglob("*.bpmn"):
        text = path.read_text()
        found |= set(re.findall(r'rule="group" value="(\w+)"', text)) | set(re.findall(r'electorate="(\w+)"', text))
    return found | {f"{line.key}_{kind}" for line in LINES for kind in ("leaders", "officers")}


def test_every_group_that_a_diagram_names_exists_and_has_people() -> None:
    assert all(members(team) for team in groups_in_diagrams())
    assert groups_in_diagrams() <= {team.key for team in TEAMS}


def test_nobody_shares_a_pool_that_does_not_exist() -> None:
    assert {group for member in STAFF for group in member.groups} == {team.key for team in TEAMS}


def test_user_names_and_names_are_unique() -> None:
    assert Counter(member.username for member in STAFF).most_common(1)[0][1] == 1
    assert Counter(member.name for member in STAFF).most_common(1)[0][1] == 1


def test_user_names_are_plain_pinyin() -> None:
    assert all(re.fullmatch(r"[a-z]{4,12}", name) for name in USERNAMES)


@pytest.mark.parametrize("team", TEAMS, ids=lambda team: team.key)
def test_a_group_is_led_by_one_of_its_members(team) -> None:
    assert team.head in members(team.key)


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.key)
def test_each_line_has_officers_enough_for_four_eyes_and_a_change_of_hands(line) -> None:
    assert len(members(f"{line.key}_officers")) >= 3


def test_who_enters_or_investigates_never_decides() -> None:
    doers = members("customer_managers") | {name for line in LINES for name in members(f"{line.key}_officers")}
    deciders = {name for team in DECIDERS for name in members(team)}
    assert not doers & deciders


def test_a_final_approver_never_reviewed_before_the_committee() -> None:
    approvers = {name for team in TEAMS if team.key.startswith("approvers") for name in members(team.key)}
    assert not approvers & members("pre_committee_reviewers")


def test_whoever_pays_did_not_approve_as_superior() -> None:
    assert len(members("accounting") - members("supervisors_staff")) >= 2
    assert len(members("directors") - members("supervisors_staff")) >= 2


def test_roles_are_roles_of_the_house_and_the_four_special_ones_are_there() -> None:
    roles = {role for member in STAFF for role in member.roles}
    assert roles <= ROLES.keys()
    assert {"supervisor", "analyst", "auditor", "administrator", "customer_manager"} <= roles


def test_everybody_but_the_president_has_a_superior_who_exists() -> None:
    above = {member.username: superior_of(member) for member in STAFF}
    assert [name for name, superior in above.items() if superior is None] == ["taoran"]
    assert {superior for superior in above.values() if superior} <= USERNAMES


def test_people_work_where_there_is_a_branch() -> None:
    assert {member.branch for member in STAFF} == {branch.key for branch in BRANCHES}


def test_the_one_password_passes_the_policy_for_everybody() -> None:
    assert [password_fault(DEMO_PASSWORD, name) for name in USERNAMES if password_fault(DEMO_PASSWORD, name)] == []


def test_the_logins_offered_are_people_of_the_bank_with_a_sentence_in_each_language() -> None:
    assert len(DEMO_LOGINS) == 11
    assert {login.username for login in DEMO_LOGINS} <= USERNAMES
    assert all(set(login.role) == {"en", "zh_Hans", "zh_Hant"} for login in DEMO_LOGINS)
