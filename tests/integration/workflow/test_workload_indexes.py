"""The page of who has how much counts in the indexes and reads no task for it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event, text

from app.workflow.watching import workload

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
COUNTS = {"ix_user_task_assignee_open": workload.load_per_person, "ix_user_task_pool": workload.load_per_pool}


@pytest.mark.parametrize("index", COUNTS)
def test_open_tasks_are_counted_in_their_index_alone(session: Any, index: str) -> None:
    said: list[tuple[str, Any]] = []
    engine = session.get_bind()

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        said.append((statement, values))

    event.listen(engine, "before_cursor_execute", note)
    try:
        COUNTS[index](NOON)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    # In an empty table the planner would take any way; this leaves it only the one that a full table has.
    for way in ("seqscan", "bitmapscan", "sort", "hashagg"):
        session.execute(text(f"SET LOCAL enable_{way} = off"))
    connection = session.connection().connection.driver_connection
    plan = "\n".join(row[0] for row in connection.execute(f"EXPLAIN {said[0][0]}", said[0][1]))
    assert f"Index Only Scan using {index}" in plan, plan
