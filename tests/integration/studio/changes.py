"""A draft of the expense route and the people who bring it into force. For tests only."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from typing import Any

from app.demo import desk
from app.identity.rules import Person
from app.jobs.long_work import WorkState
from app.kernel.db import session
from app.kernel.ids import new_id
from app.studio import drafts, examinations
from app.studio.models import Draft, Examination
from app.studio.publish import publishing
from app.studio.reports import report
from app.workflow import cases, user_tasks
from app.workflow.deploying import definitions
from app.workflow.models import ProcessInstance
from app.workflow.user_tasks import Answer, Done
from tests.integration.workflow.route import MORNING
from tests.integration.workflow.versions import EXPENSE_FILE, audited_before_payment

KEY = "expense_declaration"
AUTHOR, POLICY, RISK, APPROVER = "qiyue", "tangwei", "kongxiang", "jinpeng"


class Change:
    """One draft with a station more, and its way into force. Each act happens a minute after the one before."""

    def __init__(self, staff: desk.Staff) -> None:
        self.staff, self.now = staff, MORNING
        row = definitions.active(KEY)
        self.before = row.id
        files = dict(definitions.load(row.id).files)
        self.draft: Draft = drafts.begin(
            name=KEY,
            title="付款前增加审计",
            files=files,
            actor=self.person(AUTHOR).actor,
            now=self.now,
            deployment_id=row.deployment_id,
        )
        self.edit({EXPENSE_FILE: audited_before_payment(files[EXPENSE_FILE].decode()).encode()})
        self.case: ProcessInstance | None = None

    def person(self, username: str) -> Person:
        return self.staff.by_name[username]

    def later(self, by: timedelta = timedelta(minutes=1)) -> datetime:
        self.now += by
        return self.now

    def edit(self, changes: dict[str, bytes | None]) -> Draft:
        return drafts.save(
            draft_id=self.draft.id,
            changes=changes,
            base=self.draft.digest,
            actor=self.person(AUTHOR).actor,
            now=self.now,
        )

    def report(self) -> None:
        """The report of the draft as it is now, as the worker makes it."""
        task = examinations.Task(self.draft, drafts.files_of(self.draft), {}, self.now, lambda _done, _total: None)
        row = Examination(id=new_id(), draft_id=self.draft.id, kind=report.KIND, digest=self.draft.digest, asked={})
        row.state, row.begun_at, row.found = WorkState.DONE, self.later(), report.examine(task)
        session.add(row)
        session.flush()

    def hand_in(
        self,
        by: str = AUTHOR,
        effective_on: date | None = None,
        back_on: date | None = None,
        *,
        acknowledged: bool = False,
    ) -> ProcessInstance:
        self.report()
        self.case = publishing.hand_in(
            draft_id=self.draft.id,
            reason="审计要求付款前复核。",
            effective_on=effective_on,
            back_on=back_on,
            person=self.person(by),
            now=self.later(),
            acknowledged=acknowledged,
        )
        session.flush()
        return self.case

    @property
    def stations(self) -> list[str]:
        assert self.case is not None
        return sorted(task.element_id for task in cases.open_tasks(self.case.id))

    def decide(self, element_id: str, by: str, outcome: str = "approve", **values: Any) -> Done:
        assert self.case is not None
        (task,) = [task for task in cases.open_tasks(self.case.id) if task.element_id == element_id]
        if task.assignee_id is None:
            user_tasks.claim(task_id=task.id, person=self.person(by), now=self.later())
        answer = Answer(outcome=outcome, opinion="已审阅。", values=values)
        done = user_tasks.complete(task_id=task.id, answer=answer, person=self.person(by), now=self.later())
        session.flush()
        return done

    def approve(self) -> Change:
        """All three agree."""
        for element_id, by in (("policy_review", POLICY), ("change_risk_check", RISK), ("change_decision", APPROVER)):
            self.decide(element_id, by)
        return self

    @property
    def publication(self) -> Any:
        assert self.case is not None
        return publishing.of_case(self.case.id)

    def in_force(self) -> uuid.UUID | None:
        return definitions.in_force(KEY)
