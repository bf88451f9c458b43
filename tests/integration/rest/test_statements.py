"""What a request costs the database, counted."""

from contextlib import contextmanager

from sqlalchemy import event
from sqlalchemy.engine import Engine

from tests.integration.rest import small_loan
from tests.integration.rest.kit import open_task

START = "/process-definition/key/small_loan/start"


@contextmanager
def counting():
    seen = []

    def note(_connection, _cursor, statement, *_rest):
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield seen
    event.remove(Engine, "before_cursor_execute", note)


def test_starting_and_completing_stay_within_their_statements(program, applied):
    applied()
    manager = program("zhaomin")
    with counting() as start:
        case = manager.do(START, {}, headers={"Idempotency-Key": "counted-start"})
    task = open_task(manager, case["id"])
    with counting() as complete:
        body = {"variables": small_loan.APPLICATION}
        manager.do(f"/task/{task['id']}/complete", body, headers={"Idempotency-Key": "counted-complete"})
    assert (len(start) <= 15, len(complete) <= 12) == (True, True), (start, complete)


def test_a_list_costs_the_same_however_long_it_is(program, reviewed):
    reader = program("zhouyan")
    reviewed()
    reader.read("/task")
    with counting() as short:
        reader.read("/task", maxResults=1)
    for _ in range(3):
        reviewed()
    with counting() as long:
        reader.read("/task", maxResults=1000)
    assert len(short) == len(long) <= 3
