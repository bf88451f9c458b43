"""What the supervisors' pages share: whose cases the reader oversees."""

from __future__ import annotations

from flask import Blueprint
from flask_login import current_user

from app.identity import queries as people
from app.web.access import Permission
from app.web.i18n import text_of
from app.workflow.reach import Reach

blueprint = Blueprint("supervision", __name__, template_folder="templates", url_prefix="/supervision")


def overseen(permission: Permission = Permission.CASE_SUPERVISE) -> Reach:
    """The branches whose cases the reader oversees; None: the whole bank's."""
    reach: Reach = current_user.reach(permission)
    return reach


@blueprint.context_processor
def name_branches() -> dict[str, str]:
    """The names of these branches, for the heads of the pages; empty where it is the whole bank."""
    reach = overseen() if current_user.is_authenticated else None
    names = [text_of(branch.name) for branch in people.branches() if branch.id in reach] if reach is not None else []
    return {"overseen_branches": "、".join(names)}
