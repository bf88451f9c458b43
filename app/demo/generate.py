"""Two hundred applications worked through by the demo bank's people, with the operations of the site and times of the
last 60 days.

First all cases are begun in the order in which they arrive, in one transaction, so that their numbers follow the
calendar. Then a simulation goes through time: of all cases under way the one whose turn is next gets one act (a claim, a
ballot, a completion, a return …) until the present is reached. Cases are dealt out to several processes; what happens to
a case depends on its own seed only, so the result is the same however many there are.
"""

from __future__ import annotations

import heapq
import random
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.demo import desk, profile
from app.demo.acts import REVIEW, Life, next_act
from app.demo.desk import NobodyLeft, Staff
from app.demo.fates import draw_fate, to_office_hours
from app.demo.profile import Profile
from app.demo.synthetic import random_of
from app.demo.wishes import draw_loan
from app.kernel import db
from app.kernel.db import session
from app.kernel.errors import Refusal
from app.workflow import cases, instances, user_tasks
from app.workflow.clocks import escalation
from app.workflow.models import CaseState, ProcessInstance, UserTask
from app.workflow.moves import pending, waiting

COUNT = 200
PROCESS = "credit_application"
SUSPENDED, RETURNED, WAITING = 4, 3, 6
ASKED_FOR = ("请客户补充近六个月银行流水。", "等客户预约面签时间。", "请客户提供抵押物权属证明。")

Begun = tuple[Life, uuid.UUID]
Turn = tuple[datetime, int, Life, uuid.UUID]


@dataclass
class Generated:
    """What was made. stuck: cases that an operation refused to take further, with its sentence."""

    cases: int = 0
    acts: int = 0
    stuck: list[str] = field(default_factory=list)


def lives(now: datetime, count: int = COUNT) -> list[Life]:
    """Who asks for what and what is meant to come of it, in the order of arrival; nothing is written."""
    measured = profile.load()
    drawn = (_life(measured, number, now) for number in range(count))
    return sorted(drawn, key=lambda life: life.fate.arrives)


def begin_all(drawn: Sequence[Life]) -> list[uuid.UUID]:
    """Begin every case, in the transaction that is open; returns their ids in the same order."""
    staff = desk.staff()
    return [_begin(life, staff) for life in drawn]


def work_all(begun: Iterable[Begun], now: datetime, said: Callable[[], None] = lambda: None) -> Generated:
    """Let time pass for these cases up to `now`, one transaction per act; `said` is called after each."""
    with db.reading():
        staff = desk.staff()
    first = [(life.fate.arrives + life.pause(5, 45), number, life, key) for number, (life, key) in enumerate(begun)]
    # What has only just arrived has nothing done to it yet: nothing may happen after now.
    queue = [turn for turn in first if turn[0] < now]
    heapq.heapify(queue)
    made = Generated(cases=len(first))
    while queue:
        turn = heapq.heappop(queue)
        again = _turn(turn, staff, made)
        if again is not None and again < now:
            heapq.heappush(queue, (again, *turn[1:]))
        said()
    return made


def last_acts(keys: Sequence[uuid.UUID], now: datetime) -> None:
    """What the figures give too little of to be seen in a demo: a few cases held back by the supervisor, a few just returned.

    In the transaction that is open.
    """
    staff, draw = desk.staff(), random_of("last acts")
    live = [case for key in keys if (case := session.get_one(ProcessInstance, key)).state == CaseState.ACTIVE]
    reviewed = [case for case in live if case.stations == [REVIEW]]
    for case in draw.sample(reviewed, min(RETURNED, len(reviewed))):
        _return(case, staff, _between(case, now))
        live.remove(case)
    # Past the committee a second person would have to confirm it.
    early = [case for case in live if not pending.is_past_committee(case)]
    for case in draw.sample(early, min(SUSPENDED, len(early))):
        moment = _between(case, now)
        instances.suspend(instance_id=case.id, reason="客户补充材料期间暂停。", person=staff.supervisor, now=moment)
        live.remove(case)
    _wait_for_customers(live, staff, draw, now)
    carry_out_chains(now)


def _wait_for_customers(live: Sequence[ProcessInstance], staff: Staff, draw: random.Random, now: datetime) -> None:
    """Some holders wait for what they have asked the customer for."""
    held = [(case, task) for case in live for task in cases.open_tasks(case.id) if task.assignee_id]
    for case, task in draw.sample(held, min(WAITING, len(held) // 3)):
        if task.waiting_since is None:
            holder = staff.by_id[task.assignee_id or 0]
            waiting.wait(task_id=task.id, reason=draw.choice(ASKED_FOR), person=holder, now=_between(case, now))


def carry_out_chains(now: datetime) -> None:
    """Let the chains of overdue tasks have come as far as they would have with the worker running all the time."""
    session.flush()
    while (task_id := escalation.next_link(now)) is not None:
        task = session.get_one(UserTask, task_id)
        changed = session.get_one(ProcessInstance, task.instance_id).changed_at
        escalation.carry_out(task_id=task_id, now=max(task.chain_at or now, changed))
        session.flush()


def _return(case: ProcessInstance, staff: Staff, now: datetime) -> None:
    """The reviewer sends the case back to the officer's conclusion."""
    task = cases.open_tasks(case.id)[0]
    if task.assignee_id is None:
        user_tasks.claim(task_id=task.id, person=staff.pool(task)[0], now=now)
    holder = staff.by_id[task.assignee_id or 0]
    target = next(station for station in case.visits if station.endswith("_conclusion"))
    desk.send_back(task, target, "incomplete", "请补充近六个月流水并说明还款来源。", holder, now)


def _between(case: ProcessInstance, now: datetime) -> datetime:
    return case.changed_at + (now - case.changed_at) / 2


def _life(measured: Profile, number: int, now: datetime) -> Life:
    draw = random_of(f"application {number}")
    fate = draw_fate(measured, draw, now)
    weak = fate.ends == "refused"
    loan = draw_loan(measured, draw, number, overdue_now=fate.ends_at == "pre_check", weak=weak)
    return Life(fate, loan, measured, draw)


def _begin(life: Life, staff: Staff) -> uuid.UUID:
    person = life.draw.choice(staff.initiators())
    case = instances.start(key=PROCESS, person=person, now=life.fate.arrives)
    return case.id


def _turn(turn: Turn, staff: Staff, made: Generated) -> datetime | None:
    """One act on the case whose turn it is; when its next one is due, or None where nothing more comes."""
    due, _, life, key = turn
    try:
        with db.transaction():
            held = cases.hold_case(key)
            pause = next_act(life, held.case, held.open, staff, due)
    except (Refusal, NobodyLeft) as refused:
        made.stuck.append(f"{key}: {refused}")
        return None
    made.acts += 1
    if held.case.state != CaseState.ACTIVE or pause is None:
        return None
    return to_office_hours(due + pause, life.draw)
