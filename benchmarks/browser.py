"""A browser for load: signs in, keeps its cookies and its connection, presses buttons, reads nothing. Costs little CPU itself."""

from __future__ import annotations

import http.client
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from werkzeug.datastructures import MultiDict

from app.demo.bank import DEMO_PASSWORD

FIELD = 'name="csrf_token" value="'
REST = 10.0  # seconds; the server closes a connection that rests longer than fifteen


@dataclass(frozen=True)
class Reply:
    """Status, where it leads, and the page."""

    status: int
    location: str
    text: str


@dataclass
class Browser:
    """One person's browser. `timeout` in seconds for each answer; faults of the network are OSError or HTTPException."""

    host: str
    port: int
    timeout: float = 30
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""
    _line: http.client.HTTPConnection | None = None
    _used: float = 0.0

    def sign_in(self, username: str) -> None:
        """Sign in with the demo password and find the form token. Raises RuntimeError where that is refused."""
        self.token = _token(self.get("/login").text)
        reply = self.post("/login", MultiDict({"username": username, "password": DEMO_PASSWORD}))
        if reply.status != 302:
            raise RuntimeError(f"{username} can't sign in: {reply.status}")
        self.token = _token(self.get("/settings").text)
        if not self.token:
            raise RuntimeError(f"{username} found no form to send")

    def get(self, path: str) -> Reply:
        """GET."""
        return self._ask("GET", path, None)

    def post(self, path: str, fields: MultiDict[str, str]) -> Reply:
        """POST a form with the token."""
        return self._ask("POST", path, urlencode([*fields.items(multi=True), ("csrf_token", self.token)]))

    def hang_up(self) -> None:
        """Drop the connection; the next request opens another."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def _ask(self, method: str, path: str, body: str | None) -> Reply:
        if time.monotonic() - self._used > REST:
            self.hang_up()
        if self._line is None:
            self._line = http.client.HTTPConnection(self.host, self.port, timeout=self.timeout)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            self._line.request(method, path, body, headers)
            answer = self._line.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException):
            self.hang_up()
            raise
        self._used = time.monotonic()
        self._keep_cookies(answer.headers.get_all("Set-Cookie") or [])
        return Reply(answer.status, urlsplit(answer.headers.get("Location", "")).path, text)

    def _keep_cookies(self, lines: list[str]) -> None:
        for line in lines:
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value


def _token(page: str) -> str:
    return page.partition(FIELD)[2].partition('"')[0]
