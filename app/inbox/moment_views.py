"""The pages of a case over time: any moment with a slider, who had it when, and rewinding."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app.identity import queries as people
from app.inbox import case_page, moments, words
from app.inbox.pages import blueprint, is_asked_for, visible
from app.kernel.clock import now
from app.kernel.errors import Forbidden, NotFound
from app.kernel.ids import parse_number
from app.web.access import Permission, requires, signed_in
from app.workflow import acts
from app.workflow.acts import Given
from app.workflow.moves import restoring
from app.workflow.moves.restoring import Undo
from app.workflow.rules import Verb


@blueprint.get("/cases/<uuid:case_id>/moments", endpoint="moments")
@signed_in
def moments_page(case_id: uuid.UUID) -> str:
    """The case after the act that `at` names (the last one by default), and who had it when."""
    page = case_page.open_case(visible(case_id), current_user, now())
    wanted = parse_number(request.args.get("at", ""))
    shown = moments.then(page, page.events[-1].seq if wanted is None else wanted)
    if shown is None:
        raise NotFound("There is no such moment.")
    if "HX-Request" in request.headers:
        return render_template("inbox/_moment.html", then=shown, diagrams=moments.diagrams(page, shown.marks))
    return render_template(
        "inbox/moments.html",
        case=case_page.head(page),
        then=shown,
        lines=moments.lines(page, shown.seq),
        diagrams=moments.diagrams(page, shown.marks),
        stretches=moments.stretches(page),
        totals=moments.totals(page),
        strip=moments.strip(page),
    )


@blueprint.get("/cases/<uuid:case_id>/rewind/<int:seq>")
@requires(Permission.CASE_SUPERVISE)
def rewind(case_id: uuid.UUID, seq: int) -> str:
    """What rewinding to the moment would undo, as a picture and in words; asks for the reason."""
    case = visible(case_id)
    if not current_user.may_in(Permission.CASE_SUPERVISE, case.branch_id):
        raise Forbidden("You are not allowed to do this.")
    page = case_page.open_case(case, current_user, now())
    shown = moments.then(page, seq)
    if shown is None:
        raise NotFound("There is no such moment.")
    undo = restoring.price(case, seq)
    marks = moments.around(page, _marks(undo))
    names = people.users({task.completed_by for task in undo.void if task.completed_by})
    return render_template(
        "inbox/rewind.html",
        case=case_page.head(page),
        then=shown,
        reopened=moments.station_names(page, undo.reopened),
        cancelled=[page.station(task.element_id) for task in undo.cancelled],
        void=[
            (
                page.station(task.element_id),
                names[task.completed_by].name if task.completed_by in names else "",
                words.moment(task.completed_at, page.now),
            )
            for task in undo.void
        ],
        ballots=undo.ballots,
        informed=undo.informed,
        second=page.is_past_committee,
        marks=marks,
        diagrams=moments.diagrams(page, marks),
    )


@blueprint.post("/cases/<uuid:case_id>/rewind/<int:seq>", endpoint="do_rewind")
@requires(Permission.CASE_SUPERVISE)
def do_rewind(case_id: uuid.UUID, seq: int) -> BaseResponse:
    """Put the case back."""
    given = Given(target=str(seq), reason=request.form.get("reason", "")[:4000])
    case = acts.carry_out(verb=Verb.RESTORE, subject_id=case_id, given=given, person=current_user, now=now())
    if is_asked_for(case, Verb.RESTORE):
        asked = gettext(
            "%(number)s: asked for; nothing happens until a second supervisor has confirmed it.", number=case.number
        )
        flash(asked, "success")
    else:
        flash(gettext("The case stands again as it did then."), "success")
    return redirect(url_for("inbox.case", case_id=case_id))


def _marks(undo: Undo) -> dict[str, dict[str, Any]]:
    """The picture of what is undone: stations open again, tasks cancelled, work made void."""
    void = {t.element_id: {"state": "removed", "badge": "✕", "kind": "danger", "note": gettext("Becomes void")}
            for t in undo.void}  # fmt: skip
    gone = {t.element_id: {"state": "removed", "badge": "✕", "kind": "danger", "note": gettext("Cancelled")}
            for t in undo.cancelled}  # fmt: skip
    again = {e: {"state": "added", "badge": "▶", "kind": "ok", "note": gettext("Open again")} for e in undo.reopened}
    return {**void, **gone, **again}
