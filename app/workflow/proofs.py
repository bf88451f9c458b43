"""What the audit keeps of what was said, entered and seen in a case: digests under the key of the case.

Before and after of each value, the opinion, the whole of what was entered and what was on the screen stand in the chain, so an
edit of a case's own rows is found (`watching/comparing.py`) although the record shows no value to who reads it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from app.audit import contents
from app.audit.models import case_chain
from app.workflow import forms
from app.workflow.models import ProcessInstance, UserTask

SAID, OPINION, ENTERED, SEEN, BALLOT = "said", "opinion", "entered", "seen", "ballot"


def key_of(case_id: uuid.UUID) -> bytes:
    """The key of a case's digests; an exported case takes it along."""
    return contents.key_of(case_chain(case_id))


def key_of_round(task_id: uuid.UUID, number: int) -> bytes:
    """The key of the ballots of one round of a vote: who may see the case may not always see who voted how."""
    return contents.key_of(f"round:{task_id}:{number}")


def of_words(case: ProcessInstance, comment: str | None) -> dict[str, str]:
    """The digest of what an act says, where it says something."""
    return {SAID: contents.digest(key_of(case.id), SAID, comment)} if comment else {}


def of_screen(case: ProcessInstance, values: Mapping[str, Any]) -> str:
    """What was on the screen, as a short digest: 24 hexadecimal digits."""
    return contents.digest(key_of(case.id), SEEN, forms.to_json(dict(values)))


def of_changes(
    case: ProcessInstance, before: Mapping[str, Any], after: Mapping[str, Any]
) -> dict[str, list[str | None]]:
    """The digests of each value that an act changes, before and afterwards; None: there was none."""
    key, old, new = key_of(case.id), forms.to_json(dict(before)), forms.to_json(dict(after))
    return {
        name: [_of_value(key, name, old.get(name)), _of_value(key, name, value)]
        for name, value in new.items()
        if old.get(name) != value
    }


def of_decision(key: bytes, task: UserTask) -> dict[str, Any]:
    """What a finished task says: who decided what, with the digests of his opinion, what he entered and what he saw."""
    return {
        "task": str(task.id),
        "by": task.completed_by,
        "outcome": task.outcome,
        OPINION: contents.digest(key, OPINION, task.opinion) if task.opinion else None,
        ENTERED: contents.digest(key, ENTERED, task.submitted) if task.submitted else None,
        SEEN: task.seen_digest.hex() if task.seen_digest else None,
    }


def add_decision(proof: dict[str, Any], case: ProcessInstance, task: UserTask) -> None:
    """Note it with an act's proofs; an act may finish two tasks, an added person's and the one he was added to."""
    proof["decided"] = [*proof.get("decided", ()), of_decision(key_of(case.id), task)]


def of_ballot(key: bytes, voter_id: int, choice: str, opinion: str | None, *, casting: bool) -> str:
    """The digest of a ballot under the key of its round."""
    return contents.digest(key, BALLOT, [voter_id, choice, casting, opinion])


def _of_value(key: bytes, name: str, value: Any) -> str | None:
    return None if value is None else contents.digest(key, name, value)
