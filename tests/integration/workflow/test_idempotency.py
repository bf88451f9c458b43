"""The same request twice gives the same answer and one act."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from app.demo import desk
from app.kernel import db
from app.kernel.clock import now
from app.kernel.errors import Refusal
from app.notifications import operations as notifications
from app.notifications import queries as notices
from app.workflow import idempotency
from app.workflow.idempotency import KeyReused


@pytest.fixture
def user_id(bank: Any) -> int:
    with bank.app.app_context(), db.reading():
        return desk.staff().by_name["zhaomin"].id


def leave_notice(user_id: int) -> dict[str, Any]:
    notifications.notify(user_ids=[user_id], event="case_copied", case_id=None, now=now())
    return {"location": f"/{uuid.uuid4()}"}


def ask(user_id: int, key: str | None, *, route: str = "here", body: bytes = b"body", act: Any = leave_notice) -> Any:
    with db.transaction():
        return idempotency.once(user_id=user_id, key=key, route=route, body=body, now=now(), act=lambda: act(user_id))


def left(user_id: int) -> int:
    with db.reading():
        return len(notices.notices(user_id))


def test_a_repeated_request_gets_the_first_answer_and_leaves_nothing_behind(user_id) -> None:
    key, before = uuid.uuid4().hex, left(user_id)
    assert ask(user_id, key) == ask(user_id, key)
    assert left(user_id) == before + 1


def test_an_act_that_is_refused_because_it_was_done_gets_the_first_answer(user_id) -> None:
    def refuse(_user_id: int) -> Any:
        raise Refusal("Somebody has completed this task.")

    key = uuid.uuid4().hex
    assert ask(user_id, key) == ask(user_id, key, act=refuse)


def test_an_act_that_is_refused_the_first_time_may_be_sent_again_corrected(user_id) -> None:
    def refuse(_user_id: int) -> Any:
        raise Refusal("The amount is missing.")

    key = uuid.uuid4().hex
    with pytest.raises(Refusal, match="amount"):
        ask(user_id, key, act=refuse)
    assert ask(user_id, key, body=b"corrected")["location"]


@pytest.mark.parametrize("other", [{"route": "there"}, {"body": b"another"}])
def test_a_key_of_another_request_is_refused_and_nothing_is_written(user_id, other) -> None:
    key = uuid.uuid4().hex
    ask(user_id, key)
    before = left(user_id)
    with pytest.raises(KeyReused):
        ask(user_id, key, **other)
    assert left(user_id) == before


def test_a_key_longer_than_64_characters_is_refused(user_id) -> None:
    with pytest.raises(KeyReused, match="64"):
        ask(user_id, "k" * 65)


def test_without_a_key_every_request_acts(user_id) -> None:
    assert ask(user_id, None) != ask(user_id, None)
