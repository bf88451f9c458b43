"""Questions of those who keep the bank's people: lists with filters, and what is known of one person, group or branch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, or_, select

from app.audit.models import AuditEntry
from app.identity import queries
from app.identity.models import Branch, Group, Membership, Substitution, User
from app.kernel.db import session

PAGE = 50
MOST_FOUND = 20


@dataclass(frozen=True)
class Wanted:
    """Whom a list is to show. state: active, left, locked, or empty for everybody; after: the user name the page begins behind."""

    text: str = ""
    branch_id: int | None = None
    group_id: int | None = None
    role: str = ""
    state: str = ""
    after: str = ""


def people(wanted: Wanted, now: datetime) -> Sequence[User]:
    """A page of people, by user name."""
    statement = _narrowed(select(User), wanted, now)
    if wanted.after:
        statement = statement.where(User.username > wanted.after)
    return session.scalars(statement.order_by(User.username).limit(PAGE)).all()


def count(wanted: Wanted, now: datetime) -> int:
    """How many people there are of those wanted, on all pages."""
    return session.scalar(_narrowed(select(func.count(User.id)), wanted, now)) or 0


def outside(group_id: int, text: str) -> Sequence[User]:
    """Who could be added to a group: active people found by name who are not in it, the first few."""
    inside = select(Membership.user_id).where(Membership.group_id == group_id)
    statement = select(User).where(User.active, _named(text), User.id.notin_(inside))
    return session.scalars(statement.order_by(User.username).limit(MOST_FOUND)).all()


def members(group_id: int) -> Sequence[User]:
    """Everybody in a group, those who have left too."""
    statement = select(User).join(Membership, Membership.user_id == User.id)
    return session.scalars(statement.where(Membership.group_id == group_id).order_by(User.username)).all()


def sizes() -> dict[int, int]:
    """How many active people are in each group, by its id."""
    statement = select(Membership.group_id, func.count()).join(User, User.id == Membership.user_id).where(User.active)
    return {row[0]: row[1] for row in session.execute(statement.group_by(Membership.group_id))}


def groups_of(user_id: int) -> Sequence[Group]:
    """The groups somebody is in or leads, by key."""
    inside = select(Membership.group_id).where(Membership.user_id == user_id)
    return session.scalars(
        select(Group).where(or_(Group.id.in_(inside), Group.head_id == user_id)).order_by(Group.key)
    ).all()


def substitutes(user_id: int, now: datetime) -> Sequence[tuple[Substitution, User]]:
    """Who stands in for somebody, now or later, with the deputy."""
    statement = select(Substitution, User).join(User, User.id == Substitution.deputy_id)
    open_ones = statement.where(
        Substitution.principal_id == user_id, Substitution.ended_at.is_(None), Substitution.until_at > now
    )
    return [(row[0], row[1]) for row in session.execute(open_ones.order_by(Substitution.from_at))]


def last_sign_in(user_id: int) -> datetime | None:
    """When somebody signed in last, by the record; None: never."""
    entries = select(func.max(AuditEntry.at)).where(AuditEntry.chain == f"user:{user_id}", AuditEntry.verb == "sign_in")
    return session.scalar(entries)


def tree() -> list[tuple[Branch, int]]:
    """Every branch with its depth, each right after the one it stands below."""
    below: dict[int | None, list[Branch]] = {}
    for branch in queries.branches():
        below.setdefault(branch.parent_id, []).append(branch)
    return list(_walk(below, None, 0))


def staff_by_branch() -> dict[int, int]:
    """How many active people work at each branch, by its id."""
    statement = select(User.branch_id, func.count()).where(User.active, User.branch_id.is_not(None))
    return {row[0]: row[1] for row in session.execute(statement.group_by(User.branch_id)) if row[0] is not None}


def _walk(below: dict[int | None, list[Branch]], parent_id: int | None, depth: int) -> Iterator[tuple[Branch, int]]:
    for branch in below.get(parent_id, ()):
        yield branch, depth
        yield from _walk(below, branch.id, depth + 1)


def _named(text: str) -> ColumnElement[bool]:
    return or_(User.name.icontains(text, autoescape=True), User.username.icontains(text, autoescape=True))


def _narrowed(statement: Select, wanted: Wanted, now: datetime) -> Select:  # type: ignore[type-arg]
    if wanted.text:
        statement = statement.where(_named(wanted.text))
    if wanted.branch_id is not None:
        statement = statement.where(User.branch_id == wanted.branch_id)
    if wanted.group_id is not None:
        inside = select(Membership.user_id).where(Membership.group_id == wanted.group_id)
        statement = statement.where(User.id.in_(inside))
    if wanted.role:
        statement = statement.where(User.roles.contains([wanted.role]))
    states = {"active": User.active, "left": ~User.active, "locked": User.locked_until > now}
    return statement.where(states[wanted.state]) if wanted.state in states else statement
