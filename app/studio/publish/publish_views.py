"""The page on which a draft is handed in for review, and where its way into force and back is seen."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app.identity import queries as people
from app.kernel.clock import now
from app.kernel.errors import Refusal
from app.kernel.ids import parse_id
from app.studio import drafts
from app.studio.files import file_titles
from app.studio.models import Draft, Publication, PublicationState
from app.studio.pages import blueprint, draft_or_404
from app.studio.publish import publishing
from app.web.access import Permission, requires
from app.web.errors import translated
from app.web.i18n import language, text_of
from app.workflow import cases, queries
from app.workflow.deploying import definitions
from app.workflow.deploying.deployment_models import ProcessDefinition

WORDS = {
    PublicationState.IN_REVIEW: ("Under review", "info"),
    PublicationState.SENT_BACK: ("Sent back", "warn"),
    PublicationState.APPROVED: ("Approved, waits for its day", "info"),
    PublicationState.IN_FORCE: ("In force", "ok"),
    PublicationState.TAKEN_BACK: ("Taken back", "neutral"),
    PublicationState.REFUSED: ("Dropped", "neutral"),
}


@blueprint.get("/drafts/<draft_id>/publish")
@requires(Permission.DEFINITION_SEE)
def publish(draft_id: str) -> str:
    """Hand the draft in; where it stands; confirm it, or bring the version before back."""
    return _page(draft_or_404(draft_id))


@blueprint.post("/drafts/<uuid:draft_id>/publish")
@requires(Permission.DEPLOY)
def hand_in(draft_id: uuid.UUID) -> BaseResponse | tuple[str, int]:
    """Hand the draft in for review."""
    try:
        case = publishing.hand_in(
            draft_id=draft_id,
            reason=request.form.get("reason", "")[:4000],
            effective_on=_day("effective_on"),
            back_on=_day("back_on"),
            person=current_user._get_current_object(),
            now=now(),
            acknowledged=request.form.get("acknowledged") == "1",
        )
    except definitions.NotDeployable as fault:
        return _refused(draft_id, gettext("The draft can't be published as it is."), fault.lines(language()))
    except publishing.NotReported as fault:
        return _refused(draft_id, translated(fault), [])
    except publishing.ScenariosFail as fault:
        files = drafts.files_of(drafts.find(draft_id))
        return _refused(draft_id, translated(fault), [file_titles.shown(name, files) for name in fault.names], ask=True)
    flash(
        gettext("Handed in as %(number)s. Nobody can change the draft while it is under review.", number=case.number),
        "ok",
    )
    return redirect(url_for("studio.publish", draft_id=draft_id))


@blueprint.post("/publications/<publication_id>/keep")
@requires(Permission.DEPLOY)
def keep_publication(publication_id: str) -> BaseResponse:
    """Confirm a version, so that it does not go back by itself."""
    row = publishing.find(parse_id(publication_id))
    publishing.keep(publication_id=row.id, person=current_user._get_current_object(), now=now())
    flash(gettext("Confirmed. The version stays in force."), "ok")
    return redirect(url_for("studio.publish", draft_id=row.draft_id))


@blueprint.post("/publications/<publication_id>/back")
@requires(Permission.DEPLOY)
def take_back_publication(publication_id: str) -> BaseResponse:
    """The version before is in force again."""
    row = publishing.find(parse_id(publication_id))
    reason = request.form.get("reason", "").strip()
    if not reason:
        raise Refusal("Please give a reason.")
    publishing.go_back(publication_id=row.id, actor=current_user.actor, now=now(), reason=reason[:4000])
    flash(gettext("The version before is in force again for new cases. Cases of the new version go on with it."), "ok")
    return redirect(url_for("studio.publish", draft_id=row.draft_id))


def _refused(draft_id: uuid.UUID, error: str, findings: list[str], *, ask: bool = False) -> tuple[str, int]:
    return _page(drafts.find(draft_id), error=error, findings=findings, ask=ask), 422


def _page(draft: Draft, *, error: str = "", findings: list[str] | None = None, ask: bool = False) -> str:
    rows, files = publishing.of_draft(draft), drafts.files_of(draft)
    return render_template(
        "studio/publish.html",
        draft=draft,
        publications=[_view(row, files) for row in rows],
        error=error,
        findings=findings or [],
        ask=ask,
        is_reported=publishing.is_reported(draft),
        form=request.form,
        overtaken=_overtaken(draft),
        today=now().date().isoformat(),
    )


def _view(row: Publication, files: Mapping[str, bytes]) -> dict[str, Any]:
    """A publication as a card: where it stands, who has it, which versions it made."""
    words, kind = WORDS[PublicationState(row.state)]
    case = queries.case_by_id(row.case_id)
    names = people.users(i for i in (row.begun_by, row.approved_by, row.kept_by) if i)
    at = (
        [(text_of(_names(case.definition_id, task.element_id)), task) for task in cases.open_tasks(row.case_id)]
        if case
        else []
    )
    holders = queries.holders_of([row.case_id]).get(row.case_id, [])
    return {
        "row": row,
        "words": gettext(words),
        "kind": kind,
        "number": case.number if case else "",
        "may_open": case is not None and queries.may_see(current_user._get_current_object(), case),
        "at": "、".join(name for name, _ in at),
        "holders": "、".join(holders),
        "author": names[row.begun_by].name,
        "approver": names[row.approved_by].name if row.approved_by else "",
        "keeper": names[row.kept_by].name if row.kept_by else "",
        "versions": [_version(one) for one in publishing.versions_of(row)],
        "failing": [file_titles.shown(name, files) for name in row.failing],
        "may_keep": row.back_on is not None
        and row.kept_at is None
        and row.state in (PublicationState.APPROVED, PublicationState.IN_FORCE),
    }


def _version(row: ProcessDefinition) -> str:
    return gettext("%(name)s, version %(n)s", name=text_of(row.name), n=row.version)


def _names(definition_id: uuid.UUID, element_id: str) -> Any:
    return definitions.load(definition_id).compiled.labels.get(element_id, element_id)


def _overtaken(draft: Draft) -> bool:
    """Whether the version in force is no longer the one the draft began with."""
    if draft.deployment_id is None:
        return False
    in_force = definitions.in_force(draft.name)
    return in_force is not None and definitions.deployment_of(in_force) != draft.deployment_id


def _day(name: str) -> date | None:
    given = request.form.get(name, "").strip()
    if not given:
        return None
    try:
        return date.fromisoformat(given)
    except ValueError as fault:
        raise Refusal("A day is written like 2026-07-01.") from fault
