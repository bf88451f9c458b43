"""A hundred thousand open tasks, copied in by COPY, and how long pages take with them: an inbox compared with a hundred, the
console of a supervisor, who has that many before him, with a thousand."""

from __future__ import annotations

import statistics
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from sqlalchemy.dialects.postgresql import JSONB

from app.kernel.crypto import seal
from app.kernel.ids import new_id
from app.tables import Base
from benchmarks.browser import Browser
from benchmarks.house import House

FEW, SOME, MANY = 100, 1_000, 100_000
LOOKS = 15
READER, SUPERVISOR = "zhouyan", "jiangshan"
PAGES: Mapping[str, Sequence[str]] = {
    READER: tuple(f"/inbox/{tab}?all=1" for tab in ("todo", "pool", "done", "started", "copied")),
    SUPERVISOR: (
        "/supervision/cases",
        "/supervision/tasks",
        "/supervision/load",
        "/supervision/?fresh=1",
        "/supervision/stuck",
        "/supervision/diagrams/credit_application/badges",
    ),
}


def seconds_per_page(house: House, username: str) -> dict[str, float]:
    """Median seconds of each page that is looked at as this person."""
    browser = Browser(house.settings.host, house.settings.port)
    browser.sign_in(username)
    return {page: statistics.median(_look(browser, page) for _ in range(LOOKS)) for page in PAGES[username]}


def fill(url: str, template: uuid.UUID, total: int) -> None:
    """Copy the template's case until `total` tasks are open: half of them in the reader's pool, half held by the first people."""
    with psycopg.connect(url.replace("+psycopg", ""), row_factory=dict_row) as connection:
        case = one_row(connection, "SELECT * FROM process_instance WHERE id = %s", template)
        task = one_row(
            connection, "SELECT * FROM user_task WHERE instance_id = %s AND assignee_id IS NULL LIMIT 1", template
        )
        there = one_row(connection, "SELECT count(*) AS n FROM user_task WHERE state = 'open'")["n"]
        people = [row["id"] for row in connection.execute("SELECT id FROM app_user ORDER BY id LIMIT 30")]
        ids = [(new_id(), new_id()) for _ in range(total - there)]
        copy_rows(connection, "process_instance", case, (_case(case, one, total, n) for n, (one, _) in enumerate(ids)))
        copy_rows(connection, "user_task", task, (_task(two, one, people, n) for n, (one, two) in enumerate(ids)))
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")


def _look(browser: Browser, page: str) -> float:
    began = time.perf_counter()
    reply = browser.get(page)
    if reply.status != 200:
        raise RuntimeError(f"{page}: {reply.status}")
    return time.perf_counter() - began


def one_row(connection: psycopg.Connection[dict[str, Any]], statement: str, *values: Any) -> dict[str, Any]:
    """The row that a statement finds."""
    row = connection.execute(statement, values).fetchone()
    assert row is not None, statement
    return row


def _case(template: Mapping[str, Any], case_id: uuid.UUID, total: int, number: int) -> dict[str, Any]:
    title = seal("王小明 · 个人消费贷款".encode(), f"process_instance.title_cipher:{case_id}")
    return {
        "id": case_id,
        "number": f"B{total}-{number}",
        "title_cipher": title,
        "amount": 200_000,
        "data_cipher": None,
    }


def _task(task_id: uuid.UUID, case_id: uuid.UUID, people: Sequence[int], number: int) -> dict[str, Any]:
    held = {"assignee_id": people[number % len(people)]} if number % 2 else {}
    return {"id": task_id, "instance_id": case_id, "draft_cipher": None, **held}


def copy_rows(
    connection: psycopg.Connection[dict[str, Any]],
    table: str,
    template: Mapping[str, Any],
    rows: Iterator[Mapping[str, Any]],
) -> None:
    """Put copies of the template into a table by COPY, each with what its row says otherwise."""
    json = {column.name for column in Base.metadata.tables[table].columns if isinstance(column.type, JSONB)}
    plain = {name: Jsonb(value) if name in json and value is not None else value for name, value in template.items()}
    with connection.cursor().copy(f"COPY {table} ({', '.join(template)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row([row.get(name, value) for name, value in plain.items()])
