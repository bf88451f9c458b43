"""The overview of the morning, and the cases that do not go on."""

from __future__ import annotations

from flask import render_template

from app.kernel.clock import now
from app.supervision import overview
from app.supervision.pages import blueprint
from app.web.access import Permission, requires
from app.workflow import oversight, stuck


@blueprint.get("/", endpoint="overview")
@requires(Permission.CASE_SUPERVISE)
def overview_page() -> str:
    """Everything a head of department looks at first, on one screen; each number leads to its list."""
    moment = now()
    figures = overview.figures(moment)
    persons, pools, stations = overview.persons(moment), overview.pools(moment), overview.stations(moment)
    return render_template(
        "supervision/overview.html",
        tiles=overview.tiles(figures, stuck.count(), oversight.suspended()),
        ages=overview.ageing(figures),
        persons=persons[: overview.TOP],
        more_persons=len(persons) - overview.TOP,
        pools=pools[: overview.TOP],
        stations=stations[: overview.TOP],
        more_stations=stations[overview.TOP :],
        as_of=overview.tables.moment_words(moment, moment)[0],
    )


@blueprint.get("/stuck", endpoint="stuck")
@requires(Permission.CASE_SUPERVISE)
def stuck_page() -> str:
    """The cases that do not go on by themselves, why, and what can be done."""
    moment = now()
    found = stuck.find(moment)
    return render_template(
        "supervision/stuck.html", rows=overview.troubles(found, moment), most=len(found) >= stuck.MOST
    )
