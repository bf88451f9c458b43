"""The verbs of the table over HTTP: what they ask for, what they answer, how they refuse."""

import pytest

from app.workflow.api.moves import BY_HAND
from app.workflow.rules import MOVES, About
from tests.integration.rest.kit import refused


@pytest.fixture
def claimed(program, reviewed):
    """A function: a task held by zhouyan."""

    def make():
        task = reviewed()
        program("zhouyan").do(f"/task/{task['id']}/claim")
        return task

    return make


def test_a_task_is_transferred_and_the_answer_is_its_case(program, claimed):
    task = claimed()
    case = program("zhouyan").do(f"/task/{task['id']}/transfer", {"userId": "wulei", "reason": "休假"})
    assert case["id"] == task["processInstanceId"]
    assert program("wulei").read(f"/task/{task['id']}")["assignee"] == "wulei"


def test_an_opinion_is_asked_for_and_given(program, claimed):
    task = claimed()
    program("zhouyan").do(f"/task/{task['id']}/delegate", {"userId": "wulei", "reason": "请看"})
    refused(program("wulei").post(f"/task/{task['id']}/complete", {"outcome": "agree"}), 409)
    program("wulei").do(f"/task/{task['id']}/resolve", {"opinion": "可以"})
    assert program("zhouyan").read(f"/task/{task['id']}")["assignee"] == "zhouyan"


def test_people_are_added_and_taken_off(program, claimed):
    task = claimed()
    said = {"userIds": ["wulei"], "place": "before", "reason": "会签"}
    program("zhouyan").do(f"/task/{task['id']}/add-signer", said)
    refused(program("zhouyan").post(f"/task/{task['id']}/add-signer", said), 422)
    program("zhouyan").do(f"/task/{task['id']}/remove-signer", {"userIds": ["wulei"], "reason": "不必了"})


def test_the_initiator_takes_back_and_recalls(program, reviewed):
    task = reviewed()
    case = program("zhaomin").do(f"/process-instance/{task['processInstanceId']}/withdraw", {"reason": "填错"})
    assert case["stations"] == ["apply"]


def test_the_same_request_twice_is_one_act(program, claimed):
    task = claimed()
    headers = {"Idempotency-Key": f"once-{task['id'][:8]}"}
    said = {"userId": "wulei", "reason": "休假"}
    first = program("zhouyan").post(f"/task/{task['id']}/transfer", said, headers=headers)
    again = program("zhouyan").post(f"/task/{task['id']}/transfer", said, headers=headers)
    assert (first.status_code, first.get_json()) == (again.status_code, again.get_json())


@pytest.mark.parametrize("body", [{}, {"reason": "x"}, {"userId": "wulei"}, {"userId": 5, "reason": "x"}, {"x": 1}])
def test_what_a_verb_asks_for_must_be_in_the_body(program, claimed, body):
    refused(program("zhouyan").post(f"/task/{claimed()['id']}/transfer", body), 400)


@pytest.mark.parametrize("verb", sorted(v for v, m in MOVES.items() if v not in BY_HAND and m.about is About.CASE))
def test_whoever_is_not_concerned_learns_nothing(program, reviewed, verb):
    body = {"reason": "x", "userIds": ["wulei"], "note": "x", "message": "x", "target": "apply"}
    asks = {"reason": "reason", "people": "userIds", "note": "note", "comment": "message", "target": "target"}
    said = {asks[ask]: body[asks[ask]] for ask in MOVES[verb].asks}
    answer = program("sunli").post(
        f"/process-instance/{reviewed()['processInstanceId']}/{verb.replace('_', '-')}", said
    )
    assert answer.status_code in (403, 404)
