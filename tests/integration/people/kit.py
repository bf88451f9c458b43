"""Small processes without forms, and acts on them in the demo bank; everything is rolled back after a test. For tests only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from app.audit.operations import SYSTEM
from app.identity import queries as people
from app.identity.models import Group, Membership, Substitution, User
from app.identity.rules import Person
from app.kernel.db import session
from app.workflow import cases, instances, user_tasks
from app.workflow.assigning import assignment
from app.workflow.deploying import definitions
from app.workflow.models import ProcessInstance, UserTask
from app.workflow.user_tasks import Answer, Done
from tests.engine import drawing as d

MORNING = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
APPROVE = '<credit:outcome id="approve" kind="approve"/><credit:outcome id="refuse" kind="refuse"/>'
INITIATOR = '<credit:candidates rule="initiator"/>'


def candidates(rule: str, value: str = "", inside: str = "", **more: str) -> str:
    """One `credit:candidates`."""
    attributes = "".join(f' {name}="{text}"' for name, text in more.items())
    return f'<credit:candidates rule="{rule}" value="{value}"{attributes}>{inside}</credit:candidates>'


def deploy(key: str, *steps: tuple[str, str], settings: str = "", decisions: bytes | None = None, **flags: str) -> None:
    """A process of steps one after the other: ids with the content of their `credit:step`; `flags`: step id → attributes."""
    drawn = [
        d.user(name, config=config).replace("<credit:step", f"<credit:step {flags.get(name, '')}", 1)
        for name, config in steps
    ]
    body = d.process(
        key, d.start("begin"), *drawn, d.end("done"), d.path("begin", *(name for name, _ in steps), "done")
    )
    if settings:
        head, _, rest = body.partition(">")
        body = f"{head}><bpmn:extensionElements>{settings}</bpmn:extensionElements>{rest}"
    files = {f"{key}/{key}.bpmn": d.document(body)}
    if decisions:
        files[f"{key}/rules.dmn"] = decisions
    definitions.deploy(name=key, files=files, actor=SYSTEM, now=MORNING)
    session.flush()


def person(username: str) -> Person:
    """Somebody of the demo bank, without what he may do for others."""
    found = people.person_by_username(username)
    assert found is not None
    return found


def member(username: str) -> int:
    return person(username).id


@dataclass
class Case:
    """A case and its clock."""

    row: ProcessInstance
    now: datetime

    @classmethod
    def start(cls, key: str, by: str = "zhaomin", at: datetime = MORNING) -> Case:
        case = instances.start(key=key, person=person(by), now=at)
        session.flush()
        return cls(case, at)

    def later(self, by: timedelta = timedelta(minutes=1)) -> datetime:
        self.now += by
        return self.now

    def task(self, element_id: str) -> UserTask:
        (found,) = [task for task in cases.open_tasks(self.row.id) if task.element_id == element_id]
        return found

    def stations(self) -> list[str]:
        return sorted(task.element_id for task in cases.open_tasks(self.row.id))

    def visit(self, element_id: str) -> UserTask:
        """The newest visit, open or not."""
        statement = select(UserTask).where(UserTask.instance_id == self.row.id, UserTask.element_id == element_id)
        return session.scalars(statement.order_by(UserTask.round.desc())).first()  # type: ignore[return-value]

    def do(self, element_id: str, by: str | Person, outcome: str | None = None, **more: Any) -> Done:
        """Claim it where it lies in a pool, and complete it."""
        who = person(by) if isinstance(by, str) else by
        task = self.task(element_id)
        if task.assignee_id is None:
            user_tasks.claim(task_id=task.id, person=who, now=self.later())
        chosen = outcome or ("approve" if definitions.load(self.row.definition_id).step(element_id).outcomes else None)
        answer = Answer(outcome=chosen, opinion="同意。", **more)
        done = user_tasks.complete(task_id=task.id, answer=answer, person=who, now=self.later())
        session.flush()
        return done


def holder(task: UserTask) -> str | None:
    """The user name of who holds a task."""
    return people.users([task.assignee_id])[task.assignee_id].username if task.assignee_id else None


def named(task: UserTask) -> list[str]:
    """The user names of its named candidates."""
    return sorted(user.username for user in people.users(task.candidate_user_ids).values())


def pools(task: UserTask) -> list[str]:
    """The keys of the groups whose pool it lies in."""
    return sorted(session.scalars(select(Group.key).where(Group.id.in_(task.candidate_group_ids))))


def change(username: str, **values: Any) -> None:
    """Change the record of a user."""
    session.execute(update(User).where(User.username == username).values(**values))
    session.expire_all()
    session.info.clear()
    assignment.forget()


def group(key: str, *usernames: str, head: str | None = None) -> Group:
    """A new group."""
    row = Group(key=key, name={"en": key, "zh_Hans": key}, head_id=member(head) if head else None)
    session.add(row)
    session.flush()
    session.add_all(Membership(user_id=member(name), group_id=row.id) for name in usernames)
    session.flush()
    assignment.forget()
    return row


def substitution(principal: str, deputy: str, **more: Any) -> Substitution:
    """A row as it stands in the table, without the checks of the operation."""
    window = {"from_at": MORNING - timedelta(days=1), "until_at": MORNING + timedelta(days=10)}
    values = {**window, "existing": True, "reason": "", "created_at": MORNING, **more}
    row = Substitution(principal_id=member(principal), deputy_id=member(deputy), **values)
    session.add(row)
    session.flush()
    return row


def acting(username: str, now: datetime = MORNING) -> Person:
    """Somebody with everything he may do for others at `now`."""
    return people.standing(person(username), now)
