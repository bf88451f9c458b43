"""What the demo bank's people do next with a case, and how long it then rests: drawn from the fate of the case and the
profile."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.demo import desk, fates, loan_answers
from app.demo.desk import Staff
from app.demo.fates import Fate, kind_of
from app.demo.loan_answers import Loan
from app.demo.profile import Profile
from app.documents import queries as documents
from app.identity.rules import Person
from app.workflow import instances, user_tasks
from app.workflow.committees import conditions, votes
from app.workflow.models import ProcessInstance, UserTask

REVIEW = "pre_committee_review"
DRAFTS = 0.25
DISSENT = 0.12


@dataclass
class Life:
    """One application on its way. draw: its own source of chance. claims, sent: what has happened so far, by station."""

    fate: Fate
    loan: Loan
    profile: Profile
    draw: random.Random
    claims: Counter[str] = field(default_factory=Counter)
    returned: int = 0
    last_holder: dict[str, int] = field(default_factory=dict)

    def pause(self, least: int, most: int) -> timedelta:
        """Some minutes."""
        return timedelta(minutes=self.draw.randint(least, most))

    def wait(self, station: str, what: str) -> timedelta:
        """As long as the profile says, and never less than a minute."""
        return max(fates.wait(self.profile, self.draw, station, what), timedelta(minutes=1))


def next_act(
    life: Life, case: ProcessInstance, tasks: Sequence[UserTask], staff: Staff, now: datetime
) -> timedelta | None:
    """Carry out one act; how long until the next, or None where nothing more is to come. Raises Refusal, NobodyLeft."""
    task = tasks[0]
    if task.element_id == life.fate.rests_at:
        return None
    if _gives_up(life, task):
        _withdraw(case, staff, now)
        return None
    if task.is_vote:
        return _vote(life, task, staff, now)
    if task.assignee_id is None:
        return _claim(life, task, staff, now)
    if desk.step_of(case, task).conditions == "met":
        _meet_conditions(case, staff, now)
    holder = staff.by_id[task.assignee_id]
    if task.candidate_group_ids and _changes_hands(life, task):
        user_tasks.release(task_id=task.id, person=holder, now=now)
        return life.wait(task.element_id, "rest")
    if _is_returned(life, task):
        return _send_back(life, task, holder, now)
    return _hand_in(life, case, task, holder, now)


def _gives_up(life: Life, task: UserTask) -> bool:
    return life.fate.ends == "withdrawn" and task.element_id.endswith(life.fate.ends_at)


def _withdraw(case: ProcessInstance, staff: Staff, now: datetime) -> None:
    person = staff.by_id[case.started_by or 0]
    instances.give_up(instance_id=case.id, reason="客户已从他处筹得资金，申请撤回。", person=person, now=now)


def _vote(life: Life, task: UserTask, staff: Staff, now: datetime) -> timedelta:
    against = life.fate.ends_at == task.element_id
    choice, opinion = _ballot(life, task, against=against)
    done = desk.cast(task, choice, opinion, staff, now)
    return life.wait(task.element_id, "claim") / (1 if done.opened else 4)


def _ballot(life: Life, task: UserTask, *, against: bool) -> tuple[votes.Choice, str]:
    """All say the same, but for one member who may dissent, and one who may set a condition."""
    is_first = len(task.candidate_user_ids) == len(task.elector_ids)
    dissents = is_first and len(task.elector_ids) > 3 and life.draw.random() < DISSENT
    if against != dissents:
        return votes.Choice.DISAGREE, loan_answers.opinion(task.element_id, against=True)
    if is_first and life.fate.conditional and not against:
        return votes.Choice.CONDITIONAL, "追加保证人后同意。"
    return votes.Choice.AGREE, loan_answers.opinion(task.element_id, against=False)


def _claim(life: Life, task: UserTask, staff: Staff, now: datetime) -> timedelta:
    """By anybody of the pool but the one who has just given it back."""
    pool = staff.pool(task)
    others = [p for p in pool if p.id != life.last_holder.get(task.element_id)] or pool
    person = life.draw.choice(others)
    user_tasks.claim(task_id=task.id, person=person, now=now)
    life.last_holder[task.element_id] = person.id
    life.claims[task.element_id] += 1
    if life.draw.random() < DRAFTS:
        _save_draft(life, task, person, now)
    return life.wait(task.element_id, "hold")


def _meet_conditions(case: ProcessInstance, staff: Staff, now: datetime) -> None:
    """Who has to see to the conditions shows them with a paper of the case."""
    papers = documents.documents_of("case", case.id)
    for one in conditions.unmet(case.id):
        owner = staff.by_id[one.owner_id or 0]
        conditions.meet(condition_id=one.id, evidence_id=papers[-1].id, note="已办妥", person=owner, now=now)


def _save_draft(life: Life, task: UserTask, person: Person, now: datetime) -> None:
    values = loan_answers.answer(task.element_id, life.loan, now.date())
    user_tasks.save_draft(task_id=task.id, answer=user_tasks.Answer(values=values), person=person, now=now)


def _changes_hands(life: Life, task: UserTask) -> bool:
    """Whether the task was claimed less often than it is meant to be."""
    return life.claims[task.element_id] < life.fate.turns.get(kind_of(task.element_id), 1)


def _is_returned(life: Life, task: UserTask) -> bool:
    return task.element_id == REVIEW and life.returned < life.fate.returns


def _send_back(life: Life, task: UserTask, holder: Person, now: datetime) -> timedelta:
    """To the officer's conclusion; it comes straight back when he has mended it."""
    life.returned += 1
    reason = life.draw.choice(("incomplete", "inconsistent", "investigate"))
    target = f"{life.loan.line}_conclusion"
    desk.send_back(task, target, reason, "请补充近六个月流水并说明还款来源。", holder, now)
    return life.wait(REVIEW, "rest")


def _hand_in(life: Life, case: ProcessInstance, task: UserTask, holder: Person, now: datetime) -> timedelta:
    station = task.element_id
    against = life.fate.ends_at == station
    outcome = desk.usual_outcome(desk.step_of(case, task), against=against)
    if station == "final_approval" and life.fate.conditional and not against:
        outcome = "conditional"
    opinion = loan_answers.opinion(station, against=against)
    values = loan_answers.answer(station, life.loan, now.date(), against=against)
    done = desk.hand_in(case, task, outcome=outcome, values=values, opinion=opinion, person=holder, now=now)
    ahead = done.opened[0].element_id if done.opened else station
    return life.wait(ahead, "rest" if done.opened and done.opened[0].assignee_id else "claim")
