"""A case on a shipped route, driven through the operations of the site by the demo bank's people. For tests only."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select, text

from app.audit import queries as audit
from app.audit.models import case_chain
from app.demo import desk, expense_answers, loan_answers, synthetic
from app.demo.expense_answers import Expense
from app.demo.loan_answers import Loan
from app.identity.rules import Person
from app.kernel.db import session
from app.workflow import acts, cases, engine, instances, user_tasks
from app.workflow.acts import Given
from app.workflow.committees import ballots
from app.workflow.committees.vote_models import Ballot
from app.workflow.committees.votes import Choice
from app.workflow.deploying import definitions
from app.workflow.models import CaseEvent, ProcessInstance, UserTask
from app.workflow.moves import returns
from app.workflow.rules import MOVES, About, Verb
from app.workflow.user_tasks import Answer, Done

MORNING = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
RETAIL = Loan(
    customer=synthetic.individual("route"),
    product="consumer",
    line="retail",
    amount=Decimal(200_000),
    term_months=36,
    purpose="装修住房尾款",
    repayment_method="equal_instalment",
    guarantee="credit",
    income=Decimal(20_000),
    debt_ratio=Decimal(35),
    overdue_count=0,
    rating="B",
    rate=Decimal("4.5"),
    officer="hanmei",
)
CORPORATE = replace(
    RETAIL,
    customer=synthetic.enterprise("route"),
    product="working_capital",
    line="corporate",
    amount=Decimal(12_000_000),
    repayment_method="interest_first",
    term_months=12,
    guarantee="mortgage",
    income=Decimal(3_000_000),
    debt_ratio=Decimal(55),
    officer="chenjie",
    second_officer="chuliang",
)
EXPENSE = Expense("faculty", "department", "参加培训的差旅费", Decimal(30_000))
LONGEST = 60


class Route:
    """One case and the people around it. Each act happens a minute after the one before."""

    def __init__(self, staff: desk.Staff, facts: Loan | Expense = RETAIL, by: str = "zhaomin") -> None:
        self.staff, self.facts, self.now = staff, facts, MORNING
        key = "credit_application" if isinstance(facts, Loan) else "expense_declaration"
        self.case = instances.start(key=key, person=self.person(by), now=self.now)
        session.flush()

    def person(self, username: str) -> Person:
        return self.staff.by_name[username]

    def later(self, by: timedelta = timedelta(minutes=1)) -> datetime:
        self.now += by
        return self.now

    @property
    def stations(self) -> list[str]:
        """The open stations as the rows say."""
        return sorted(task.element_id for task in self.open() if task.parent_id is None)

    def open(self) -> Sequence[UserTask]:
        return cases.open_tasks(self.case.id)

    def task(self, element_id: str) -> UserTask:
        """The open task at a station."""
        (found,) = [task for task in self.open() if task.element_id == element_id and task.parent_id is None]
        return found

    def signer(self, username: str) -> UserTask:
        """The open task of somebody who was added."""
        user_id = self.person(username).id
        (found,) = [task for task in self.open() if task.parent_id is not None and task.assignee_id == user_id]
        return found

    def act(self, verb: Verb, at: str | UserTask | None = None, *, by: str, **said: Any) -> ProcessInstance:
        """Any verb of the table, as a page carries it out: on a station's task, on this task, or on the case."""
        task = self.task(at) if isinstance(at, str) else at
        subject = task.id if MOVES[verb].about is About.TASK and task is not None else self.case.id
        given = Given(**{"reason": "工作需要。", **said})
        case = acts.carry_out(verb=verb, subject_id=subject, given=given, person=self.person(by), now=self.later())
        session.flush()
        return case

    def visits(self, element_id: str) -> list[UserTask]:
        """Every visit at a station, oldest first."""
        statement = select(UserTask).where(
            UserTask.instance_id == self.case.id, UserTask.element_id == element_id, UserTask.parent_id.is_(None)
        )
        return list(session.scalars(statement.order_by(UserTask.round)))

    def holder(self, element_id: str) -> Person:
        """Who holds the task; the first of its pool claims it where nobody does."""
        task = self.task(element_id)
        if task.assignee_id is None:
            user_tasks.claim(task_id=task.id, person=self.staff.pool(task)[0], now=self.later())
        return self.staff.by_id[task.assignee_id or 0]

    def claim(self, element_id: str, by: str) -> UserTask:
        return user_tasks.claim(task_id=self.task(element_id).id, person=self.person(by), now=self.later())

    def usual(self, element_id: str) -> dict[str, Any]:
        """What a clerk enters at a station."""
        if isinstance(self.facts, Expense):
            return expense_answers.answer(element_id, self.facts, self.now.date())
        return loan_answers.answer(element_id, self.facts, self.now.date())

    def do(
        self,
        element_id: str,
        outcome: str | None = None,
        *,
        by: str | None = None,
        opinion: str = "同意。",
        **said: Any,
    ) -> Done:
        """Complete a station as usual, with what is `said` in place of the usual values."""
        person = self.person(by) if by else self.holder(element_id)
        task = self.task(element_id)
        chosen = outcome or desk.usual_outcome(desk.step_of(self.case, task))
        values = {**self.usual(element_id), **said}
        answer = Answer(outcome=chosen, opinion=opinion, values=values)
        done = user_tasks.complete(task_id=task.id, answer=answer, person=person, now=self.later())
        session.flush()
        return done

    def vote(self, element_id: str, *choices: Choice) -> None:
        """Ballots of the members who have not voted, in their order."""
        task = self.task(element_id)
        for choice in choices:
            voter = self.staff.by_id[task.candidate_user_ids[0]]
            ballots.cast(task_id=task.id, choice=choice, opinion="理由充分。", person=voter, now=self.later())
        session.flush()

    def go_to(self, *element_ids: str) -> Route:
        """Work through the stations until exactly these are open."""
        for _ in range(LONGEST):
            if self.stations == sorted(element_ids):
                return self
            self.step(next(task for task in self.open() if task.element_id not in element_ids))
        raise AssertionError(f"{self.stations} never became {element_ids}")

    def step(self, task: UserTask) -> None:
        if task.is_vote:
            self.vote(task.element_id, *[Choice.AGREE] * len(task.candidate_user_ids))
        else:
            self.do(task.element_id)

    def finish(self) -> Route:
        """To the end, whatever that is."""
        for _ in range(LONGEST):
            if not self.open():
                return self
            self.step(self.open()[0])
        raise AssertionError(f"the case never ended; it is at {self.stations}")

    def send_back(
        self, sender: str, target: str, mode: str = "step", *, by: str | None = None, redo: bool = False
    ) -> ProcessInstance:
        person = self.person(by) if by else self.holder(sender)
        case = returns.send_back(
            task_id=self.task(sender).id,
            target=target,
            reason_code="incomplete",
            reason="请补充收入证明。",
            mode=mode,
            redo_branches=redo,
            person=person,
            now=self.later(),
        )
        session.flush()
        return case

    def targets(self, sender: str) -> list[str]:
        """Where the holder of a station may send the case."""
        loaded = definitions.load(self.case.definition_id)
        return [target.element_id for target in returns.targets(self.case, self.task(sender), loaded.compiled)]

    def events(self, verb: str) -> list[CaseEvent]:
        statement = select(CaseEvent).where(CaseEvent.instance_id == self.case.id, CaseEvent.verb == verb)
        return list(session.scalars(statement.order_by(CaseEvent.seq)))

    def engine_tasks(self) -> dict[str, str]:
        """What the engine has open: engine id → element id."""
        compiled = definitions.load(self.case.definition_id).compiled
        return {t.id: t.element_id for t in engine.look(compiled, self.case.blob, now=self.now).open}

    def must_be_whole(self) -> None:
        """The two invariants, rows equal to the engine's state, and a record nobody has touched."""
        session.flush()
        rows = {task.engine_id: task.element_id for task in self.open()}
        live = self.case.state in ("active", "suspended")
        if live:
            assert rows == self.engine_tasks()
            assert rows or self.case.has_incident or self.case.has_clock, "a live case with nothing to wait for"
        else:
            assert not rows, "an ended case with open tasks"
            assert self.case.stations == []
        assert len(set(rows.values())) == len(rows), "one station is open twice"
        if live:
            assert self.case.stations == sorted(rows.values())
        count, broken = audit.verify(case_chain(self.case.id))
        assert (broken, count >= self.case.events) == ([], True)


def ballots_of(task_id: uuid.UUID) -> list[Ballot]:
    """Every ballot of a vote, the void ones too, oldest first."""
    return list(session.scalars(select(Ballot).where(Ballot.task_id == task_id).order_by(Ballot.id)))


def everything(tables: Sequence[str] = ()) -> Mapping[str, int]:
    """A digest of every row of the database, by table; equal before and after an act that left no trace."""
    session.flush()
    named = tables or [
        row[0] for row in session.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
    ]
    sums = "SELECT coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM {} t"
    return {name: int(session.scalar(text(sums.format(name))) or 0) for name in named}


def notices_of(user_id: int, case_id: uuid.UUID) -> list[str]:
    """The events a person was told about in a case, oldest first."""
    from app.notifications.models import Notice

    statement = select(Notice.event).where(Notice.user_id == user_id, Notice.case_id == case_id)
    return list(session.scalars(statement.order_by(Notice.id)))
