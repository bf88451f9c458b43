"""The database dies: the embedded server is started again, and meanwhile every page says that the system is not ready."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app import embedded
from app.supervisor import Family


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("own", numbered=False) / "pg"
    for parent in folder.parents[:3]:
        parent.chmod(parent.stat().st_mode | 0o055)
    server = embedded.start(folder)
    yield server
    embedded.stop(server)


def pid_of(folder: Path) -> int:
    return int((folder / "postmaster.pid").read_text().partition("\n")[0])


def answers(server: Any) -> bool:
    with psycopg.connect(embedded.url(server).replace("+psycopg", "")) as connection:
        return connection.execute("SELECT 1").fetchone() == (1,)


def kill_and_wait(folder: Path) -> None:
    os.kill(pid_of(folder), signal.SIGKILL)
    limit = time.monotonic() + 10
    while embedded.is_alive(folder) and time.monotonic() < limit:
        time.sleep(0.02)


def test_a_killed_server_is_started_again_at_the_same_address(own_server) -> None:
    before = embedded.url(own_server)
    assert embedded.revive(own_server) is False
    kill_and_wait(own_server.pgdata)
    assert embedded.is_alive(own_server.pgdata) is False
    family = Family({}, lambda: embedded.revive(own_server))
    limit = time.monotonic() + 30
    while not embedded.is_alive(own_server.pgdata) and time.monotonic() < limit:
        family._keep_database()
    assert embedded.url(own_server) == before
    assert answers(own_server)


def test_a_pid_file_with_the_number_of_another_program_is_no_server(tmp_path) -> None:
    (tmp_path / "postmaster.pid").write_text(f"{os.getpid()}\n")
    assert embedded.is_alive(tmp_path) is False


def test_pages_say_that_the_system_is_not_ready_and_come_back(bank) -> None:
    client = bank.app.test_client()
    client.set_cookie("creditflow_login", "somebody")
    assert client.get("/inbox").status_code == 302
    with psycopg.connect(bank.url.replace("+psycopg", ""), autocommit=True) as other:
        everybody = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        other.execute(f"SELECT pg_terminate_backend(pid) FROM ({everybody}) AS them")
    gone = client.get("/inbox")
    assert gone.status_code == 503
    assert "<h1" in gone.get_data(as_text=True)
    assert client.get("/inbox").status_code == 302


def test_a_commit_that_breaks_off_is_answered_with_503_and_claims_nothing(bank, monkeypatch) -> None:
    def break_off(_session: Session) -> None:
        raise OperationalError("COMMIT", {}, Exception("server closed the connection unexpectedly"))

    client = bank.app.test_client()
    token = client.get("/login").get_data(as_text=True).partition('name="csrf_token" value="')[2].partition('"')[0]
    monkeypatch.setattr(Session, "commit", break_off)
    answer = client.post("/language", data={"locale": "en", "csrf_token": token})
    assert answer.status_code == 503
    assert "Nothing was written" not in answer.get_data(as_text=True)
