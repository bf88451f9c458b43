"""How many statements and commits one press costs along the credit route; more than the budget is a fault."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import event

from app.bank_calendar import queries as bank_calendar
from app.demo import desk
from app.demo.bank import DEMO_PASSWORD
from app.demo.desk import Staff
from app.kernel import db
from app.workflow.assigning import groups
from benchmarks import route
from benchmarks.route import Post
from tests.conftest import Client

COMPLETE, START, CLAIM, CLOSING, PAGE = 12, 15, 8, 14, 32


@dataclass
class Count:
    """What went to the database."""

    statements: list[str] = field(default_factory=list)
    commits: int = 0


@contextmanager
def counting() -> Iterator[Count]:
    count = Count()
    engine = db.session().get_bind()

    def note_statement(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        count.statements.append(" ".join(statement.split()))

    def note_commit(_connection: Any) -> None:
        count.commits += 1

    db.session.remove()
    event.listen(engine, "before_cursor_execute", note_statement)
    event.listen(engine, "commit", note_commit)
    try:
        yield count
    finally:
        event.remove(engine, "before_cursor_execute", note_statement)
        event.remove(engine, "commit", note_commit)


class Walk:
    """One case pressed along the route through the test client; every press is counted by station."""

    def __init__(self, sign_in: Any, seed: str) -> None:
        self.sign_in, self.loan = sign_in, route.loan(seed)
        self.clients: dict[str, Any] = {}
        self.counts: dict[str, Count] = {}

    def press(self, post: Post) -> tuple[Any, Count]:
        client = self.clients.get(post.username) or self.clients.setdefault(post.username, self.sign_in(post.username))
        fields = {**post.fields.to_dict(), "csrf_token": client.token()}
        with counting() as count:
            answer = client.http.post(post.path, data=fields)
        assert answer.status_code == 302, f"{post.station}: {answer.status_code} {answer.get_data(as_text=True)}"
        return answer, count

    def look(self, post: Post) -> None:
        """The page on which the task is worked."""
        client = self.clients.get(post.username) or self.clients.setdefault(post.username, self.sign_in(post.username))
        with counting() as count:
            answer = client.http.get(post.path.removesuffix("/complete"))
        assert answer.status_code == 200, f"{post.station}: {answer.status_code}"
        self.counts[f"page {post.station}"] = count

    def start(self) -> uuid.UUID:
        fields = route.MultiDict({"process_key": route.PROCESS, "key": uuid.uuid4().hex, "product": "consumer"})
        answer, self.counts["start"] = self.press(Post("start", route.INITIATOR, "/start", fields))
        with db.reading():
            task = db.session.get_one(route.UserTask, uuid.UUID(answer.location.rpartition("/")[2]))
            return task.instance_id

    def go(self, case_id: uuid.UUID, staff: Staff) -> None:
        """To the end of the route."""
        while (post := self.next(case_id, staff)) is not None:
            if post.path.endswith("/complete"):
                self.look(post)
            _, count = self.press(post)
            name = f"{post.path.rpartition('/')[2]} {post.station}"
            self.counts[f"{name} {len(self.counts)}"] = count

    def next(self, case_id: uuid.UUID, staff: Staff) -> Post | None:
        with db.transaction():
            open_now = route.open_tasks(case_id)
            if not open_now:
                return None
            case, task = route.case_of(case_id), open_now[0]
            claim = route.claiming(task, staff)
            if claim is not None:
                return claim
            route.add_papers(case, task, staff)
            return route.working(case, task, staff, self.loan)


@pytest.fixture(scope="module")
def counts(bank: Any) -> Iterator[dict[str, Count]]:
    """Statements by press of the second case: the first one fills the caches. Groups and the bank's calendar are
    read again every so many seconds by each process; these statements belong to no press, so here they stay fresh."""

    def sign_in(username: str) -> Client:
        client = Client(bank.app.test_client())
        assert client.post("/login", {"username": username, "password": DEMO_PASSWORD}).status_code == 302
        return client

    with db.reading():
        staff = desk.staff()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bank_calendar, "FRESH_SECONDS", float("inf"))
        patch.setattr(groups, "FRESH", float("inf"))
        for seed in ("first", "second"):
            walk = Walk(sign_in, seed)
            walk.go(walk.start(), staff)
        yield walk.counts


def over(counts: dict[str, Count], verb: str, budget: int) -> dict[str, str]:
    """The presses of a verb that cost more than they may, with what they said to the database."""
    return {
        f"{name} ({len(count.statements)})": "\n" + "\n".join(s[:300] for s in count.statements)
        for name, count in counts.items()
        if name.startswith(verb) and len(count.statements) > budget
    }


def test_completing_a_task_costs_at_most_twelve_statements(counts: dict[str, Count]) -> None:
    completed = [name for name in counts if name.startswith("complete ")]
    assert len(completed) >= 8, completed
    found = over(counts, "complete ", COMPLETE)
    assert not found, "\n\n".join(f"{name}: {said}" for name, said in found.items())


def test_starting_a_case_costs_at_most_fifteen_statements(counts: dict[str, Count]) -> None:
    found = over(counts, "start", START)
    assert not found, "\n\n".join(f"{name}: {said}" for name, said in found.items())


def test_claims_cost_at_most_eight_statements(counts: dict[str, Count]) -> None:
    found = over(counts, "claim ", CLAIM)
    assert not found, "\n\n".join(f"{name}: {said}" for name, said in found.items())


def test_ballots_cost_at_most_twelve_statements(counts: dict[str, Count]) -> None:
    found = over(counts, "vote ", COMPLETE)
    closing = [name for name in found if "INSERT INTO resolution" in found[name]]
    found = {name: said for name, said in found.items() if name not in closing}
    assert not found, "\n\n".join(f"{name}: {said}" for name, said in found.items())


def test_the_ballot_that_closes_a_vote_also_freezes_its_resolution_for_two_more(counts: dict[str, Count]) -> None:
    found = over(counts, "vote ", CLOSING)
    assert not found, "\n\n".join(f"{name}: {said}" for name, said in found.items())


def test_the_page_of_a_task_asks_for_nothing_once_per_field_or_event(counts: dict[str, Count]) -> None:
    assert sum(name.startswith("page ") for name in counts) >= 8
    found = over(counts, "page ", PAGE)
    assert not found, "\n\n".join(f"{name}: {said}" for name, said in found.items())


def test_every_press_is_one_commit(counts: dict[str, Count]) -> None:
    pressed = {name: count.commits for name, count in counts.items() if not name.startswith("page ")}
    assert {name: commits for name, commits in pressed.items() if commits != 1} == {}
