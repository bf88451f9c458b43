"""Idempotency keys and two people (or two clicks) at once, on real connections."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from app.audit import operations as audit
from app.audit import queries as audits
from app.audit.models import AuditEntry
from app.audit.operations import SYSTEM
from app.kernel.db import session, transaction
from app.kernel.errors import Conflict, Refusal
from app.workflow import idempotency, user_tasks
from app.workflow.committees import ballots
from app.workflow.idempotency import KEPT, KeyReused
from app.workflow.models import CaseEvent, IdempotencyKey, ProcessInstance, UserTask
from tests.integration.workflow.route import MORNING, Route, ballots_of

WORKERS = 6


@pytest.fixture
def committed(bank, staff, paperless) -> Callable[[str], Route]:
    """A function: a case that stands at a station, committed, so that several connections see it."""

    def make(station: str) -> Route:
        with transaction():
            return Route(staff).go_to(station)

    yield make
    session.remove()


def at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    """All acts at the same moment, each in a transaction of its own; what each gave or the refusal it met."""
    barrier, answers = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            with transaction():
                answers[place] = act()
        except Refusal as refusal:
            answers[place] = refusal

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def once(
    act: Callable[[], dict[str, Any]], *, key: str | None = "k", route: str = "r", body: bytes = b"1", user: int = 1
) -> dict[str, Any]:
    """A request of its own."""
    with transaction():
        return idempotency.once(user_id=user, key=key, route=route, body=body, now=MORNING, act=act)


@pytest.fixture
def quiet(bank):
    yield
    with transaction():
        session.execute(delete(IdempotencyKey))


def counted() -> tuple[Callable[[], dict[str, Any]], Callable[[], int]]:
    """An act that leaves an entry in the record and says the how-manieth it was, and how many of them have stayed."""
    chain = f"user:{uuid.uuid4().hex}"

    def written() -> int:
        return session.scalar(select(func.count()).where(AuditEntry.chain == chain)) or 0

    def act() -> dict[str, Any]:
        audit.record(chain=chain, verb="act", object_type="user", object_id=55, actor=SYSTEM, now=MORNING)
        session.flush()
        return {"n": written()}

    return act, written


def test_the_same_key_gives_the_same_answer_and_one_act(quiet):
    act, written = counted()
    assert [once(act), once(act), once(act)] == [{"n": 1}] * 3
    assert written() == 1


@pytest.mark.parametrize("changed", [{"body": b"2"}, {"route": "other"}])
def test_the_same_key_for_another_request_is_refused(quiet, changed):
    act, written = counted()
    once(act)
    with pytest.raises(KeyReused) as caught:
        once(act, **changed)
    assert (caught.value.status, written()) == (422, 1)


def test_another_person_may_use_the_same_key(quiet):
    act, written = counted()
    assert (once(act, user=1), once(act, user=2)) == ({"n": 1}, {"n": 2})
    assert written() == 2


@pytest.mark.parametrize("key", [None, ""])
def test_without_a_key_everything_is_done(quiet, key):
    act, written = counted()
    once(act, key=key)
    once(act, key=key)
    assert written() == 2


def test_a_key_that_is_too_long_is_refused(quiet):
    act, written = counted()
    with pytest.raises(KeyReused):
        once(act, key="k" * 65)
    assert written() == 0


def test_what_was_refused_may_be_tried_again_with_the_same_key(quiet):
    def refuse() -> dict[str, Any]:
        raise Refusal("no")

    with pytest.raises(Refusal):
        once(refuse)
    assert once(counted()[0]) == {"n": 1}


def test_old_keys_are_forgotten_and_young_ones_kept(quiet):
    act, written = counted()
    once(act)
    with transaction():
        idempotency.sweep(MORNING + KEPT)
    once(act)
    assert written() == 1
    with transaction():
        idempotency.sweep(MORNING + KEPT + timedelta(seconds=1))
    assert session.scalar(select(func.count()).select_from(IdempotencyKey)) == 0


def test_the_same_request_many_times_at_once_is_one_act(committed):
    route = committed("routing")
    task_id, person = route.task("routing").id, route.person("zhouyan")
    session.remove()

    def claim() -> dict[str, Any]:
        return {"holder": user_tasks.claim(task_id=task_id, person=person, now=route.now).assignee_id}

    answers = at_once([lambda: once(claim, user=person.id) for _ in range(WORKERS)])
    assert answers == [{"holder": person.id}] * WORKERS
    events = select(func.count()).where(CaseEvent.instance_id == route.case.id, CaseEvent.verb == "claim")
    assert session.scalar(events) == 1


def claiming(route: Route, task_id: uuid.UUID, who: str) -> Callable[[], int | None]:
    person, now = route.person(who), route.now
    return lambda: user_tasks.claim(task_id=task_id, person=person, now=now).assignee_id


def test_of_two_who_claim_at_once_one_wins_and_the_other_reads_his_name(committed):
    for _ in range(4):
        route = committed("routing")
        task_id = route.task("routing").id
        session.remove()
        answers = at_once([claiming(route, task_id, "zhouyan"), claiming(route, task_id, "wulei")])
        (winner,) = [a for a in answers if isinstance(a, int)]
        (loser,) = [a for a in answers if isinstance(a, Conflict)]
        assert str(loser) == f"{route.staff.by_id[winner].name} has already claimed this task."
        assert session.get_one(UserTask, task_id).assignee_id == winner
        session.remove()


def test_of_two_clicks_on_complete_one_completes(committed):
    route = committed("routing")
    with transaction():
        route.claim("routing", "zhouyan")
    task_id = route.task("routing").id
    session.remove()
    answer = user_tasks.Answer("route", values=route.usual("routing"))

    def complete() -> str | None:
        person = route.person("zhouyan")
        return user_tasks.complete(task_id=task_id, answer=answer, person=person, now=route.now).task.outcome

    answers = at_once([complete] * WORKERS)
    assert answers.count("route") == 1
    assert sum(isinstance(a, Conflict) for a in answers) == WORKERS - 1
    assert route.stations == ["assignment"]
    assert len(route.visits("assignment")) == 1
    route.case = session.get_one(ProcessInstance, route.case.id)
    route.must_be_whole()
    session.remove()


def test_ballots_cast_at_once_are_all_counted_and_the_vote_closes_once(committed):
    route = committed("credit_committee")
    task = route.task("credit_committee")
    task_id, electors = task.id, list(task.elector_ids)
    session.remove()

    def ballot(voter: int) -> Callable[[], str | None]:
        cast = {"task_id": task_id, "choice": "agree", "opinion": "", "now": route.now}
        return lambda: ballots.cast(**cast, person=route.staff.by_id[voter]).task.outcome

    answers = at_once([ballot(voter) for voter in electors])
    assert sorted(map(str, answers)) == ["None"] * 4 + ["approve"]
    assert route.stations == ["committee_resolution"]
    assert len(ballots_of(task_id)) == 5
    session.remove()


# --- the record


def test_a_chain_written_by_many_at_once_has_no_gap_and_no_fork(bank):
    def write(n: int) -> Callable[[], None]:
        return lambda: (
            [
                audit.record(chain="user:77", verb=f"v{n}", object_type="user", object_id=77, actor=SYSTEM, now=MORNING)
                for _ in range(5)
            ]
            and None
        )

    at_once([write(n) for n in range(WORKERS)])
    assert audits.verify("user:77") == (WORKERS * 5, [])
    assert [entry.seq for entry in audits.entries("user:77")] == list(range(1, WORKERS * 5 + 1))
    session.remove()


@pytest.mark.parametrize(
    ("tamper", "what"),
    [
        ("UPDATE audit_entry SET payload = replace(payload, 'v1', 'v9') WHERE chain = :c AND seq = 2", "was edited"),
        ("UPDATE audit_entry SET digest = sha256('x') WHERE chain = :c AND seq = 2", "was edited"),
        ("DELETE FROM audit_entry WHERE chain = :c AND seq = 2", "entry 2 is missing"),
        ("DELETE FROM audit_entry WHERE chain = :c AND seq = 1", "entry 1 is missing"),
        ("UPDATE audit_entry SET seq = seq + 10 WHERE chain = :c AND seq = 3", "entry 3 is missing"),
        (
            "UPDATE audit_entry SET payload = payload || ' ', digest = sha256(previous || convert_to(payload || ' ', 'UTF8'))"
            " WHERE chain = :c AND seq = 1",
            "does not follow the entry before it",
        ),
    ],
)
def test_tampering_with_the_record_is_found(bank, tamper, what):
    from sqlalchemy import text

    for n in range(3):
        audit.record(chain="user:88", verb=f"v{n}", object_type="user", object_id=88, actor=SYSTEM, now=MORNING)
    session.flush()
    session.execute(text("SET LOCAL session_replication_role = replica"))
    session.execute(text(tamper), {"c": "user:88"})
    session.expire_all()
    _, broken = audits.verify("user:88")
    assert broken
    assert broken[0].what == what
    assert audits.verify()[1] == broken
    session.rollback()
    session.remove()


def test_what_the_database_numbers_can_not_be_chosen_by_the_program(bank):
    session.add(
        AuditEntry(
            chain="user:99",
            at=MORNING,
            verb="v",
            object_type="user",
            object_id="99",
            payload="{}",
            seq=50,
            previous=b"x",
            digest=b"y",
        )
    )
    session.flush()
    session.expire_all()
    assert audits.verify("user:99") == (1, [])
    session.rollback()
    session.remove()
