"""CPU of one press, without network and without other processes: `python -m benchmarks.cpu`.

One process plays cases along the route by calling the application itself and counts its own CPU and statements, press by press.
Unlike rates and waiting times these figures hold on a machine that others use too. `--profile FILE` keeps what cProfile saw of the
completions.
"""

from __future__ import annotations

import argparse
import cProfile
import io
import statistics
import sys
import tempfile
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from sqlalchemy import event
from werkzeug.datastructures import MultiDict

import config
from app import create_app, embedded, server
from app.demo import desk
from app.demo.bank import DEMO_PASSWORD
from app.demo.desk import Staff
from app.kernel import db
from app.preparing import prepare
from benchmarks import crowd, route
from benchmarks.route import Post

FORM_FIELD = 'name="csrf_token" value="'


@dataclass
class Spent:
    """What the presses of one kind cost: seconds of CPU and number of statements, one entry per press."""

    seconds: list[float] = field(default_factory=list)
    statements: list[int] = field(default_factory=list)

    def line(self, name: str) -> str:
        """One line of the table, in milliseconds."""
        ms = [1000 * one for one in self.seconds]
        figures = f"{len(ms):5} {statistics.fmean(ms):7.2f} {statistics.median(ms):7.2f} {min(ms):7.2f}"
        return f"{name:48} {figures} {statistics.fmean(self.statements or [0]):6.1f}"


class Visitor:
    """One person who calls the application; keeps his cookies. `spent` of a call is the CPU of this thread."""

    def __init__(self, app: Flask, username: str) -> None:
        self.app, self.cookies, self.token = app, dict[str, str](), ""
        self.token = self._token_of("/login")
        self.call("POST", "/login", MultiDict({"username": username, "password": DEMO_PASSWORD}))
        self.token = self._token_of("/settings")

    def call(self, method: str, path: str, fields: MultiDict[str, str] | None = None) -> tuple[str, str, float]:
        """Status, where it leads or the page, and seconds of CPU."""
        body = (
            urlencode([*fields.items(multi=True), ("csrf_token", self.token)]).encode() if fields is not None else b""
        )
        environ = self._environ(method, path, body)
        answer: list[Any] = []
        began = time.thread_time()
        parts = self.app(environ, lambda status, headers, _fault=None: answer.extend((status, headers)))
        text = b"".join(parts)
        close = getattr(parts, "close", None)
        if close is not None:
            close()
        seconds = time.thread_time() - began
        headers = MultiDict(answer[1])
        for line in headers.getlist("Set-Cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            # Kept as the sign-in left it: what was said would be shown by the next page, which nobody opens here.
            self.cookies[name] = value if not self.token else self.cookies.get(name, value)
        return answer[0], headers.get("Location") or text.decode(), seconds

    def _token_of(self, path: str) -> str:
        return self.call("GET", path)[1].partition(FORM_FIELD)[2].partition('"')[0]

    def _environ(self, method: str, path: str, body: bytes) -> dict[str, Any]:
        return {
            "REQUEST_METHOD": method,
            "PATH_INFO": path.partition("?")[0],
            "QUERY_STRING": path.partition("?")[2],
            "SCRIPT_NAME": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "localhost",
            "HTTP_COOKIE": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "CONTENT_TYPE": "application/x-www-form-urlencoded" if body else "",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }


class Walk:
    """Cases along the whole route; what each press costs, by station."""

    def __init__(self, app: Flask, profile: cProfile.Profile | None, watch: str) -> None:
        self.app, self.profile, self.watch = app, profile, watch
        self.visitors: dict[str, Visitor] = {}
        self.spent: dict[str, Spent] = defaultdict(Spent)
        self.count, self.is_counting = 0, False

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count statements; only while nothing is timed, for the counting costs a twentieth."""
        engine = db.session().get_bind()
        db.session.remove()
        event.listen(engine, "before_cursor_execute", self._note)
        self.is_counting = True
        yield
        self.is_counting = False
        event.remove(engine, "before_cursor_execute", self._note)

    def _note(self, *_facts: Any) -> None:
        self.count += 1

    def visitor(self, username: str) -> Visitor:
        """Somebody who has signed in."""
        if username not in self.visitors:
            self.visitors[username] = Visitor(self.app, username)
        return self.visitors[username]

    def press(self, kind: str, post: Post) -> str:
        """One press; where it leads. Raises RuntimeError where it is refused."""
        return self._measured(kind, self.visitor(post.username), "POST", post.path, post.fields, "302")

    def look(self, kind: str, username: str, path: str) -> None:
        """One page. Raises RuntimeError where it is not shown."""
        self._measured(kind, self.visitor(username), "GET", path, None, "200")

    def _measured(
        self, kind: str, visitor: Visitor, method: str, path: str, fields: MultiDict[str, str] | None, wanted: str
    ) -> str:
        before, watched = self.count, self.profile if kind.startswith(self.watch) else None
        if watched is not None:
            watched.enable()
        status, leads, seconds = visitor.call(method, path, fields)
        if watched is not None:
            watched.disable()
        if not status.startswith(wanted):
            raise RuntimeError(f"{path}: {status}")
        if self.is_counting:
            self.spent[kind].statements.append(self.count - before)
        else:
            self.spent[kind].seconds.append(seconds)
        return leads

    def case(self, number: int, staff: Staff, *, looking: bool) -> None:
        """One case from its start to its end; with `looking`, every task's page is opened before it is done."""
        fields = MultiDict({"process_key": route.PROCESS, "key": uuid.uuid4().hex, "product": "consumer"})
        leads = self.press("start", Post("start", route.INITIATOR, "/start", fields))
        with db.reading():
            case_id = db.session.get_one(route.UserTask, uuid.UUID(leads.rpartition("/")[2])).instance_id
        loan = route.loan(f"{number} {case_id}")
        while (post := _next(case_id, staff, loan)) is not None:
            verb = post.path.rpartition("/")[2]
            if looking and verb == "complete":
                self.look("page of a task", post.username, post.path.removesuffix("/complete"))
            self.press(f"{verb} {post.station}", post)


def _next(case_id: uuid.UUID, staff: Staff, loan: Any) -> Post | None:
    with db.transaction():
        open_now = route.open_tasks(case_id)
        if not open_now:
            return None
        case, task = route.case_of(case_id), open_now[0]
        claim = route.claiming(task, staff)
        if claim is not None:
            return claim
        route.add_papers(case, task, staff)
        return route.working(case, task, staff, loan)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=20)
    parser.add_argument("--pages", type=int, default=0, help="how often each page is opened")
    parser.add_argument("--home", type=Path, help="a folder to keep the database in, for the next run")
    parser.add_argument("--profile", type=Path)
    parser.add_argument("--watch", default="complete", help="what the profile is of")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cf", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        _measure(chosen, chosen.home or Path(folder) / "home")
    return 0


def _measure(chosen: Any, home: Path) -> None:
    settings = replace(config.load({}), home=home)
    (home / "run").mkdir(parents=True, exist_ok=True)
    fresh = not settings.postgres_folder.exists()
    running = embedded.start(settings.postgres_folder)
    try:
        if fresh:
            prepare(settings, embedded.url(running), with_cases=False)
        app = create_app(settings, embedded.url(running))
        server._warm()
        walk = Walk(app, cProfile.Profile() if chosen.profile else None, chosen.watch)
        with db.reading():
            staff = desk.staff()
        _play(walk, staff, 2, min(chosen.pages, 1))
        walk.spent.clear()
        if walk.profile is not None:
            walk.profile.clear()
        with walk.counting():
            _play(walk, staff, 1, min(chosen.pages, 1))
        _play(walk, staff, chosen.cases, chosen.pages)
        _print(walk)
        if walk.profile is not None:
            walk.profile.dump_stats(chosen.profile)
    finally:
        db.disconnect()
        embedded.stop(running)


def _play(walk: Walk, staff: Staff, cases: int, looks: int) -> None:
    for number in range(cases):
        walk.case(number, staff, looking=looks > 0)
    for _ in range(looks):
        for username, pages in crowd.PAGES.items():
            for path in pages:
                walk.look(path, username, path)


def _print(walk: Walk) -> None:
    print(f"{'CPU in ms':48} {'n':>5} {'mean':>7} {'median':>7} {'least':>7} {'SQL':>6}")
    together = Spent()
    for name, spent in sorted(walk.spent.items()):
        print(spent.line(name))
        if name.startswith("complete "):
            together.seconds += spent.seconds
            together.statements += spent.statements
    print(together.line("a completion"))


if __name__ == "__main__":
    sys.exit(main())
