"""The documents of generated cases are real, readable PDFs."""

from __future__ import annotations

from io import BytesIO

import pikepdf
import pytest

from app.demo.papers import paper
from app.documents.types import TYPES


@pytest.mark.parametrize("key", TYPES)
def test_each_type_has_a_pdf_of_one_page(key: str) -> None:
    with pikepdf.open(BytesIO(paper(key))) as pdf:
        assert len(pdf.pages) == 1


def test_papers_of_different_types_differ_and_are_always_the_same() -> None:
    assert len({paper(key) for key in TYPES}) == len(TYPES)
    assert paper("identity_document") == paper("identity_document")
