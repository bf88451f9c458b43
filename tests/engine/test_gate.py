"""The gate for XML from outside: what may not come in is refused quickly, in words, and nothing is fetched."""

from __future__ import annotations

import time

import pytest

from app.workflow import engine
from app.workflow.engine import xmlgate
from app.workflow.engine.checking import check_here
from tests.engine.drawing import HEAD, document, end, path, process, start, user

GOOD = document(process("p", start("s"), user("a"), end("e"), path("s", "a", "e")))
XML = b'<?xml version="1.0" encoding="UTF-8"?>'
LAUGHS = b'<!DOCTYPE l [<!ENTITY a "ha">' + b"".join(
    f'<!ENTITY a{n} "&a{n - 1 if n > 1 else ""};&a{n - 1 if n > 1 else ""};">'.encode() for n in range(1, 30)
)

HOSTILE = {
    "empty": (b"", "xml_empty"),
    "blank": (b" \n\t ", "xml_empty"),
    "words": (b"this is no xml", "xml_malformed"),
    "html": (b"<html><body>&nbsp;</body></html>", "xml_malformed"),
    "cut off": (GOOD[:-20], "xml_malformed"),
    "billion laughs": (XML + LAUGHS + b"]><l>&a29;</l>", "xml_doctype"),
    "external entity": (XML + b'<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]><l>&x;</l>', "xml_doctype"),
    "parameter entity": (XML + b'<!DOCTYPE l [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x"> %x;]><l/>', "xml_doctype"),
    "external dtd": (XML + b'<!DOCTYPE l SYSTEM "http://127.0.0.1:9/x.dtd"><l/>', "xml_doctype"),
    "lower-case doctype": (b"<!doctype html><html></html>", "xml_doctype"),
    "doctype in utf-16": ('<?xml version="1.0" encoding="utf-16"?><!DOCTYPE l><l/>'.encode("utf-16"), "xml_doctype"),
    "include": (b'<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="/etc/passwd"/></a>', "xml_include"),
    "too large": (b"<a>" + b"x" * xmlgate.MAX_BYTES + b"</a>", "xml_too_large"),
    "too many elements": (b"<a>" + b"<b/>" * xmlgate.MAX_ELEMENTS + b"</a>", "xml_too_many_elements"),
    "too deep": (b"<a>" * 5000 + b"</a>" * 5000, "xml_malformed"),
    "unknown encoding": (b'<?xml version="1.0" encoding="ebcdic-cp-be"?><a/>', "xml_encoding"),
    "lying encoding": (b'<?xml version="1.0" encoding="utf-8"?><a>\xff\xfe\xfd</a>', "xml_encoding"),
    "control character": (b"<a>\x01</a>", "xml_malformed"),
    "null bytes": (b"<\x00a\x00/\x00>\x00", "xml_malformed"),
    "not bpmn": (b"<definitions/>", "not_bpmn"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_at_once_in_words(name: str) -> None:
    content, code = HOSTILE[name]
    begun = time.perf_counter()
    result = check_here({"x.bpmn": content}, engine.Catalogue())
    assert time.perf_counter() - begun < 2
    assert [finding.code for finding in result.findings][:1] == [code]
    assert result.definitions == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gbk", "gb18030", "big5"])
def test_a_chinese_diagram_is_read_in_the_encodings_that_chinese_tools_write(encoding: str) -> None:
    declared = encoding.removesuffix("-sig")
    text = f'<?xml version="1.0" encoding="{declared}"?>' + GOOD.decode().replace(
        '<bpmn:userTask id="a"', '<bpmn:userTask id="a" name="客戶"'
    )
    result = check_here({"x.bpmn": text.encode(encoding)}, engine.Catalogue())
    assert result.clean, [finding.message["en"] for finding in result.findings]
    assert result.definitions[0].steps["a"].name["zh_Hans"] == "客戶"


def test_comments_and_instructions_are_left_out() -> None:
    content = GOOD.replace(b"<bpmn:startEvent", b"<!-- x --><?php y ?><bpmn:startEvent")
    assert check_here({"x.bpmn": content}, engine.Catalogue()).clean


def test_a_break_of_the_schema_is_told_with_its_line() -> None:
    content = (
        HEAD + "\n\n<bpmn:process id='p'><bpmn:userTask id='a' colour='red'/></bpmn:process></bpmn:definitions>"
    ).encode()
    (finding, *_) = [f for f in check_here({"x.bpmn": content}, engine.Catalogue()).findings if f.code == "schema"]
    assert "3" in finding.message["en"]
    assert "colour" in finding.message["en"]


@pytest.mark.parametrize("name", ["notes.txt", "form.form", "x"])
def test_files_of_another_kind_are_named(name: str) -> None:
    result = check_here({name: b"x"}, engine.Catalogue())
    assert [(finding.file, finding.code) for finding in result.findings] == [(name, "file_kind")]
