"""What comes in as bytes: every usual encoding, missing prefixes, damage; and what is refused, by its name."""

from __future__ import annotations

import pytest

from app.workflow.importing.gate import Refused, open_file
from tests.importing.kit import BPMN, brought, errors, file, flow

STRAIGHT = '<startEvent id="s"/><userTask id="a" name="审批é"/><endEvent id="e"/>' + flow("s", "a") + flow("a", "e")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gbk", "gb18030", "big5"])
def test_a_declared_encoding_is_read_and_nothing_of_the_names_is_lost(encoding: str) -> None:
    name = "审批" if not encoding.startswith("big5") else "審批"
    text = (
        f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?>'
        + file(STRAIGHT.replace("审批é", name)).decode()
    )
    made = brought(text.encode(encoding))
    assert name in {i.name for i in made.reports[0].items}
    assert errors(made) == []


def test_latin_1_is_read_as_declared_and_a_wrong_declaration_is_seen_through() -> None:
    german = '<?xml version="1.0" encoding="ISO-8859-1"?>' + file(STRAIGHT.replace("审批é", "Prüfung")).decode()
    assert "Prüfung" in {i.name for i in brought(german.encode("latin-1")).reports[0].items}
    lying = '<?xml version="1.0" encoding="UTF-16"?>' + file(STRAIGHT).decode()
    assert errors(brought(lying.encode("utf-8"))) == []


def test_utf_16_without_a_mark_is_recognised() -> None:
    assert errors(brought(('<?xml version="1.0"?>' + file(STRAIGHT).decode()).encode("utf-16-le"))) == []


def test_a_prefix_nobody_declared_means_what_it_usually_means() -> None:
    content = (
        b'<bpmn:definitions targetNamespace="u"><bpmn:process id="p"><bpmn:startEvent id="s"/><bpmn:endEvent id="e" odd:x="1"/>'
        b'<bpmn:sequenceFlow id="f" sourceRef="s" targetRef="e"/></bpmn:process></bpmn:definitions>'
    )
    made = brought(content)
    assert errors(made) == []
    assert "prefix" in " ".join(words["en"] for words in made.reports[0].remarks)


def test_no_namespace_at_all_is_taken_for_bpmn() -> None:
    assert errors(brought(file(STRAIGHT).replace(f'xmlns="{BPMN}" '.encode(), b""))) == []


def test_damage_is_read_around_and_told() -> None:
    made = brought(file(STRAIGHT).replace(b"</process>", b"<userTask id='cut' </process>"))
    assert made.usable
    assert "damaged" in " ".join(words["en"] for words in made.reports[0].remarks)


def test_a_prefix_whose_declaration_is_damaged_is_left_off_and_hides_no_value_that_is_there() -> None:
    broken = file(STRAIGHT).replace(b'<endEvent id="e"/>', b'<endEvent id="e" <x xmlns:odd="urn:odd"/>')
    made = brought(broken.replace(b'<userTask id="a"', b'<userTask odd:id="other" odd:late="1" id="a"'))
    assert made.usable
    assert "a" in {item.element for item in made.reports[0].items}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"  \n ", "empty"),
        (b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + file("&a;"), "doctype"),
        (
            '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x>'.encode("utf-16")
            + file("").decode().encode("utf-16-le"),
            "doctype",
        ),
        (b"<!DOCTYPE html><html><body>sign in</body></html>", "not_bpmn"),
        (b"<html><body>sign in</body></html>", "other_format"),
        (b'<Package xmlns="http://www.wfmc.org/2008/XPDL2.1"/>', "other_format"),
        (b'<xmi:XMI xmlns:xmi="http://schema.omg.org/spec/XMI/2.1"/>', "other_format"),
        (b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"/>', "is_decision"),
        (b"{}", "not_xml"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not_xml"),
        (file("<userTask/>" * 41_000), "too_many_elements"),
        (b"<a>" + b"x" * (4 * 1024 * 1024) + b"</a>", "too_large"),
    ],
)
def test_what_is_no_diagram_is_refused_by_what_it_is(content: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        open_file(content)
    assert refused.value.code == code


def test_a_doctype_in_a_comment_is_no_doctype() -> None:
    assert errors(brought(b"<!-- <!DOCTYPE x> -->" + file(STRAIGHT))) == []


@pytest.mark.parametrize(
    ("inside", "words"),
    [
        ('<choreography id="c"><choreographyTask id="t"/></choreography>', "choreography"),
        ('<collaboration id="c"><conversation id="t"/></collaboration>', "conversation"),
        ('<process id="p"/>', "empty"),
        ("", "no process"),
    ],
)
def test_a_file_without_anything_to_run_says_why(inside: str, words: str) -> None:
    made = brought(f'<definitions xmlns="{BPMN}" targetNamespace="u">{inside}</definitions>'.encode())
    assert not made.usable
    assert made.lost == 0
    assert words in (made.reports[0].refused or {})["en"]
