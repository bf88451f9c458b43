"""Roles and the arithmetic of logins: pure."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

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
    "customer_manager": STAFF | {P.CUSTOMER_EDIT, P.CUSTOMER_RELATED},
    "staff": STAFF,
    "employee": frozenset({P.CASE_START, P.CASE_WORK}),
    "supervisor": STAFF
    | {
        P.CASE_SEE_ALL,
        P.CASE_SUPERVISE,
        P.BANK_SUPERVISE,
        P.STAFF_HAND_OVER,
        P.REPORT_SEE,
        P.DEFINITION_SEE,
        P.OPERATE,
    },
    "branch_supervisor": STAFF | {P.CASE_SEE_ALL, P.CASE_SUPERVISE, P.REPORT_SEE},
    "analyst": frozenset({P.CASE_WORK, P.DEFINITION_SEE, P.DEPLOY, P.REPORT_SEE}),
    "route_reviewer": STAFF | {P.DEFINITION_SEE, P.REPORT_SEE},
    "auditor": frozenset({P.CASE_SEE_ALL, P.AUDIT_SEE, P.REPORT_SEE, P.DEFINITION_SEE, P.CUSTOMER_SEE}),
    "compliance": frozenset({P.CASE_SEE_ALL, P.CUSTOMER_SEE, P.CUSTOMER_RELATED}),
    "administrator": frozenset(
        {P.USER_MANAGE, P.CALENDAR_MANAGE, P.STAFF_HAND_OVER, P.DEFINITION_SEE, P.REPORT_SEE, P.OPERATE, P.NOTICE_EDIT}
    ),
    "business_administrator": frozenset({P.CASE_WORK, P.PRODUCT_MANAGE, P.DEFINITION_SEE}),
}


# Roles that oversee the cases of the person's own branch, and of the branches below it, instead of the whole bank's.
OF_A_BRANCH = frozenset({"branch_supervisor"})
OVERSEEING = frozenset({P.CASE_SEE_ALL, P.CASE_SUPERVISE, P.REPORT_SEE})


def permissions_of(roles: Iterable[str]) -> frozenset[Permission]:
    """Everything the roles allow; unknown roles allow nothing."""
    return frozenset().union(*(ROLES.get(role, frozenset()) for role in roles))


def narrowed(roles: Collection[str]) -> frozenset[Permission]:
    """What the roles allow for the cases of the person's branch only."""
    wide = permissions_of(role for role in roles if role not in OF_A_BRANCH)
    return (permissions_of(roles) & OVERSEEING) - wide


@dataclass(frozen=True)
class Mandate:
    """What somebody may do for a principal (代理), directly or along a chain of substitutions.

    path: the principal, then everybody between him and the person, nearest to the principal first. The scope is what every link of
    the chain allows: `processes` and `lines` are the keys named (none: all), `ceiling` in yuan, `since`: only tasks opened after.
    """

    principal_id: int
    principal: str
    group_ids: tuple[int, ...]
    path: tuple[int, ...]
    until_at: datetime
    processes: frozenset[str] = frozenset()
    lines: frozenset[str] = frozenset()
    ceiling: Decimal | None = None
    since: datetime | None = None


@dataclass(frozen=True)
class Link:
    """One substitution in force: `deputy_id` acts for `principal_id`."""

    principal_id: int
    deputy_id: int
    principal: str
    group_ids: tuple[int, ...]
    from_at: datetime
    until_at: datetime
    process_key: str | None = None
    business_line: str | None = None
    ceiling: Decimal | None = None
    existing: bool = True


LONGEST_CHAIN = 5


def mandates(person_id: int, links: Sequence[Link]) -> tuple[Mandate, ...]:
    """Everything the person may do for others by these substitutions, shortest chains first. A circle leads nowhere new."""
    found: list[Mandate] = []
    ways: list[tuple[Link, ...]] = [(link,) for link in links if link.deputy_id == person_id]
    while ways:
        found += [mandate for way in ways if (mandate := _along(way)) is not None]
        ways = [
            (*way, link)
            for way in ways
            if len(way) < LONGEST_CHAIN
            for link in links
            if link.deputy_id == way[-1].principal_id and link.principal_id not in {person_id, *_people(way)}
        ]
    return tuple(found)


def closes_circle(principal_id: int, deputy_id: int, links: Collection[tuple[int, int]]) -> bool:
    """Whether a new substitution principal → deputy would lead back to the principal along `links` (principal, deputy)."""
    reached, ahead = set(), {deputy_id}
    while ahead:
        reached |= ahead
        ahead = {deputy for principal, deputy in links if principal in ahead} - reached
    return principal_id in reached


def _people(way: Sequence[Link]) -> set[int]:
    return {link.principal_id for link in way}


def _along(way: Sequence[Link]) -> Mandate | None:
    """The mandate at the end of a chain (nearest link first); None where its links allow nothing in common."""
    processes = frozenset(link.process_key for link in way if link.process_key)
    lines = frozenset(link.business_line for link in way if link.business_line)
    if len(processes) > 1 or len(lines) > 1:
        return None
    principal = way[-1]
    return Mandate(
        principal_id=principal.principal_id,
        principal=principal.principal,
        group_ids=principal.group_ids,
        path=tuple(link.principal_id for link in reversed(way)),
        until_at=min(link.until_at for link in way),
        processes=processes,
        lines=lines,
        ceiling=min((link.ceiling for link in way if link.ceiling is not None), default=None),
        since=max((link.from_at for link in way if not link.existing), default=None),
    )


@dataclass(frozen=True)
class Person:
    """The signed-in user as the program carries him through a request (also Flask-Login's user object).

    narrow: permissions that hold for the cases of `branches` only.
    """

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
    stands_for: tuple[Mandate, ...] = ()
    narrow: frozenset[Permission] = frozenset()
    branches: frozenset[int] = frozenset()

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

    def standing_for(self, mandates: tuple[Mandate, ...]) -> Person:
        """The same person with these mandates."""
        return replace(self, stands_for=mandates)

    def may_in(self, permission: Permission, branch_id: int | None) -> bool:
        """Whether one of the roles allows it for what belongs to this branch (None: to no branch)."""
        return permission in self.permissions and (permission not in self.narrow or branch_id in self.branches)

    def reach(self, permission: Permission) -> frozenset[int] | None:
        """The branches for which it is allowed; None: for the whole bank."""
        if permission not in self.permissions:
            return frozenset()
        return self.branches if permission in self.narrow else None

    def may(self, permission: Permission) -> bool:
        """Whether one of the roles allows it, be it for one branch only."""
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
