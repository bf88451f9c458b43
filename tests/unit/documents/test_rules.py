"""What a file is, what it may be called, and which papers are missing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.http import parse_options_header

from app.documents import rules, types
from app.documents.rules import Kind
from config import ROOT

PDF = "application/pdf"


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"%PDF-1.7\n", Kind.PDF),
        (b"\xff\xd8\xff\xe0", Kind.JPEG),
        (b"\x89PNG\r\n\x1a\n", Kind.PNG),
        (b"II*\0", Kind.TIFF),
        (b"MM\0*", Kind.TIFF),
        (b"PK\x03\x04", Kind.OFFICE),
        (b" %PDF-1.7", None),
        (b"\n%PDF-1.7", None),
        (b"PK\x05\x06", None),
        (b"GIF89a", None),
        (b"<html>", None),
        (b"MZ", None),
        (b"", None),
    ],
)
def test_a_file_is_known_by_its_very_first_bytes(head: bytes, kind: Kind | None) -> None:
    assert rules.kind_of(head) == kind


def test_old_office_files_and_phone_photographs_are_refused_with_what_to_do() -> None:
    assert "Save it as .docx" in rules.why_not_taken(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(8))
    assert "JPEG" in rules.why_not_taken(b"\0\0\0\x18ftypheic\0\0\0\0")
    assert rules.why_not_taken(b"MZ") == rules.NOT_TAKEN


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("营业执照 (副本).pdf", "营业执照 (副本).pdf"),
        ("Statement.PDF", "Statement.PDF"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\王\\流水.pdf", "流水.pdf"),
        ("invoice.html", "invoice.html.pdf"),
        ("a#b?c=%20.pdf", "a#b?c=%20.pdf"),
        ('he said "yes".pdf', 'he said "yes".pdf'),
        ("line\r\nSet-Cookie: x=1.pdf", "line Set-Cookie: x=1.pdf"),
        ("tab\tand\0null.pdf", "tab and null.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.exe.pdf"),
        ("zero\u200bwidth.pdf", "zerowidth.pdf"),
        ("  spaces   inside .pdf", "spaces inside.pdf"),
        ("", "document.pdf"),
        (None, "document.pdf"),
        ("   ", "document.pdf"),
        ("..", "document.pdf"),
        (".pdf", "pdf.pdf"),
        ("e\u0301tude.pdf", "\u00e9tude.pdf"),
        ("e\u200b\u0301tude.pdf", "\u00e9tude.pdf"),
    ],
)
def test_names_become_one_visible_line_without_folders(given_name: str | None, kept: str) -> None:
    assert rules.clean_name(given_name, PDF) == kept


def test_long_names_are_cut_between_characters_and_keep_their_extension() -> None:
    name = rules.clean_name("征" * 200 + ".pdf", PDF)
    assert len(name.encode()) <= 255
    assert name.endswith("征.pdf")


@given(st.text(max_size=400), st.sampled_from([*rules.EXTENSIONS, "application/x-unknown"]))
def test_any_name_is_fit_to_be_shown_and_saved(text: str, media_type: str) -> None:
    name = rules.clean_name(text, media_type)
    assert 0 < len(name.encode()) <= 255
    assert name.isprintable()
    assert not set("/\\") & set(name)
    assert name not in (".", "..")
    extensions = rules.EXTENSIONS.get(media_type)
    assert extensions is None or name.lower().endswith(extensions)


@given(st.text(min_size=1, max_size=100))
def test_a_clean_name_stays_as_it_is(text: str) -> None:
    name = rules.clean_name(text, PDF)
    assert rules.clean_name(name, PDF) == name


@given(st.text(max_size=120))
def test_the_header_gives_back_the_true_name_and_is_one_ascii_line(text: str) -> None:
    name = rules.clean_name(text, PDF)
    header = rules.content_disposition("attachment", name)
    assert header.isascii()
    assert header.isprintable()
    disposition, options = parse_options_header(header)
    assert disposition == "attachment"
    assert options["filename"] == name


def test_no_name_of_the_naughty_strings_breaks_header_or_length(shared: Path) -> None:
    strings = json.loads((shared / "inputs" / "big-list-of-naughty-strings.json").read_text())
    for text in strings:
        name = rules.clean_name(text, PDF)
        _, options = parse_options_header(rules.content_disposition("inline", name))
        assert options["filename"] == name
        assert len(name.encode()) <= 255


def test_missing_types_keep_the_order_they_were_asked_in() -> None:
    assert rules.missing(["receipt", "contract", "receipt", "other"], ["contract"]) == ("receipt", "other")
    assert rules.missing([], ["contract"]) == ()


def test_a_damaged_file_that_shows_nothing_is_not_counted() -> None:
    assert not rules.satisfies("broken", False)
    assert rules.satisfies("broken", True)
    assert rules.satisfies("protected", False)
    assert rules.satisfies("attachment", False)


def test_every_type_that_a_diagram_of_ours_names_is_in_the_catalogue() -> None:
    named = {
        key
        for path in (ROOT / "bpmn").rglob("*.bpmn")
        for key in re.findall(r'credit:document type="(\w+)"', path.read_text())
    }
    assert named
    assert named <= set(types.TYPES)


def test_every_type_has_a_name_in_each_language() -> None:
    for key, texts in types.TYPES.items():
        assert set(texts) == {"en", "zh_Hans", "zh_Hant"}, key
        assert all(texts.values())
    assert types.is_type("id_card")
    assert not types.is_type("ID_CARD")
    assert types.label("gone")["zh_Hans"] == "gone"
