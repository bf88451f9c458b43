"""Staff who work cases along the route while processes die under them: they press, press again with the same key until they
get an answer, and remember every answer."""

from __future__ import annotations

import http.client
import random
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.exc import DBAPIError
from werkzeug.datastructures import MultiDict

from app.demo.desk import Staff
from app.kernel import db
from app.workflow.models import UserTask
from benchmarks import route
from benchmarks.browser import Browser, Reply
from benchmarks.route import Post

TRANSIENT = frozenset({500, 502, 503})
PATIENCE = 90.0
AGAIN = 0.25


class GaveUp(Exception):
    """A press got no answer within PATIENCE seconds: the system did not come back."""


@dataclass(frozen=True)
class Acknowledged:
    """A press that the system has confirmed: the key, what was pressed, by whom, and where the answer led."""

    key: str
    path: str
    username: str
    location: str


@dataclass
class Ledger:
    """What all clients were told, and how it went; shared by their threads."""

    confirmed: list[Acknowledged] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    different: list[str] = field(default_factory=list)
    retries: int = 0
    errors_500: int = 0
    last: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def confirm(self, entry: Acknowledged) -> None:
        """Write an acknowledgement down."""
        with self.lock:
            self.confirmed.append(entry)
            self.last = time.monotonic()


@dataclass
class Clerk:
    """One thread's worth of staff: starts cases and takes each to its end, whoever must press."""

    host: str
    port: int
    staff: Staff
    ledger: Ledger
    chance: random.Random
    browsers: dict[str, Browser] = field(default_factory=dict)

    def work(self, stop: threading.Event, cases_at_most: int = 10_000) -> None:
        """Case after case until told to stop."""
        for _ in range(cases_at_most):
            if stop.is_set():
                return
            case_id = self.start()
            while not stop.is_set():
                post = patiently(lambda case_id=case_id: self._next(case_id))
                if post is None:
                    break
                if self.press(post).status != 302:
                    break

    def start(self) -> uuid.UUID:
        """Begin a case; the address of its first task tells its id."""
        fields = MultiDict({"process_key": route.PROCESS, "key": uuid.uuid4().hex, "product": "consumer"})
        reply = self.press(Post("start", route.INITIATOR, "/start", fields))
        task_id = uuid.UUID(reply.location.rpartition("/")[2])
        return patiently(lambda: _case_of(task_id))

    def press(self, post: Post) -> Reply:
        """Press until there is an answer; one time in five press once more and compare."""
        reply = self._until_answered(post)
        key = post.fields.get("key")
        if reply.status != 302:
            self.ledger.refused.append(f"{post.path} by {post.username}: {reply.status}")
            return reply
        if key:
            self.ledger.confirm(Acknowledged(key, post.path, post.username, reply.location))
            if self.chance.random() < 0.2:
                again = self._until_answered(post)
                if (again.status, again.location) != (reply.status, reply.location):
                    self.ledger.different.append(
                        f"{post.path}: {reply.status} {reply.location}, then {again.status} {again.location}"
                    )
        return reply

    def _until_answered(self, post: Post) -> Reply:
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit:
            try:
                reply = self._browser(post.username).post(post.path, post.fields)
                if reply.status not in TRANSIENT:
                    return reply
                self.ledger.errors_500 += reply.status == 500
            except (OSError, http.client.HTTPException, RuntimeError):
                pass
            self.ledger.retries += 1
            time.sleep(AGAIN)
        raise GaveUp(f"{post.path} by {post.username} had no answer for {PATIENCE:.0f} s")

    def _browser(self, username: str) -> Browser:
        if username not in self.browsers:
            browser = Browser(self.host, self.port, timeout=15)
            browser.sign_in(username)
            self.browsers[username] = browser
        return self.browsers[username]

    def _next(self, case_id: uuid.UUID) -> Post | None:
        with db.transaction():
            open_now = route.open_tasks(case_id)
            if not open_now:
                return None
            case, task = route.case_of(case_id), open_now[0]
            claim = route.claiming(task, self.staff)
            if claim is not None:
                return claim
            route.add_papers(case, task, self.staff)
            return route.working(case, task, self.staff, route.loan(str(case_id)))


def patiently(look: Callable[[], Any]) -> Any:
    """What `look` finds in the database, asked again while the database is away."""
    limit = time.monotonic() + PATIENCE
    while True:
        try:
            return look()
        except DBAPIError:
            db.session.remove()
            if time.monotonic() > limit:
                raise
            time.sleep(AGAIN)


def _case_of(task_id: uuid.UUID) -> uuid.UUID:
    with db.reading():
        return db.session.get_one(UserTask, task_id).instance_id
