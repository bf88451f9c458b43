"""The page of monitoring with few tasks behind it and with a hundred times as many.

`python -m benchmarks.monitoring` on a bank with generated applications (CREDITFLOW_HOME): measures, copies every case 99 times with
its dates moved, counts the record up, and measures again. The copies stay: use a home of its own.
"""

from __future__ import annotations

import re
import statistics
import time
from datetime import date
from typing import Any

from sqlalchemy import text

import config
from app import create_app, embedded
from app.kernel import db
from app.kernel.clock import now
from app.workflow.monitoring import counting

COPIES = 99
ROUNDS = 15
PAGE = "/studio/monitoring/credit_application"
TABLES = {
    "process_instance": {"id": "new(id)", "number": "number || '-' || :k", "started_at": "", "changed_at": "", "ended_at": ""},
    "user_task": {"id": "new(id)", "instance_id": "new(instance_id)", "engine_id": "engine_id", "created_at": "",
                  "claimed_at": "", "completed_at": ""},
    "case_event": {"id": "new(id)", "instance_id": "new(instance_id)", "at": ""},
}  # fmt: skip


def main() -> None:
    """Print the two measurements."""
    settings = config.load()
    url = embedded.url(embedded.start(settings.postgres_folder))
    app = create_app(settings, url)
    with app.app_context():
        count_up()
    report("before", app)
    began = time.monotonic()
    for k in range(1, COPIES + 1):
        with db.transaction():
            for table, changes in TABLES.items():
                copy(table, changes, k)
    print(f"copied in {time.monotonic() - began:.0f} s")
    with db.transaction():
        db.session.execute(text("UPDATE monitoring_mark SET seen = NULL"))
        db.session.execute(text("ANALYZE"))
    began = time.monotonic()
    with app.app_context():
        count_up()
    print(f"counted up in {time.monotonic() - began:.0f} s")
    with db.transaction():
        db.session.execute(text("ANALYZE"))
    report("after", app)


def copy(table: str, changes: dict[str, str], k: int) -> None:
    """Every row of the original cases once more, moved back in time by k hours."""
    listed = text(
        "SELECT column_name FROM information_schema.columns WHERE table_name = :table ORDER BY ordinal_position"
    )
    columns = [row[0] for row in db.session.execute(listed, {"table": table})]
    shifted = {name: f"{name} - make_interval(hours => {7 * k})" for name, how in changes.items() if not how}
    how = {**{name: value for name, value in changes.items() if value}, **shifted}
    made = ", ".join(re.sub(r"new\((\w+)\)", rf"md5(\1::text || '{k}')::uuid", how.get(name, name)) for name in columns)
    # The numbers of copies hold a "~".
    db.session.execute(
        text(
            "CREATE TEMPORARY TABLE IF NOT EXISTS originals AS SELECT id FROM process_instance WHERE number NOT LIKE '%~%'"
        )
    )
    only = f"{'id' if table == 'process_instance' else 'instance_id'} IN (SELECT id FROM originals)"
    statement = f"INSERT INTO {table} ({', '.join(columns)}) SELECT {made} FROM {table} WHERE {only}"
    db.session.execute(text(statement.replace(":k", f"'~{k}'")))


def count_up() -> None:
    """Count the whole record."""
    done: set[date] = set()
    while True:
        with db.transaction():
            if not counting.advance(now=now(), done=done):
                return


def report(name: str, app: Any) -> None:
    """How many tasks and facts there are, and how long the page takes."""
    with db.reading() as opened:
        tasks, facts = (
            opened.scalar(text(f"SELECT count(*) FROM {table}")) for table in ("user_task", "monitoring_fact")
        )
    client = app.test_client()
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/login").get_data(as_text=True))
    assert token is not None
    client.post("/login", data={"username": "qiyue", "password": "Demo-Bank-2026", "csrf_token": token.group(1)})
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        assert client.get(PAGE).status_code == 200
        times.append((time.perf_counter() - began) * 1000)
    print(
        f"{name}: {tasks} tasks, {facts} facts; page median {statistics.median(times):.0f} ms, worst {max(times):.0f} ms"
    )


if __name__ == "__main__":
    main()
