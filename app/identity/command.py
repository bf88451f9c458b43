"""`python run.py user`: the first administrator of a bank, and a password for whoever has none left to ask."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from app.audit.operations import SYSTEM
from app.identity import accounts, queries
from app.identity.accounts import Details
from app.kernel.errors import NotFound


def create(username: str, name: str, roles: Sequence[str], branch: str | None, now: datetime) -> str:
    """Enter a person; what to tell him. Raises Refusal."""
    found = {one.key: one.id for one in queries.branches()}
    if branch is not None and branch not in found:
        raise NotFound("There is no such branch.")
    details = Details(name=name, branch_id=found[branch] if branch else None)
    _, password = accounts.enter(username=username, details=details, roles=roles, actor=SYSTEM, now=now)
    return _told(username, password)


def password(username: str, now: datetime) -> str:
    """A new password for somebody; what to tell him. Raises NotFound, Refusal."""
    user = queries.user_by_username(username)
    if user is None:
        raise NotFound("There is no user {name}.", name=username)
    return _told(username, accounts.new_password(user=user, actor=SYSTEM, now=now))


def _told(username: str, password: str) -> str:
    return f"{username} signs in with {password} and chooses another password then. It is shown this once."
