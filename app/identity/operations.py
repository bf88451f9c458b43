"""Signing in and out, and keeping users."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from app.audit import operations as audit
from app.audit.operations import Actor
from app.identity import rules
from app.identity.models import AddressFailures, Group, Login, Membership, Token, User
from app.kernel.db import separate_transaction, session
from app.kernel.errors import NotFound, Refusal

# 19 MiB and two passes: OWASP's recommendation for argon2id; about 40 ms on the reference machine.
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Verified when the user is unknown, so that the answer takes as long as for a known one.
DUMMY = HASHER.hash(secrets.token_hex(8))


WRONG = "User name or password is wrong, or the account is locked for 15 minutes after too many failed logins."


class WrongLogin(Refusal):
    """User name or password is wrong, or the account is locked; neither sentence nor time tells which account exists."""


class WrongSignature(Refusal):
    """The password given as a signature is wrong, or the account is locked."""


def sign_in(*, username: str, password: str, address: str | None, agent: str | None, now: datetime) -> str:
    """Open a login and return the secret for its cookie. Raises WrongLogin; failures are counted even then."""
    user = session.scalars(select(User).where(User.username == username)).first()
    if _address_is_barred(address, now):
        raise WrongLogin("There were too many failed logins from this address. Try again in 15 minutes.")
    fits = _password_fits(user, password)
    if user is not None and user.locked_until and user.locked_until > now:
        raise WrongLogin(WRONG)
    if user is None or not fits:
        _count_failure(user.id if user else None, address, now)
        raise WrongLogin(WRONG)
    user.failed_logins, user.locked_until = 0, None
    if HASHER.check_needs_rehash(user.password_hash or ""):
        user.password_hash = HASHER.hash(password)
    return _open_login(user, address, agent, now)


def sign_out(*, secret: str, actor: Actor, now: datetime) -> None:
    """End a login at once, wherever its cookie may have been copied to."""
    session.execute(delete(Login).where(Login.digest == rules.digest(secret)))
    _audit_user("sign_out", actor.user_id, actor, now)


def end_logins(*, user_id: int) -> None:
    """End every login of a user: password or roles have changed, or he has left."""
    session.execute(delete(Login).where(Login.user_id == user_id))


def create_token(*, user_id: int, name: str, actor: Actor, now: datetime, expires_at: datetime | None = None) -> str:
    """A new token for a program; the returned secret is shown once and not kept."""
    secret = secrets.token_urlsafe(32)
    session.add(Token(digest=rules.digest(secret), user_id=user_id, name=name, created_at=now, expires_at=expires_at))
    _audit_user("create_token", user_id, actor, now, name=name)
    return secret


def revoke_token(*, user_id: int, token_id: int, actor: Actor, now: datetime) -> None:
    """Take a token of the user's back: programs that hold it are strangers from now on. Raises NotFound for others' tokens."""
    token = session.get(Token, token_id)
    if token is None or token.user_id != user_id:
        raise NotFound("There is no such token.")
    session.delete(token)
    _audit_user("revoke_token", user_id, actor, now, name=token.name)


def end_login(*, user_id: int, login_id: str, actor: Actor, now: datetime) -> None:
    """End one login of the user's, named as `Person.login_id` names it. Raises NotFound."""
    logins = session.scalars(select(Login).where(Login.user_id == user_id))
    found = next((login for login in logins if rules.login_id(login.digest) == login_id), None)
    if found is None:
        raise NotFound("There is no such login.")
    session.delete(found)
    _audit_user("end_login", user_id, actor, now, address=found.address)


def set_password(*, user: User, password: str, actor: Actor, now: datetime) -> None:
    """Give a user a new password; his logins end. Raises Refusal where the password is too weak."""
    fault = rules.password_fault(password, user.username)
    if fault:
        raise Refusal(fault)
    user.password_hash = HASHER.hash(password)
    end_logins(user_id=user.id)
    _audit_user("set_password", user.id, actor, now)


def check_signature(*, user_id: int, password: str, address: str | None, now: datetime) -> None:
    """A signature is the password once more, given by who is signed in. Raises WrongSignature; failures are counted as at the door
    and lock the account as there."""
    user = session.get_one(User, user_id)
    fits = _password_fits(user, password)
    if user.locked_until is not None and user.locked_until > now:
        raise WrongSignature("Your account is locked after wrong passwords; nothing was signed.")
    if not fits:
        _count_failure(user.id, address, now)
        raise WrongSignature("The password is wrong; nothing was signed.")


def knows_password(user: User, password: str) -> bool:
    """Whether this is the password of an active user."""
    return _password_fits(user, password)


def create_user(*, username: str, name: str, roles: Iterable[str], actor: Actor, now: datetime, **fields: Any) -> User:
    """A new user without a password (he can't sign in before `set_password`)."""
    user = User(username=username, name=name, roles=sorted(roles), **fields)
    session.add(user)
    session.flush()
    _audit_user("create_user", user.id, actor, now, username=username, roles=user.roles)
    return user


def create_group(*, key: str, name: dict[str, str], members: Iterable[User], head: User | None = None) -> Group:
    """A new group with its members."""
    group = Group(key=key, name=name, head_id=head.id if head else None)
    session.add(group)
    session.flush()
    session.add_all(Membership(user_id=user.id, group_id=group.id) for user in members)
    return group


def set_preference(*, user_id: int, name: str, value: object) -> None:
    """Remember a setting of the user's own (a saved view, a column choice)."""
    user = session.get_one(User, user_id)
    user.preferences = {**user.preferences, name: value}


def _password_fits(user: User | None, password: str) -> bool:
    known = user.password_hash if user and user.active and user.password_hash else None
    try:
        HASHER.verify(known or DUMMY, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
    return known is not None


def _address_is_barred(address: str | None, now: datetime) -> bool:
    row = session.get(AddressFailures, address) if address else None
    return row is not None and row.failures >= rules.ADDRESS_LIMIT and now - row.since < rules.ADDRESS_WINDOW


def _count_failure(user_id: int | None, address: str | None, now: datetime) -> None:
    """In a transaction of its own: the request that failed is rolled back, the count must stay."""
    with separate_transaction() as own:
        if address:
            _count_address(own, address, now)
        user = own.get(User, user_id, with_for_update=True) if user_id else None
        if user is None:
            return
        user.failed_logins += 1
        if user.failed_logins >= rules.LOCK_AFTER:
            user.failed_logins, user.locked_until = 0, now + rules.LOCK_FOR
        _audit_user(
            "failed_login", user.id, Actor(user_id=user.id, address=address), now, locked=bool(user.locked_until)
        )


def _count_address(own: Any, address: str, now: datetime) -> None:
    row = own.get(AddressFailures, address)
    if row is not None and now - row.since >= rules.ADDRESS_WINDOW:
        row.failures, row.since = 0, now
    statement = insert(AddressFailures).values(address=address, failures=1, since=now)
    increment = {"failures": AddressFailures.failures + 1}
    own.flush()
    own.execute(statement.on_conflict_do_update(index_elements=["address"], set_=increment))


def _open_login(user: User, address: str | None, agent: str | None, now: datetime) -> str:
    secret = secrets.token_urlsafe(32)
    session.add(
        Login(
            digest=rules.digest(secret),
            user_id=user.id,
            created_at=now,
            seen_at=now,
            address=address,
            agent=(agent or "")[:200],
        )
    )
    _audit_user("sign_in", user.id, Actor(user_id=user.id, address=address), now)
    return secret


def sweep_logins(*, now: datetime, longest: timedelta) -> int:
    """Remove logins that are long over; returns how many."""
    return session.execute(delete(Login).where(Login.created_at < now - longest)).rowcount  # type: ignore[attr-defined]


def _audit_user(verb: str, user_id: int | None, actor: Actor, now: datetime, **detail: object) -> None:
    audit.record(
        chain=f"user:{user_id}",
        verb=verb,
        object_type="user",
        object_id=user_id or 0,
        actor=actor,
        now=now,
        detail=detail,
    )
