"""Monitoring on the diagram: where the time goes, which ways are taken, what comes back, and what lies where."""

from __future__ import annotations

import csv
import io
from typing import Any

from flask import Response, abort, render_template, request
from flask_babel import format_datetime
from flask_login import current_user

from app.studio.monitoring import monitoring_page as page
from app.studio.pages import blueprint
from app.web.access import Permission, requires
from app.workflow.deploying import definitions
from app.workflow.monitoring import questions
from app.workflow.reach import Reach

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@blueprint.get("/monitoring")
@requires(Permission.REPORT_SEE)
def monitoring() -> str:
    """The processes that can be looked at."""
    actives = definitions.actives()
    spans = {row.key: questions.span(row.key, _reach()) for row in actives}
    return render_template("studio/monitoring.html", actives=actives, spans=spans)


@blueprint.get("/monitoring/<key>")
@requires(Permission.REPORT_SEE)
def monitoring_of(key: str) -> str:
    """The diagram of a process with its heat, and everything on it as tables."""
    row, span = definitions.active(key), questions.span(key, _reach())
    if span is None:
        return render_template("studio/monitoring_empty.html", row=row)
    found = _figures(key, span)
    return render_template(
        "studio/monitoring_of.html",
        row=row,
        choices=page.choices(key, _reach()),
        measures=page.MEASURES,
        counted_at=_counted_at(),
        shown=page.shown,
        args=request.args,
        **found,
    )


def _figures(key: str, span: Any) -> dict[str, Any]:
    row = definitions.active(key)
    wanted = page.wanted(request.args, key, span, reach=_reach())
    than = page.compared(request.args, wanted)
    measure = request.args.get("measure", "")
    measure = measure if measure in page.MEASURES else "total_work"
    picture = questions.picture(wanted)
    other = questions.picture(than) if than is not None else None
    rows = page.rows(picture, other, row, measure, page.lying_now(key, wanted.reach))
    return {
        "wanted": wanted,
        "than": than,
        "measure": measure,
        "picture": picture,
        "rows": rows,
        "state": {"elements": page.marks(rows, picture, row.id, measure)},
        "bottlenecks": page.bottlenecks(rows),
        "reasons": page.reasons(picture, row),
        "drawings": page.drawings(row),
    }


@blueprint.get("/monitoring/<key>/picture")
@requires(Permission.REPORT_SEE)
def monitoring_picture(key: str) -> Response:
    """The diagram as XML."""
    content = definitions.diagram(definitions.active(key).id, request.args.get("process") or None)
    return Response(content, mimetype="application/xml")


@blueprint.get("/monitoring/<key>/stations.csv")
@requires(Permission.REPORT_SEE)
def monitoring_csv(key: str) -> Response:
    """The table of stations as a file for a spreadsheet; times in hours."""
    span = questions.span(key, _reach())
    if span is None:
        abort(404)
    names = ("waited_work", "held_work", "waited", "held")
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    head = ["station", "name", "opened", "done", "open_now", *(f"mean_{name}_hours" for name in names)]
    writer.writerow([*head, "share_of_time", "returned"])
    for row in _figures(key, span)["rows"]:
        one = row.station
        means = [("" if (mean := one.mean(name)) is None else f"{mean:.3f}") for name in names]
        text = [row.id, _safe(row.name), one.opened, one.done, row.waiting_now, *means]
        writer.writerow([*text, f"{row.share:.4f}", row.returned])
    answer = Response("\ufeff" + buffer.getvalue(), mimetype="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{key}-stations.csv"'
    return answer


def _reach() -> Reach:
    """The branches whose figures the reader may see; None: the whole bank's."""
    reach: Reach = current_user.reach(Permission.REPORT_SEE)
    return reach


def _safe(text: str) -> str:
    """A name that begins like a formula is text in a spreadsheet, too."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _counted_at() -> str:
    moment = questions.counted_at()
    return str(format_datetime(moment, "short")) if moment is not None else ""
