"""Reading decision models that nobody can trust."""

from __future__ import annotations

import time

import pytest

from app import feel
from tests.feel.kit import decision, definitions, literal, shared

SIMPLE = definitions(decision("d", literal("1")))
LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/">&c;</definitions>"""
FILE = b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>' + SIMPLE.replace(b">1<", b">&f;<")


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (b"", "xml"),
        (b"not xml", "xml"),
        (b"<definitions", "xml"),
        (SIMPLE[:-5], "xml"),
        (b"<a/>", "not_dmn"),
        (b"<definitions/>", "not_dmn"),
        (b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"/>', "not_dmn"),
        (LAUGHS, "xml_doctype"),
        (FILE, "xml_doctype"),
        (b"<!doctype html><html/>", "xml_doctype"),
        (SIMPLE.decode().encode("utf-16"), "xml_doctype"),
        (b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE x+AD4-' + SIMPLE, "xml_doctype"),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?>' + SIMPLE, "xml_doctype"),
        (b"<a>" * 100_000, "xml"),
        (SIMPLE.replace(b"<text>", b"<text>" + b"x" * (3 << 20)), "xml_size"),
        (definitions("<x/>" * 60_000), "xml_elements"),
        (SIMPLE.replace(b">1<", b">&#0;<"), "xml"),
        (SIMPLE.replace(b">1<", b">\xff\xfe<"), "xml"),
    ],
)
def test_a_hostile_or_broken_file_is_refused_quickly_with_a_sentence(xml: bytes, code: str) -> None:
    begun = time.process_time()
    with pytest.raises(feel.FeelError) as caught:
        feel.load_dmn(xml)
    assert caught.value.code == code
    assert all(caught.value.message(locale) for locale in ("en", "zh_Hans", "zh_Hant"))
    assert time.process_time() - begun < 0.5


def test_an_include_is_not_followed() -> None:
    include = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>'
    loaded = feel.load_dmn(
        definitions(decision("d", f"<literalExpression><text>{include}1</text></literalExpression>"))
    )
    assert loaded.evaluate("d", {}).value == 1


def test_deeply_nested_boxes_are_refused_or_read_but_never_break() -> None:
    box = "<list>" * 240 + literal("1") + "</list>" * 240
    try:
        loaded = feel.load_dmn(definitions(decision("d", box)))
        loaded.evaluate("d", {})
    except feel.FeelError as error:
        refused = error.code
    else:
        refused = ""
    assert refused in ("", "nesting_run", "xml")


@pytest.mark.parametrize(
    "namespace",
    [
        "http://www.omg.org/spec/DMN/20130901",
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
        "http://www.omg.org/spec/DMN/20151101/dmn11.xsd",
        "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20191111/MODEL/",
        "https://www.omg.org/spec/DMN/20211108/MODEL/",
        "https://www.omg.org/spec/DMN/20230324/MODEL/",
    ],
)
def test_every_version_of_dmn_is_read(namespace: str) -> None:
    xml = SIMPLE.replace(b"https://www.omg.org/spec/DMN/20191111/MODEL/", namespace.encode())
    assert feel.load_dmn(xml).evaluate("d", {}).value == 1


def test_comments_and_instructions_inside_a_text_are_left_out() -> None:
    xml = definitions(decision("d", "<literalExpression><text>1<!-- 2 --><?x y?> + 1</text></literalExpression>"))
    assert feel.load_dmn(xml).evaluate("d", {}).value == 2


def test_text_may_stand_in_cdata() -> None:
    xml = definitions(decision("d", "<literalExpression><text><![CDATA[1 < 2]]></text></literalExpression>"))
    assert feel.load_dmn(xml).evaluate("d", {}).value is True


@pytest.mark.parametrize("folder", ["business", "engine-tests"])
def test_real_models_load_and_answer_or_say_why_not(folder: str) -> None:
    for path in sorted(shared(folder).glob("*.dmn")):
        loaded = feel.load_dmn(path.read_bytes())
        assert loaded.decisions, path.name
        told = {item.code for item in loaded.findings if item.severity == "error"}
        for name in loaded.decisions:
            reason = _refusal(loaded, name)
            assert reason in ("", "broken", "overlap", "not_allowed"), (path.name, reason)
            assert reason != "broken" or told & {"unreadable", "no_input"}, path.name


def _refusal(loaded: feel.DecisionModel, name: str) -> str:
    """The code a decision is refused with when nothing is given to it, empty when it answers."""
    try:
        feel.from_feel(loaded.evaluate(name, {}).value)
    except feel.FeelError as error:
        return error.code
    return ""


def test_cutting_a_real_model_anywhere_gives_findings_or_a_refusal_but_no_other_error() -> None:
    for path in sorted(shared("business").glob("*.dmn"))[:6]:
        xml = path.read_bytes()
        for at in range(0, len(xml), max(1, len(xml) // 40)):
            damaged = xml[:at] + xml[at + 7 :]
            try:
                loaded = feel.load_dmn(damaged)
            except feel.FeelError:
                continue
            assert all(item.message("zh_Hans") for item in loaded.findings)
