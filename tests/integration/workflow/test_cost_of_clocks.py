"""What a pass of the ticker reads among fifty thousand waiting cases: nothing but what is due. Counted, not timed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.dialects import postgresql

from app.bank_calendar import queries as bank_calendar
from app.demo import desk
from app.kernel import db
from app.kernel.clock import now
from app.kernel.db import session
from app.worker import carry_out_chains, fire_timers, settle_calendar
from app.workflow import instances
from app.workflow.clocks import due_dates, escalation
from app.workflow.models import ProcessInstance, UserTask
from tests.integration.desk_fixtures import a_committed_case
from tests.integration.test_statement_budget import counting

WAITING = 50_000
MOST_BLOCKS = 40
COPIES = """
INSERT INTO process_instance ({case}) SELECT {case_values} FROM process_instance c, generate_series(1, {n}) i WHERE c.id = :case;
INSERT INTO user_task ({task}) SELECT {task_values} FROM user_task t, generate_series(1, {n}) i WHERE t.id = :task;
INSERT INTO case_timer (instance_id, engine_id, element_id, due_at)
SELECT md5('case' || i)::uuid, 'x', 'x', now() + interval '1 day' + i * interval '1 second' FROM generate_series(1, {n}) i
"""


@pytest.fixture(scope="module")
def crowd(bank) -> Iterator[Any]:
    """The ids of a case and of its task, of which there are fifty thousand copies that come due from tomorrow on."""
    route = a_committed_case(desk.staff(), "routing")
    ids = {"case": route.case.id, "task": route.task("routing").id}
    fresh = "i * interval '1 second'"
    case = _columns(ProcessInstance, "c", id="md5('case' || i)::uuid", number="'W-' || i")
    task = _columns(
        UserTask,
        "t",
        id="md5('task' || i)::uuid",
        instance_id="md5('case' || i)::uuid",
        due_at=f"now() + interval '1 day' + {fresh}",
        chain_at=f"now() + interval '1 day' + {fresh}",
    )
    statements = COPIES.format(case=case[0], case_values=case[1], task=task[0], task_values=task[1], n=WAITING)
    with db.transaction():
        for statement in statements.split(";"):
            session.execute(text(statement), {name: ids[name] for name in ids if f":{name}" in statement})
        session.execute(text("UPDATE user_task SET chain_at = NULL WHERE id = :task"), {"task": ids["task"]})
    with db.transaction():
        session.execute(text("ANALYZE user_task, case_timer, process_instance"))
    yield ids
    session.remove()


def _columns(table: Any, alias: str, **changed: str) -> tuple[str, str]:
    names = [column.name for column in table.__table__.columns]
    return ", ".join(names), ", ".join(changed.get(name, f"{alias}.{name}") for name in names)


class Plan:
    """What PostgreSQL did to answer: the nodes of the executed plan."""

    def __init__(self, statement: Any) -> None:
        compiled = statement.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
        explained = text(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {compiled}".replace(":", "\\:"))
        self.top = session.execute(explained).scalar_one()[0]["Plan"]
        session.rollback()

    def nodes(self, node: Any = None) -> Iterator[Any]:
        node = node or self.top
        yield node
        for inner in node.get("Plans", ()):
            yield from self.nodes(inner)

    @property
    def rows(self) -> int:
        """The rows that were read from tables, those thrown away included."""
        scans = [node for node in self.nodes() if "Scan" in node["Node Type"]]
        return sum((n["Actual Rows"] + n.get("Rows Removed by Filter", 0)) * n["Actual Loops"] for n in scans)

    @property
    def blocks(self) -> int:
        return self.top["Shared Hit Blocks"] + self.top["Shared Read Blocks"]

    @property
    def indexes(self) -> set[str]:
        return {node["Index Name"] for node in self.nodes() if "Index Name" in node}

    @property
    def whole_tables(self) -> list[str]:
        return [node["Relation Name"] for node in self.nodes() if node["Node Type"] == "Seq Scan"]


def asked(question: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The statement that a question puts to the database."""
    put: list[Any] = []
    with monkeypatch.context() as patch:
        patch.setattr(db.session, "scalar", lambda statement: put.append(statement))
        question(now())
    return put[0]


@pytest.mark.parametrize(
    ("question", "index"),
    [(escalation.next_link, "ix_user_task_chain_at"), (instances.next_due, "ix_case_timer_due_at")],
    ids=["chains", "timers"],
)
def test_an_idle_pass_reads_no_row_of_fifty_thousand_waiting_cases(crowd, monkeypatch, question, index):
    plan = Plan(asked(question, monkeypatch))
    assert index in plan.indexes
    assert (plan.rows, plan.whole_tables) == (0, [])
    assert plan.blocks <= MOST_BLOCKS


@pytest.mark.parametrize("job", [carry_out_chains, fire_timers, settle_calendar])
def test_an_idle_pass_asks_once_and_loads_no_case(crowd, job):
    with counting() as count:
        job()
    assert len(count.statements) == 1, count.statements
    assert "process_instance.blob" not in count.statements[0]


def test_a_pass_with_one_due_loads_that_one_case_only(crowd, monkeypatch):
    bank_calendar.calendar()
    with db.transaction():
        task = session.get(UserTask, crowd["task"])
        task.chain_at = now() - timedelta(minutes=1)
    plan = Plan(asked(escalation.next_link, monkeypatch))
    assert plan.rows <= 3
    with counting() as count:
        carry_out_chains()
    loaded = [statement for statement in count.statements if "process_instance.blob" in statement]
    assert len(loaded) == 1
    assert len(count.statements) <= 12, "\n".join(count.statements)
    done = session.get(UserTask, crowd["task"], populate_existing=True)
    assert (done.chain_done, done.chain_at > now()) == (1, True)


def test_a_pass_over_many_due_ones_is_bounded(crowd, monkeypatch):
    with db.transaction():
        session.execute(text("UPDATE user_task SET chain_at = now() - interval '1 hour' + chain_done * interval '1 s'"
                             " WHERE id IN (SELECT id FROM user_task WHERE id <> :task LIMIT 7)"), crowd)  # fmt: skip
    taken = []
    monkeypatch.setattr("app.worker.LONGEST_RUN", 3)
    monkeypatch.setattr(escalation, "carry_out", lambda *, task_id, now: taken.append(task_id))
    carry_out_chains()
    assert len(taken) == 3
    session.rollback()
    with db.transaction():
        session.execute(text("UPDATE user_task SET chain_at = now() + interval '1 day' WHERE chain_at < now()"))


def test_a_broken_case_is_put_off_and_the_next_one_goes_on(crowd, monkeypatch, caplog):
    with db.transaction():
        session.execute(text("UPDATE user_task SET chain_at = now() - interval '1 hour' WHERE id = :task"), crowd)
        session.execute(
            text("UPDATE user_task SET chain_at = now() - interval '1 minute' WHERE id = md5('task' || 1)::uuid")
        )
    real, seen = escalation.carry_out, []

    def carry_out(*, task_id, now):
        seen.append(task_id)
        if task_id == crowd["task"]:
            raise ValueError("this case can't be read")
        real(task_id=task_id, now=now)

    monkeypatch.setattr(escalation, "carry_out", carry_out)
    carry_out_chains()
    assert len(seen) == 2
    assert "trying again later" in caplog.text
    broken = session.get(UserTask, crowd["task"], populate_existing=True)
    assert broken.chain_at > now() + escalation.LATER - timedelta(minutes=1)


def test_a_change_of_the_calendar_with_fifty_thousand_clocks_writes_only_what_moves(crowd):
    with counting() as count:
        foreseen = due_dates.foresee(bank_calendar.read_all())
    assert foreseen.running >= WAITING
    assert len(count.statements) <= 5
