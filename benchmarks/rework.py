"""A case that is sent back again and again: what a step costs after a thousand finished visits, compared with ten."""

from __future__ import annotations

import statistics
import time
import uuid
from dataclasses import dataclass, field

from app.demo import desk
from app.demo.desk import Staff
from app.kernel import db
from app.kernel.clock import now
from app.workflow import instances, user_tasks
from app.workflow.models import UserTask
from app.workflow.moves import returns
from app.workflow.user_tasks import Answer
from benchmarks import route

SAMPLE = 20


@dataclass
class Loop:
    """CPU seconds of each completion and each return, in order; two visits are finished per round."""

    completing: list[float] = field(default_factory=list)
    returning: list[float] = field(default_factory=list)

    def ratio(self) -> float:
        """The last completions and returns over those around the tenth visit: medians."""
        early = [a + b for a, b in zip(self.completing[2:SAMPLE], self.returning[2:SAMPLE], strict=True)]
        late = [a + b for a, b in zip(self.completing[-SAMPLE:], self.returning[-SAMPLE:], strict=True)]
        return statistics.median(late) / statistics.median(early)


def run(visits: int) -> Loop:
    """Intake and routing in turn, by the operations of the program, until so many visits are finished."""
    with db.reading():
        staff = desk.staff()
    with db.transaction():
        case_id = instances.start(key=route.PROCESS, person=staff.by_name[route.INITIATOR], now=now()).id
    loop = Loop()
    for _ in range(visits // 2):
        loop.completing.append(_complete(case_id, staff))
        loop.returning.append(_send_back(case_id, staff))
    return loop


def _complete(case_id: uuid.UUID, staff: Staff) -> float:
    with db.transaction():
        task = route.open_tasks(case_id)[0]
        route.add_papers(route.case_of(case_id), task, staff)
        fields = route.working(route.case_of(case_id), task, staff, route.loan("rework")).fields
        task_id, answer = task.id, Answer(opinion="同意", posted=fields, outcome=fields.get("outcome"))
        person = route.who(task, staff)
    began = time.process_time()
    with db.transaction():
        user_tasks.complete(task_id=task_id, answer=answer, person=person, now=now())
    return time.process_time() - began


def _send_back(case_id: uuid.UUID, staff: Staff) -> float:
    with db.transaction():
        task: UserTask = route.open_tasks(case_id)[0]
        person, task_id = route.who(task, staff), task.id
        user_tasks.claim(task_id=task_id, person=person, now=now())
    began = time.process_time()
    with db.transaction():
        returns.send_back(
            task_id=task_id,
            target="intake",
            reason_code="incomplete",
            reason="请补充资料。",
            mode="step",
            redo_branches=False,
            person=person,
            now=now(),
        )
    return time.process_time() - began
