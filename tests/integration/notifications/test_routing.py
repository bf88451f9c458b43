"""From notices to channels: after the commit, by wishes, in a fixed number of statements."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, update

from app.identity.models import User
from app.kernel import db
from app.notifications import channels, operations, routing
from app.notifications.channels import Ways
from tests.integration.notifications.conftest import (
    NOON,
    Door,
    deliveries,
    jobs,
    tell,
    unrouted,
    user_id,
    wish,
)

pytestmark = pytest.mark.usefixtures("worker")


def test_a_notice_of_a_step_that_did_not_commit_goes_nowhere(door: Door) -> None:
    with db.transaction():
        operations.notify(user_ids=[user_id("zhaomin")], event="task_returned", case_id=None, now=NOON)
        raise db.Rollback
    with db.transaction():
        assert routing.route(now=NOON) == 0
    assert (deliveries(), jobs()) == ([], [])


def test_a_returned_task_is_mailed_and_a_new_one_is_not(door: Door) -> None:
    tell("task_returned", "zhaomin")
    tell("task_assigned", "zhaomin")
    assert deliveries() == [("mail", "waiting")]
    assert [row.task_name for row in jobs()] == ["notifications.deliver"]


def test_each_notice_is_routed_once(door: Door) -> None:
    tell("task_returned", "zhaomin")
    with db.transaction():
        assert routing.route(now=NOON) == 0
    assert len(jobs()) == 1
    assert unrouted() == 0


def test_what_is_old_when_it_is_routed_is_no_news(door: Door) -> None:
    tell("task_returned", "zhaomin")
    whose = user_id("zhaomin")
    with db.transaction():
        operations.notify(user_ids=[whose], event="task_returned", case_id=None, now=NOON - timedelta(days=4))
    with db.transaction():
        assert routing.route(now=NOON) == 1
    assert len(jobs()) == 1
    assert unrouted() == 0


def test_two_workers_route_different_notices(door: Door) -> None:
    with db.transaction():
        operations.notify(user_ids=[user_id("zhaomin")], event="task_returned", case_id=None, now=NOON)
    with db.transaction():
        assert routing.route(now=NOON) == 1
        with db.separate_transaction():
            assert routing.route(now=NOON) == 0


def test_a_person_is_told_by_the_ways_he_chose(door: Door) -> None:
    wish("zhaomin", channels={"work": ["mail", "sms"], "returns": [], "talk": ["digest"]}, digest_at=time(8, 30))
    for key in ("task_assigned", "task_returned", "case_copied", "urged"):
        tell(key, "zhaomin")
    assert deliveries() == [("mail", "waiting"), ("sms", "waiting"), ("digest", "waiting"), ("mail", "waiting")]
    assert len(jobs()) == 3, "the digest has no job of its own"


def test_quiet_hours_put_the_job_off_but_not_what_is_urgent(door: Door) -> None:
    wish("zhaomin", channels={"work": ["mail"]}, quiet_from=time(22), quiet_to=time(7))
    night = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
    tell("task_returned", "zhaomin", now=night)
    tell("urged", "zhaomin", now=night)
    put_off, at_once = jobs()
    assert put_off.scheduled_at == datetime(2026, 3, 2, 23, 0, tzinfo=UTC)
    assert at_once.scheduled_at is None


@pytest.mark.parametrize("change", [{"email": None}, {"active": False}])
def test_who_has_no_address_or_has_left_gets_no_mail(door: Door, change: dict[str, Any]) -> None:
    whose = update(User).where(User.username == "hanmei")
    with db.transaction() as opened:
        opened.execute(whose.values(**change))
    tell("task_returned", "hanmei")
    with db.transaction() as opened:
        opened.execute(whose.values(email="hanmei@bank.example", active=True))
    assert deliveries() == []
    assert unrouted() == 0


def test_without_a_mail_server_notices_are_passed_by_and_not_kept_for_later(door: Door) -> None:
    channels.use(Ways())
    tell("task_returned", "zhaomin")
    assert (deliveries(), unrouted()) == ([], 0)


def test_a_thousand_notices_cost_the_same_handful_of_statements_as_ten(door: Door) -> None:
    with db.reading() as opened:
        ids = list(opened.scalars(select(User.id).where(User.active)))

    def cost(number: int) -> int:
        said: list[str] = []
        with db.transaction():
            for _ in range(number // 10):
                operations.notify(user_ids=ids[:10], event="task_returned", case_id=None, now=NOON)
        engine = db.session().get_bind()
        db.session.remove()

        def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            said.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        try:
            with db.transaction():
                assert routing.route(now=NOON) == number
        finally:
            event.remove(engine, "before_cursor_execute", note)
        return len(said)

    assert cost(10) == 5
    assert cost(1000) <= 6
    assert len(jobs()) == 1010


def test_old_notices_are_forgotten_when_they_were_read(door: Door) -> None:
    tell("task_returned", "zhaomin")
    tell("urged", "zhaomin")
    with db.reading() as opened:
        first = opened.scalars(select(routing.Notice.id).order_by(routing.Notice.id)).first()
    with db.transaction():
        operations.mark_read(user_id=user_id("zhaomin"), now=NOON, notice_id=first)
    with db.transaction():
        operations.forget_old(before=NOON + timedelta(days=1))
    with db.reading() as opened:
        assert len(opened.scalars(select(routing.Notice.id)).all()) == 1
    assert len(deliveries()) == 1
