"""The floor: the bare transaction that writes the rows of one completion, by psycopg with prepared statements and nothing else.

Two processes with four connections each, as the web server has. Every connection has a case of its own, as the clients do.
"""

from __future__ import annotations

import multiprocessing
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

import psycopg
from psycopg.rows import dict_row

PROCESSES, THREADS = 2, 4

COPIED = ("user_task", "case_event")
FINISH = """UPDATE user_task SET state = 'completed', completed_at = now(), completed_by = %(user)s, outcome = 'submit',
            opinion_cipher = %(text)s, submitted_cipher = %(text)s, seen_digest = %(digest)s WHERE id = %(task)s"""
CASE = """UPDATE process_instance SET version = version + 1, events = events + 1, blob = %(blob)s,
          variables = %(variables)s, data_cipher = %(data)s, visits = %(visits)s, changed_at = now() WHERE id = %(case)s"""
AUDIT = """INSERT INTO audit_entry (chain, at, actor_id, verb, object_type, object_id, payload)
           VALUES (%(chain)s, now(), %(user)s, 'floor', 'user_task', %(task)s, %(payload)s)"""
KEY = """INSERT INTO idempotency_key (user_id, key, route, body, answer, at)
         VALUES (%(user)s, %(key)s, 'floor', %(digest)s, '{"location": "/inbox", "said": "done"}', now())
         ON CONFLICT DO NOTHING RETURNING key"""
LOCK = "SELECT * FROM process_instance WHERE id = %(case)s FOR UPDATE"


def per_second(url: str, cases: Sequence[uuid.UUID], seconds: float) -> float:
    """Transactions per second of eight connections, each on one of the cases (at least eight)."""
    plain, queue = url.replace("+psycopg", ""), multiprocessing.get_context("spawn").Queue()
    shares = [list(cases[n * THREADS : (n + 1) * THREADS]) for n in range(PROCESSES)]
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_process, args=(plain, share, seconds, queue)) for share in shares]
    for worker in workers:
        worker.start()
    total = sum(queue.get(timeout=seconds + 120) for _ in workers)
    for worker in workers:
        worker.join()
    return total / seconds


@contextmanager
def alone(url: str, case: uuid.UUID) -> Iterator[Callable[[], None]]:
    """A function that carries out one of these transactions, on one connection that has nothing else to do."""
    with psycopg.connect(url.replace("+psycopg", ""), prepare_threshold=1, row_factory=dict_row) as connection:
        row, task, copies = _templates(connection, case)
        numbers = count()
        yield lambda: _transaction(connection, row, task, copies, next(numbers))


def _process(url: str, cases: Sequence[uuid.UUID], seconds: float, queue: Any) -> None:
    counts: list[int] = []
    threads = [threading.Thread(target=_client, args=(url, case, seconds, counts)) for case in cases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    queue.put(sum(counts))


def _client(url: str, case: uuid.UUID, seconds: float, counts: list[int]) -> None:
    with psycopg.connect(url, prepare_threshold=1, row_factory=dict_row) as connection:
        row, task, copies = _templates(connection, case)
        began, done = time.perf_counter(), 0
        while time.perf_counter() - began < seconds:
            _transaction(connection, row, task, copies, done)
            done += 1
        counts.append(done)


def _templates(
    connection: psycopg.Connection[dict[str, Any]], case: uuid.UUID
) -> tuple[dict[str, Any], dict[str, Any], dict[str, str]]:
    """The rows that are written again and again, and the statements that copy them."""
    row = connection.execute(LOCK, {"case": case}).fetchone()
    task = connection.execute("SELECT * FROM user_task WHERE instance_id = %s LIMIT 1", (case,)).fetchone()
    assert row is not None
    assert task is not None
    copies = {table: _copying(connection, table) for table in COPIED}
    connection.rollback()
    return row, task, copies


def _transaction(
    connection: psycopg.Connection[dict[str, Any]],
    row: dict[str, Any],
    task: dict[str, Any],
    copies: dict[str, str],
    number: int,
) -> None:
    values = {
        "case": row["id"],
        "task": task["id"],
        "user": row["started_by"],
        "text": b"x" * 120,
        "digest": b"d" * 32,
        "blob": row["blob"],
        "variables": psycopg.types.json.Jsonb(row["variables"]),
        "visits": psycopg.types.json.Jsonb(row["visits"]),
        "data": row["data_cipher"],
        "chain": f"case:{row['id']}",
        "payload": "p" * 400,
        "key": uuid.uuid4().hex,
        "new": uuid.uuid4(),
        "seq": 100_000 + number,
    }
    for statement in (LOCK, FINISH, CASE, copies["user_task"], copies["case_event"], AUDIT, KEY):
        connection.execute(statement, values)
    connection.commit()


def _copying(connection: psycopg.Connection[dict[str, Any]], table: str) -> str:
    """An insert of a row like one that is there, under a new id (and, for an event, a new number)."""
    found = connection.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s ORDER BY ordinal_position", (table,)
    )
    names = [row["column_name"] for row in found]
    changed = {"id": "%(new)s", "seq": "%(seq)s", "state": "'completed'"}
    columns = ", ".join(f"{changed[name]} AS {name}" if name in changed else name for name in names)
    source = f"SELECT {columns} FROM {table} WHERE instance_id = %(case)s LIMIT 1"
    return f"INSERT INTO {table} ({', '.join(names)}) {source}"
