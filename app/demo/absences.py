"""What the demo shows of who may act: a leader who travels and is represented, and a reviewer who is married to a customer."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from app.credit_applications import queries as applications
from app.customers import related
from app.demo import desk
from app.demo.acts import REVIEW
from app.kernel.db import session
from app.workflow.assigning import substitutes
from app.workflow.assigning.substitutes import Wish
from app.workflow.models import CaseState, ProcessInstance

AWAY, STANDS_IN = "fengjun", "wangfang"
MARRIED = "hejing"
TRAVELS_FOR = timedelta(days=14)


def load_absences(keys: Sequence[uuid.UUID], now: datetime) -> None:
    """Name a substitute and keep a related party, in the transaction that is open."""
    staff = desk.staff()
    wish = Wish(deputy=STANDS_IN, from_at=now - timedelta(days=1), until_at=now + TRAVELS_FOR, reason="外出培训")
    substitutes.name_substitute(
        principal_id=staff.by_name[AWAY].id, wish=wish, person=staff.by_name[AWAY], now=now - timedelta(hours=1)
    )
    cases = (session.get_one(ProcessInstance, key) for key in keys)
    waiting = next((case for case in cases if case.state == CaseState.ACTIVE and case.stations == [REVIEW]), None)
    application = applications.application_of(waiting.id) if waiting is not None else None
    if application is not None:
        related.add_related_party(
            customer=application.customer,
            who=MARRIED,
            name="",
            relation="spouse",
            since=None,
            until=None,
            actor=staff.by_name["zhangming"].actor,
            now=now,
        )
