"""Names that people write are text wherever they are shown: on the pages of a draft, and in what scripts put into pages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import quoteattr

import pytest
from lxml import html

from app.audit.operations import SYSTEM
from app.kernel.clock import now
from app.kernel.db import transaction
from app.studio import drafts, examinations
from app.studio.trials.dry_run_examiner import KIND as DRY_RUN
from app.workflow.deploying import definitions

KEY = "expense_declaration"
HOSTILE = "\"'></script></title><img src=x onerror=alert(1)>{{7*7}}"
LANGUAGES = ("en", "zh_Hans", "zh_Hant")


def named_badly(name: str, content: bytes) -> bytes:
    """The file with a hostile text in each place in which people write a name."""
    if name.endswith((".bpmn", ".dmn")):
        bad = quoteattr(HOSTILE, {'"': "&quot;"})
        drawn = r"(<(?:bpmn:|dmn:)?(?:participant|lane|process|userTask|sequenceFlow|exclusiveGateway|startEvent|endEvent|decision)"
        text = re.sub(rf"{drawn}\b[^>]*?\s)name=\"[^\"]*\"", lambda m: f"{m[1]}name={bad}", content.decode())
        text = re.sub(r"\slabel=\"[^\"]*\"", lambda _: f" label={bad}", text)
        return re.sub(r"(<credit:label[^>]*>)[^<]*", lambda m: m[1] + bad[1:-1], text).encode()
    return json.dumps(_texts(json.loads(content)), ensure_ascii=False).encode()


def _texts(value: Any) -> Any:
    if isinstance(value, list):
        return [_texts(one) for one in value]
    if not isinstance(value, dict):
        return value
    bad = dict.fromkeys(LANGUAGES, HOSTILE)
    return {key: bad if key in ("label", "title", "text", "help") else _texts(one) for key, one in value.items()}


@pytest.fixture(scope="module")
def hostile(bank) -> Any:
    """The id of a draft in which everything is called badly, with its examinations. Committed."""
    with transaction():
        row = definitions.active(KEY)
        files = {name: named_badly(name, content) for name, content in definitions.load(row.id).files.items()}
        files[f"{KEY}/bad.scenario"] = json.dumps(
            {
                "title": {"en": HOSTILE, "zh_Hans": HOSTILE},
                "process": KEY,
                "steps": [],
                "expect": {"route": [], "end": "x"},
            }
        ).encode()
        made = drafts.begin(
            name=KEY, title=HOSTILE, files=files, actor=SYSTEM, now=now(), deployment_id=row.deployment_id
        )
        asked = {"process": KEY, "limit": 100, "since": "", "until": "", "line": HOSTILE, "names": {}, "answers": {}}
        rows = [
            examinations.begin(draft=made, kind=kind, asked=what, actor=SYSTEM, now=now()).id
            for kind, what in (("report", {}), ("impact", {"mapping": {}}), (DRY_RUN, asked))
        ]
    for row_id in rows:
        with transaction():
            examinations.examine(examination=str(row_id), key="")
    return made


def addresses(bank: Any, draft: Any) -> Iterator[str]:
    """Every page of the studio that a draft has, once for each of its files where it takes one."""
    names = sorted(drafts.files_of(draft))
    for rule in bank.app.url_map.iter_rules():
        if "GET" not in rule.methods or not rule.rule.startswith("/studio/") or "draft_id" not in rule.arguments:
            continue
        places = [rule.rule]
        for place in rule.arguments - {"draft_id"}:
            values = {"name": names, "number": ["1"], "kind": ["csv"]}.get(place, ["nothing"])
            places = [re.sub(rf"<(\w+:)?{place}>", value, one) for one in places for value in values]
        yield from (re.sub(r"<(\w+:)?draft_id>", str(draft.id), one) for one in places)


def must_be_text(page: str, where: str) -> None:
    """Nothing of a name has become an element, or has been taken for a template."""
    root = html.fromstring(page)
    assert not root.xpath("//img[@onerror]"), where
    assert not [
        name for element in root.iter(html.etree.Element) for name in element.attrib if name.startswith("on")
    ], where
    assert not re.search(r"<img src=x", page), where
    assert "alert(1)&gt;49" not in page, where


def test_every_page_of_a_draft_shows_names_as_text(bank, sign_in, hostile):
    client = sign_in("qiyue")
    with transaction():
        found = list(addresses(bank, hostile))
    shown = 0
    for address in found:
        answer = client.get(address)
        assert answer.status_code < 500, address
        if answer.status_code == 200 and answer.mimetype == "text/html":
            must_be_text(answer.get_data(as_text=True), address)
            shown += "onerror" in answer.get_data(as_text=True)
    assert shown > 20


@pytest.mark.parametrize("page", ["/studio/", "/studio/processes", "/studio/import", "/studio/migrations"])
def test_the_lists_of_the_studio_show_names_as_text(sign_in, hostile, page):
    must_be_text(sign_in("qiyue").get(page).get_data(as_text=True), page)


def checked(ask: Any, name: str, content: bytes) -> Any:
    """What the check of a table says; on a machine that is busy it gives up in time, so it is asked again."""
    for _ in range(8):
        said = ask(f"table-check/{name}", xml=content.decode()).get_json()
        if said["decisions"]:
            break
    return said


def test_the_html_that_scripts_put_into_pages_is_escaped(sign_in, hostile):
    """`innerHTML` of the outline beside the modeler, and of the text beside a decision table."""
    client = sign_in("qiyue")

    def ask(path: str, **body: str) -> Any:
        return client.http.post(
            f"/studio/drafts/{hostile.id}/{path}", json=body, headers={"X-CSRFToken": client.token()}
        )

    with transaction():
        files = drafts.files_of(hostile)
    for name, content in files.items():
        if name.endswith(".bpmn"):
            outline = ask("outline", file=name, xml=content.decode()).get_data(as_text=True)
            assert "onerror" in outline
            must_be_text(outline, name)
        if name.endswith(".dmn"):
            said = checked(ask, name, content)
            assert "onerror" in said["html"]
            must_be_text(said["html"], name)


def test_files_of_an_import_and_of_a_bundle_are_shown_as_text(sign_in):
    import io
    import zipfile

    client, bad = sign_in("qiyue"), "<img src=x onerror=alert(1)>"
    body = (b"<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'/>", f"{bad}.bpmn")
    answer = client.post(
        "/studio/import", {"files": (io.BytesIO(body[0]), body[1])}, content_type="multipart/form-data"
    )
    must_be_text(client.get(answer.location).get_data(as_text=True), "import")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("loan/loan.bpmn", b"<x/>")
        archive.writestr(f"{bad}.png", b"x")
    packed.seek(0)
    begun = client.post("/studio/bundles", {"bundle": (packed, "b.zip")}, content_type="multipart/form-data")
    must_be_text(client.get(begun.location).get_data(as_text=True), "bundle")
