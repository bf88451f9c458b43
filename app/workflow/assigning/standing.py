"""In whose name somebody acts: asked inside the lock, at the time of the act.

The person of a request was loaded before it waited for the case. Whoever acts for somebody else is therefore asked again here, and
whoever has become a related party of the customer since the task opened is stopped.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from app.audit.operations import Actor
from app.identity import queries as people
from app.identity.rules import Person
from app.kernel.errors import Forbidden
from app.workflow import rules
from app.workflow.assigning import conflicts
from app.workflow.assigning.conflicts import Code
from app.workflow.cases import Held
from app.workflow.models import UserTask
from app.workflow.rules import Verb

SENTENCES = {
    Code.FOUR_EYES: "You did an earlier step of this case and may not do this one (four eyes).",
    Code.APPLICANT: "You began this case and may not approve it yourself.",
    Code.RELATED: "You are a related party of the customer and may not act in this case.",
}
OF_ANOTHER = {
    Code.FOUR_EYES: "{name} did an earlier step of this case and may not do this one (four eyes).",
    Code.APPLICANT: "{name} began this case and may not approve it.",
    Code.RELATED: "{name} is a related party of the customer and may not act in this case.",
}


def actor(verb: Verb, held: Held, person: Person, now: datetime) -> Actor:
    """Who acts, and for whom: `rules.may` has allowed the verb already. Raises Forbidden where that is no longer so."""
    task = held.the_task
    mandate = rules.acting_for(verb, person, held.case, task)
    if mandate is not None:
        fresh = people.standing(person, now)
        mandate = rules.acting_for(verb, fresh, held.case, task)
        if mandate is None:
            raise Forbidden("You no longer act for {name}.", name=_name(task.assignee_id))
    in_conflict = conflicts.related(held.case, now)
    own = any(candidates.rule == "initiator" for candidates in held.step.candidates)
    if not own and in_conflict.keys() & {person.id, *(mandate.path if mandate else ())}:
        raise Forbidden("You are a related party of the customer and may not act in this case.")
    return replace(person.actor, for_id=mandate.principal_id) if mandate else person.actor


def code_of(task: UserTask, user_id: int) -> Code:
    """Why somebody among the task's excluded is excluded."""
    return Code(task.why.get("away", {}).get(str(user_id), {}).get("code", Code.FOUR_EYES))


def _name(user_id: int | None) -> str:
    found = people.users([user_id]) if user_id else {}
    return found[user_id].name if user_id in found else "?"
