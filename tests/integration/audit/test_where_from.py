"""The record says from where: the address that the bank's own servers saw, and nothing that a caller writes himself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

import config
from app import create_app
from app.audit.models import AuditEntry, case_chain
from app.demo import desk
from app.demo.bank import DEMO_PASSWORD
from app.kernel.db import session
from app.workflow.models import UserTask
from config import Settings, SettingsError
from tests.conftest import Client
from tests.integration.desk_fixtures import a_committed_case

FORWARDED = {"X-Forwarded-For": "198.51.100.9, 203.0.113.7"}
NEAREST = {"REMOTE_ADDR": "10.0.0.2"}


@pytest.fixture(autouse=True)
def fresh_session(bank: Any) -> Iterator[None]:
    yield
    session.remove()


def claimed_from(app: Any) -> dict[str, Any]:
    """The newest entry of a case after somebody has claimed its task through this application."""
    route = a_committed_case(desk.staff(), "routing")
    at = select(UserTask.id).where(UserTask.instance_id == route.case.id, UserTask.element_id == "routing")
    task_id = session.scalars(at).one()
    session.remove()
    client = Client(app.test_client())
    sent = {"headers": FORWARDED, "environ_base": NEAREST}
    assert client.post("/login", {"username": "zhouyan", "password": DEMO_PASSWORD}, **sent).status_code == 302
    assert client.post(f"/tasks/{task_id}/act/claim", **sent).status_code == 302
    session.remove()
    chain = select(AuditEntry.payload).where(AuditEntry.chain == case_chain(route.case.id))
    found: dict[str, Any] = json.loads(session.scalars(chain.order_by(AuditEntry.seq.desc())).first())
    assert found["verb"] == "claim"
    return found


def test_without_a_server_in_front_nobody_says_himself_where_he_is(bank: Any) -> None:
    assert claimed_from(bank.app)["address"] == "10.0.0.2"


@pytest.mark.parametrize(("proxies", "address"), [(1, "203.0.113.7"), (2, "198.51.100.9")])
def test_behind_the_banks_own_servers_it_is_the_address_the_outermost_of_them_saw(
    bank: Any, settings: Settings, proxies: int, address: str
) -> None:
    behind = create_app(replace(settings, proxies=proxies), bank.url)
    entry = claimed_from(behind)
    assert entry["address"] == address
    assert entry["login"], "and over which login"


def test_a_number_of_servers_that_makes_no_sense_is_refused() -> None:
    assert config.load({"CREDITFLOW_PROXIES": "2"}).proxies == 2
    with pytest.raises(SettingsError, match="CREDITFLOW_PROXIES"):
        config.load({"CREDITFLOW_PROXIES": "nginx"})
