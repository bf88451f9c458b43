"""Analysts and reviewers of the demo bank; everything is rolled back after the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from app.demo import desk
from app.kernel import db
from tests.integration.studio.changes import Change
from tests.integration.workflow.conftest import paperless, staff, start

__all__ = ["paperless", "staff", "start"]


@pytest.fixture
def change(bank, staff: desk.Staff) -> Iterator[Callable[[], Change]]:
    """A function that begins a draft with a station more."""
    yield lambda: Change(staff)
    db.session.rollback()
    db.session.remove()
