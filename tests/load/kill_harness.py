"""Kills web, worker and database at random moments under load and proves that nothing confirmed was lost or done twice.

`python -m tests.load.kill_harness --kills 200 [--seed N] [--clients 4]`: exit 0 when every promise held, 1 with each violation
and the seed otherwise.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from app.demo import desk
from app.demo.desk import Staff
from app.identity.models import User
from app.kernel import db
from app.workflow.committees.vote_models import Ballot
from app.workflow.models import IdempotencyKey, ProcessInstance, TaskState, UserTask
from benchmarks.house import TARGETS, House, look_in, running, wait_for
from tests.load.clients import Acknowledged, Clerk, Ledger, patiently
from tests.load.invariants import damages

RECOVERY_LIMIT = 60.0
LONGEST_PAUSE = 1.2
CALM = 3.0


@dataclass
class Outcome:
    """What one run found. recoveries: seconds from a kill to the next confirmed press."""

    seed: int
    kills: Counter[str] = field(default_factory=Counter)
    confirmed: int = 0
    retries: int = 0
    errors_500: int = 0
    recoveries: list[float] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    after_the_last: int = 0
    seconds: float = 0.0

    def lines(self) -> list[str]:
        """The run in words."""
        slowest = sorted(self.recoveries)
        return [
            f"seed {self.seed}: {self.kills.total()} kills ({', '.join(f'{n} {t}' for t, n in self.kills.items())})"
            f" in {self.seconds:.0f} s",
            f"{self.confirmed} presses confirmed, {self.retries} pressed again, {self.errors_500} answers of 500",
            f"next confirmed press after a kill: median {statistics.median(slowest or [0]):.1f} s, "
            f"slowest {max(slowest or [0]):.1f} s; {self.after_the_last} confirmed in the {CALM:.0f} s after the last",
            f"{len(self.violations)} violations",
            *self.violations,
        ]


def run(*, kills: int, clients: int = 4, seed: int | None = None) -> Outcome:
    """One run in a temporary home."""
    outcome = Outcome(seed if seed is not None else random.randrange(10**9))
    with tempfile.TemporaryDirectory(prefix="cf", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        with running(Path(folder) / "home", web_processes=2, web_threads=4) as house:
            look_in(house)
            with db.reading():
                staff = desk.staff()
            ledger = Ledger()
            began = time.monotonic()
            _under_load(house, staff, ledger, outcome, kills, clients)
            outcome.seconds = time.monotonic() - began
            outcome.confirmed, outcome.retries, outcome.errors_500 = (
                len(ledger.confirmed),
                ledger.retries,
                ledger.errors_500,
            )
            outcome.violations += [f"refused: {line}" for line in ledger.refused]
            outcome.violations += [f"another answer to the same key: {line}" for line in ledger.different]
            outcome.violations += patiently(lambda: _look_back(ledger.confirmed))
            db.disconnect()
    return outcome


def _under_load(house: House, staff: Staff, ledger: Ledger, outcome: Outcome, kills: int, clients: int) -> None:
    """Clerks at work, kills among them, then a quiet while in which work must go on by itself."""
    stop, chance = threading.Event(), random.Random(outcome.seed)
    settings = house.settings
    clerks = [
        Clerk(settings.host, settings.port, staff, ledger, random.Random(chance.random())) for _ in range(clients)
    ]
    threads = [threading.Thread(target=_guarded, args=(clerk, stop, outcome), daemon=True) for clerk in clerks]
    for thread in threads:
        thread.start()
    wait_for(lambda: ledger.last > 0, RECOVERY_LIMIT)
    while outcome.kills.total() < kills and not outcome.violations:
        time.sleep(chance.uniform(0, LONGEST_PAUSE))
        _kill(house, ledger, outcome, chance)
    before = len(ledger.confirmed)
    time.sleep(CALM)
    outcome.after_the_last = len(ledger.confirmed) - before
    if outcome.after_the_last == 0:
        outcome.violations.append("nothing went on after the last kill")
    stop.set()
    for thread in threads:
        thread.join(120)


def _kill(house: House, ledger: Ledger, outcome: Outcome, chance: random.Random) -> None:
    target = chance.choice(TARGETS)
    moment = time.monotonic()
    if not house.kill(target, chance.randrange(100)):
        return
    outcome.kills[target] += 1
    # Presses already on their way may be confirmed at once; count from a little later where the kill takes the service down.
    took_down = target in ("postmaster", "web master")
    counted_from = moment + (0.3 if took_down else 0.0)
    if wait_for(lambda: ledger.last > counted_from, RECOVERY_LIMIT):
        outcome.recoveries.append(ledger.last - moment)
    else:
        outcome.violations.append(f"no press confirmed within {RECOVERY_LIMIT:.0f} s after the {target} was killed")


def _guarded(clerk: Clerk, stop: threading.Event, outcome: Outcome) -> None:
    """A clerk who gives up is a finding, not a thread that ends unseen."""
    try:
        clerk.work(stop)
    except Exception as fault:
        outcome.violations.append(f"a clerk gave up: {type(fault).__name__}: {fault}")
    finally:
        db.session.remove()


def _look_back(confirmed: list[Acknowledged]) -> list[str]:
    """Everything that is wrong with the database after the run."""
    with db.reading():
        ids = {row.username: row.id for row in db.session.execute(select(User.id, User.username))}
        answers = {(k.user_id, k.key): k.answer for k in db.session.scalars(select(IdempotencyKey))}
        found = [line for entry in confirmed for line in _of_press(entry, ids, answers)]
        starts = sum(key.route == "inbox.start" for key in db.session.scalars(select(IdempotencyKey)))
        cases = len(db.session.scalars(select(ProcessInstance.id)).all())
        if starts != cases:
            found.append(f"{starts} starts were answered, {cases} cases exist")
        return found + damages()


def _of_press(entry: Acknowledged, ids: dict[str, int], answers: dict[tuple[int, str], dict[str, str]]) -> list[str]:
    answer = answers.get((ids[entry.username], entry.key))
    if answer is None:
        return [f"lost: {entry.path} by {entry.username} was confirmed and has no answer stored"]
    if answer["location"] != entry.location:
        return [f"{entry.path}: confirmed {entry.location}, stored {answer['location']}"]
    verb, task_id = entry.path.rpartition("/")[2], entry.path.split("/")[2] if entry.path.startswith("/tasks/") else ""
    if verb == "complete":
        task = db.session.get(UserTask, task_id)
        if task is None or task.state != TaskState.COMPLETED or task.completed_by != ids[entry.username]:
            return [f"lost: {entry.path} by {entry.username} was confirmed and the task is not completed by him"]
    if verb == "vote":
        cast = select(Ballot.id).where(Ballot.task_id == task_id, Ballot.voter_id == ids[entry.username])
        number = len(db.session.scalars(cast).all())
        if number != 1:
            return [f"{entry.path} by {entry.username} was confirmed; he has {number} ballots"]
    return []


def main(arguments: list[str]) -> int:
    """Run by hand."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--seed", type=int)
    chosen = parser.parse_args(arguments)
    outcome = run(kills=chosen.kills, clients=chosen.clients, seed=chosen.seed)
    print("\n".join(outcome.lines()))
    return 1 if outcome.violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
