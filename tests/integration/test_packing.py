"""Pages travel packed where that tells nothing, and as they are everywhere else."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from flask import Flask, Response

from app.web import packing

TAKES_GZIP = {"Accept-Encoding": "br, gzip"}
LONG = "信贷审批 " * 300


@pytest.fixture
def client() -> Any:
    """Answers of every kind, without the rest of the site."""
    app = Flask(__name__)
    packing.install(app)
    answers = {
        "page": lambda: LONG,
        "json": lambda: Response(f'"{LONG}"', mimetype="application/json"),
        "short": lambda: "short",
        "stream": lambda: Response((LONG for _ in range(3)), mimetype="text/html"),
        "events": lambda: Response(LONG, mimetype="text/event-stream"),
        "picture": lambda: Response(LONG, mimetype="image/png"),
        "download": lambda: Response(LONG, headers={"Content-Disposition": "attachment"}, mimetype="text/html"),
        "packed": lambda: Response(LONG, headers={"Content-Encoding": "br"}, mimetype="text/html"),
        "refused": lambda: (LONG, 422),
        "engine-rest/list": lambda: Response(LONG, mimetype="application/json"),
    }
    for name, answer in answers.items():
        app.add_url_rule(f"/{name}", name, answer, methods=["GET", "POST"])
    return app.test_client()


@pytest.mark.parametrize("path", ["/page", "/json"])
def test_a_long_text_is_packed_and_comes_out_as_it_went_in(client: Any, path: str) -> None:
    answer = client.get(path, headers=TAKES_GZIP)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.content_length == len(answer.data) < len(LONG.encode()) / 3
    assert gzip.decompress(answer.data) == client.get(path).data


@pytest.mark.parametrize("headers", [{}, {"Accept-Encoding": "identity"}, {"Accept-Encoding": "gzip;q=0"}])
def test_who_does_not_take_it_packed_gets_it_plain_and_caches_are_told(client: Any, headers: dict[str, str]) -> None:
    answer = client.get("/page", headers=headers)
    assert answer.get_data(as_text=True) == LONG
    assert "Content-Encoding" not in answer.headers
    assert "Accept-Encoding" in answer.vary


@pytest.mark.parametrize("path", ["/short", "/stream", "/events", "/picture", "/download", "/refused"])
def test_streams_downloads_pictures_refusals_and_short_answers_stay_as_they_are(client: Any, path: str) -> None:
    assert "Content-Encoding" not in client.get(path, headers=TAKES_GZIP).headers


def test_what_is_packed_already_is_not_packed_again(client: Any) -> None:
    assert client.get("/packed", headers=TAKES_GZIP).headers["Content-Encoding"] == "br"


def test_an_answer_that_may_repeat_what_others_chose_is_never_packed(client: Any) -> None:
    assert "Content-Encoding" not in client.get("/page?q=guess", headers=TAKES_GZIP).headers
    assert "Content-Encoding" not in client.post("/page", data={"q": "guess"}, headers=TAKES_GZIP).headers


def test_programs_get_their_answers_plain(client: Any) -> None:
    assert "Content-Encoding" not in client.get("/engine-rest/list", headers=TAKES_GZIP).headers


def test_pages_of_the_site_are_packed(sign_in: Any) -> None:
    reader = sign_in("zhouyan")
    answer = reader.get("/inbox/todo", headers=TAKES_GZIP)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert 'name="csrf-token"' in gzip.decompress(answer.data).decode()
    assert answer.headers["Content-Security-Policy"]
    assert "Content-Encoding" not in reader.get("/inbox/search?q=x", headers=TAKES_GZIP).headers
