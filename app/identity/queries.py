"""Questions about people. `person_of_login` is asked in every request and is one statement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Integer, Row, Select, func, literal_column, select, text
from sqlalchemy.dialects.postgresql import JSONB

from app.identity import rules
from app.identity.models import Branch, BusinessLine, Group, Login, Membership, Token, User
from app.identity.rules import Link, Mandate, Person
from app.kernel.db import session

# The notices' room stands above this one; its table is asked by name.
UNREAD = literal_column(
    "(SELECT count(*) FROM notification n WHERE n.user_id = app_user.id AND n.read_at IS NULL)", Integer
).label("unread")


# The substitutions in force that end at a user, directly or along a chain. UNION drops what was found before: a circle ends.
STANDS_FOR = """(WITH RECURSIVE link AS (
  SELECT s.* FROM substitution s
   WHERE s.deputy_id = {user} AND s.ended_at IS NULL AND s.from_at <= {now} AND s.until_at > {now}
  UNION
  SELECT s.* FROM substitution s JOIN link ON s.deputy_id = link.principal_id
   WHERE s.ended_at IS NULL AND s.from_at <= {now} AND s.until_at > {now})
SELECT jsonb_agg(jsonb_build_object('principal_id', link.principal_id, 'deputy_id', link.deputy_id, 'principal', who.name,
    'from_at', link.from_at, 'until_at', link.until_at, 'process_key', link.process_key, 'business_line', link.business_line,
    'ceiling', link.ceiling::text, 'existing', link.existing,
    'group_ids', (SELECT jsonb_agg(m.group_id ORDER BY m.group_id) FROM membership m WHERE m.user_id = link.principal_id))
  ORDER BY link.id)
FROM link JOIN app_user who ON who.id = link.principal_id AND who.active)"""
IN_FORCE = literal_column(STANDS_FOR.format(user="app_user.id", now="now()"), JSONB).label("links")


def person_of_login(secret: str, address: str | None) -> tuple[Person, Login] | None:
    """Whose login this is, with the login's row; None where there is none or the user is no longer active."""
    digest = rules.digest(secret)
    row = session.execute(
        _person_columns(IN_FORCE, Login).join(Login, Login.user_id == User.id).where(Login.digest == digest)
    ).first()
    if row is None or not row.User.active:
        return None
    return _person(row, login_id=digest.hex()[:16], address=address), row.Login


def person_of_token(secret: str, now: datetime, address: str | None) -> Person | None:
    """Whose token this is; None where there is none, it has expired, or the user is no longer active."""
    digest = rules.digest(secret)
    row = session.execute(
        _person_columns(IN_FORCE, Token).join(Token, Token.user_id == User.id).where(Token.digest == digest)
    ).first()
    if row is None or not row.User.active or (row.Token.expires_at and row.Token.expires_at <= now):
        return None
    return _person(row, login_id=f"token:{row.Token.id}", address=address)


def person(user_id: int) -> Person | None:
    """The user as a person, without a login (jobs, demo, replay)."""
    row = session.execute(_person_columns().where(User.id == user_id)).first()
    return _person(row) if row else None


def person_by_username(username: str) -> Person | None:
    """The same by user name."""
    row = session.execute(_person_columns().where(User.username == username)).first()
    return _person(row) if row else None


def stands_for(user_id: int, now: datetime) -> tuple[Mandate, ...]:
    """What the user may do for others at `now`, asked afresh; one statement."""
    statement = text("SELECT " + STANDS_FOR.format(user=":user", now="CAST(:now AS timestamptz)"))
    return rules.mandates(user_id, _links(session.scalar(statement, {"user": user_id, "now": now})))


def standing(person: Person, now: datetime) -> Person:
    """The person with everything he may do for others at `now`."""
    return person.standing_for(stands_for(person.id, now))


def user_by_username(username: str) -> User | None:
    """The row of a user."""
    return session.scalars(select(User).where(User.username == username)).first()


def users(ids: Iterable[int]) -> dict[int, User]:
    """Users by id; who was asked for once in a transaction is at hand."""
    wanted = {i for i in ids if i is not None}
    known: dict[int, User] = {i: user for i, user in session.info.get(User, {}).items() if user in session}
    if missing := wanted - known.keys():
        known |= {user.id: user for user in session.scalars(select(User).where(User.id.in_(missing)))}
    session.info[User] = known
    return {i: known[i] for i in wanted if i in known}


def group_by_key(key: str) -> Group | None:
    """A group by its key."""
    return session.scalars(select(Group).where(Group.key == key)).first()


def groups_by_key(keys: Iterable[str]) -> dict[str, Group]:
    """Groups by key, those that exist."""
    return {g.key: g for g in session.scalars(select(Group).where(Group.key.in_(set(keys))))}


def groups() -> Sequence[Group]:
    """All groups, by key."""
    return session.scalars(select(Group).order_by(Group.key)).all()


def branches() -> Sequence[Branch]:
    """Head office and branches, by key."""
    return session.scalars(select(Branch).order_by(Branch.key)).all()


def lines() -> Sequence[BusinessLine]:
    """The business lines, by key."""
    return session.scalars(select(BusinessLine).order_by(BusinessLine.key)).all()


def members(group_id: int) -> Sequence[User]:
    """The active members of a group, by name."""
    statement = select(User).join(Membership, Membership.user_id == User.id)
    return session.scalars(statement.where(Membership.group_id == group_id, User.active).order_by(User.name)).all()


def active_users() -> Sequence[User]:
    """Everybody who can sign in, by user name."""
    return session.scalars(select(User).where(User.active).order_by(User.username)).all()


def group_ids_of(user_id: int) -> tuple[int, ...]:
    """The groups a user is in."""
    return tuple(session.scalars(select(Membership.group_id).where(Membership.user_id == user_id)))


def _links(found: list[dict[str, Any]] | None) -> list[Link]:
    return [
        Link(
            **{
                **link,
                "from_at": datetime.fromisoformat(link["from_at"]),
                "until_at": datetime.fromisoformat(link["until_at"]),
                "ceiling": Decimal(link["ceiling"]) if link["ceiling"] is not None else None,
                "group_ids": tuple(link["group_ids"] or ()),
            }
        )
        for link in found or ()
    ]


def _person_columns(*more: Any) -> Select[Any]:
    groups_of = select(func.array_agg(Membership.group_id)).where(Membership.user_id == User.id).scalar_subquery()
    return select(User, groups_of.label("group_ids"), UNREAD, *more)


def _person(row: Row[Any], *, login_id: str | None = None, address: str | None = None) -> Person:
    user: User = row.User
    return Person(
        id=user.id,
        username=user.username,
        name=user.name,
        branch_id=user.branch_id,
        roles=tuple(user.roles),
        permissions=rules.permissions_of(user.roles),
        group_ids=tuple(row.group_ids or ()),
        language=user.language,
        login_id=login_id,
        address=address,
        unread=row.unread,
        preferences=dict(user.preferences),
        stands_for=rules.mandates(user.id, _links(getattr(row, "links", None))),
    )
