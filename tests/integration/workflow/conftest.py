"""A desk in the demo bank: cases are started and worked inside one transaction that is rolled back after the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from app.demo import desk
from app.kernel import db
from app.workflow import user_tasks
from tests.integration.workflow.route import Route


@pytest.fixture(scope="module")
def staff(bank) -> desk.Staff:
    """The people of the demo bank."""
    try:
        return desk.staff()
    finally:
        db.session.remove()


@pytest.fixture
def paperless(monkeypatch: pytest.MonkeyPatch) -> None:
    """No station asks for documents; rendering them takes a second each and is tested in its own room."""
    monkeypatch.setattr(user_tasks.documents, "missing_types", lambda *_: ())


@pytest.fixture
def start(bank, staff: desk.Staff, paperless: None) -> Iterator[Callable[..., Route]]:
    """A function that starts a case; everything is rolled back afterwards."""
    yield lambda *args, **more: Route(staff, *args, **more)
    db.session.rollback()
    db.session.remove()
