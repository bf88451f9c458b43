"""A refused move leaves the database as it was. For tests only."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.kernel.db import session
from app.kernel.errors import Refusal
from tests.integration.workflow.route import everything


def refused(kind: type[Refusal], act: Callable[[], object]) -> Refusal:
    """What the act is refused with; nothing was written."""
    before = everything()
    with pytest.raises(kind) as caught:
        act()
    session.expire_all()
    assert everything() == before
    return caught.value
