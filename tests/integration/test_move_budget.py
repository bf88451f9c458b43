"""What every verb of the table costs the database; more than the budget is a fault. The figures of time are the benchmark's."""

from __future__ import annotations

import pytest
from psycopg import _queries
from sqlalchemy import event

from app.kernel import db
from app.workflow.rules import MOVES
from benchmarks import moves

# Where a move must read or write more than the usual dozen, the reason stands beside it.
MOST = 12
MORE = {
    # Reads the picture of then and of now, voids a vote's round and its ballots, and tells two kinds of people.
    "restore": 17,
    # The case is taken back as by a return, and the vote opens anew with everybody who takes part.
    "reconsider": 17,
}


@pytest.fixture(scope="module")
def found(bank):
    """Every verb, done twice: what a process reads once is read by then."""
    url = str(db.session().get_bind().url.render_as_string(hide_password=False))
    db.session.remove()
    try:
        return moves.measure(url, rounds=2)
    finally:
        db.session.remove()


def test_every_verb_of_the_table_is_measured(found):
    assert set(found) == set(MOVES)


@pytest.mark.parametrize("verb", sorted(MOVES))
def test_a_move_is_one_transaction_of_few_statements(found, verb):
    one = found[verb]
    assert one.commits == 1
    assert one.statements <= MORE.get(verb, MOST), f"{verb}: {one.statements} statements"


def test_the_driver_keeps_the_statement_that_opens_a_task(bank):
    """With more values than it keeps statements for it takes the text apart each time, which is a twentieth of a completion."""
    seen: list[int] = []
    engine = db.session().get_bind()

    def note(_connection, _cursor, statement, parameters, *_more):
        if statement.startswith("INSERT INTO user_task"):
            seen.append(len(parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        moves.Stage().begun()
    finally:
        event.remove(engine, "before_cursor_execute", note)
        db.session.remove()
    assert seen
    assert max(seen) <= _queries.MAX_CACHED_STATEMENT_PARAMS
