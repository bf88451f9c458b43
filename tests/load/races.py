"""Two people press at the same moment: exactly one wins, the other reads why, and the case goes on undamaged.

`python -m tests.load.races --rounds 1000 [--seed N]` runs against a house of its own and prints a table; with `--pairs` every
move that a held task allows is raced with every other and with itself.
"""

from __future__ import annotations

import argparse
import itertools
import random
import sys
import tempfile
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from werkzeug.datastructures import MultiDict

from app.demo import desk
from app.demo.desk import Staff
from app.kernel import db
from app.kernel.clock import now
from app.workflow import instances, user_tasks
from app.workflow.models import ProcessInstance, UserTask
from benchmarks import route
from benchmarks.browser import Browser, Reply
from benchmarks.house import House, look_in, running
from benchmarks.route import Post
from tests.load.invariants import damages

POOL = ("zhouyan", "wulei")
SUPERVISOR = "jiangshan"
LOST = frozenset({403, 404, 409, 422})

Press = Callable[[ProcessInstance, UserTask, Staff], Post]


@dataclass
class Outcome:
    """Rounds by kind of race, rounds without exactly one winner where there must be one, losers without a sentence, damage."""

    seed: int
    rounds: Counter[str] = field(default_factory=Counter)
    won: Counter[str] = field(default_factory=Counter)
    both: list[str] = field(default_factory=list)
    neither: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """The run in words."""
        kinds = f"{len(self.rounds)} kinds, each at least {min(self.rounds.values())} times"
        faults = [*self.both, *self.neither, *self.silent, *self.damaged]
        return [
            f"seed {self.seed}: {self.rounds.total()} races ({kinds})",
            f"two winners: {len(self.both)}, no winner: {len(self.neither)}, "
            f"losers without a sentence: {len(self.silent)}, damaged: {len(self.damaged)}",
            f"won: {', '.join(f'{name} {count}' for name, count in self.won.most_common())}",
            *faults[:40],
        ]

    @property
    def whole(self) -> bool:
        """Whether every promise held."""
        return not (self.both or self.neither or self.silent or self.damaged)


def complete(case: ProcessInstance, task: UserTask, staff: Staff) -> Post:
    """The holder finishes the task."""
    return route.working(case, task, staff, route.loan(str(case.id)))


def claim(username: str) -> Press:
    """Somebody takes the task."""
    return lambda _case, task, _staff: Post(task.element_id, username, f"/tasks/{task.id}/act/claim", MultiDict())


def send_back(_case: ProcessInstance, task: UserTask, staff: Staff) -> Post:
    """The holder sends the case back."""
    fields = MultiDict({"target": "intake", "reason_code": "incomplete", "reason": "请补充。", "mode": "step"})
    fields["key"] = uuid.uuid4().hex
    return Post(task.element_id, route.who(task, staff).username, f"/tasks/{task.id}/act/send_back", fields)


def reassign(_case: ProcessInstance, task: UserTask, staff: Staff) -> Post:
    """The supervisor gives the task to the other one of the pool."""
    other = next(name for name in POOL if name != route.who(task, staff).username)
    fields = MultiDict({"people": other, "reason": "休假"})
    return Post(task.element_id, SUPERVISOR, f"/tasks/{task.id}/act/reassign", fields)


def over_case(verb: str, username: str) -> Press:
    """Somebody suspends, terminates or gives up the whole case."""
    return lambda case, task, _staff: Post(
        task.element_id, username, f"/cases/{case.id}/act/{verb}", MultiDict({"reason": "测试"})
    )


@dataclass(frozen=True)
class Race:
    """Two presses at once. held: the task is claimed before. exclusive: only one of the two may succeed."""

    name: str
    one: Press
    two: Press
    held: bool = True
    exclusive: bool = True


RACES = (
    Race("complete/complete", complete, complete),
    Race("claim/claim", claim(POOL[0]), claim(POOL[1]), held=False),
    Race("complete/send back", complete, send_back),
    Race("send back/send back", send_back, send_back),
    Race("complete/terminate", complete, over_case("terminate", SUPERVISOR), exclusive=False),
    Race("complete/suspend", complete, over_case("suspend", SUPERVISOR), exclusive=False),
    Race("complete/reassign", complete, reassign),
    Race("complete/give up", complete, over_case("give_up", route.INITIATOR), exclusive=False),
)


def of_holder(verb: str, **said: str) -> Press:
    """The holder does something with the task."""
    return lambda _case, task, staff: Post(
        task.element_id,
        route.who(task, staff).username,
        f"/tasks/{task.id}/act/{verb}",
        MultiDict({"reason": "测试", **said}),
    )


def by_supervisor(verb: str, **said: str) -> Press:
    """A supervisor does something with the task or the case."""
    return lambda case, task, _staff: Post(
        task.element_id,
        SUPERVISOR,
        f"/tasks/{task.id}/act/{verb}" if verb == "skip" else f"/cases/{case.id}/act/{verb}",
        MultiDict({"reason": "测试", **said}),
    )


def to_other(verb: str) -> Press:
    """The holder hands the task to the other one of the pool."""

    def press(_case: ProcessInstance, task: UserTask, staff: Staff) -> Post:
        holder = route.who(task, staff).username
        fields = MultiDict({"people": next(name for name in POOL if name != holder), "reason": "休假"})
        return Post(task.element_id, holder, f"/tasks/{task.id}/act/{verb}", fields)

    return press


# What can be done at the market department's desk while somebody has the task. These take it off him: of two of them one wins.
TAKING: dict[str, Press] = {
    "complete": complete,
    "send back": send_back,
    "transfer": to_other("transfer"),
    "delegate": to_other("delegate"),
    "add signer": of_holder("add_signer", people="xuqing", place="before"),
    "release": of_holder("release"),
}
BESIDE: dict[str, Press] = {
    "reassign": reassign,
    "wait": of_holder("wait"),
    "skip": by_supervisor("skip", outcome="route"),
    "jump": by_supervisor("jump", target="intake"),
    "suspend": by_supervisor("suspend"),
    "terminate": by_supervisor("terminate"),
    "comment": by_supervisor("comment", note="请尽快。"),
    "copy": by_supervisor("copy", people="xuqing", note="请阅。"),
    "urge": by_supervisor("urge", note="请尽快。"),
    "withdraw": over_case("withdraw", route.INITIATOR),
    "recall": over_case("recall", route.INITIATOR),
    "give up": over_case("give_up", route.INITIATOR),
}
PAIRS = tuple(
    Race(f"{one}/{two}", press, other, exclusive=one in TAKING and two in TAKING)
    for (one, press), (two, other) in itertools.combinations_with_replacement({**TAKING, **BESIDE}.items(), 2)
)


class Ring:
    """Where the races are held: a house, its staff, and two browsers for each person (one per side)."""

    def __init__(self, house: House, seed: int) -> None:
        self.house, self.outcome, self.chance = house, Outcome(seed), random.Random(seed)
        self.browsers: dict[tuple[int, str], Browser] = {}
        with db.reading():
            self.staff = desk.staff()

    def hold(self, race: Race) -> None:
        """One round on a fresh case at the market department's desk."""
        case_id, posts = self._prepare(race)
        browsers = [self._browser(side, post.username) for side, post in enumerate(posts)]
        replies: list[Reply | None] = [None, None]
        line = threading.Barrier(2)

        def press(side: int) -> None:
            line.wait()
            replies[side] = browsers[side].post(posts[side].path, posts[side].fields)

        threads = [threading.Thread(target=press, args=(side,)) for side in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._judge(race, case_id, replies)

    def _prepare(self, race: Race) -> tuple[uuid.UUID, list[Post]]:
        with db.transaction():
            case = instances.start(key=route.PROCESS, person=self.staff.by_name[route.INITIATOR], now=now())
            db.session.flush()
            task = route.open_tasks(case.id)[0]
            route.add_papers(case, task, self.staff)
            post = complete(case, task, self.staff)
            answer = user_tasks.Answer(posted=post.fields, opinion="同意")
            person = route.who(task, self.staff)
            done = user_tasks.complete(task_id=task.id, answer=answer, person=person, now=now())
            (opened,) = done.opened
            if race.held:
                db.session.flush()
                holder = self.staff.by_name[self.chance.choice(POOL)]
                user_tasks.claim(task_id=opened.id, person=holder, now=now())
            return case.id, [press(case, opened, self.staff) for press in (race.one, race.two)]

    def _browser(self, side: int, username: str) -> Browser:
        if (side, username) not in self.browsers:
            self.browsers[side, username] = Browser(self.house.settings.host, self.house.settings.port)
            self.browsers[side, username].sign_in(username)
        return self.browsers[side, username]

    def _judge(self, race: Race, case_id: uuid.UUID, replies: list[Reply | None]) -> None:
        self.outcome.rounds[race.name] += 1
        answers = [reply for reply in replies if reply is not None]
        winners = [reply for reply in answers if reply.status == 302]
        names = race.name.split("/")
        self.outcome.won.update(
            name for name, reply in zip(names, replies, strict=True) if reply and reply.status == 302
        )
        said = f"{race.name} of {case_id}: {[reply.status for reply in answers]}"
        if race.exclusive and len(winners) == 2:
            self.outcome.both.append(said)
        if not winners:
            self.outcome.neither.append(said)
        for reply in answers:
            if reply.status != 302 and (reply.status not in LOST or "<h1" not in reply.text):
                self.outcome.silent.append(said)


def run(*, rounds: int, seed: int | None = None, races: Sequence[Race] = RACES) -> Outcome:
    """So many races, the kinds in turn, on a house of its own."""
    with tempfile.TemporaryDirectory(prefix="cf", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        with running(Path(folder) / "home") as house:
            look_in(house)
            ring = Ring(house, seed if seed is not None else random.randrange(10**9))
            for number in range(rounds):
                ring.hold(races[number % len(races)])
            with db.reading():
                ring.outcome.damaged += damages()
            db.disconnect()
    return ring.outcome


def main(arguments: list[str]) -> int:
    """Run by hand."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--pairs", action="store_true")
    chosen = parser.parse_args(arguments)
    outcome = run(rounds=chosen.rounds, seed=chosen.seed, races=PAIRS if chosen.pairs else RACES)
    print("\n".join(outcome.lines()))
    return 0 if outcome.whole else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
