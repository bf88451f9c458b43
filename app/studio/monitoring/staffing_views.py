"""Other staff: what is asked, the worker's progress, and the answer with its error against the last period."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app.kernel.clock import now
from app.kernel.ids import parse_id
from app.studio.monitoring.monitoring_page import station_names
from app.studio.pages import blueprint
from app.web.access import Permission, requires
from app.workflow.deploying import definitions
from app.workflow.monitoring import questions, staffing_runs
from app.workflow.monitoring.foretelling import Asked
from app.workflow.monitoring.models import StaffingRun


@blueprint.get("/monitoring/<key>/staffing")
@requires(Permission.DEFINITION_SEE)
def staffing(key: str) -> str:
    """The question, and the answer of the newest run or of the one that is named."""
    definition = definitions.active(key)
    runs = staffing_runs.newest(key)
    named = parse_id(request.args.get("run", ""))
    run = staffing_runs.find(named) if named else (runs[0] if runs else None)
    officers = questions.officers(key)
    return render_template(
        "studio/staffing.html",
        row=definition,
        run=run,
        runs=runs,
        officers=officers,
        absent=", ".join(one.name for one in officers if run is not None and one.id in run.asked["absent"]),
        labels=_labels(run) if run is not None else {},
    )


@blueprint.get("/monitoring/<key>/staffing/progress")
@requires(Permission.DEFINITION_SEE)
def staffing_progress(key: str) -> str:
    """How far a run is; its answer once it has one."""
    run = staffing_runs.find(parse_id(request.args.get("run", "")))
    return render_template("studio/_staffing.html", row=definitions.active(key), run=run, labels=_labels(run))


@blueprint.post("/monitoring/<key>/staffing")
@requires(Permission.DEFINITION_SEE)
def begin_staffing(key: str) -> BaseResponse:
    """Ask a worker."""
    known = {officer.id for officer in questions.officers(key)}
    asked = Asked(
        growth=_number("growth", 0, -90, 300),
        absent=tuple(sorted({int(one) for one in request.form.getlist("absent") if one.isdecimal()} & known)),
        away=_number("away", 7, 1, 180),
        ahead=_number("ahead", 28, 7, 180),
    )
    run = staffing_runs.begin(process_key=key, asked=asked, actor=current_user.actor, now=now())
    return redirect(url_for("studio.staffing", key=key, run=run.id))


def _number(name: str, usual: int, least: int, most: int) -> int:
    text = request.form.get(name, "").strip()
    digits = text.removeprefix("-")
    return min(most, max(least, int(text))) if digits.isascii() and digits.isdigit() and len(digits) < 6 else usual


def _labels(run: StaffingRun) -> dict[str, str]:
    """The names of the stations in the answer."""
    names = station_names(run.definition_id)
    found: dict[str, Any] = run.result or {}
    stations = [*found.get("stations", ()), *found.get("error", {}).get("stations", ())]
    return {one["station"]: names.get(one["station"], one["station"]) for one in stations}
