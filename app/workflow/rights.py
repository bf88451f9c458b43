"""The questions every operation asks before it writes: may this person do this now, was a reason given, who is meant."""

from __future__ import annotations

from collections.abc import Iterable

from app.identity import queries as people
from app.identity.rules import Person
from app.kernel.errors import Conflict, Forbidden, NotFound, Refusal
from app.web.access import Permission
from app.workflow import rules
from app.workflow.assigning import groups, standing
from app.workflow.cases import Held
from app.workflow.models import UserTask
from app.workflow.rules import Verb


def must(verb: Verb, held: Held, person: Person) -> None:
    """Refuse, with the sentence that fits, what the person may not do with the task now."""
    task = held.the_task
    if rules.may(verb, person, held.case, task, held.setting):
        return
    if verb in held.setting.barred:
        raise Forbidden("The process does not allow this at this station.")
    if person.id in task.excluded_ids:
        raise Forbidden(standing.SENTENCES[standing.code_of(task, person.id)])
    if verb is Verb.COMPLETE and task.assignee_id is None:
        raise Conflict("Claim the task before you complete it.")
    if task.assignee_id is not None and task.assignee_id != person.id:
        raise Conflict("This task is now held by {name}.", name=name_of(task.assignee_id))
    if task.owner_ids and task.assignee_id == person.id:
        raise Conflict("You were asked for an opinion; only {name} can decide.", name=name_of(task.owner_ids[0]))
    if task.stage and task.assignee_id == person.id:
        raise Conflict("The task waits for the people you added.")
    raise Forbidden("You may not do this with this task.")


def must_on_case(verb: Verb, held: Held, person: Person) -> None:
    """The same for a verb about the whole case, whose state has been looked at already."""
    stands = {who for task in (None, *held.open) for who in rules.relations(person, held.case, task, held.setting)}
    if not rules.MOVES[verb].who & stands:
        raise Forbidden("You may not do this with this case.")


def reason_of(reason: str) -> str:
    """The reason without blanks around it; raises Refusal where there is none."""
    if not reason.strip():
        raise Refusal("Please give a reason.")
    return reason.strip()


def colleague(username: str) -> Person:
    """Somebody who works here and may work on cases; raises NotFound or Refusal."""
    found = people.person_at_work(username)
    if found is None:
        raise NotFound("There is no user {name}.", name=username)
    if not found.may(Permission.CASE_WORK):
        raise Refusal("{name} may not work on cases.", name=found.name)
    return found


def colleagues(usernames: Iterable[str]) -> list[Person]:
    """Each of them once; raises Refusal where nobody is named."""
    found = [colleague(name) for name in dict.fromkeys(usernames)]
    if not found:
        raise Refusal("Choose at least one person.")
    return found


def may_take(person: Person, task: UserTask) -> None:
    """Refuse who may not have this task in his hands (four eyes)."""
    if person.id in task.excluded_ids:
        raise Refusal(standing.OF_ANOTHER[standing.code_of(task, person.id)], name=person.name)


def must_be_of_the_pool(person: Person, held: Held) -> None:
    """Refuse who is not among those the diagram names for the task, as long as one of them could take it.

    Where the rules found nobody, or four eyes leaves none of them, a supervisor may give it to anybody.
    """
    task = held.the_task
    if held.step.moves.transfer_to == "anyone" or not rules.has_pool(task) or rules.is_candidate(person, task):
        return
    pool = {member for team in groups.by_ids(tuple(task.candidate_group_ids)) for member in team.member_ids}
    able = {*pool, *task.candidate_user_ids} - {*task.excluded_ids, task.assignee_id}
    if able and not task.why.get("nobody"):
        raise Refusal("{name} is not among those who may do this task.", name=person.name)


def name_of(user_id: int) -> str:
    """The name of a user."""
    found = people.users([user_id])
    return found[user_id].name if user_id in found else "?"
