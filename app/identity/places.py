"""Keeping the bank's groups, branches and business lines. Keys never change: diagrams, tables and cases name them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, func, select

from app.audit.operations import Actor
from app.identity import operations, queries
from app.identity.models import Branch, BusinessLine, Group, Membership, User
from app.identity.recording import record
from app.kernel.db import session
from app.kernel.errors import Refusal

KEY = re.compile(r"[a-z][a-z0-9_]{1,39}")
LONGEST_NAME = 80
Names = Mapping[str, str]


def create_group(*, key: str, name: Names, actor: Actor, now: datetime) -> Group:
    """A new group without members. Raises Refusal."""
    _check_key(key, queries.group_by_key(key) is not None)
    group = operations.create_group(key=key, name=_names(name), members=())
    _record("create_group", group, actor, now, key=key, after=group.name)
    return group


def rename_group(*, group: Group, name: Names, actor: Actor, now: datetime) -> None:
    """Other names for a group. Raises Refusal."""
    before, group.name = group.name, _names(name)
    _record("rename_group", group, actor, now, before=before, after=group.name)


def add_member(*, group: Group, user: User, actor: Actor, now: datetime) -> None:
    """Somebody shares the pool of the group from now on. Raises Refusal."""
    _not_oneself(user, actor)
    if not user.active:
        raise Refusal("The account is closed.")
    if session.get(Membership, (user.id, group.id)) is not None:
        raise Refusal("{name} is in the group already.", name=user.name)
    session.add(Membership(user_id=user.id, group_id=group.id))
    session.flush()
    _record("add_member", group, actor, now, user=user.id)


def remove_member(*, group: Group, user: User, actor: Actor, now: datetime) -> None:
    """Somebody shares the pool no longer; where he led the group it has no head. Raises Refusal."""
    _not_oneself(user, actor)
    found = session.get(Membership, (user.id, group.id))
    if found is None:
        raise Refusal("{name} is not in the group.", name=user.name)
    session.delete(found)
    if group.head_id == user.id:
        set_head(group=group, user=None, actor=actor, now=now)
    _record("remove_member", group, actor, now, user=user.id)


def set_head(*, group: Group, user: User | None, actor: Actor, now: datetime) -> None:
    """Who leads the group; None: nobody. Raises Refusal."""
    if user is not None:
        _not_oneself(user, actor)
        if session.get(Membership, (user.id, group.id)) is None:
            raise Refusal("{name} is not in the group.", name=user.name)
    before, group.head_id = group.head_id, user.id if user else None
    _record("set_head", group, actor, now, before=before, after=group.head_id)


def delete_group(*, group: Group, actor: Actor, now: datetime) -> None:
    """Take a group away that nothing refers to any more (the caller has looked)."""
    members = sorted(session.scalars(select(Membership.user_id).where(Membership.group_id == group.id)))
    _record("delete_group", group, actor, now, before={"key": group.key, "name": group.name, "members": members})
    session.execute(delete(Group).where(Group.id == group.id))


def create_branch(*, key: str, name: Names, parent_id: int | None, actor: Actor, now: datetime) -> Branch:
    """A new branch below another one; the first of all is the head office. Raises Refusal."""
    _one_at_a_time()
    known = {branch.id: branch for branch in queries.branches()}
    _check_key(key, any(branch.key == key for branch in known.values()))
    _check_parent(None, parent_id, known)
    branch = Branch(key=key, name=_names(name), parent_id=parent_id)
    session.add(branch)
    session.flush()
    record("branches", "create_branch", ("branch", branch.id), actor, now, key=key, after=_state(branch))
    return branch


def change_branch(*, branch: Branch, name: Names, parent_id: int | None, actor: Actor, now: datetime) -> None:
    """Rename a branch, or put it below another one. Raises Refusal."""
    _one_at_a_time()
    before = _state(branch)
    if parent_id != branch.parent_id:
        _check_parent(branch, parent_id, {one.id: one for one in queries.branches()})
    branch.name, branch.parent_id = _names(name), parent_id
    record("branches", "change_branch", ("branch", branch.id), actor, now, before=before, after=_state(branch))


def create_line(*, key: str, name: Names, actor: Actor, now: datetime) -> BusinessLine:
    """A new business line. Raises Refusal."""
    _check_key(key, any(line.key == key for line in queries.lines()))
    line = BusinessLine(key=key, name=_names(name))
    session.add(line)
    session.flush()
    record("branches", "create_line", ("business_line", line.id), actor, now, key=key, after=line.name)
    return line


def rename_line(*, line: BusinessLine, name: Names, actor: Actor, now: datetime) -> None:
    """Other names for a business line. Raises Refusal."""
    before, line.name = line.name, _names(name)
    record("branches", "rename_line", ("business_line", line.id), actor, now, before=before, after=line.name)


def _check_key(key: str, taken: bool) -> None:
    if not KEY.fullmatch(key):
        raise Refusal("A key begins with a small letter; small letters, digits and underscores follow, 40 at most.")
    if taken:
        raise Refusal("The key {name} is taken.", name=key)


def _check_parent(branch: Branch | None, parent_id: int | None, known: Mapping[int, Branch]) -> None:
    if parent_id is None:
        if known:
            raise Refusal("There is a head office already; choose the branch above.")
        return
    if parent_id not in known:
        raise Refusal("There is no such branch.")
    above: int | None = parent_id
    while above is not None:
        if branch is not None and above == branch.id:
            raise Refusal("A branch can't stand below itself.")
        above = known[above].parent_id


def _names(given: Names) -> dict[str, str]:
    """A name in every language: one that was left empty is filled from the nearest of the others. Raises Refusal."""
    hans, hant, en = (given.get(code, "").strip()[:LONGEST_NAME] for code in ("zh_Hans", "zh_Hant", "en"))
    if not (hans or hant or en):
        raise Refusal("A name is needed, in one language at least.")
    return {"en": en or hans or hant, "zh_Hans": hans or hant or en, "zh_Hant": hant or hans or en}


def _not_oneself(user: User, actor: Actor) -> None:
    if user.id == actor.user_id:
        raise Refusal("Nobody changes his own groups; another administrator does.")


def _state(branch: Branch) -> dict[str, object]:
    return {"name": branch.name, "parent": branch.parent_id}


def _one_at_a_time() -> None:
    """Two moves at the same moment could close a circle that neither of them sees."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("branches"))))


def _record(verb: str, group: Group, actor: Actor, now: datetime, **detail: object) -> None:
    record(f"group:{group.id}", verb, ("group", group.id), actor, now, **detail)
