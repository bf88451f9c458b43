"""What every verb of the table costs the database; more than the budget is a fault. The figures of time are the benchmark's."""

from __future__ import annotations

import pytest

from app.kernel import db
from app.workflow.rules import MOVES
from benchmarks import moves

# Where a move must read or write more than the usual dozen and a half, the reason stands beside it.
MOST = 18
MORE = {
    # Reads the picture of then and of now, voids a vote's round and its ballots, and tells two kinds of people.
    "restore": 25,
    # The case is taken back as by a return, and the vote opens anew with everybody who takes part.
    "reconsider": 23,
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
