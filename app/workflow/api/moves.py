"""The verbs of the table that Camunda has no name for, one endpoint each, made from the table: `POST /task/{id}/<verb>` and
`POST /process-instance/{id}/<verb>`. What a verb asks for is its body.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from flask_login import current_user
from pydantic import create_model
from pydantic.fields import FieldInfo

from app.kernel.clock import now
from app.web.access import Permission, requires, signed_in
from app.workflow import acts
from app.workflow.acts import Given
from app.workflow.api.operation import operation
from app.workflow.api.process_instances import Instance, instance
from app.workflow.api.schema import Model, Text, Word, Words
from app.workflow.rules import MOVES, About, Ask, Move, Verb, Who
from app.workflow.words import WORDS

# Entered with the values of a form, or with a ballot: these have endpoints of their own, or none.
BY_HAND = frozenset({Verb.SAVE_DRAFT, Verb.COMPLETE, Verb.VOTE, Verb.RECUSE, Verb.SEND_BACK, Verb.CLAIM})
MEMBERS: dict[Ask, tuple[str, Any, Any]] = {
    Ask.REASON: ("reason", Text, ...),
    Ask.REASON_CODE: ("reason_code", Word, ...),
    Ask.PERSON: ("user_id", Word, ...),
    Ask.PEOPLE: ("user_ids", Words, ...),
    Ask.SIGNERS: ("user_ids", Words, ...),
    Ask.PLACE: ("place", Word, ...),
    Ask.TARGET: ("target", Word, ...),
    Ask.MODE: ("mode", Word | None, None),
    Ask.OUTCOME: ("outcome", Word | None, None),
    Ask.CHOICE: ("outcome", Word, ...),
    Ask.OPINION: ("opinion", Text, ...),
    Ask.NOTE: ("note", Text | None, None),
    Ask.COMMENT: ("message", Text, ...),
}


def given(body: Model | None) -> Given:
    """What a body says."""
    said = body.model_dump(exclude_none=True) if body is not None else {}
    people = said.pop("user_ids", None) or ([said.pop("user_id")] if "user_id" in said else [])
    said["note"] = said.pop("opinion", "") or said.pop("message", "") or said.get("note", "")
    return Given(people=tuple(people), **said)


def _serve(move: Move) -> None:
    place = "task/<uuid:task_id>" if move.about is About.TASK else "process-instance/<uuid:instance_id>"

    def view(*, body: Model | None = None, **places: uuid.UUID) -> Instance:
        (subject_id,) = places.values()
        case = acts.carry_out(verb=move.verb, subject_id=subject_id, given=given(body), person=current_user, now=now())
        return instance(case)

    view.__name__ = f"{move.verb}_{move.about}"
    view.__doc__ = WORDS[move.verb].does
    address = f"/{place}/{move.verb.replace('_', '-')}"
    body = _body(move) if move.asks else None
    operation("POST", address, body=body, answer=Instance, once=True)(_permission(move)(view))


def _body(move: Move) -> type[Model]:
    fields: dict[str, tuple[Any, FieldInfo | Any]] = {}
    for ask in move.asks:
        name, kind, default = MEMBERS[ask]
        fields[name] = (kind, default)
    title = "".join(part.capitalize() for part in f"{move.verb}_{move.about}".split("_"))
    return create_model(f"{title}Body", __base__=Model, __doc__=f"What `{move.verb}` wants to know.", **fields)  # type: ignore[call-overload, no-any-return]


def _permission(move: Move) -> Callable[[Callable[..., Instance]], Callable[..., Instance]]:
    if move.who == {Who.SUPERVISOR}:
        return requires(Permission.CASE_SUPERVISE)
    return signed_in if move.about is About.CASE else requires(Permission.CASE_WORK)


for _move in MOVES.values():
    if _move.verb not in BY_HAND:
        _serve(_move)
