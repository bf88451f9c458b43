"""The one place that commits."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select, text

from app.audit import operations as audit
from app.audit import queries as audits
from app.audit.models import AuditEntry
from app.audit.operations import SYSTEM
from app.kernel import db
from app.kernel.ids import new_id

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def write_entry(chain: str, verb: str = "tested") -> None:
    audit.record(chain=chain, verb=verb, object_type="test", object_id=1, actor=SYSTEM, now=NOW, detail={"a": 1})


def count_entries(chain: str) -> int:
    return db.session.scalar(select(func.count()).select_from(AuditEntry).where(AuditEntry.chain == chain))


def test_a_transaction_that_fails_leaves_nothing(session):
    chain = f"case:{new_id()}"
    with pytest.raises(ValueError, match="no"), db.transaction():
        write_entry(chain)
        raise ValueError("no")
    assert count_entries(chain) == 0


def test_a_separate_transaction_stays_when_the_outer_one_is_refused(session):
    chain, inner = f"case:{new_id()}", f"case:{new_id()}"
    with pytest.raises(ValueError, match="no"), db.transaction():
        write_entry(chain)
        with db.separate_transaction():
            write_entry(inner)
        raise ValueError("no")
    assert (count_entries(chain), count_entries(inner)) == (0, 1)


def test_entries_of_a_chain_are_numbered_and_chained_by_the_database(session):
    chain = f"case:{new_id()}"
    with db.transaction():
        for verb in ("first", "second", "third"):
            write_entry(chain, verb)
    rows = audits.entries(chain)
    assert [(row.seq, row.verb) for row in rows] == [(1, "first"), (2, "second"), (3, "third")]
    assert rows[1].previous == rows[0].digest
    assert audits.verify(chain) == (3, [])


def test_an_entry_is_there_for_whoever_asks_in_the_same_transaction(session):
    chain = f"case:{new_id()}"
    with db.transaction():
        write_entry(chain)
        assert count_entries(chain) == 1


def test_what_a_savepoint_undoes_is_not_written_after_all(session):
    kept, undone = f"case:{new_id()}", f"case:{new_id()}"
    with db.transaction():
        write_entry(kept)
        with pytest.raises(ValueError, match="no"), db.session.begin_nested():
            write_entry(undone)
            raise ValueError("no")
    assert (count_entries(kept), count_entries(undone)) == (1, 0)


def test_what_a_rollback_undoes_is_not_written_by_what_the_same_session_does_next(session):
    undone, kept = f"case:{new_id()}", f"case:{new_id()}"
    with db.transaction():
        write_entry(undone)
        db.session.rollback()
        write_entry(kept)
    assert (count_entries(undone), count_entries(kept)) == (0, 1)


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_entry SET verb = 'x'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"]
)
def test_the_record_can_be_neither_changed_nor_deleted(session, statement):
    with db.transaction():
        write_entry("case:kept")
    with pytest.raises(Exception, match="never changed or deleted"), db.transaction():
        db.session.execute(text(statement))


def test_an_edit_behind_the_triggers_is_found(session):
    chain = f"case:{new_id()}"
    with db.transaction():
        write_entry(chain, "first")
        write_entry(chain, "second")
    with db.transaction():
        db.session.execute(text("SET LOCAL session_replication_role = replica"))
        db.session.execute(text("UPDATE audit_entry SET payload = '{}' WHERE chain = :c AND seq = 1"), {"c": chain})
    count, broken = audits.verify(chain)
    assert count == 2
    assert [(b.seq, b.what) for b in broken] == [(1, "was edited")]
