"""A replay that is killed, interrupted or robbed of a process goes on later and does nothing twice."""

from __future__ import annotations

import gzip
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.kernel import db
from app.replay import running
from app.replay.command import replay
from app.replay.formats import BY_NAME, FORMATS
from app.replay.models import ReplayCase
from app.replay.reading import read_log
from app.workflow.models import CaseEvent, ProcessInstance
from tests.unit.replay.logs import loan_2012

CONTEXT = multiprocessing.get_context("fork")
HEADER = "case_id,amount_req,event_no,activity,lifecycle,resource,timestamp"
WORDS = (
    "A_SUBMITTED",
    "A_PARTLYSUBMITTED",
    "W_Afhandelen leads|START|11",
    "A_PREACCEPTED",
    "W_Completeren aanvraag|START|21",
    "A_FINALIZED",
    "W_Nabellen offertes|START|31",
    "W_Nabellen offertes|COMPLETE|31",
    "W_Nabellen offertes|START|32",
    "O_SENT_BACK",
    "W_Valideren aanvraag|START|41",
    "A_APPROVED",
)


def write_log(path: Path, name: str, cases: int) -> Path:
    """So many equal cases; the name makes it another log."""
    rows = [
        f"{name}{number},5000,{place},{event.activity},{event.phase},{event.resource},{event.at.isoformat()}"
        for number in range(cases)
        for place, event in enumerate(loan_2012(*WORDS).events)
    ]
    path.write_bytes(gzip.compress("\n".join((HEADER, *rows)).encode()))
    return path


def stories(log: Path) -> dict[str, list[tuple[str, str | None, Any]]]:
    """What happened to each case of the log: verbs, stations and times in order."""
    digest = read_log(log, FORMATS).digest
    found = {}
    with db.reading() as session:
        for stand in session.scalars(select(ReplayCase).where(ReplayCase.log == digest)):
            events = select(CaseEvent).where(CaseEvent.instance_id == stand.instance_id).order_by(CaseEvent.seq)
            found[stand.case_id] = [(e.verb, e.element_id, e.at) for e in session.scalars(events)]
    return found


@pytest.fixture
def in_child(bank: Any) -> Iterator[Callable[..., Any]]:
    """Starts a replay in a process that can be killed."""
    children = []

    def start(log: Path, **options: Any) -> Any:
        db.disconnect()

        def run() -> None:
            os.setpgrp()
            db.forget_connections()
            with bank.app.app_context():
                os._exit(replay(log, **options))

        child = CONTEXT.Process(target=run)
        child.start()
        children.append(child)
        return child

    yield start
    for child in children:
        if child.is_alive():
            os.killpg(child.pid, signal.SIGKILL)
        child.join()


def test_killed_again_and_again_it_does_every_act_once(bank: Any, in_child: Any, tmp_path: Path) -> None:
    log, whole = write_log(tmp_path / "a.csv.gz", "a", 3), write_log(tmp_path / "b.csv.gz", "b", 1)
    draw = random.Random(7)
    for _ in range(8):
        child = in_child(log, report_to=tmp_path / "report.md")
        child.join(draw.uniform(0.3, 2.5))
        if not child.is_alive():
            break
        os.killpg(child.pid, signal.SIGKILL)
        child.join()
    with bank.app.app_context():
        assert replay(log, report_to=tmp_path / "report.md") == 0
        assert replay(whole, report_to=tmp_path / "report.md") == 0
    (model,) = stories(whole).values()
    assert {name: [s[:2] for s in story] for name, story in stories(log).items()} == {
        f"a{number}": [s[:2] for s in model] for number in range(3)
    }


def test_an_interrupted_replay_says_so_and_goes_on(bank: Any, in_child: Any, tmp_path: Path) -> None:
    log = write_log(tmp_path / "c.csv.gz", "c", 30)
    child = in_child(log, at_once=2, report_to=tmp_path / "report.md")
    deadline = time.monotonic() + 60
    while not stories(log) and time.monotonic() < deadline:
        time.sleep(0.2)
    os.kill(child.pid, signal.SIGINT)
    child.join(60)
    assert child.exitcode == 2
    assert (tmp_path / "report.md").exists()
    before = stories(log)
    with bank.app.app_context():
        digest = read_log(log, FORMATS).digest
        plans = [BY_NAME[FORMATS[0].name].plan(case) for case in read_log(log, FORMATS).cases]
        left = running.left_to_do(read_log(log, FORMATS), plans)
    assert 0 < len(left) <= 30
    with db.reading() as session:
        half = select(ReplayCase.case_id).where(ReplayCase.log == digest, ~ReplayCase.finished)
        assert set(session.scalars(half)) <= {plan.case for plan in left}
    assert all(story for story in before.values())


def test_two_replays_of_the_same_log_share_the_cases(bank: Any, in_child: Any, tmp_path: Path) -> None:
    log = write_log(tmp_path / "d.csv.gz", "d", 3)
    both = [in_child(log, report_to=tmp_path / f"report{number}.md") for number in range(2)]
    for child in both:
        child.join(120)
    told = stories(log)
    assert len(told) == 3
    for story in told.values():
        assert [verb for verb, _, _ in story].count("start") == 1
        assert len({(verb, element, at) for verb, element, at in story if verb == "complete"}) == len(
            [verb for verb, _, _ in story if verb == "complete"]
        )
    with db.reading() as session:
        states = select(ProcessInstance.outcome).join(ReplayCase, ReplayCase.instance_id == ProcessInstance.id)
        digest = read_log(log, FORMATS).digest
        assert set(session.scalars(states.where(ReplayCase.log == digest))) == {"approved"}


def test_a_process_that_dies_is_not_taken_for_the_end(bank: Any, tmp_path: Path, monkeypatch: Any) -> None:
    log = write_log(tmp_path / "e.csv.gz", "e", 2)
    monkeypatch.setattr(running, "_play", lambda *_: os._exit(9))
    with bank.app.app_context():
        assert replay(log, at_once=2, report_to=tmp_path / "report.md") == 1
