"""Every move of the table, by rightful and by any other people, in any order, on our own diagrams and on ones nobody here drew.

After each move the case is whole: what the rows say is what the engine says, a live case waits for somebody or something, one
station is open once, who is waited for has an open task. A refused move has left nothing behind. The suite plays a few dozen
sequences; `MOVES_SEQUENCES=5000` plays as many as are wanted (docs/benchmarks.md has the figures of a long run). A failure
names the seed, and `MOVES_SEED` plays that one again.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from app.audit.operations import SYSTEM
from app.demo import desk
from app.demo.staff import TEAMS
from app.identity.rules import Person
from app.kernel import db
from app.kernel.db import session
from app.kernel.errors import Refusal
from app.workflow import importing, rules, user_tasks
from app.workflow.committees import ballots
from app.workflow.committees.votes import Choice
from app.workflow.deploying import definitions
from app.workflow.deploying.deployment_models import ProcessDefinition
from app.workflow.models import CaseEvent, CaseState, TaskState, UserTask
from app.workflow.rules import MOVES, About, Verb
from app.workflow.watching import comparing
from tests.conftest import SHARED
from tests.integration.workflow.route import CORPORATE, EXPENSE, MORNING, RETAIL, Route, everything

SEQUENCES = int(os.environ.get("MOVES_SEQUENCES", "48"))
ONLY = os.environ.get("MOVES_SEED")
LENGTH = 26
# The share of moves before and after which every row is looked at, should the move be refused.
WATCHED = 0.25
# Need an incident, a holder who left, a committee with a secretary, a refusal, a kept moment: tested where these are made.
RARE = {"retry", "look_again", "close_vote", "recuse", "reconsider", "restore"}
# Possible only after another move; done now and then where they are.
OFTEN = (Verb.REMOVE_SIGNER, Verb.RELEASE, Verb.ANSWER, Verb.RESOLVE, Verb.RESUME)
OWN = {"retail": RETAIL, "corporate": CORPORATE, "expense": EXPENSE}
FILLED = {"number": 5000, "checkbox": True, "date": "2026-03-02"}
FOREIGN = os.environ.get("MOVES_FOREIGN", "approval-lanes,chinese-approval").split(",")
# Acts end a case or stop it; they are drawn seldom, so that cases get somewhere.
SELDOM = {Verb.TERMINATE: 1, Verb.GIVE_UP: 1, Verb.SUSPEND: 2, Verb.RECALL: 2}
TOUCHED = (
    "process_instance",
    "user_task",
    "case_event",
    "audit_entry",
    "incident",
    "ballot",
    "case_return",
    "case_copy",
    "notification",
    "pending_act",
    "case_timer",
    "case_wait",
)


class Foreign(Route):
    """A case of a diagram of another tool; a supervisor hands out what nobody is named for."""

    def __init__(self, staff: desk.Staff, definition: ProcessDefinition, seed: int) -> None:
        from app.workflow import instances

        self.staff, self.facts, self.now, self.draw = staff, RETAIL, MORNING, random.Random(seed)
        self.case = instances.start(
            key=definition.key, person=self.person("zhaomin"), now=self.now, definition=definition
        )
        session.flush()

    def holder(self, element_id: str) -> Person:
        task = self.task(element_id)
        if task.assignee_id is None:
            self.act(Verb.REASSIGN, task, by="jiangshan", people=("xuqing",))
        return self.staff.by_id[task.assignee_id or 0]

    def step(self, task: UserTask) -> None:
        step = desk.step_of(self.case, task)
        outcomes = [outcome.id for outcome in step.outcomes]
        outcome = self.draw.choice(outcomes) if outcomes else None
        answer = user_tasks.Answer(outcome=outcome, opinion="同意。", values=self.filled_in(step.form))
        user_tasks.complete(
            task_id=task.id, answer=answer, person=self.staff.by_id[task.assignee_id or 0], now=self.later()
        )
        session.flush()

    def filled_in(self, form: str | None) -> dict[str, object]:
        """Something legal in every field of a form."""
        fields = definitions.load(self.case.definition_id).form(form).fields.values() if form else ()
        return {
            field.key: self.draw.choice([choice.value for choice in field.choices])
            if field.choices
            else FILLED.get(field.type, "如上")
            for field in fields
            if field.access.editable
        }


class Player:
    """Random moves of one case by random people; most by somebody who may, some by anybody."""

    def __init__(self, route: Route, seed: int, seen: Counter[str]) -> None:
        self.route, self.draw, self.seen = route, random.Random(seed), seen
        # What this player has done; counts of other sequences would make a seed mean something else each time.
        self.own: Counter[str] = Counter({verb: self.draw.randrange(3) for verb in Verb})
        self.names = sorted(route.staff.by_name)
        self.verbs = [verb for verb in Verb for _ in range(SELDOM.get(verb, 5))]

    def play(self) -> None:
        for _ in range(LENGTH):
            if self.draw.random() < 0.4:
                self.attempt(self.go_on)
            else:
                self.attempt(self.any_move)
            self.must_be_whole()

    def attempt(self, move) -> None:
        before = everything(TOUCHED) if self.draw.random() < WATCHED else None
        savepoint = session.begin_nested()
        try:
            name = move()
            session.flush()
        except Refusal:
            session.expire_all()
            assert before in (None, everything(TOUCHED)), "a refused move has left something behind"
            self.seen["watched"] += before is not None
            savepoint.rollback()
            self.seen["refused"] += 1
        else:
            savepoint.commit()
            self.seen[name] += 1
            self.own[name] += 1

    def go_on(self) -> str:
        """Somebody does what is next."""
        task = self.some_task()
        if task is None or self.route.case.state != "active":
            return "nothing to do"
        if task.parent_id is not None:
            return self.move(Verb.ANSWER, task, self.holder(task))
        if task.owner_ids:
            return self.move(Verb.RESOLVE, task, self.holder(task))
        if task.is_vote:
            voter = self.route.staff.by_id[self.draw.choice(task.candidate_user_ids)]
            choice = self.draw.choice(list(Choice))
            ballots.cast(task_id=task.id, choice=choice, opinion="理由", person=voter, now=self.route.later())
            return "vote"
        if task.assignee_id is None:
            return self.take(task)
        self.route.step(task)
        return "complete"

    def take(self, task: UserTask) -> str:
        """A move of its own: what is refused after it has to leave it as it is."""
        try:
            self.route.holder(task.element_id)
        except desk.NobodyLeft:
            return self.move(Verb.REASSIGN, task, "jiangshan")
        return "claim"

    def any_move(self) -> str:
        verb = min(self.draw.sample(self.verbs, 3), key=lambda verb: self.own[verb] / SELDOM.get(verb, 5))
        chances = [verb for verb in OFTEN if self.fitting(verb)]
        if chances and self.draw.random() < 0.4:
            verb = min(chances, key=lambda verb: self.own[verb])
        task = self.suitable(verb)
        if MOVES[verb].about is About.TASK and task is None:
            return "nothing to do"
        by = self.draw.choice(self.names) if self.draw.random() < 0.25 else self.rightful(verb, task)
        return self.move(verb, task, by)

    def move(self, verb: Verb, task: UserTask | None, by: str) -> str:
        steps = definitions.load(self.route.case.definition_id).compiled.steps
        outcomes = [outcome.id for step in steps.values() for outcome in step.outcomes] or ["completed"]
        asked = [*task.signer_ids, *task.planned_ids] if task is not None else []
        people = [self.route.staff.by_id[i].username for i in asked if i in self.route.staff.by_id]
        if verb is not Verb.REMOVE_SIGNER or not people:
            people = self.draw.sample(self.names, self.draw.randint(1, 2))
        self.route.act(
            verb,
            task,
            by=by,
            people=tuple(people),
            target=self.draw.choice([*self.route.case.visits] if verb is Verb.SEND_BACK else [*steps]),
            reason_code="other",
            place=self.draw.choice(["before", "after"]),
            mode=self.draw.choice(["straight", "step"]),
            redo_branches=self.draw.random() < 0.3,
            outcome=self.draw.choice(["agree", "disagree"]) if verb is Verb.ANSWER else self.draw.choice(outcomes),
            note="意见如上。",
        )
        return str(verb)

    def suitable(self, verb: Verb) -> UserTask | None:
        """A task the verb means something for, where there is one."""
        fitting = self.fitting(verb)
        return self.draw.choice(fitting) if fitting else self.some_task()

    def fitting(self, verb: Verb) -> list[UserTask]:
        tasks = list(self.route.open())
        return {
            Verb.REMOVE_SIGNER: [t for t in tasks if t.signer_ids or t.planned_ids],
            Verb.ANSWER: [t for t in tasks if t.parent_id],
            Verb.RESOLVE: [t for t in tasks if t.owner_ids],
            Verb.RELEASE: [t for t in tasks if t.assignee_id and rules.has_pool(t)],
            Verb.CLAIM: [t for t in tasks if not t.assignee_id],
            Verb.RESUME: tasks if self.route.case.state == CaseState.SUSPENDED else [],
        }.get(verb, [])

    def some_task(self) -> UserTask | None:
        tasks = list(self.route.open())
        return self.draw.choice(tasks) if tasks else None

    def holder(self, task: UserTask) -> str:
        return self.route.staff.by_id[task.assignee_id].username if task.assignee_id else self.draw.choice(self.names)

    def rightful(self, verb: Verb, task: UserTask | None) -> str:
        """Somebody who stands in a relation the verb asks for, as far as that is easily known."""
        who = MOVES[verb].who
        if verb is Verb.CLAIM and task is not None:
            pool = [name for name, person in self.route.staff.by_name.items() if rules.is_candidate(person, task)]
            return self.draw.choice(pool or self.names)
        if {"initiator"} & who and self.draw.random() < 0.5:
            return "zhaomin"
        if {"supervisor"} & who and not ({"holder"} & who and self.draw.random() < 0.6):
            return "jiangshan"
        if {"actor"} & who:
            did = [i for visit in self.route.case.visits.values() for i in visit["by"]]
            return self.route.staff.by_id[self.draw.choice(did)].username if did else "zhaomin"
        if task is not None and task.is_vote and task.elector_ids:
            return self.route.staff.by_id[self.draw.choice(task.elector_ids)].username
        return self.holder(task) if task is not None else "jiangshan"

    def must_be_whole(self) -> None:
        self.route.must_be_whole()
        tasks = {task.id: task for task in self.route.open()}
        waited: dict[object, list[int]] = {}
        for task in tasks.values():
            if task.parent_id is not None:
                assert task.parent_id in tasks, "an added person is asked about a task that is over"
                assert tasks[task.parent_id].engine_id == task.engine_id
                waited.setdefault(task.parent_id, []).append(task.assignee_id)
        for task in tasks.values():
            assert sorted(task.signer_ids) == sorted(waited.get(task.id, [])), "who is waited for has no open task"
            assert (task.stage is None) == (not task.signer_ids or task.is_vote), (
                "a task waits for nobody, or does not wait"
            )
            assert len(set(task.owner_ids)) == len(task.owner_ids)
            assert not task.owner_ids or task.assignee_id is not None, "an opinion is asked for from nobody"
            assert task.assignee_id not in task.excluded_ids, "four eyes: the holder did what he must keep away from"
        assert all(t.state == TaskState.OPEN for t in tasks.values())


@pytest.fixture(scope="module")
def foreign(bank) -> Iterator[list[ProcessDefinition]]:
    """The definitions of diagrams nobody here drew; those that can't be deployed here are left out."""
    found = []
    for folder in FOREIGN:
        for path in sorted((SHARED / "bpmn" / folder).glob("*.bpmn")):
            found += [row for row in deployed(path) if begins_by_hand(row)]
    yield found
    session.rollback()
    session.remove()


def begins_by_hand(row: ProcessDefinition) -> bool:
    """Whether a person can begin a case of it; some begin with a message only."""
    compiled = definitions.load(row.id).compiled
    starts = [node for node in compiled.processes[compiled.key].nodes if node.kind == "startEvent"]
    return any(node.event is None or node.event.kind == "none" for node in starts)


def deployed(path: Path) -> list[ProcessDefinition]:
    """The diagram as the importer makes it, with its proposals for answers, deployed."""
    bank = importing.Bank(groups={team.key: team.name for team in TEAMS})
    made = importing.bring_in({path.name: path.read_bytes()}, {}, bank)
    if not made.usable:
        return []
    try:
        with db.transaction():
            return list(definitions.deploy(name=path.stem, files=made.files, actor=SYSTEM, now=MORNING))
    except Refusal:
        return []


@pytest.fixture(autouse=True)
def paperless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_tasks.documents, "missing_types", lambda *_: ())


def play(make, seeds: range, label: str, seen: Counter[str] | None = None) -> Counter[str]:
    """Play all of them; what broke is said at once, and at the end the test fails with all of it."""
    seen, broke = Counter() if seen is None else seen, []
    for seed in [int(ONLY)] if ONLY else seeds:
        try:
            Player(make(seed), seed, seen).play()
            session.flush()
            compared, differ = comparing.compare()
            assert compared, "the record says nothing"
            assert differ == [], "what stands in the tables is not what the record says"
        except Refusal as refusal:  # a case that can't even be started
            seen[f"not started: {refusal}"] += 1
        except Exception as broken:
            acts = [
                (e.verb, e.element_id, e.actor_id, e.detail)
                for e in session.scalars(select(CaseEvent).order_by(CaseEvent.at))
            ]
            broke.append(f"MOVES_SEED={seed} of {label}: {type(broken).__name__} {broken} after {acts[-LENGTH:]}")
            print(broke[-1], flush=True)
        finally:
            session.rollback()
    assert not broke, "\n".join(broke)
    return seen


@pytest.mark.parametrize("kind", sorted(OWN))
def test_on_our_own_diagrams_every_order_of_moves_keeps_a_case_whole(bank, kind: str) -> None:
    staff = desk.staff()
    session.rollback()
    seen = play(lambda _: Route(staff, OWN[kind]), range(SEQUENCES // 4), kind)
    print(kind, dict(seen))
    assert seen["complete"] > seen["refused"] / 10


def test_on_diagrams_nobody_here_drew_every_order_of_moves_keeps_a_case_whole(bank, foreign) -> None:
    if not foreign:
        pytest.skip("no diagrams of others beside the checkout (../shared/data/bpmn)")
    staff = desk.staff()
    session.rollback()
    # Few sequences are spread over all of them; with many, each is played often.
    for number in range(SEQUENCES // 4):
        definition = foreign[number * 7 % len(foreign)]
        seen = play(lambda seed, d=definition: Foreign(staff, d, seed), range(number, number + 1), definition.key)
        print(definition.key, dict(seen))


def test_between_them_the_sequences_make_every_move(bank) -> None:
    """A play in which a verb is never carried out proves nothing about it."""
    if ONLY:
        pytest.skip("one sequence only")
    staff = desk.staff()
    session.rollback()
    seen: Counter[str] = Counter()
    for seed in range(500, 660):
        play(lambda _: Route(staff, RETAIL), range(seed, seed + 1), "retail", seen)
        if {str(verb) for verb in Verb} - set(seen) <= RARE:
            return
    missing = {str(verb) for verb in Verb} - set(seen)
    assert missing <= RARE, f"never carried out: {sorted(missing)}"
