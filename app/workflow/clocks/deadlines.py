"""The clock of a task: how much working time it has left, and when its due date and the next link of its chain come.

What counts is the working time left (`due_left`, `chain_left`) since the moment from which it runs (`due_from`). A clock that
stands still (the case is suspended, or waits for the customer) keeps what was left, exactly; the moments `due_at` and
`chain_at` are only where the two end by today's calendar, and are laid out anew whenever a clock starts or the calendar
changes. Each link of a chain is counted when it has been carried out, so none comes twice in a visit, whatever happens to
the clock on the wall. Pure: the calendar and the time are given.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from app.kernel.working_time import Calendar
from app.workflow.engine import Link, Step
from app.workflow.models import UserTask


def begin(task: UserTask, step: Step, calendar: Calendar, now: datetime) -> None:
    """Wind up the clock of a task that opens now; it waits where its station waits for the customer."""
    task.chain_done = 0
    if step.due:
        task.due_left = calendar.work(step.due)
        task.chain_left = task.due_left + _offset(step.deadline[0], calendar) if step.deadline else None
    if step.waits:
        task.waiting_since = now
    else:
        go(task, calendar, now)


def stop(task: UserTask, calendar: Calendar, now: datetime) -> None:
    """Let the clock stand still and keep what is left. One that stands still already is not touched."""
    if task.due_from is None or task.due_left is None:
        return
    passed = _passed(task.due_from, calendar, now)
    task.due_left -= passed
    task.chain_left = None if task.chain_left is None else task.chain_left - passed
    task.due_from, task.due_at, task.chain_at = None, None, None


def go(task: UserTask, calendar: Calendar, now: datetime) -> None:
    """Let the clock run on with what was left; one that runs, or of a task that waits, is not touched."""
    if task.due_left is None or task.due_from is not None or task.waiting_since is not None:
        return
    task.due_from = now
    lay_out(task, calendar)


def lay_out(task: UserTask, calendar: Calendar) -> None:
    """Set the moments at which a running clock comes to its end and to its next link."""
    if task.due_from is None or task.due_left is None:
        return
    task.due_at = calendar.shift(task.due_from, task.due_left)
    task.chain_at = None if task.chain_left is None else calendar.shift(task.due_from, task.chain_left)


def next_link(task: UserTask, step: Step) -> Link | None:
    """The link of the chain that comes next in this visit."""
    return step.deadline[task.chain_done] if task.chain_done < len(step.deadline) else None


def carried_out(task: UserTask, step: Step, calendar: Calendar, now: datetime) -> None:
    """Count the link that has been carried out now, and set the clock to the one after it.

    Where that one should have come already, because nobody looked for a while, it keeps its distance to this one: nobody is
    reminded and relieved in the same moment.
    """
    done, task.chain_done = step.deadline[task.chain_done], task.chain_done + 1
    following = next_link(task, step)
    if following is None or task.chain_left is None or task.due_from is None:
        task.chain_left, task.chain_at = None, None
        return
    gap = max(timedelta(), _offset(following, calendar) - _offset(done, calendar))
    passed = _passed(task.due_from, calendar, now)
    task.chain_left = passed + gap if task.chain_left + gap <= passed else task.chain_left + gap
    lay_out(task, calendar)


def left(task: UserTask, calendar: Calendar, now: datetime) -> timedelta | None:
    """The working time left until the task is due, negative once it is overdue; None where it has no due date."""
    if task.due_left is None:
        return None
    return task.due_left if task.due_from is None else task.due_left - _passed(task.due_from, calendar, now)


def _passed(since: datetime, calendar: Calendar, now: datetime) -> timedelta:
    """The working time that has passed; none where the clock on the wall was set back before the beginning."""
    return calendar.between(since, max(now, since))


def _offset(link: Link, calendar: Calendar) -> timedelta:
    """The working time from the due date to the link."""
    work = calendar.work(link.delay)
    return -work if link.before else work
