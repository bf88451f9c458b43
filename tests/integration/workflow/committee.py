"""A short process with one vote whose rule the test writes: report → board → payment or refusal. For tests only."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from app.audit.operations import SYSTEM
from app.demo import desk
from app.identity.rules import Person
from app.kernel.db import session
from app.workflow import cases, instances, user_tasks
from app.workflow.committees import ballots, polls
from app.workflow.committees.vote_models import Ballot, VoteRound
from app.workflow.deploying import definitions
from app.workflow.models import CaseEvent, UserTask
from app.workflow.moves import returns
from app.workflow.user_tasks import Answer, Done
from tests.engine.drawing import HEAD, end, flow, path, process, start, user, xor
from tests.integration.workflow.route import MORNING

FIVE = ("zhengwei", "wangfang", "lvbin", "shiyun", "zhangming")
FIFTEEN = (
    *FIVE,
    "kongxiang",
    "jinpeng",
    "caoying",
    "yanhui",
    "huaping",
    "weizheng",
    "taoran",
    "fengjun",
    "xuqing",
    "hejing",
)
INITIATOR = "zhaomin"


def diagram(rule: str) -> bytes:
    """The process with `<credit:vote {rule}/>` at the station `board`; `payment` waits for the conditions."""
    refused = '<bpmn:extensionElements><credit:end status="refused"/></bpmn:extensionElements>'
    drawn = process(
        "board_case",
        start("s"),
        user("report"),
        user("board", config=f'<credit:fourEyes step="report"/><credit:vote {rule}/>'),
        xor("decided"),
        user("payment", conditions="met"),
        end("paid"),
        end("refused", refused),
        path("s", "report", "board", "decided"),
        flow("decided", "payment", 'board_result != "refuse"'),
        flow("decided", "refused", 'board_result = "refuse"'),
        path("payment", "paid"),
    )
    return f"{HEAD}{drawn}</bpmn:definitions>".encode()


class Board:
    """A case before a board of the demo bank's people."""

    def __init__(self, staff: desk.Staff, rule: str, *, report: bool = True) -> None:
        self.staff, self.now = staff, MORNING
        (row,) = definitions.deploy(
            name=f"board {uuid.uuid4()}", files={"board/board.bpmn": diagram(rule)}, actor=SYSTEM, now=self.now
        )
        self.case = instances.start(key=row.key, person=self.person(INITIATOR), now=self.now)
        session.flush()
        if report:
            self.report()

    def person(self, username: str) -> Person:
        return self.staff.by_name[username]

    def id(self, username: str) -> int:
        return self.person(username).id

    def later(self, by: timedelta = timedelta(minutes=1)) -> datetime:
        self.now += by
        return self.now

    def report(self, by: str = INITIATOR) -> Done:
        done = user_tasks.complete(
            task_id=self.task("report").id, answer=Answer(), person=self.person(by), now=self.later()
        )
        session.flush()
        return done

    def task(self, element_id: str = "board") -> UserTask:
        (found,) = [task for task in cases.open_tasks(self.case.id) if task.element_id == element_id]
        return found

    @property
    def stations(self) -> list[str]:
        return [task.element_id for task in cases.open_tasks(self.case.id)]

    def cast(self, by: str, choice: str, opinion: str | None = "理由", round_number: int | None = None) -> Done:
        done = ballots.cast(
            task_id=self.last_board().id,
            choice=choice,
            opinion=opinion,
            person=self.person(by),
            now=self.later(),
            round_number=round_number,
        )
        session.flush()
        return done

    def cast_all(self, names: Sequence[str], *choices: str) -> None:
        for name, choice in zip(names, choices, strict=False):
            self.cast(name, choice)

    def close(self, by: str = "songyan") -> Done:
        done = ballots.close(task_id=self.last_board().id, person=self.person(by), now=self.later())
        session.flush()
        return done

    def recuse(self, by: str, member: str | None = None, why: str = "conflict", reason: str = "关联方") -> Done:
        done = ballots.recuse(
            task_id=self.last_board().id,
            why=why,
            reason=reason,
            person=self.person(by),
            now=self.later(),
            user_id=self.id(member) if member else None,
        )
        session.flush()
        return done

    def last_board(self) -> UserTask:
        """The newest visit of the board, open or not."""
        statement = select(UserTask).where(UserTask.instance_id == self.case.id, UserTask.element_id == "board")
        return session.scalars(statement.order_by(UserTask.round.desc()).limit(1)).one()

    def rounds(self) -> list[VoteRound]:
        statement = select(VoteRound).where(VoteRound.instance_id == self.case.id)
        return list(session.scalars(statement.order_by(VoteRound.id)))

    def ballots(self, task: UserTask | None = None) -> list[Ballot]:
        where = Ballot.task_id == (task or self.last_board()).id
        return list(session.scalars(select(Ballot).where(where).order_by(Ballot.id)))

    def poll(self, by: str = "zhengwei") -> polls.Poll:
        found = polls.poll_of(self.last_board(), self.person(by))
        assert found is not None
        return found

    def electors(self) -> set[str]:
        return {self.staff.by_id[one].username for one in self.poll().register.electors}

    def events(self, verb: str) -> list[CaseEvent]:
        statement = select(CaseEvent).where(CaseEvent.instance_id == self.case.id, CaseEvent.verb == verb)
        return list(session.scalars(statement.order_by(CaseEvent.seq)))

    def send_back(self, by: str = "zhengwei", mode: str = "step") -> None:
        returns.send_back(
            task_id=self.task().id,
            target="report",
            reason_code="incomplete",
            reason="请补充。",
            mode=mode,
            person=self.person(by),
            now=self.later(),
        )
        session.flush()
