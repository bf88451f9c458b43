"""Starting: every foreseeable trouble is one plain sentence, and nothing is left half done."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

import config
from app import embedded, supervisor
from app.kernel import crypto
from config import ROOT, SettingsError


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """run.py as a person would call it."""
    return subprocess.run(
        [sys.executable, "run.py", *arguments],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_port_in_use_is_said_in_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        answer = run(CREDITFLOW_PORT=str(port), CREDITFLOW_HOME=str(tmp_path))
    assert answer.returncode == 1
    assert answer.stderr.strip().splitlines() == [
        f"Port {port} on 127.0.0.1 is in use. Stop what uses it, or choose another: CREDITFLOW_PORT={port + 1} make run"
    ]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["CREDITFLOW_PORT", "CREDITFLOW_WEB_PROCESSES", "CREDITFLOW_IDLE_MINUTES"])
def test_a_setting_that_makes_no_sense_is_named(name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        config.load({name: "many"})


def test_a_database_of_another_kind_is_refused() -> None:
    with pytest.raises(SettingsError, match="PostgreSQL"):
        config.load({"DATABASE_URL": "sqlite:///here.db"})


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_usual_way_to_write_the_address_is_taken(scheme: str) -> None:
    assert config.load({"DATABASE_URL": f"{scheme}://u:p@h/n"}).database_url == "postgresql+psycopg://u:p@h/n"


def test_a_full_disk_is_said_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded.shutil, "disk_usage", lambda _path: SimpleNamespace(free=5 * 2**20))
    with pytest.raises(embedded.EmbeddedFault, match="5 MB left"):
        embedded.start(tmp_path / "postgres")
    assert list((tmp_path / "postgres").iterdir()) == []


def test_a_half_finished_first_start_is_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    (folder / "base").mkdir(parents=True)
    (folder / "PG_VERSION").write_text("18")
    embedded._clear_half_made(folder)
    assert list(folder.iterdir()) == []


def test_a_finished_database_is_never_cleared(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    (folder / "global").mkdir(parents=True)
    (folder / "global" / "pg_control").write_bytes(b"control")
    embedded._clear_half_made(folder)
    assert (folder / "global" / "pg_control").exists()


def test_another_master_key_is_refused_with_what_to_do(tmp_path: Path) -> None:
    wrapped = crypto.wrap(b"a" * 32, b"k" * 32, "data")
    with pytest.raises(crypto.KeyFault, match="put the right key file back"):
        crypto.unwrap(b"b" * 32, wrapped, "data")


def test_the_master_key_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    first = crypto.master_key(tmp_path / "keys")
    assert (tmp_path / "keys" / "master.key").stat().st_mode & 0o777 == 0o600
    assert crypto.master_key(tmp_path / "keys") == first


def test_a_child_that_ends_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    family = supervisor.Family({"web": lambda: None, "worker": lambda: None})
    started: list[str] = []

    class Ended:
        exitcode = 1

        def is_alive(self) -> bool:
            return False

        def terminate(self) -> None:
            raise AssertionError("a child that has ended is not ended again")

        def join(self, _seconds: float) -> None:
            pass

    def start(command: str) -> None:
        started.append(command)
        family.children[command] = Ended()  # type: ignore[assignment]
        family.stopping = len(started) > 2

    monkeypatch.setattr(supervisor, "RESTART_PAUSE", 0.0)
    monkeypatch.setattr(family, "start", start)
    watch_without_signals(family, monkeypatch)
    family.end()
    assert started == ["web", "worker", "web"]


def watch_without_signals(family: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor.signal, "signal", lambda *_: None)
    monkeypatch.setattr(supervisor.gc, "freeze", lambda: None)
    family.watch(lambda: True)


def test_children_are_forked_have_a_name_and_end_with_the_family(tmp_path: Path) -> None:
    note = tmp_path / "note"

    def work() -> None:
        note.write_text(f"{os.getpid()} {os.getsid(0)} {psutil.Process().name()}")
        time.sleep(60)

    family = supervisor.Family({"web": work})
    family.start("web")
    child = family.children["web"]
    while not (note.exists() and note.read_text()):
        assert child.is_alive()
        time.sleep(0.01)
    pid, session, name = note.read_text().split()
    family.end()
    assert (int(pid), int(session)) == (child.pid, child.pid)
    assert name == "credit-web" or sys.platform != "linux"
    assert child.exitcode == -signal.SIGTERM


def test_a_child_that_does_not_end_kindly_is_killed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def work() -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        (tmp_path / "deaf").touch()
        time.sleep(60)

    monkeypatch.setattr(supervisor, "CHILD_GRACE", 0.2)
    family = supervisor.Family({"web": work})
    family.start("web")
    while not (tmp_path / "deaf").exists():
        time.sleep(0.01)
    family.end()
    family.children["web"].join(10)
    assert family.children["web"].exitcode == -signal.SIGKILL


def test_the_family_asks_whether_the_site_answers_until_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    family, asked, rounds = supervisor.Family({}), [], iter(range(8))

    def ready() -> bool:
        asked.append(len(asked))
        return len(asked) == 3

    def keep() -> None:
        family.stopping = next(rounds) == 7

    for pause in ("LOOK_EVERY", "LOOK_EVERY_AT_START"):
        monkeypatch.setattr(supervisor, pause, 0.0)
    monkeypatch.setattr(supervisor.gc, "freeze", lambda: None)
    monkeypatch.setattr(supervisor.signal, "signal", lambda *_: None)
    monkeypatch.setattr(family, "_keep_children", keep)
    family.watch(ready)
    assert asked == [0, 1, 2]
