"""Keeping the bank's people: entering them, their roles, their passwords, and closing and opening their accounts.

Two rules stand above all: nobody changes what he himself may do, and the bank is never left without an administrator. Acts on
accounts wait for each other, so that two administrators can't take the last right from one another at the same moment.
"""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select

from app.audit.operations import Actor
from app.identity import operations, queries, rules
from app.identity.models import Branch, BusinessLine, Token, User
from app.identity.recording import record
from app.kernel.db import session
from app.kernel.errors import Refusal
from app.web.access import Permission

USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,59}")
MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
PHONE = re.compile(r"\+?[0-9][0-9 -]{4,28}")
LONGEST_NAME, LONGEST_REASON = 80, 400
# Kept among the preferences: whoever has it sees no page but the one where he chooses a password of his own.
MUST_CHANGE = "must_change_password"
LETTERS = string.ascii_letters.translate(str.maketrans("", "", "IOl")) + "23456789"
# On record it stands that these have changed, not to what: entries are kept for ever.
PERSONAL = frozenset({"email", "phone"})


@dataclass(frozen=True)
class Details:
    """What is on record of a person besides his account; `position` by language."""

    name: str
    position: Mapping[str, str] = field(default_factory=dict)
    branch_id: int | None = None
    business_line_id: int | None = None
    superior_id: int | None = None
    email: str | None = None
    phone: str | None = None


def enter(*, username: str, details: Details, roles: Collection[str], actor: Actor, now: datetime) -> tuple[User, str]:
    """A new person with an account; returns him and his first password, which is kept nowhere. Raises Refusal."""
    _one_at_a_time()
    if not USERNAME.fullmatch(username):
        raise Refusal("A user name has 2 to 60 small letters, digits, dots, hyphens or underscores.")
    if queries.user_by_username(username) is not None:
        raise Refusal("The user name {name} is taken.", name=username)
    _check_roles(roles)
    _check(details, None)
    user = operations.create_user(
        username=username, name=details.name, roles=roles, actor=actor, now=now, **_columns(details)
    )
    user.phone = details.phone
    return user, _fresh_password(user, actor, now)


def change(*, user: User, details: Details, actor: Actor, now: datetime) -> None:
    """Correct what is on record of a person. Raises Refusal."""
    _one_at_a_time()
    before = details_of(user)
    if user.id == actor.user_id and _reach(before) != _reach(details):
        raise Refusal("Nobody changes his own branch, business line or superior; another administrator does.")
    _check(details, user)
    for name, value in {**_columns(details), "name": details.name}.items():
        setattr(user, name, value)
    user.phone = details.phone
    _record_change("change_user", user, asdict(before), asdict(details), actor, now)


def set_roles(*, user: User, roles: Collection[str], actor: Actor, now: datetime) -> None:
    """Say what an account may do; its logins end where that changes. Raises Refusal."""
    _one_at_a_time()
    if user.id == actor.user_id:
        raise Refusal("Nobody changes his own roles; another administrator does.")
    _check_roles(roles)
    wanted, before = sorted(roles), sorted(user.roles)
    if wanted == before:
        return
    if not manages(wanted):
        _keep_an_administrator(user)
    user.roles = wanted
    operations.end_logins(user_id=user.id)
    record(f"user:{user.id}", "set_roles", ("user", user.id), actor, now, before=before, after=wanted)


def new_password(*, user: User, actor: Actor, now: datetime) -> str:
    """Give somebody a password for one sign-in; returns it. Opens a locked account, ends every login. Raises Refusal."""
    if user.id == actor.user_id:
        raise Refusal("Choose your own password under Settings.")
    _must_be_active(user)
    user.failed_logins, user.locked_until = 0, None
    return _fresh_password(user, actor, now)


def choose_password(*, user: User, old: str, new: str, actor: Actor, now: datetime) -> None:
    """One's own new password; every login ends, also this one. Raises Refusal."""
    if not operations.knows_password(user, old):
        raise Refusal("The present password is wrong.")
    if old == new:
        raise Refusal("The new password is the present one. Choose another.")
    operations.set_password(user=user, password=new, actor=actor, now=now)
    user.preferences = {name: value for name, value in user.preferences.items() if name != MUST_CHANGE}


def unlock(*, user: User, actor: Actor, now: datetime) -> None:
    """Open an account that too many wrong passwords have locked. Raises Refusal."""
    if user.locked_until is None or user.locked_until <= now:
        raise Refusal("The account is not locked.")
    record(f"user:{user.id}", "unlock_user", ("user", user.id), actor, now, before={"locked_until": user.locked_until})
    user.failed_logins, user.locked_until = 0, None


def end_access(*, user: User, actor: Actor, now: datetime) -> None:
    """End every login and take back every token: nobody is in with this account any more, be it person or program."""
    logins = len(queries.logins_of(user.id))
    tokens = len(queries.tokens_of(user.id))
    operations.end_logins(user_id=user.id)
    session.execute(delete(Token).where(Token.user_id == user.id))
    record(f"user:{user.id}", "end_access", ("user", user.id), actor, now, before={"logins": logins, "tokens": tokens})


def deactivate(*, user: User, reason: str, actor: Actor, now: datetime) -> None:
    """Close an account: nobody signs in with it, no rule finds it. What he holds waits to be handed over. Raises Refusal."""
    _one_at_a_time()
    if user.id == actor.user_id:
        raise Refusal("Nobody closes his own account.")
    _must_be_active(user)
    if not reason.strip():
        raise Refusal("Please give a reason.")
    _keep_an_administrator(user)
    user.active = False
    end_access(user=user, actor=actor, now=now)
    _record_state("deactivate_user", user, reason, actor, now)


def reactivate(*, user: User, reason: str, actor: Actor, now: datetime) -> str:
    """Open a closed account again; returns a password for the first sign-in. Raises Refusal."""
    if user.active:
        raise Refusal("The account is open.")
    if not reason.strip():
        raise Refusal("Please give a reason.")
    user.active, user.successor_id = True, None
    user.failed_logins, user.locked_until = 0, None
    _record_state("reactivate_user", user, reason, actor, now)
    return _fresh_password(user, actor, now)


def is_last_administrator(user: User) -> bool:
    """Whether nobody else who works here could manage accounts."""
    others = select(User.roles).where(User.active, User.id != user.id)
    return user.active and manages(user.roles) and not any(manages(roles) for roles in session.scalars(others))


def manages(roles: Collection[str]) -> bool:
    """Whether the roles let somebody manage accounts."""
    return Permission.USER_MANAGE in rules.permissions_of(roles)


def details_of(user: User) -> Details:
    """What is on record of the person."""
    return Details(
        name=user.name,
        position=dict(user.position or {}),
        branch_id=user.branch_id,
        business_line_id=user.business_line_id,
        superior_id=user.superior_id,
        email=user.email,
        phone=user.phone,
    )


def _one_at_a_time() -> None:
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("accounts"))))


def _keep_an_administrator(user: User) -> None:
    if is_last_administrator(user):
        raise Refusal("{name} is the last administrator; make another one first.", name=user.name)


def _must_be_active(user: User) -> None:
    if not user.active:
        raise Refusal("The account is closed.")


def _check_roles(roles: Collection[str]) -> None:
    if unknown := sorted(set(roles) - rules.ROLES.keys()):
        raise Refusal("There is no role {name}.", name=unknown[0])


def _check(details: Details, user: User | None) -> None:
    if not details.name.strip() or len(details.name) > LONGEST_NAME:
        raise Refusal("A name is needed, of at most 80 characters.")
    if details.email and (len(details.email) > 120 or not MAIL.fullmatch(details.email)):
        raise Refusal("The mail address is not complete.")
    if details.phone and not PHONE.fullmatch(details.phone):
        raise Refusal("A telephone number has digits, blanks and hyphens.")
    if details.branch_id is not None and session.get(Branch, details.branch_id) is None:
        raise Refusal("There is no such branch.")
    if details.business_line_id is not None and session.get(BusinessLine, details.business_line_id) is None:
        raise Refusal("There is no such business line.")
    if details.superior_id is not None:
        _check_superior(details.superior_id, user)


def _check_superior(superior_id: int, user: User | None) -> None:
    """Superiors form no circle: candidate rules climb them."""
    seen: set[int] = set()
    above: int | None = superior_id
    while above is not None and above not in seen:
        if user is not None and above == user.id:
            raise Refusal("He would be his own superior, directly or through others.")
        seen.add(above)
        above = session.scalar(select(User.superior_id).where(User.id == above))


def _columns(details: Details) -> dict[str, Any]:
    """Everything but the name, and the telephone number, which can be sealed only when the row has its id."""
    names = ("position", "branch_id", "business_line_id", "superior_id", "email")
    return {name: getattr(details, name) for name in names}


def _reach(details: Details) -> tuple[int | None, ...]:
    return details.branch_id, details.business_line_id, details.superior_id


def _fresh_password(user: User, actor: Actor, now: datetime) -> str:
    while rules.password_fault(password := _random(), user.username):
        continue
    operations.set_password(user=user, password=password, actor=actor, now=now)
    user.preferences = {**(user.preferences or {}), MUST_CHANGE: True}
    return password


def _random() -> str:
    """Four groups of four letters and digits that nobody mistakes for each other: 90 bits and more."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))


def _record_state(verb: str, user: User, reason: str, actor: Actor, now: datetime) -> None:
    states = {"before": {"active": not user.active}, "after": {"active": user.active}}
    record(f"user:{user.id}", verb, ("user", user.id), actor, now, **states, reason=reason.strip()[:LONGEST_REASON])


def _record_change(
    verb: str, user: User, before: Mapping[str, Any], after: Mapping[str, Any], actor: Actor, now: datetime
) -> None:
    changed = [name for name in after if before[name] != after[name]]
    shown = [name for name in changed if name not in PERSONAL]
    record(
        f"user:{user.id}",
        verb,
        ("user", user.id),
        actor,
        now,
        before={name: before[name] for name in shown},
        after={name: after[name] for name in shown},
        changed=changed,
    )
