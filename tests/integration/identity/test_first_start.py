"""A bank that has just begun: no people, no groups, and a shelf of routes that name groups."""

from __future__ import annotations

import pytest

from app.audit.operations import SYSTEM
from app.identity import accounts, command, queries
from app.kernel.clock import now
from app.kernel.errors import NotFound, Refusal
from app.workflow.deploying import definitions, shelf
from config import ROOT


def test_routes_whose_groups_are_missing_wait_instead_of_stopping_the_start(session):
    _, refused = shelf.deploy_what_fits(root=ROOT, actor=SYSTEM, now=now())
    assert "credit_application" in refused
    assert any("customer_managers" in line for line in refused["credit_application"].lines())
    assert definitions.in_force("credit_application") is None


def test_the_command_makes_the_first_administrator_and_gives_new_passwords(session):
    told = command.create("first_one", "第一", ["administrator"], None, now())
    user = queries.user_by_username("first_one")
    assert accounts.is_last_administrator(user)
    again = command.password("first_one", now())
    assert told != again
    assert user.preferences[accounts.MUST_CHANGE]


def test_the_command_refuses_what_does_not_exist(session):
    with pytest.raises(NotFound, match="no such branch"):
        command.create("second_one", "第二", ["administrator"], "nowhere", now())
    with pytest.raises(Refusal, match="no role boss"):
        command.create("second_one", "第二", ["boss"], None, now())
    with pytest.raises(NotFound, match="no user second_one"):
        command.password("second_one", now())
