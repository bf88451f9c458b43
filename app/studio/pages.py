"""The blueprint of the studio, and what stands above each of its pages: the draft's tabs and the studio's own."""

from __future__ import annotations

import re
import uuid
from typing import Any

from flask import Blueprint, current_app, request, url_for
from flask_babel import gettext
from flask_login import current_user

from app.jobs import long_work
from app.jobs.queries import has_worker
from app.kernel.ids import parse_id
from app.studio import drafts
from app.studio.models import Draft, DraftState
from app.web.access import Permission

blueprint = Blueprint("studio", __name__, template_folder="templates", url_prefix="/studio")

# endpoint, words, icon; an entry shows once its page exists
DRAFT_PAGES = (
    ("studio.draft", "Files", "folder"),
    ("studio.draft_history", "Revisions", "history"),
    ("studio.report", "Report", "clipboard-check"),
    ("studio.difference", "Differences", "git-compare"),
    ("studio.impact", "Cases in flight", "layers"),
    ("studio.dry_run", "Dry run", "play"),
    ("studio.scenarios", "Scenarios", "route"),
    ("studio.publish", "Publish", "send"),
)
STUDIO_PAGES = (
    ("studio.list_drafts", "Drafts", "pencil"),
    ("studio.processes", "Published routes", "git-branch"),
    ("studio.list_migrations", "Migrations", "arrow-right-left"),
    ("studio.import_files", "Import", "upload"),
    ("studio.monitoring", "Monitoring", "activity"),
)


def _may_open(endpoint: str) -> bool:
    """Whether the page exists and the reader may use it."""
    view = current_app.view_functions.get(endpoint)
    permission = getattr(view, "declared_permission", None)
    return current_user.is_authenticated and permission in current_user.permissions


def draft_or_404(draft_id: str) -> Draft:
    """The draft an address names; raises NotFound."""
    return drafts.find(parse_id(draft_id))


def base_of_form(draft: Draft) -> bytes:
    """The digest of the state a page was made from, which its form carries along; that of the draft where it carries none."""
    given = request.form.get("base", "")
    return bytes.fromhex(given) if re.fullmatch("[0-9a-f]{64}", given) else draft.digest


def may_change(draft: Draft) -> bool:
    """Whether the reader may change this draft now."""
    return draft.state == DraftState.OPEN and current_user.may(Permission.DEPLOY)


def draft_tabs(draft_id: uuid.UUID) -> list[tuple[str, str, bool, None, str]]:
    """The pages of a draft, for `ui.tabs`: address, words, whether it is the page shown, count, icon."""
    return [
        (url_for(endpoint, draft_id=draft_id), gettext(words), request.endpoint == endpoint, None, icon)
        for endpoint, words, icon in DRAFT_PAGES
        if endpoint in current_app.view_functions
    ]


@blueprint.app_context_processor
def rooms() -> dict[str, Any]:
    """The pages of the studio itself, for the tabs above each of them."""
    if request.blueprint != blueprint.name:
        return {}
    return {
        "pages": [
            (url_for(endpoint), gettext(words), request.endpoint == endpoint, None, icon)
            for endpoint, words, icon in STUDIO_PAGES
            if _may_open(endpoint)
        ],
        "draft_tabs": draft_tabs,
        "work_standing": long_work.standing,
        "work_fault": long_work.fault_of,
        "work_refusal": long_work.refusal_of,
        "has_worker": has_worker,
    }
