"""The cases against the record: what is done to their rows behind the program's back is found, and the command says so."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from app.audit.models import AuditEntry, case_chain
from app.demo import desk
from app.kernel import db
from app.kernel.db import session
from app.kernel.ids import new_id
from app.workflow.committees.vote_models import Ballot
from app.workflow.models import CaseEvent, UserTask
from app.workflow.rules import Verb
from app.workflow.watching import comparing
from config import ROOT, Settings
from tests.integration.desk_fixtures import a_committed_case
from tests.integration.workflow.route import Route


@pytest.fixture(scope="module")
def routes(bank: Any) -> list[Route]:
    """A case that went the whole way with a vote, and four on their way."""
    staff = desk.staff()
    session.remove()
    made = [a_committed_case(staff, None), *(a_committed_case(staff, "assignment") for _ in range(4))]
    with db.transaction():
        made[1].act(Verb.COMMENT, by="zhaomin", note="请尽快办理。")
    session.remove()
    return made


@pytest.fixture(autouse=True)
def undone() -> Iterator[None]:
    """What a test does to the rows is never committed."""
    yield
    session.rollback()
    session.remove()


def found() -> list[str]:
    session.flush()
    return [fault.what for fault in comparing.compare(block=2)[1]]


def decision(route: Route) -> UserTask:
    """A finished task with an opinion and values."""
    tasks = session.scalars(select(UserTask).where(UserTask.instance_id == route.case.id).order_by(UserTask.id))
    return next(task for task in tasks if task.opinion and task.submitted and task.completed_by)


def ballot(route: Route) -> Ballot:
    statement = select(Ballot).join(UserTask, UserTask.id == Ballot.task_id)
    return session.scalars(statement.where(UserTask.instance_id == route.case.id).order_by(Ballot.id)).first()


def act(route: Route, verb: str) -> CaseEvent:
    of_case = select(CaseEvent).where(CaseEvent.instance_id == route.case.id, CaseEvent.verb == verb)
    return session.scalars(of_case.order_by(CaseEvent.seq)).first()


def test_cases_that_nobody_touched_are_what_the_record_says(routes: list[Route]) -> None:
    count, broken = comparing.compare(block=2)
    assert broken == []
    assert count > 40


def other_words(route: Route) -> None:
    decision(route).opinion = "不同意。"


def other_values(route: Route) -> None:
    task = decision(route)
    task.submitted = {**task.submitted, next(iter(task.submitted)): "99"}


def other_outcome(route: Route) -> None:
    decision(route).outcome = "refuse"


def other_hands(route: Route) -> None:
    decision(route).completed_by = route.person("jiangshan").id


def other_screen(route: Route) -> None:
    decision(route).seen_digest = b"another one."


def moved_words(route: Route) -> None:
    """The encrypted words of another task: they can't be read here."""
    tasks = session.scalars(select(UserTask).where(UserTask.opinion_cipher.is_not(None))).all()
    mine = decision(route)
    mine.opinion_cipher = next(task for task in tasks if task.id != mine.id).opinion_cipher


@pytest.mark.parametrize("tamper", [other_words, other_values, other_outcome, other_hands, other_screen, moved_words])
def test_a_decision_that_was_changed_is_found(routes: list[Route], tamper: Callable[[Route], None]) -> None:
    task_id = decision(routes[0]).id
    tamper(routes[0])
    assert found() == [f"what was decided on task {task_id} is not what was recorded"]


def test_a_decision_that_was_taken_back_or_put_in_is_found(routes: list[Route]) -> None:
    task = decision(routes[0])
    task.state = "open"
    assert found() == [f"what was decided on task {task.id} is not what was recorded"]
    session.rollback()
    at = decision(routes[0])
    forged = UserTask(
        id=new_id(),
        instance_id=at.instance_id,
        definition_id=at.definition_id,
        process_key=at.process_key,
        engine_id="forged",
        element_id=at.element_id,
        state="completed",
        created_at=at.created_at,
        completed_at=at.completed_at + timedelta(days=1),
        completed_by=at.completed_by,
        outcome="approve",
    )
    session.add(forged)
    assert found() == [f"the decision on task {forged.id} stands in no entry"]


def test_a_history_that_was_changed_is_found(routes: list[Route]) -> None:
    said = act(routes[1], "comment")
    said.comment = "不急。"
    assert found() == [f"act {said.seq} of the history is not what was recorded"]
    session.rollback()
    claimed = act(routes[1], "claim")
    claimed.actor_id = routes[1].person("jiangshan").id
    assert found() == [f"act {claimed.seq} of the history is not what was recorded"]
    session.rollback()
    claimed = act(routes[1], "claim")
    claimed.at += timedelta(days=1)
    assert found() == [f"act {claimed.seq} of the history is not what was recorded"]


def test_an_act_taken_out_of_the_history_or_put_in_is_found(routes: list[Route]) -> None:
    said = act(routes[1], "comment")
    seq, at = said.seq, said.at
    session.delete(said)
    assert found() == [f"act {seq} of the history is gone"]
    session.rollback()
    forged = CaseEvent(id=new_id(), instance_id=routes[1].case.id, seq=seq + 1, at=at, verb="complete", detail={})
    session.add(forged)
    assert found() == [f"act {seq + 1} of the history stands in no entry"]


def test_ballots_that_were_changed_taken_out_or_put_in_are_found(routes: list[Route]) -> None:
    cast = ballot(routes[0])
    cast.choice = "disagree"
    assert found() == [f"ballot {cast.id} is not what was recorded"]
    session.rollback()
    cast = ballot(routes[0])
    cast.opinion = "没有意见。"
    assert found() == [f"ballot {cast.id} is not what was recorded"]
    session.rollback()
    cast = ballot(routes[0])
    gone = cast.id
    session.delete(cast)
    assert found() == [f"ballot {gone} is gone"]
    session.rollback()
    like = ballot(routes[0])
    forged = Ballot(id=new_id(), task_id=like.task_id, round=like.round, voter_id=like.voter_id, choice="agree",
                    casting=True, at=like.at)  # fmt: skip
    session.add(forged)
    assert found() == [f"ballot {forged.id} stands in no entry"]


def test_acts_from_before_the_record_kept_digests_are_passed_over(routes: list[Route]) -> None:
    """A case begun with an earlier version: its old entries name no act of the history."""
    chain = case_chain(routes[2].case.id)
    session.execute(text("SET LOCAL session_replication_role = replica"))
    bare = "(payload::jsonb #- '{detail,event}' #- '{detail,decided}')::text"
    session.execute(text(f"UPDATE audit_entry SET payload = {bare} WHERE chain = :chain AND seq < 4"), {"chain": chain})
    assert found() == []


def test_nobody_learns_a_value_from_the_record(routes: list[Route]) -> None:
    """Digests are keyed: the same words in two cases leave different ones, and no value stands in an entry."""
    entries = select(AuditEntry.payload).where(AuditEntry.payload.contains("decided"))
    told = [
        "".join(session.scalars(entries.where(AuditEntry.chain == case_chain(route.case.id)))) for route in routes[3:]
    ]
    assert not any(routes[3].facts.purpose in payloads for payloads in told)
    one, other = ({word for word in payloads.split('"') if len(word) == 24 and word.isalnum()} for payloads in told)
    assert min(len(one), len(other)) > 8
    assert one.isdisjoint(other)


def run(bank: Any, settings: Settings, *arguments: str) -> tuple[int, str]:
    """run.py as an auditor calls it."""
    environ = {"DATABASE_URL": bank.url.replace("+psycopg", ""), "CREDITFLOW_HOME": str(settings.home)}
    command = [sys.executable, "run.py", "audit", *arguments]
    answer = subprocess.run(
        command, cwd=ROOT, env={"PATH": "/usr/bin:/bin", **environ}, capture_output=True, text=True, check=False
    )
    assert answer.stderr == ""
    return answer.returncode, answer.stdout


def test_the_command_names_what_was_edited_deleted_swapped_and_cut_off(
    bank: Any, settings: Settings, routes: list[Route]
) -> None:
    run(bank, settings, "checkpoint")
    code, said = run(bank, settings, "verify")
    assert (code, " 0 faults" in said) == (0, True), said
    chains = [case_chain(route.case.id) for route in routes]
    with db.transaction():
        session.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in (
            f"UPDATE audit_entry SET payload = '{{}}' WHERE chain = '{chains[0]}' AND seq = 2",
            f"DELETE FROM audit_entry WHERE chain = '{chains[1]}' AND seq = 2",
            f"UPDATE audit_entry SET seq = 5 - seq - 1000 WHERE chain = '{chains[2]}' AND seq IN (2, 3)",
            f"UPDATE audit_entry SET seq = seq + 1000 WHERE chain = '{chains[2]}' AND seq < 0",
            f"DELETE FROM audit_entry WHERE chain = '{chains[3]}' AND seq > 3",
        ):
            assert session.execute(text(statement)).rowcount > 0
        task = decision(routes[4])
        task.outcome = "refuse"
        task_id: uuid.UUID = task.id
    code, said = run(bank, settings, "verify")
    assert code == 1
    lines = said.splitlines()
    assert f"{chains[0]} entry 2: was edited" in lines
    assert f"{chains[1]} entry 3: entry 2 is missing" in lines
    assert f"{chains[2]} entry 2: does not follow the entry before it" in lines
    assert any(line.startswith(chains[3]) and "was there at checkpoint" in line for line in lines)
    assert any(line.startswith(chains[4]) and str(task_id) in line for line in lines)
