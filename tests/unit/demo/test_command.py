"""Loading the demo shows people how far it is, keeps files clean, and never keeps the bank from opening."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

import pytest

from app.demo import command, generate
from app.demo.generate import Generated

NOW = datetime(2026, 3, 18, 6, 30, tzinfo=UTC)


@pytest.fixture
def without_database(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("disconnect", "forget_connections"):
        monkeypatch.setattr(command.db, name, lambda: None)
    monkeypatch.setattr(command.db, "transaction", lambda: _Nothing())
    monkeypatch.setattr(command, "session", _Nothing())


class _Nothing:
    """A transaction and a session that do nothing."""

    def __enter__(self) -> _Nothing:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def execute(self, _statement: object) -> None:
        return None


def work(begun: Any, _now: datetime, said: Any) -> Generated:
    for _ in begun:
        said()
    return Generated(cases=len(list(begun)), acts=10, stuck=["one"])


@pytest.mark.usefixtures("without_database")
def test_the_parts_of_all_processes_are_added_up(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr(generate, "work_all", work)
    made = command._in_processes([(None, n) for n in range(5)], NOW, 2)  # type: ignore[misc]
    assert (made.cases, made.acts, made.stuck) == (5, 20, ["one", "one"])
    assert capsys.readouterr().out == "5 demo applications, 20 acts.          \n"


@pytest.mark.usefixtures("without_database")
def test_a_process_that_dies_costs_its_part_only(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    def dying(begun: Any, now: datetime, said: Any) -> Generated:
        if begun[0][1] == 0:
            os._exit(9)
        return work(begun, now, said)

    monkeypatch.setattr(generate, "work_all", dying)
    made = command._in_processes([(None, n) for n in range(4)], NOW, 2)  # type: ignore[misc]
    assert made.cases == 2
    assert "could not be loaded completely" in capsys.readouterr().out


def test_progress_is_not_written_into_files(capsys: Any) -> None:
    command._say("\rLoading ...")
    command._say("\rDone.\n")
    assert capsys.readouterr().out == "Done.\n"
