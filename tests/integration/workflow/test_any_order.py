"""Random sequences of every operation by random people on both shipped routes: after each the case is whole, and whoever is
refused leaves no trace."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.kernel.db import session
from app.kernel.errors import Refusal
from app.workflow import instances, user_tasks
from app.workflow.committees import ballots
from app.workflow.committees.votes import Choice
from app.workflow.moves import copies, returns
from tests.integration.workflow.route import CORPORATE, EXPENSE, RETAIL, Route, everything

# Tables that any act on a case may touch; the people and the shelf never change here.
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
    "credit_application",
    "customer",
    "document",
)
ROUTES = {"retail": RETAIL, "corporate": CORPORATE, "expense": EXPENSE}
# How often each act is drawn: the case should get somewhere between the disturbances.
ACTS = (
    ["step"] * 14
    + ["send_back"] * 3
    + ["supervisor_return", "reassign", "vote", "release", "copy"]
    + ["suspend", "resume", "resume", "anybody", "retry", "draft"]
)


class Crowd:
    """Somebody, anybody, at a case."""

    def __init__(self, route: Route, draw: random.Random) -> None:
        self.route, self.draw = route, draw
        self.names = sorted(route.staff.by_name)

    def act(self, name: str) -> None:
        getattr(self, name)()

    def any_task(self):
        return self.draw.choice(
            list(self.route.open()) or self.route.visits("intake") or self.route.visits("declaration")
        )

    def anybody(self) -> None:
        """Somebody who may have no business here tries whatever there is to press."""
        person = self.route.person(self.draw.choice(self.names))
        task, now = self.any_task(), self.route.later()
        self.draw.choice(
            [
                lambda: user_tasks.claim(task_id=task.id, person=person, now=now),
                lambda: user_tasks.release(task_id=task.id, person=person, now=now),
                lambda: user_tasks.complete(task_id=task.id, answer=user_tasks.Answer(), person=person, now=now),
                lambda: ballots.cast(task_id=task.id, choice="agree", opinion="", person=person, now=now),
                lambda: instances.give_up(instance_id=self.route.case.id, reason="", person=person, now=now),
                lambda: instances.terminate(instance_id=self.route.case.id, reason="", person=person, now=now),
            ]
        )()

    def step(self) -> None:
        if self.route.case.state == "active" and self.route.open():
            self.route.step(self.any_task())

    def send_back(self) -> None:
        task = self.any_task()
        if task.is_vote or self.route.case.state != "active" or task.state != "open":
            return
        targets = self.route.targets(task.element_id) or ["intake"]
        mode, redo = self.draw.choice(["straight", "step"]), self.draw.random() < 0.3
        self.route.send_back(task.element_id, self.draw.choice(targets), mode, redo=redo)

    def supervisor_return(self) -> None:
        every = sorted(self.route.case.visits)
        task, now = self.any_task(), self.route.later()
        returns.send_back(
            task_id=task.id,
            target=self.draw.choice(every),
            reason_code="other",
            reason="主管退回",
            mode="straight",
            person=self.route.person("jiangshan"),
            now=now,
        )

    def reassign(self) -> None:
        to = self.draw.choice(self.names)
        person = self.route.person("jiangshan")
        user_tasks.reassign(
            task_id=self.any_task().id, to_username=to, reason="调整", person=person, now=self.route.later()
        )

    def release(self) -> None:
        task = self.any_task()
        user_tasks.release(task_id=task.id, person=self.route.person("jiangshan"), now=self.route.later())

    def draft(self) -> None:
        task = self.any_task()
        holder = self.route.staff.by_id.get(task.assignee_id or 0) or self.route.person("zhouyan")
        answer = user_tasks.Answer(values={"amount": "1"}, opinion="草稿")
        user_tasks.save_draft(task_id=task.id, answer=answer, person=holder, now=self.route.later())

    def vote(self) -> None:
        voter = self.draw.choice(self.names)
        choice = self.draw.choice(list(Choice))
        person = self.route.person(voter)
        ballots.cast(task_id=self.any_task().id, choice=choice, opinion="见", person=person, now=self.route.later())

    def copy(self) -> None:
        to = self.draw.sample(self.names, 2)
        person = self.route.person("jiangshan")
        copies.copy_to(instance_id=self.route.case.id, usernames=to, person=person, now=self.route.later())

    def suspend(self) -> None:
        self._whole(instances.suspend)

    def resume(self) -> None:
        self._whole(instances.resume)

    def retry(self) -> None:
        instances.retry(instance_id=self.route.case.id, person=self.route.person("jiangshan"), now=self.route.later())

    def _whole(self, operation) -> None:
        person = self.route.person("jiangshan")
        operation(instance_id=self.route.case.id, reason="核查", person=person, now=self.route.later())


def attempt(crowd: Crowd, name: str) -> bool:
    """Whether the act was done; one that was refused has left nothing behind, as in a request that is rolled back."""
    savepoint = session.begin_nested()
    try:
        crowd.act(name)
        session.flush()
    except Refusal:
        dirty = set(session.dirty) | set(session.new)
        savepoint.rollback()
        session.expire_all()
        crowd.refused_with = dirty
        return False
    savepoint.commit()
    return True


@pytest.mark.parametrize("kind", sorted(ROUTES))
def test_a_case_stays_whole_whatever_people_do_in_whatever_order(start, kind):
    @settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(st.integers(0, 2**32), st.lists(st.sampled_from(ACTS), min_size=10, max_size=45))
    def runs(seed: int, acts: list[str]) -> None:
        route = start(ROUTES[kind])
        crowd = Crowd(route, random.Random(seed))
        for name in acts:
            done = attempt(crowd, name)
            route.must_be_whole()
            assert done or name != "step" or route.case.state == "active"
        session.rollback()

    runs()


@pytest.mark.parametrize("kind", sorted(ROUTES))
def test_who_is_refused_leaves_no_trace_even_before_the_rollback(start, kind):
    route = start(ROUTES[kind])
    draw = random.Random(kind)
    crowd = Crowd(route, draw)
    refusals = 0
    for _ in range(25):
        before = everything(TOUCHED)
        try:
            crowd.act(draw.choice(["anybody", "vote", "release", "retry"]))
        except Refusal:
            refusals += 1
            assert everything(TOUCHED) == before
        if draw.random() < 0.5:
            crowd.step()
    assert refusals > 5


def test_after_any_disturbance_the_case_can_still_be_finished(start):
    for seed in range(4):
        route = start()
        crowd = Crowd(route, random.Random(seed))
        for name in crowd.draw.choices(ACTS, k=25):
            attempt(crowd, name)
        if route.case.state == "suspended":
            crowd.resume()
        route.finish()
        assert route.case.state in ("completed", "withdrawn", "cancelled")
        route.must_be_whole()
        session.rollback()
