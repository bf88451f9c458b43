"""The page of a draft that tells what it means for each case in flight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app.kernel.clock import now
from app.studio import csv_files, drafts, examinations
from app.studio.models import Draft, Examination
from app.studio.pages import blueprint, draft_or_404
from app.studio.publish.mapping_form import choices, read_mapping
from app.studio.trials import impact_rows
from app.studio.trials.impact_rows import Wanted
from app.web.access import Permission, requires
from app.web.i18n import text_of
from app.workflow import engine
from app.workflow.deploying import definitions
from app.workflow.migrating.impact import Kind

PAGE, KIND = 50, "impact"
WORDS = {
    Kind.STUCK: "Would be stuck",
    Kind.MAPPING: "Needs a mapping",
    Kind.AHEAD: "Affected ahead",
    Kind.UNAFFECTED: "Unaffected",
}
MEANS = {
    Kind.STUCK: "The case can't go over to the new version as it stands; it stays with its own.",
    Kind.MAPPING: "It stands at a station that the new version does not have. Say below which one takes its place.",
    Kind.AHEAD: "It can go over; something that lies ahead of it is different then.",
    Kind.UNAFFECTED: "It can go over, and nothing that lies ahead of it differs.",
}
BADGES = {Kind.STUCK: "danger", Kind.MAPPING: "warn", Kind.AHEAD: "info", Kind.UNAFFECTED: "ok"}


@blueprint.get("/drafts/<draft_id>/impact")
@requires(Permission.DEFINITION_SEE)
def impact(draft_id: str) -> str:
    """Unaffected, affected ahead, needs a mapping, would be stuck: how many, which, who holds them, and why."""
    draft = draft_or_404(draft_id)
    row = examinations.newest(draft, KIND, lean=True)
    found = impact_rows.summary(row) if row is not None else None
    wanted = Wanted(request.args.get("kind", ""), request.args.get("q", "")[:80])
    page = max(0, request.args.get("page", 0, type=int))
    rows = impact_rows.page(row, found, wanted, page * PAGE, PAGE) if row and found else []
    total = impact_rows.count(row, found, wanted) if row and found else 0
    return render_template(
        "studio/impact.html",
        draft=draft,
        examination=row,
        found=found,
        kind=wanted.kind,
        query=wanted.words,
        kinds=[(str(k), gettext(WORDS[k]), gettext(MEANS[k]), BADGES[k]) for k in WORDS],
        rows=[_line(line, (found or {})["names"]) for line in rows],
        total=total,
        previous=_page(draft, wanted, page - 1) if page else None,
        next=_page(draft, wanted, page + 1) if (page + 1) * PAGE < total else None,
        gone=_gone(draft, row, found),
    )


@blueprint.post("/drafts/<uuid:draft_id>/impact")
@requires(Permission.DEFINITION_SEE)
def examine_impact(draft_id: Any) -> BaseResponse:
    """Ask a worker, with a mapping where one is given."""
    draft = draft_or_404(str(draft_id))
    asked = {"mapping": read_mapping(request.form)}
    examinations.begin(draft=draft, kind=KIND, asked=asked, actor=current_user.actor, now=now())
    return redirect(url_for("studio.impact", draft_id=draft.id))


@blueprint.get("/drafts/<draft_id>/impact.csv")
@requires(Permission.DEFINITION_SEE)
def impact_file(draft_id: str) -> Response:
    """Every case with what the draft means for it."""
    draft = draft_or_404(draft_id)
    row = examinations.newest(draft, KIND, lean=True)
    found = impact_rows.summary(row) if row is not None else None
    header = [gettext(w) for w in ("Case number", "Version", "What it means", "Station", "Holder", "Reason")]
    cases = impact_rows.every(row, found, Wanted(request.args.get("kind", ""))) if row and found else ()
    lines = (_line(line, (found or {})["names"]) for line in cases)
    rows = ((o["number"], o["version"], o["words"], o["stations"], o["holders"], o["why"]) for o in lines)
    return csv_files.answer(f"impact-{draft.name}", header, rows)


def _line(row: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    kind = Kind(row["kind"])
    ahead = "、".join(text_of(names.get(element, element)) for element in row["ahead"])
    if row["more"]:
        ahead = gettext("%(names)s and %(n)s more", names=ahead, n=row["more"])
    return {
        "number": row["number"],
        "version": row["version"],
        "words": gettext(WORDS[kind]),
        "badge": BADGES[kind],
        "stations": "、".join(text_of(names.get(element, element)) for element in row["stations"]),
        "holders": "、".join(row["holders"]),
        "why": text_of(row["reason"])
        if row["reason"]
        else gettext("Differs ahead: %(names)s", names=ahead)
        if ahead
        else "",
    }


def _gone(draft: Draft, row: Examination | None, found: Mapping[str, Any] | None) -> Sequence[Mapping[str, Any]]:
    """The stations that want a mapping, each with what may take its place."""
    if not found or not found["gone"] or row is None:
        return []
    try:
        news = {one.key: one for one in definitions.check(drafts.files_of(draft)).definitions}
    except definitions.NotDeployable:
        return []
    given = row.asked.get("mapping", {})
    return [
        {
            **gone,
            "name": text_of(found["names"].get(gone["element"], gone["element"])),
            "given": given.get(gone["element"]),
            "choices": _places(gone, news),
        }
        for gone in found["gone"]
        if gone["key"] in news
    ]


def _places(gone: Mapping[str, Any], news: Mapping[str, engine.Definition]) -> list[tuple[str, str]]:
    old = definitions.load(definitions.active(gone["key"]).id).compiled
    return choices(old, news[gone["key"]], gone["element"])


def _page(draft: Draft, wanted: Wanted, page: int) -> str:
    return url_for(
        "studio.impact", draft_id=draft.id, kind=wanted.kind or None, q=wanted.words or None, page=page or None
    )
