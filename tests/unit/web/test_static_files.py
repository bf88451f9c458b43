"""How the built files travel."""

from __future__ import annotations

import gzip

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.web import static_files
from app.web.assets import DIST, asset, manifest
from config import ROOT


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    """A browser that only asks for files."""
    app = Flask("files", static_folder=str(ROOT / "app/web/static"), static_url_path="/static")
    static_files.install(app)
    return app.test_client()


@pytest.mark.parametrize("name", ["app.js", "app.css", "icons.svg", "diagram.js"])
def test_a_file_travels_packed_and_unpacks_to_itself(client: FlaskClient, name: str) -> None:
    answer = client.get(asset(name), headers={"Accept-Encoding": "gzip, br"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.data) == (DIST / manifest()[name]).read_bytes()
    assert int(answer.headers["Content-Length"]) == len(answer.data)


def test_who_cannot_unpack_gets_the_file_as_it_is(client: FlaskClient) -> None:
    answer = client.get(asset("app.js"), headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in answer.headers
    assert answer.data == (DIST / manifest()["app.js"]).read_bytes()
    assert "Accept-Encoding" in answer.headers["Vary"]


def test_a_file_named_by_its_content_is_kept_for_ever(client: FlaskClient) -> None:
    assert "immutable" in client.get(asset("app.css")).headers["Cache-Control"]


@pytest.mark.parametrize("name", ["manifest.json", "LICENSES.txt"])
def test_a_file_that_may_change_under_its_name_is_not(client: FlaskClient, name: str) -> None:
    assert "immutable" not in client.get(f"/static/dist/{name}").headers.get("Cache-Control", "")


def test_a_missing_file_is_not_kept(client: FlaskClient) -> None:
    answer = client.get("/static/dist/app-0000000000.js")
    assert answer.status_code == 404
    assert "immutable" not in answer.headers.get("Cache-Control", "")


def test_the_packed_and_the_plain_file_have_different_tags(client: FlaskClient) -> None:
    packed = client.get(asset("app.js"), headers={"Accept-Encoding": "gzip"}).headers["ETag"]
    plain = client.get(asset("app.js"), headers={"Accept-Encoding": "identity"}).headers["ETag"]
    assert packed != plain


def test_a_part_of_a_file_is_a_part_of_the_plain_file(client: FlaskClient) -> None:
    answer = client.get(asset("app.js"), headers={"Accept-Encoding": "gzip", "Range": "bytes=0-9"})
    assert answer.status_code == 206
    assert answer.data == (DIST / manifest()["app.js"]).read_bytes()[:10]


def test_nothing_outside_of_dist_is_reached_by_a_crooked_name(client: FlaskClient) -> None:
    assert client.get("/static/dist/../../assets.py", headers={"Accept-Encoding": "gzip"}).status_code == 404
