"""A form file is written the way a person writes one, and read without trusting it."""

from __future__ import annotations

import pytest

from app.studio.forms import form_text
from app.studio.forms.form_text import NotAForm
from app.workflow.deploying import shelf
from config import ROOT

FILES = {n: c for _, files in shelf.folders(ROOT) for n, c in files.items() if n.endswith(".form")}


def test_every_form_of_the_shelf_says_the_same_after_it_was_written_anew():
    assert len(FILES) > 50
    assert all(
        form_text.parse(form_text.write(form_text.parse(content))) == form_text.parse(content)
        for content in FILES.values()
    )


def test_the_forms_of_the_shelf_come_back_byte_for_byte():
    """Whoever changes one field sees one change in git."""
    other = [name for name, content in FILES.items() if form_text.write(form_text.parse(content)) != content]
    assert FILES
    assert other == []


def test_writing_twice_changes_nothing():
    for content in FILES.values():
        once = form_text.write(form_text.parse(content))
        assert form_text.write(form_text.parse(once)) == once


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b'{"a": NaN}', b"\xff\xfe", b"[" * 100_000, b'{"a": ' * 5_000, b"1" * 300_000]
)
def test_what_is_no_form_is_refused_with_a_sentence(content):
    with pytest.raises(NotAForm):
        form_text.parse(content)


def test_what_can_not_be_written_is_refused():
    with pytest.raises(NotAForm):
        form_text.write(form_text.parse(b'{"a": "\\ud800"}'))
