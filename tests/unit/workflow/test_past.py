"""Who had it when, told from events alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.ids import new_id
from app.workflow.models import CaseEvent, CaseState, ProcessInstance, TaskState, UserTask
from app.workflow.watching import past
from app.workflow.watching.past import Stay
from tests.conftest import NOON

MINUTE = timedelta(minutes=1)


def at(minutes: int) -> datetime:
    return NOON + minutes * MINUTE


def a_task(opened: int, done: int | None, holder: int | None = None, **said) -> UserTask:
    usual = {
        "id": new_id(),
        "element_id": "routing",
        "round": 1,
        "state": TaskState.COMPLETED if done is not None else TaskState.OPEN,
        "created_at": at(opened),
        "completed_at": at(done) if done is not None else None,
        "assignee_id": holder,
        "completed_by": holder if done is not None else None,
        "is_vote": False,
        "superseded_at": None,
    }
    return UserTask(**{**usual, **said})


def an_event(seq: int, minute: int, verb: str, task: UserTask | None = None, actor: int | None = None, **detail):
    return CaseEvent(
        seq=seq, at=at(minute), verb=verb, task_id=task.id if task else None, actor_id=actor, detail=detail, passed=[]
    )


def told(events, tasks, now: int) -> list[tuple[str, int | None, int, int]]:
    minutes = lambda moment: int((moment - NOON) / MINUTE)
    return [(s.stay, s.user_id, minutes(s.since), minutes(s.until)) for s in past.spans(events, tasks, at(now))]


def test_from_the_pool_to_one_to_another():
    task = a_task(0, 30, 8)
    events = [an_event(2, 5, "claim", task, 7), an_event(3, 20, "reassign", task, 1, from_user=7, to_user=8)]
    assert told(events, [task], 60) == [("pool", None, 0, 5), ("held", 7, 5, 20), ("held", 8, 20, 30)]


def test_a_task_that_opened_with_somebody_was_his_from_the_beginning():
    task = a_task(0, None, 9)
    assert told([], [task], 10) == [("held", 9, 0, 10)]
    given_on = an_event(2, 4, "transfer", task, 9, from_user=9, to_user=3)
    assert told([given_on], [task], 10) == [("held", 9, 0, 4), ("held", 3, 4, 10)]


def test_given_back_it_lies_in_the_pool_again():
    task = a_task(0, None)
    events = [an_event(2, 1, "claim", task, 7), an_event(3, 4, "release", task, 7)]
    assert told(events, [task], 6) == [("pool", None, 0, 1), ("held", 7, 1, 4), ("pool", None, 4, 6)]


def test_a_suspended_case_is_suspended_whoever_has_it():
    task = a_task(0, None, 7)
    events = [an_event(2, 3, "suspend"), an_event(3, 5, "resume")]
    assert told(events, [task], 8) == [("held", 7, 0, 3), ("suspended", 7, 3, 5), ("held", 7, 5, 8)]
    assert told([an_event(2, 3, "suspend")], [task], 8)[-1] == ("suspended", 7, 3, 8)


def test_waiting_for_the_customer_is_nobodys_delay():
    task = a_task(0, None, 7)
    events = [an_event(2, 2, "wait", task, 7), an_event(3, 6, "continue", task, 7)]
    assert told(events, [task], 8) == [("held", 7, 0, 2), ("waiting", 7, 2, 6), ("held", 7, 6, 8)]


def test_a_vote_has_no_single_holder():
    task = a_task(0, 5, is_vote=True)
    assert told([], [task], 9) == [("vote", None, 0, 5)]


@given(st.lists(st.sampled_from(["claim", "release", "suspend", "resume", "wait", "continue"]), max_size=25))
def test_the_stretches_of_a_visit_fill_it_without_gap_or_overlap(verbs: list[str]):
    task = a_task(0, None)
    events = [
        an_event(n + 2, n + 1, verb, None if verb in ("suspend", "resume") else task, 7) for n, verb in enumerate(verbs)
    ]
    found = past.spans(events, [task], at(60))
    assert found[0].since == at(0)
    assert found[-1].until == at(60)
    assert all(one.until == two.since for one, two in pairwise(found))
    assert all(span.since < span.until and span.stay in Stay for span in found)


def test_the_case_after_each_act():
    task = a_task(0, 10, 7, submitted_cipher=None)
    following = a_task(10, None, 8, element_id="assignment")
    events = [
        an_event(1, 0, "start", actor=1),
        an_event(2, 5, "claim", task, 7),
        an_event(3, 10, "complete", task, 7),
        an_event(4, 12, "suspend", actor=2),
    ]
    case = ProcessInstance(state=CaseState.SUSPENDED, ended_at=None)
    seen = [past.as_it_was(case, events, [task, following], seq) for seq in (1, 2, 3, 4)]
    assert [[v.task.element_id for v in was.open] for was in seen if was] == [
        ["routing"], ["routing"], ["assignment"], ["assignment"]
    ]  # fmt: skip
    assert [was.open[0].holder_id for was in seen if was] == [None, 7, 8, 8]
    assert [was.state for was in seen if was] == ["active", "active", "active", "suspended"]
    assert past.as_it_was(case, events, [task, following], 5) is None


@pytest.mark.parametrize("state", [CaseState.COMPLETED, CaseState.CANCELLED, CaseState.WITHDRAWN])
def test_an_ended_case_was_at_work_until_its_end(state: CaseState):
    events = [an_event(1, 0, "start"), an_event(2, 5, "complete"), an_event(3, 9, "comment")]
    case = ProcessInstance(state=state, ended_at=at(5))
    found = [past.as_it_was(case, events, [], seq) for seq in (1, 2, 3)]
    assert [was.state for was in found if was] == ["active", state, state]
