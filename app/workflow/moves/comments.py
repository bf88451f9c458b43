"""A word about a case by anybody who may see it, without acting; @username tells somebody of it."""

from __future__ import annotations

import re
import uuid
from datetime import datetime

from app.identity import queries as people
from app.identity.rules import Person
from app.kernel.errors import Refusal
from app.notifications import operations as notifications
from app.workflow import cases, queries, recording
from app.workflow.models import ProcessInstance
from app.workflow.recording import Act

# Not the @ of an e-mail address.
MENTION = re.compile(r"(?<![A-Za-z0-9_.])@([a-z][a-z0-9_.-]*[a-z0-9])")
LONGEST = 4000


def comment(*, instance_id: uuid.UUID, text: str, person: Person, now: datetime) -> ProcessInstance:
    """Put a comment on record. Raises NotFound, or Refusal (empty, too long, a mention of who may not see the case)."""
    held = cases.hold_case_of(instance_id, person)
    said = text.strip()
    if not said or len(said) > LONGEST:
        raise Refusal("Write a comment of at most {most} characters.", most=LONGEST)
    meant = [_meant(name, held.case) for name in dict.fromkeys(MENTION.findall(said))]
    others = [user.id for user in meant if user.id != person.id]
    notifications.notify(user_ids=others, event="mentioned", case_id=held.case.id, now=now)
    detail = {"to": [user.id for user in meant]} if meant else {}
    recording.record(held.case, Act("comment", person.actor, now, comment=said, detail=detail))
    return held.case


def _meant(username: str, case: ProcessInstance) -> Person:
    found = people.person_by_username(username)
    if found is None or not people.users([found.id])[found.id].active:
        raise Refusal("There is no user {name}.", name=username)
    if not queries.may_see(found, case):
        raise Refusal("{name} may not see this case; copy it to him first.", name=found.name)
    return found
