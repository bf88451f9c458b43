"""The second person's page: what colleagues asked for, confirmed or declined."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app.kernel.clock import now
from app.supervision import confirmation_page
from app.supervision.pages import blueprint
from app.web.access import Permission, requires
from app.workflow.moves import confirmations


@blueprint.get("/confirmations", endpoint="confirmations")
@requires(Permission.CASE_SUPERVISE)
def confirmations_page() -> str:
    """What waits for a second person."""
    return render_template("supervision/confirmations.html", wishes=confirmation_page.waiting(current_user, now()))


@blueprint.post("/confirmations/<uuid:pending_id>/confirm")
@requires(Permission.CASE_SUPERVISE)
def confirm_wish(pending_id: uuid.UUID) -> BaseResponse:
    """Carry out what a colleague asked for."""
    case = confirmations.confirm(pending_id=pending_id, person=current_user, now=now())
    flash(gettext("%(number)s: confirmed and carried out.", number=case.number), "success")
    return redirect(url_for("supervision.confirmations"))


@blueprint.post("/confirmations/<uuid:pending_id>/decline")
@requires(Permission.CASE_SUPERVISE)
def decline_wish(pending_id: uuid.UUID) -> BaseResponse:
    """Leave the case as it is; who asked may take his own wish back."""
    reason = request.form.get("reason", "")[:4000]
    case = confirmations.decline(pending_id=pending_id, reason=reason, person=current_user, now=now())
    flash(gettext("%(number)s: left as it is.", number=case.number), "success")
    return redirect(url_for("supervision.confirmations"))
