"""Completing tasks over HTTP: eight clients take cases along the whole route in step, and only the completions are timed.

Every case stands at the same station when a window opens. Claims, papers and ballots come between the windows.
"""

from __future__ import annotations

import statistics
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import psutil
from werkzeug.datastructures import MultiDict

from app.demo import desk
from app.demo.desk import Staff
from app.kernel import db
from app.workflow.models import UserTask
from benchmarks import route
from benchmarks.browser import Browser
from benchmarks.house import House
from benchmarks.route import Post

CLIENTS = 8


@dataclass
class Measured:
    """Seconds of each completion, of all windows together, and of CPU in the web processes, the database and the clients."""

    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0
    cpu: float = 0.0
    database: float = 0.0
    client: float = 0.0

    @property
    def per_second(self) -> float:
        """Completions per second of the windows."""
        return len(self.latencies) / self.seconds

    @property
    def cpu_ms(self) -> float:
        """Milliseconds of CPU of the web processes for one completion."""
        return 1000 * self.cpu / len(self.latencies)

    @property
    def others_ms(self) -> tuple[float, float]:
        """Milliseconds of CPU of the database and of the clients for one completion."""
        return 1000 * self.database / len(self.latencies), 1000 * self.client / len(self.latencies)

    @property
    def tail(self) -> float:
        """The 95th percentile as a multiple of the median."""
        return statistics.quantiles(self.latencies, n=20)[-1] / statistics.median(self.latencies)


class Clients:
    """Eight threads with browsers of their own; each person signs in once per thread."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.pool = ThreadPoolExecutor(CLIENTS)
        self.own = threading.local()
        self.signing = threading.Lock()
        self.cookies: dict[str, Browser] = {}

    def press(self, posts: Sequence[Post]) -> list[float]:
        """Press all of them, eight at a time; seconds of each. Raises RuntimeError for a press that is refused."""
        return list(self.pool.map(self._press, posts))

    def _press(self, post: Post) -> float:
        browser = self._browser(post.username)
        before, began = dict(browser.cookies), time.perf_counter()
        reply = browser.post(post.path, post.fields)
        if reply.status != 302:
            raise RuntimeError(f"{post.path} at {post.station}: {reply.status}")
        # The next page would show what was said and take it out of the cookie; nobody opens one here, and it would grow.
        browser.cookies = before
        return time.perf_counter() - began

    def _browser(self, username: str) -> Browser:
        browsers: dict[str, Browser] = self.own.__dict__.setdefault("browsers", {})
        if username not in browsers:
            browsers[username] = self._signed_in(username)
        return browsers[username]

    def _signed_in(self, username: str) -> Browser:
        settings = self.house.settings
        with self.signing:
            if username not in self.cookies:
                self.cookies[username] = Browser(settings.host, settings.port)
                self.cookies[username].sign_in(username)
        known = self.cookies[username]
        return Browser(settings.host, settings.port, cookies=dict(known.cookies), token=known.token)


def measure(house: House, cases: int) -> tuple[Measured, list[uuid.UUID]]:
    """Take `cases` along the route; the figures, and the cases' ids."""
    with db.reading():
        staff = desk.staff()
    clients, found = Clients(house), Measured()
    ids = [_start(house, number) for number in range(cases)]
    while posts := _next(ids, staff):
        if not all(post.path.endswith("/complete") for post in posts):
            clients.press(posts)
            continue
        clients.press(
            [Post(post.station, post.username, "/language", MultiDict({"locale": "zh_Hans"})) for post in posts]
        )
        _window(house, lambda posts=posts: clients.press(posts), found)
    return found, ids


def _window(house: House, press: Callable[[], list[float]], found: Measured) -> None:
    web, database, client, began = _cpu(house), _database_cpu(house), time.process_time(), time.perf_counter()
    found.latencies += press()
    found.seconds += time.perf_counter() - began
    found.cpu += _cpu(house) - web
    found.database += _database_cpu(house) - database
    found.client += time.process_time() - client


def _cpu(house: House) -> float:
    """Seconds of CPU that the web processes have used so far."""
    times = [process.cpu_times() for process in house.processes("web process")]
    return sum(spent.user + spent.system for spent in times)


def _database_cpu(house: House) -> float:
    """Seconds of CPU that the database has used so far, those of sessions that have ended included."""
    postmaster = house.processes("postmaster")[0]
    own = postmaster.cpu_times()
    alive = [child.cpu_times() for child in postmaster.children()]
    return own.user + own.system + own.children_user + own.children_system + sum(t.user + t.system for t in alive)


def _start(house: House, number: int) -> uuid.UUID:
    browser = _initiator(house)
    fields = MultiDict({"process_key": route.PROCESS, "key": uuid.uuid4().hex, "product": "consumer"})
    reply = browser.post("/start", fields)
    with db.reading():
        return db.session.get_one(UserTask, uuid.UUID(reply.location.rpartition("/")[2])).instance_id


_initiators: dict[int, Browser] = {}


def _initiator(house: House) -> Browser:
    port = house.settings.port
    if port not in _initiators:
        _initiators[port] = Browser(house.settings.host, port)
        _initiators[port].sign_in(route.INITIATOR)
    return _initiators[port]


def _next(ids: Sequence[uuid.UUID], staff: Staff) -> list[Post]:
    """The next press of each case; empty when all have come to their end."""
    posts = []
    for case_id in ids:
        with db.transaction():
            open_now = route.open_tasks(case_id)
            if open_now:
                posts.append(_press_for(case_id, open_now[0], staff))
    return posts


def _press_for(case_id: uuid.UUID, task: UserTask, staff: Staff) -> Post:
    case = route.case_of(case_id)
    claim = route.claiming(task, staff)
    if claim is not None:
        return claim
    route.add_papers(case, task, staff)
    return route.working(case, task, staff, route.loan(str(case_id)))


def memory_mb(house: House) -> float:
    """The proportional memory of the largest web process, in MB."""
    return max(process.memory_full_info().pss for process in _alive(house)) / 2**20


def _alive(house: House) -> list[psutil.Process]:
    return house.processes("web process")
