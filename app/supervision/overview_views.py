"""The overview of the morning, and the cases that do not go on."""

from __future__ import annotations

from flask import render_template, request
from flask_babel import format_datetime

from app.kernel.clock import now
from app.supervision import overview
from app.supervision.pages import blueprint, overseen
from app.web.access import Permission, requires
from app.workflow.watching import stuck


@blueprint.get("/", endpoint="overview")
@requires(Permission.CASE_SUPERVISE)
def overview_page() -> str:
    """Everything a head of department looks at first, on one screen; each number leads to its list."""
    moment = now()
    counted = overview.counted(moment, overseen(), fresh="fresh" in request.args)
    stations = overview.stations(counted.stations)
    return render_template(
        "supervision/overview.html",
        tiles=overview.tiles(counted.figures, counted.trouble, counted.suspended),
        ages=overview.ageing(counted.figures),
        persons=overview.persons(counted.persons[: overview.TOP], moment),
        more_persons=len(counted.persons) - overview.TOP,
        pools=overview.pools(counted.pools[: overview.TOP], moment),
        stations=stations[: overview.TOP],
        more_stations=stations[overview.TOP :],
        as_of=format_datetime(counted.at, "yyyy-MM-dd HH:mm:ss"),
    )


@blueprint.get("/stuck", endpoint="stuck")
@requires(Permission.CASE_SUPERVISE)
def stuck_page() -> str:
    """The cases that do not go on by themselves, why, and what can be done."""
    moment = now()
    found = stuck.find(moment, reach=overseen())
    return render_template(
        "supervision/stuck.html", rows=overview.troubles(found, moment), most=len(found) >= stuck.MOST
    )
