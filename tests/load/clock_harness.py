"""Several workers carry out thousands of due timers and links of chains while they are killed at random moments.

`python -m tests.load.clock_harness --clocks 4000 --workers 3 --kills 20 [--seed N]`: exit 0 when every clock had its effect
exactly once, 1 with each violation and the seed otherwise. The workers are the ones of the system (`python run.py worker`);
a killed one is started again, as the supervisor does.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row
from sqlalchemy import select, text

import config
from app import create_app, embedded
from app.demo import desk
from app.kernel import db
from app.kernel.clock import now
from app.kernel.ids import new_id
from app.preparing import prepare
from app.workflow import instances
from app.workflow.deploying import definitions
from app.workflow.models import ProcessInstance, UserTask
from benchmarks.crowd import copy_rows, one_row
from config import ROOT, Settings

LIMIT = 600.0
LATE_BY = timedelta(days=40)
REMINDED = """
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:credit="urn:creditflow:bpmn:1" targetNamespace="clocks">
 <process id="clocks" name="clocks" isExecutable="true">
  <startEvent id="begin"/><sequenceFlow id="f1" sourceRef="begin" targetRef="work"/>
  <userTask id="work" name="work"><extensionElements><credit:step due="PT8H"><credit:deadline remind="PT0M"/>
   <credit:candidates rule="initiator"/></credit:step></extensionElements></userTask>
  <boundaryEvent id="ring" attachedToRef="work" cancelActivity="true">
   <extensionElements><credit:timer counts="working"/></extensionElements><timerEventDefinition>
   <timeDuration>PT1H</timeDuration></timerEventDefinition></boundaryEvent>
  <sequenceFlow id="f2" sourceRef="work" targetRef="done"/><endEvent id="done"/>
  <sequenceFlow id="f3" sourceRef="ring" targetRef="look"/>
  <userTask id="look" name="look"><extensionElements><credit:step><credit:candidates rule="initiator"/></credit:step>
   </extensionElements></userTask><sequenceFlow id="f4" sourceRef="look" targetRef="given_up"/><endEvent id="given_up"/>
 </process>
</definitions>
"""


@dataclass
class Outcome:
    """What one run found. fired: how many of each kind had their effect."""

    seed: int
    kills: int = 0
    clocks: int = 0
    fired: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def lines(self) -> list[str]:
        """The run in words."""
        told = ", ".join(f"{n} {kind}" for kind, n in sorted(self.fired.items()))
        first = f"seed {self.seed}: {self.clocks} clocks, {self.kills} kills in {self.seconds:.0f} s: {told}"
        return [first, f"{len(self.violations)} violations", *self.violations]


@dataclass
class Crew:
    """Workers on one database; a dead one is replaced at once."""

    environ: dict[str, str]
    log: Any
    size: int
    members: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def fill_up(self) -> None:
        """Start a worker for each that is missing."""
        self.members = [member for member in self.members if member.poll() is None]
        while len(self.members) < self.size:
            command = [sys.executable, "run.py", "worker"]
            self.members.append(subprocess.Popen(command, cwd=ROOT, env=self.environ, stdout=self.log, stderr=self.log))

    def kill_one(self, chance: random.Random) -> None:
        """kill -9, at whatever it is doing."""
        member = chance.choice(self.members)
        member.send_signal(signal.SIGKILL)
        member.wait()

    def send_home(self) -> None:
        """End them all."""
        for member in self.members:
            member.kill()
            member.wait()


def run(*, clocks: int, workers: int = 3, kills: int = 20, seed: int | None = None) -> Outcome:
    """One run in a temporary home."""
    outcome = Outcome(seed if seed is not None else random.randrange(10**9), clocks=clocks)
    with tempfile.TemporaryDirectory(prefix="cf", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        with _server(Path(folder)) as (settings, url):
            _wind_up(url, clocks)
            began = time.monotonic()
            with (Path(folder) / "log").open("wb") as log:
                crew = Crew({**os.environ, "CREDITFLOW_HOME": str(settings.home), "DATABASE_URL": url}, log, workers)
                try:
                    _let_them_ring(crew, clocks, kills, outcome)
                finally:
                    crew.send_home()
            outcome.seconds = time.monotonic() - began
            _look_back(clocks, outcome)
            db.disconnect()
    return outcome


@contextmanager
def _server(folder: Path) -> Iterator[tuple[Settings, str]]:
    """A home with a database of its own, the people of the demo bank and no cases."""
    home = folder / "home"
    home.mkdir(mode=0o700)
    os.environ["XDG_RUNTIME_DIR"] = str(home)
    settings = replace(config.load({}), home=home)
    running = embedded.start(settings.postgres_folder)
    url = embedded.url(running)
    try:
        prepare(settings, url, with_cases=False)
        create_app(settings, url)
        yield settings, url
    finally:
        db.disconnect()
        embedded.stop(running)


def _wind_up(url: str, clocks: int) -> None:
    """So many cases that each have an overdue task with a link to carry out, or a timer that is due: half and half."""
    with db.transaction():
        staff, begun = desk.staff(), now() - LATE_BY
        person = staff.by_name["zhaomin"]
        definitions.deploy(name="clocks", files={"clocks.bpmn": REMINDED.encode()}, actor=person.actor, now=begun)
        template = instances.start(key="clocks", person=person, now=begun).id
    with psycopg.connect(url.replace("+psycopg", ""), row_factory=dict_row) as connection:
        rows = {
            table: one_row(connection, f"SELECT * FROM {table} WHERE {key} = %s", template)
            for table, key in (("process_instance", "id"), ("user_task", "instance_id"), ("case_timer", "instance_id"))
        }
        cases = [new_id() for _ in range(clocks)]
        tasks = [new_id() for _ in range(clocks)]
        far = now() + timedelta(days=3650)
        copy_rows(
            connection,
            "process_instance",
            rows["process_instance"],
            ({"id": case, "number": f"C-{n}"} for n, case in enumerate(cases)),
        )
        copy_rows(
            connection,
            "user_task",
            rows["user_task"],
            (
                {"id": task, "instance_id": case, **({} if n % 2 else {"chain_at": None, "chain_left": None})}
                for n, (task, case) in enumerate(zip(tasks, cases, strict=True))
            ),
        )
        copy_rows(
            connection,
            "case_timer",
            rows["case_timer"],
            ({"instance_id": case, **({"due_at": far} if n % 2 else {})} for n, case in enumerate(cases)),
        )
        connection.execute("DELETE FROM case_timer WHERE instance_id = %s", (template,))
        connection.execute("UPDATE user_task SET chain_at = NULL WHERE instance_id = %s", (template,))
        connection.execute("ANALYZE")


def _let_them_ring(crew: Crew, clocks: int, kills: int, outcome: Outcome) -> None:
    """Kill at even distances over the work, each at a random moment, until nothing is due."""
    chance, limit = random.Random(outcome.seed), time.monotonic() + LIMIT
    while time.monotonic() < limit:
        crew.fill_up()
        left = _due()
        if left == 0:
            return
        if outcome.kills < kills and clocks - left >= outcome.kills * clocks / (kills + 1):
            time.sleep(chance.uniform(0, 0.1))
            crew.kill_one(chance)
            outcome.kills += 1
        time.sleep(0.02)
    outcome.violations.append(f"{_due()} clocks were still due after {LIMIT:.0f} s")


DUE = """
SELECT (SELECT count(*) FROM user_task WHERE state = 'open' AND chain_at <= :now)
  + (SELECT count(*) FROM case_timer WHERE due_at <= :now)
"""
EFFECTS = (
    "SELECT verb, count(*), count(DISTINCT instance_id) FROM case_event WHERE verb IN ('remind', 'timer') GROUP BY verb"
)


def _due() -> int:
    with db.reading():
        return int(db.session.execute(text(DUE), {"now": now()}).scalar_one())


def _look_back(clocks: int, outcome: Outcome) -> None:
    """Every clock once: one event, one audit entry, one notice, one new task."""
    with db.reading():
        for verb, events, cases in db.session.execute(text(EFFECTS)):
            outcome.fired[verb] = events
            if events != cases:
                outcome.violations.append(f"{events - cases} effects of kind {verb} came twice")
        wanted = {"remind": clocks // 2, "timer": clocks - clocks // 2}
        outcome.violations += [
            f"{outcome.fired[kind]} instead of {number} effects of kind {kind}"
            for kind, number in wanted.items()
            if outcome.fired[kind] != number
        ]
        for what, statement, number in (
            ("notices", "SELECT count(*) FROM notification WHERE event = 'task_overdue'", clocks // 2),
            ("audit entries", "SELECT count(*) FROM audit_entry WHERE verb IN ('remind', 'timer')", clocks),
        ):
            found = db.session.execute(text(statement)).scalar_one()
            if found != number:
                outcome.violations.append(f"{found} instead of {number} {what}")
        followers = select(UserTask.instance_id).where(UserTask.element_id == "look", UserTask.state == "open")
        looked = db.session.scalars(followers).all()
        if len(looked) != len(set(looked)) or len(looked) != wanted["timer"]:
            outcome.violations.append(f"{len(looked)} tasks opened by {wanted['timer']} timers")
        open_tasks = db.session.execute(
            select(UserTask.instance_id).join(ProcessInstance).where(UserTask.state == "open")
        ).all()
        if len(open_tasks) != clocks + 1:
            outcome.violations.append(f"{clocks + 1} cases have {len(open_tasks)} open tasks")


def main(arguments: list[str]) -> int:
    """Run by hand."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clocks", type=int, default=4000)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int)
    chosen = parser.parse_args(arguments)
    outcome = run(clocks=chosen.clocks, workers=chosen.workers, kills=chosen.kills, seed=chosen.seed)
    print("\n".join(outcome.lines()))
    return 1 if outcome.violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
