"""A thousand tasks given to somebody else at once: seconds from the confirmation to the last row, while the page asks on and the
worker goes on, as in the bank."""

from __future__ import annotations

import time
import uuid

from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from app.demo import desk
from app.kernel import db
from app.kernel.clock import now
from app.supervision import operations
from app.supervision.models import ActState, BulkAct
from app.workflow.models import UserTask
from app.workflow.rules import Verb
from benchmarks.browser import Browser
from benchmarks.crowd import SUPERVISOR
from benchmarks.house import House

ROWS = 1000
LIMIT = 300.0


def seconds(house: House, to_username: str) -> float:
    """Reassign so many open tasks through the page of the act; the trial before it is not counted."""
    with db.transaction():
        ids = some_tasks()
        person = desk.staff().by_name[SUPERVISOR]
        given = {"people": [to_username], "reason": "benchmark"}
        act = operations.prepare(verb=Verb.REASSIGN, ids=ids, given=given, person=person, now=now())
    trying = True
    while trying:
        with db.transaction():
            tried = operations.try_some(act_id=act.id, person=person, now=now())
            trying = tried.state == ActState.TRYING
    browser = Browser(house.settings.host, house.settings.port)
    browser.sign_in(SUPERVISOR)
    began = time.perf_counter()
    browser.post(f"/supervision/acts/{act.id}/confirm", MultiDict())
    while time.perf_counter() - began < LIMIT:
        browser.post(f"/supervision/acts/{act.id}/go", MultiDict())
        with db.reading():
            if db.session.get_one(BulkAct, act.id).state == ActState.DONE:
                return time.perf_counter() - began
    raise RuntimeError("the act did not end")


def some_tasks() -> list[uuid.UUID]:
    """Tasks that anybody may have."""
    wanted = select(UserTask.id).where(UserTask.state == "open", ~UserTask.is_vote).order_by(UserTask.id.desc())
    return list(db.session.scalars(wanted.limit(ROWS)))
