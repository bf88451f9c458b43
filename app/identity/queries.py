"""Questions about people. `person_of_login` is asked in every request and is one statement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Integer, Row, Select, any_, bindparam, case, func, literal_column, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from app.identity import rules
from app.identity.models import Branch, BusinessLine, Group, Login, Membership, Token, User
from app.identity.rules import Link, Mandate, Person
from app.kernel.db import session
from app.web.access import Permission

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
# The branches whose cases a user of a branch's role oversees: his own and those below it.
BRANCHES = literal_column(
    """(WITH RECURSIVE below AS (
  SELECT b.id FROM branch b WHERE b.id = app_user.branch_id
  UNION SELECT b.id FROM branch b JOIN below ON b.parent_id = below.id) SELECT array_agg(below.id) FROM below)""",
    ARRAY(Integer),
)
OF_A_BRANCH = case((or_(*(User.roles.contains([role]) for role in sorted(rules.OF_A_BRANCH))), BRANCHES)).label(
    "branches"
)
IN_FORCE = literal_column(STANDS_FOR.format(user="app_user.id", now="now()"), JSONB).label("links")


@dataclass(frozen=True)
class Seen:
    """A login in use: its key in the table, when it began and when it was last noted to be in use."""

    digest: bytes
    created_at: datetime
    seen_at: datetime


@dataclass(frozen=True)
class TokenInUse:
    """A token of a request: its id, and when it was last noted to be in use."""

    id: int
    used_at: datetime | None


def _person_columns(*more: Any) -> Select[Any]:
    """What makes a person; single columns, because a request needs no row of the user that could be written."""
    groups_of = select(func.array_agg(Membership.group_id)).where(Membership.user_id == User.id).scalar_subquery()
    own = (User.id, User.username, User.name, User.branch_id, User.roles, User.language, User.active, User.preferences)
    return select(*own, groups_of.label("group_ids"), OF_A_BRANCH, UNREAD, *more)


# What every request or every completed step asks is put together once.
BY_LOGIN = (
    _person_columns(IN_FORCE, Login.created_at, Login.seen_at)
    .join(Login, Login.user_id == User.id)
    .where(Login.digest == bindparam("digest"))
)
BY_TOKEN = (
    _person_columns(IN_FORCE, Token.id.label("token_id"), Token.expires_at, Token.used_at)
    .join(Token, Token.user_id == User.id)
    .where(Token.digest == bindparam("digest"))
)
BY_NAME = _person_columns().where(User.username == bindparam("username"))
AT_WORK = BY_NAME.where(User.active)
# Who has an id is written already: a flush in the middle of an act would only part its statements.
BY_IDS = select(User).where(User.id == any_(bindparam("ids", type_=ARRAY(Integer)))).execution_options(autoflush=False)


def person_of_login(secret: str, address: str | None) -> tuple[Person, Seen] | None:
    """Whose login this is, with its times; None where there is none or the user is no longer active."""
    digest = rules.digest(secret)
    # Columns only, so the connection can do it without the session: two thirds of the price.
    row = session.connection().execute(BY_LOGIN, {"digest": digest}).first()
    if row is None or not row.active:
        return None
    person = _person(row, login_id=rules.login_id(digest), address=address)
    return person, Seen(digest, row.created_at, row.seen_at)


def person_of_token(secret: str, now: datetime, address: str | None) -> tuple[Person, TokenInUse] | None:
    """Whose token this is, with its last use; None where there is none, it has expired, or the user is no longer active."""
    row = session.execute(BY_TOKEN, {"digest": rules.digest(secret)}).first()
    if row is None or not row.active or (row.expires_at and row.expires_at <= now):
        return None
    person = _person(row, login_id=f"token:{row.token_id}", address=address)
    return person, TokenInUse(row.token_id, row.used_at)


def tokens_of(user_id: int) -> Sequence[Token]:
    """A person's tokens, newest first, the expired ones too."""
    return session.scalars(select(Token).where(Token.user_id == user_id).order_by(Token.id.desc())).all()


def logins_of(user_id: int) -> Sequence[Login]:
    """A person's logins, the one used last first."""
    statement = select(Login).where(Login.user_id == user_id)
    return session.scalars(statement.order_by(Login.seen_at.desc(), Login.digest)).all()


def person(user_id: int) -> Person | None:
    """The user as a person, without a login (jobs, demo, replay)."""
    row = session.execute(_person_columns().where(User.id == user_id)).first()
    return _person(row) if row else None


def person_by_username(username: str) -> Person | None:
    """The same by user name."""
    row = session.execute(BY_NAME, {"username": username}).first()
    return _person(row) if row else None


def person_at_work(username: str) -> Person | None:
    """The same, of who has not left."""
    row = session.connection().execute(AT_WORK, {"username": username}).first()
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
        known |= {user.id: user for user in session.scalars(BY_IDS, {"ids": sorted(missing)})}
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


def overseers(permission: Permission, branch_id: int | None) -> list[int]:
    """Everybody who works here and may do it for what belongs to a branch: by a role of the bank, or of a branch above it."""
    able = [user for user in active_users() if permission in rules.permissions_of(user.roles)]
    above = _above(branch_id) if any(permission in rules.narrowed(user.roles) for user in able) else frozenset()
    return [user.id for user in able if permission not in rules.narrowed(user.roles) or user.branch_id in above]


def group_keys_by_user() -> dict[int, list[str]]:
    """The keys of everybody's groups, by user id."""
    found: dict[int, list[str]] = {}
    statement = select(Membership.user_id, Group.key).join(Group, Group.id == Membership.group_id)
    for user_id, key in session.execute(statement.order_by(Membership.user_id, Group.key)):
        found.setdefault(user_id, []).append(key)
    return found


def active_users() -> Sequence[User]:
    """Everybody who can sign in, by user name."""
    return session.scalars(select(User).where(User.active).order_by(User.username)).all()


def group_ids_of(user_id: int) -> tuple[int, ...]:
    """The groups a user is in."""
    return tuple(session.scalars(select(Membership.group_id).where(Membership.user_id == user_id)))


def _above(branch_id: int | None) -> frozenset[int]:
    """A branch and those above it."""
    parents = {branch.id: branch.parent_id for branch in branches()}
    found: set[int] = set()
    while branch_id is not None and branch_id not in found:
        found.add(branch_id)
        branch_id = parents.get(branch_id)
    return frozenset(found)


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


def _person(row: Row[Any], *, login_id: str | None = None, address: str | None = None) -> Person:
    return Person(
        id=row.id,
        username=row.username,
        name=row.name,
        branch_id=row.branch_id,
        roles=tuple(row.roles),
        permissions=rules.permissions_of(row.roles),
        narrow=rules.narrowed(row.roles),
        branches=frozenset(row.branches or ()),
        group_ids=tuple(row.group_ids or ()),
        language=row.language,
        login_id=login_id,
        address=address,
        unread=row.unread,
        preferences=dict(row.preferences),
        stands_for=rules.mandates(row.id, _links(getattr(row, "links", None))),
    )
