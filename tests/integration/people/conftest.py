"""Each test works in one transaction on the demo bank, which is rolled back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.kernel import db
from app.workflow.assigning import assignment
from app.workflow.deploying import definitions


@pytest.fixture
def desk(bank) -> Iterator[None]:
    """Everything is rolled back afterwards, also what was remembered of it."""
    assignment.forget()
    with bank.app.test_request_context():
        yield
        db.session.rollback()
        db.session.remove()
        definitions.load.cache_clear()
        assignment.forget()
