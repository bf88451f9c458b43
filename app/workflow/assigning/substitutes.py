"""Substitutes (代理): naming one for a window of time, ending it, and asking who stands in for whom.

What a substitute may do is read with the login and judged in `rules.covers`; here is only the keeping. A circle (A for B, B for A)
is refused when it is saved, and harmless should one ever exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from app.audit import operations as audit
from app.identity import queries as people
from app.identity import rules as identity_rules
from app.identity.models import BusinessLine, Substitution, User
from app.identity.rules import Person
from app.kernel.db import session
from app.kernel.errors import Forbidden, NotFound, Refusal
from app.notifications import operations as notifications
from app.web.access import Permission
from app.workflow.deploying.deployment_models import ProcessDefinition

LONGEST = timedelta(days=366)
# One at a time: two people who name each other at the same moment must not both find no circle.
LOCK = 0x5355_4253


@dataclass(frozen=True)
class Wish:
    """A substitution as somebody asks for it. Empty scope: everything; `ceiling` in yuan; the window ends before `until_at`."""

    deputy: str
    from_at: datetime
    until_at: datetime
    process_key: str | None = None
    business_line: str | None = None
    ceiling: Decimal | None = None
    existing: bool = True
    reason: str = ""


@dataclass(frozen=True)
class Named:
    """A substitution with the two people's names."""

    row: Substitution
    principal: str
    deputy: str


def name_substitute(*, principal_id: int, wish: Wish, person: Person, now: datetime) -> Substitution:
    """Let somebody act for the principal in a window. Raises Forbidden, NotFound, or Refusal (window, scope, circle)."""
    _check_right(principal_id, person)
    deputy = _deputy(principal_id, wish)
    _check_window(wish, now)
    _check_scope(wish)
    session.execute(select(func.pg_advisory_xact_lock(LOCK)))
    if identity_rules.closes_circle(principal_id, deputy.id, _links_in(wish)):
        raise Refusal(
            "{name} is already represented by the other one in this time: the substitutes would form a circle.",
            name=deputy.name,
        )
    row = Substitution(
        principal_id=principal_id,
        deputy_id=deputy.id,
        from_at=wish.from_at,
        until_at=wish.until_at,
        process_key=wish.process_key or None,
        business_line=wish.business_line or None,
        ceiling=wish.ceiling,
        existing=wish.existing,
        reason=wish.reason[:200],
        created_by=person.id,
        created_at=now,
    )
    session.add(row)
    session.flush()
    _record("name_substitute", row, person, now)
    _tell("substitute_named", row, person, now)
    return row


def end_substitution(*, substitution_id: int, person: Person, now: datetime) -> Substitution:
    """End a substitution before its time: by the principal, his deputy, or a supervisor."""
    row = session.get(Substitution, substitution_id, with_for_update=True)
    if row is None or (person.id not in (row.principal_id, row.deputy_id) and not _oversees(person, row.principal_id)):
        raise NotFound("There is no such substitution.")
    if row.ended_at is None and row.until_at > now:
        row.ended_at = now
        _record("end_substitution", row, person, now)
        _tell("substitute_ended", row, person, now)
    return row


def substitutions_of(person: Person, now: datetime) -> Sequence[Named]:
    """What is in force or to come, by its beginning: the person's own, and those whose principal he oversees."""
    principal, deputy = aliased(User), aliased(User)
    statement = (
        select(Substitution, principal.name, deputy.name)
        .join(principal, principal.id == Substitution.principal_id)
        .join(deputy, deputy.id == Substitution.deputy_id)
        .where(Substitution.ended_at.is_(None), Substitution.until_at > now)
        .order_by(Substitution.from_at, Substitution.id)
    )
    reach = person.reach(Permission.CASE_SUPERVISE)
    if reach is not None:
        own = or_(Substitution.principal_id == person.id, Substitution.deputy_id == person.id)
        statement = statement.where(or_(own, principal.branch_id.in_(sorted(reach))))
    return [Named(row[0], row[1], row[2]) for row in session.execute(statement)]


def _check_right(principal_id: int, person: Person) -> None:
    if principal_id != person.id and not _oversees(person, principal_id):
        raise Forbidden("Only a supervisor names a substitute for somebody else.")
    if principal_id not in people.users([principal_id]):
        raise NotFound("There is no such user.")


def _oversees(person: Person, user_id: int) -> bool:
    """Whether the person is a supervisor over this member of staff."""
    user = people.users([user_id]).get(user_id)
    return person.may_in(Permission.CASE_SUPERVISE, user.branch_id if user is not None else None)


def _deputy(principal_id: int, wish: Wish) -> Person:
    found = people.person_by_username(wish.deputy)
    if found is None or not people.users([found.id])[found.id].active:
        raise NotFound("There is no user {name}.", name=wish.deputy)
    if found.id == principal_id:
        raise Refusal("Nobody can be his own substitute.")
    if not found.may(Permission.CASE_WORK):
        raise Refusal("{name} may not work on cases.", name=found.name)
    return found


def _check_window(wish: Wish, now: datetime) -> None:
    if wish.until_at <= wish.from_at:
        raise Refusal("The last day lies before the first.")
    if wish.until_at <= now:
        raise Refusal("The window is already over.")
    if wish.until_at - wish.from_at > LONGEST:
        raise Refusal("A substitution lasts a year at most.")


def _check_scope(wish: Wish) -> None:
    if wish.ceiling is not None and wish.ceiling <= 0:
        raise Refusal("The amount must be more than zero.")
    known = select(ProcessDefinition.id).where(ProcessDefinition.key == wish.process_key)
    if wish.process_key and session.scalar(known.limit(1)) is None:
        raise Refusal("There is no such process.")
    if (
        wish.business_line
        and session.scalar(select(BusinessLine.id).where(BusinessLine.key == wish.business_line)) is None
    ):
        raise Refusal("There is no such line of business.")


def _links_in(wish: Wish) -> list[tuple[int, int]]:
    """Who is represented by whom at some time of the window."""
    statement = select(Substitution.principal_id, Substitution.deputy_id).where(
        Substitution.ended_at.is_(None), Substitution.from_at < wish.until_at, Substitution.until_at > wish.from_at
    )
    return [(row[0], row[1]) for row in session.execute(statement)]


def _record(verb: str, row: Substitution, person: Person, now: datetime) -> None:
    audit.record(
        chain=f"user:{row.principal_id}",
        verb=verb,
        object_type="substitution",
        object_id=row.id,
        actor=person.actor,
        now=now,
        detail={
            "deputy": row.deputy_id,
            "from": row.from_at.isoformat(),
            "until": row.until_at.isoformat(),
            "process": row.process_key,
            "line": row.business_line,
            "ceiling": row.ceiling,
            "existing": row.existing,
        },
    )


def _tell(event: str, row: Substitution, person: Person, now: datetime) -> None:
    names = people.users([row.principal_id, row.deputy_id])
    told = [i for i in (row.principal_id, row.deputy_id) if i != person.id]
    params = {"name": names[row.principal_id].name, "deputy": names[row.deputy_id].name}
    notifications.notify(user_ids=told, event=event, case_id=None, now=now, params=params)
