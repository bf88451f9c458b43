"""A leaver's thousand tasks handed over to his successor: seconds from the press to the end, with the worker alone at it."""

from __future__ import annotations

import time

from sqlalchemy import func, select, update
from werkzeug.datastructures import MultiDict

from app.identity import queries as people
from app.kernel import db
from app.workflow.assigning.handover_models import HandOver, HandOverRow
from app.workflow.models import UserTask
from benchmarks.browser import Browser
from benchmarks.crowd import SUPERVISOR
from benchmarks.house import House

ROWS = 1000
LIMIT = 300.0
LEAVER, SUCCESSOR, COLLEAGUE = "qianjin", "zhuting", "wulei"


def seconds(house: House) -> float:
    """Hand over exactly so many open tasks through the page, and wait until the last one has moved."""
    _give_exactly()
    browser = Browser(house.settings.host, house.settings.port)
    browser.sign_in(SUPERVISOR)
    began = time.perf_counter()
    reply = browser.post("/hand-over", MultiDict({"from": LEAVER, "to": SUCCESSOR, "reason": "benchmark"}))
    while time.perf_counter() - began < LIMIT:
        if browser.get(reply.location).status != 200:
            raise RuntimeError(f"{reply.location} does not answer")
        with db.reading():
            row = db.session.scalars(select(HandOver).order_by(HandOver.id.desc()).limit(1)).one()
            if row.ended_at is not None:
                _check(row)
                return time.perf_counter() - began
        time.sleep(0.05)
    raise RuntimeError("the hand-over did not end")


def _give_exactly() -> None:
    """The leaver holds so many tasks and no others; none with added people, of whom nobody may have two parts."""
    with db.transaction():
        ids = {name: person.id for name in (LEAVER, COLLEAGUE) if (person := people.person_by_username(name))}
        own = UserTask.assignee_id == ids[LEAVER]
        db.session.execute(update(UserTask).where(own).values(assignee_id=ids[COLLEAGUE]))
        alone = UserTask.parent_id.is_(None), func.cardinality(UserTask.signer_ids) == 0
        plain = UserTask.state == "open", ~UserTask.is_vote, *alone
        wanted = select(UserTask.id).where(*plain).order_by(UserTask.id).limit(ROWS)
        db.session.execute(update(UserTask).where(UserTask.id.in_(wanted)).values(assignee_id=ids[LEAVER]))


def _check(row: HandOver) -> None:
    """Every task moved."""
    moved = (HandOverRow.hand_over_id == row.id, HandOverRow.kind == "task", HandOverRow.state == "done")
    if (done := db.session.scalar(select(func.count()).where(*moved))) != ROWS:
        raise RuntimeError(f"{done} of {ROWS} tasks moved")
