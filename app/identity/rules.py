"""Roles and the arithmetic of logins: pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.audit.operations import Actor
from app.web.access import Permission

LOCK_AFTER = 5
LOCK_FOR = timedelta(minutes=15)
ADDRESS_LIMIT = 50
ADDRESS_WINDOW = timedelta(minutes=15)
TOUCH_EVERY = timedelta(minutes=1)
LEAST_PASSWORD = 12

P = Permission
STAFF = frozenset({P.CASE_START, P.CASE_WORK, P.CUSTOMER_SEE})

ROLES: dict[str, frozenset[Permission]] = {
    "customer_manager": STAFF | {P.CUSTOMER_EDIT},
    "staff": STAFF,
    "employee": frozenset({P.CASE_START, P.CASE_WORK}),
    "supervisor": STAFF | {P.CASE_SEE_ALL, P.CASE_SUPERVISE, P.REPORT_SEE, P.DEFINITION_SEE},
    "analyst": frozenset({P.DEFINITION_SEE, P.DEPLOY, P.REPORT_SEE}),
    "auditor": frozenset({P.CASE_SEE_ALL, P.AUDIT_SEE, P.REPORT_SEE, P.DEFINITION_SEE, P.CUSTOMER_SEE}),
    "administrator": frozenset({P.USER_MANAGE, P.DEFINITION_SEE}),
}


def permissions_of(roles: Iterable[str]) -> frozenset[Permission]:
    """Everything the roles allow; unknown roles allow nothing."""
    return frozenset().union(*(ROLES.get(role, frozenset()) for role in roles))


@dataclass(frozen=True)
class Person:
    """The signed-in user as the program carries him through a request (also Flask-Login's user object)."""

    id: int
    username: str
    name: str
    branch_id: int | None
    roles: tuple[str, ...]
    permissions: frozenset[Permission]
    group_ids: tuple[int, ...]
    language: str
    login_id: str | None = None
    address: str | None = None
    unread: int = 0
    preferences: dict[str, object] = field(default_factory=dict, hash=False, compare=False)

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """Flask-Login's name for the key of the user."""
        return str(self.id)

    @property
    def actor(self) -> Actor:
        """The person as the audit knows him."""
        return Actor(user_id=self.id, login_id=self.login_id, address=self.address)

    def may(self, permission: Permission) -> bool:
        """Whether one of the roles allows it."""
        return permission in self.permissions


def digest(secret: str) -> bytes:
    """What the tables keep of a cookie or a token: SHA-256, enough for 256 random bits."""
    return hashlib.sha256(secret.encode()).digest()


def login_id(login_digest: bytes) -> str:
    """How a login is named on record and on pages: the beginning of its digest, from which nobody gets the cookie."""
    return login_digest.hex()[:16]


def is_due_touch(seen: datetime | None, now: datetime) -> bool:
    """Whether the last use of a login or token is worth noting again; at most once a minute."""
    return seen is None or now - seen >= TOUCH_EVERY


def is_over(*, created: datetime, seen: datetime, now: datetime, idle: timedelta, longest: timedelta) -> bool:
    """Whether a login has rested too long or lasted too long."""
    return now - seen > idle or now - created > longest


def password_fault(password: str, username: str) -> str | None:
    """Why a password is refused (an English sentence, key of its translation), or None."""
    classes = sum(any(test(c) for c in password) for test in (str.islower, str.isupper, str.isdigit))
    classes += any(not c.isalnum() for c in password)
    if len(password) < LEAST_PASSWORD:
        return "The password needs at least 12 characters."
    if classes < 3:
        return "The password needs three of: small letters, capital letters, digits, other signs."
    if username.lower() in password.lower():
        return "The password must not contain the user name."
    return None
