"""The bank's own people and places as lists that forms choose from: staff, groups, branches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from app.identity import queries as people
from app.web.i18n import LANGUAGES
from app.workflow.registry import Option, option_source


@option_source("users", "branch", "groups")
def user_options() -> Sequence[Option]:
    """Everybody on the staff by user name, with the keys of his branch and of his groups."""
    groups, branches = people.group_keys_by_user(), {branch.id: branch.key for branch in people.branches()}
    return [
        Option(
            user.username,
            dict.fromkeys(LANGUAGES, user.name),
            facts={"branch": branches.get(user.branch_id or 0), "groups": groups.get(user.id, [])},
        )
        for user in people.active_users()
    ]


@option_source("groups")
def group_options() -> Sequence[Option]:
    """The groups, by key."""
    return [Option(group.key, group.name) for group in people.groups()]


@option_source("branches", "lines")
def branch_options() -> Sequence[Option]:
    """The branches by key, with the keys of the business lines whose people work there."""
    lines: defaultdict[int | None, list[str]] = defaultdict(list)
    keys = {line.id: line.key for line in people.lines()}
    for user in people.active_users():
        key = keys.get(user.business_line_id or 0)
        if key is not None and key not in lines[user.branch_id]:
            lines[user.branch_id].append(key)
    return [Option(branch.key, branch.name, facts={"lines": lines[branch.id]}) for branch in people.branches()]
