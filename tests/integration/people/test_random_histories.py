"""Random people press random buttons, with random substitutes, on a route with four eyes: what came of it is always in order."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.identity import queries as people
from app.kernel.db import session
from app.kernel.errors import Refusal
from app.workflow import user_tasks
from app.workflow.models import TaskState, UserTask
from app.workflow.user_tasks import Answer
from tests.integration.people.kit import (
    APPROVE,
    INITIATOR,
    MORNING,
    Case,
    acting,
    candidates,
    deploy,
    group,
    member,
    substitution,
)

STAFF = ("zhaomin", "hanmei", "yangguang", "wangfang", "caoying", "taoran")
APART = (("second", "apply"), ("third", "second"), ("third", "apply"))
NAMES = st.sampled_from(STAFF)
ACT = st.tuples(NAMES, st.sampled_from(["claim", "complete", "release"]))


def route() -> None:
    group("everybody", *STAFF)
    deploy(
        "trial",
        ("apply", INITIATOR),
        ("second", candidates("group", "everybody") + '<credit:fourEyes step="apply"/>' + APPROVE),
        (
            "third",
            candidates("superior", "2 second")
            + candidates("least_loaded", "&quot;everybody&quot;", otherwise="true")
            + '<credit:fourEyes step="second"/><credit:fourEyes step="apply"/>'
            + APPROVE,
        ),
    )


@pytest.mark.slow
@given(
    initiator=NAMES,
    related=st.sets(NAMES, max_size=2),
    named=st.lists(st.tuples(NAMES, NAMES).filter(lambda pair: pair[0] != pair[1]), max_size=6, unique=True),
    acts=st.lists(ACT, min_size=10, max_size=40),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_four_eyes_and_self_approval_are_never_broken(desk, initiator, related, named, acts):
    with session.begin_nested() as tried:
        session.info.clear()
        route()
        for principal, deputy in named:
            substitution(principal, deputy)
        case = Case.start("trial", initiator)
        case.row.related = [
            {"user": member(name), "relation": {"en": "x"}, "since": None, "until": None} for name in related
        ]
        for name, verb in acts:
            press(case, name, verb)
        judge(case, {member(name) for name in related})
        tried.rollback()
    session.expire_all()
    session.info.clear()


def press(case: Case, name: str, verb: str) -> None:
    open_now = session.query(UserTask).filter_by(instance_id=case.row.id, state=TaskState.OPEN).all()
    for task in open_now:
        answer = Answer(outcome="approve" if task.element_id != "apply" else None)
        more = {"answer": answer} if verb == "complete" else {}
        who = acting(name, MORNING)
        case.later(timedelta(seconds=1))
        try:
            with session.begin_nested():
                getattr(user_tasks, verb)(task_id=task.id, person=who, now=case.now, **more)
                session.flush()
        except Refusal:
            session.expire_all()
            session.info.clear()


def judge(case: Case, related: set[int]) -> None:
    done = session.query(UserTask).filter_by(instance_id=case.row.id, state=TaskState.COMPLETED).all()
    hands = {task.element_id: {task.completed_by, task.completed_for} - {None} for task in done}
    for one, other in APART:
        assert not hands.get(one, set()) & hands.get(other, set()), "four eyes"
    for step in ("second", "third"):
        assert case.row.started_by not in hands.get(step, set()), "approved his own case"
        assert not related & hands.get(step, set()), "a related party"
    everybody = set((people.group_by_key("everybody") and [member(name) for name in STAFF]) or [])
    for task in done:
        principal = task.completed_for or task.completed_by
        named = {*task.candidate_user_ids, *(everybody if task.candidate_group_ids else ()), *administrators(task)}
        assert principal in named, "somebody the rules do not name"


def administrators(task: UserTask) -> set[int]:
    return {member("jiangshan")} if task.why.get("nobody") else set()
