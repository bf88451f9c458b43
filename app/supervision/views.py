"""Overview, tasks, load, and the acts on many rows."""

from __future__ import annotations

from flask import Flask, Response, jsonify, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app.identity import queries as people
from app.kernel.clock import now
from app.kernel.errors import NotFound
from app.supervision import (
    act_page,
    act_views,
    confirmation_page,
    confirmation_views,
    exports,
    handover_views,
    overview_views,
    station_names,
    tables,
)
from app.supervision.pages import blueprint, overseen
from app.web import shell
from app.web.access import Permission, requires
from app.web.i18n import text_of
from app.web.shell import MenuEntry
from app.workflow.deploying import definitions
from app.workflow.models import CaseState
from app.workflow.watching import list_address, worklists, workload

__all__ = ["act_views", "blueprint", "confirmation_views", "install", "overview_views"]


def install(app: Flask) -> None:
    """Take part in the menu."""
    shell.add_to_menu(MenuEntry("supervision.overview", "Overview", Permission.CASE_SUPERVISE, "layout-dashboard", 28))
    shell.add_to_menu(
        MenuEntry("supervision.confirmations", "Confirmations", Permission.CASE_SUPERVISE, "check-check", 29)
    )
    shell.count_in_menu("supervision.confirmations", lambda: confirmation_page.count(current_user))
    shell.add_to_menu(MenuEntry("supervision.cases", "All cases", Permission.CASE_SEE_ALL, "layers", 30))
    shell.add_to_menu(MenuEntry("supervision.tasks", "All tasks", Permission.CASE_SUPERVISE, "list-checks", 31))
    shell.add_to_menu(MenuEntry("supervision.calendar", "Bank calendar", Permission.CALENDAR_MANAGE, "calendar", 91))
    app.register_blueprint(blueprint)
    app.register_blueprint(handover_views.blueprint)


@blueprint.get("/cases")
@requires(Permission.CASE_SEE_ALL)
def cases() -> str:
    """Every case, with filters and a diagram that shows where they are."""
    filter = list_address.wanted()
    found = worklists.all_cases(filter, reach=overseen(Permission.CASE_SEE_ALL))
    chosen = next((d for d in definitions.actives() if d.key == filter.process_key), None)
    return render_template(
        "supervision/cases.html",
        rows=tables.case_rows(found.rows, now()),
        filter=filter,
        processes=tables.processes(),
        stations=station_names.options(filter.process_key),
        states=_states(),
        next=list_address.address(filter, after=found.following) if found.following else None,
        previous=list_address.address(filter) if filter.after else None,
        reset=url_for("supervision.cases"),
        diagram=url_for("supervision.diagram", key=chosen.key) if chosen else None,
        marks=url_for("supervision.badges", key=chosen.key, station=filter.element_id or None) if chosen else None,
        filter_url=list_address.address(filter, element_id="__element__"),
        diagram_name=text_of(chosen.name) if chosen else "",
        may_act=current_user.may(Permission.CASE_SUPERVISE),
        verbs=act_page.verbs(),
    )


@blueprint.get("/tasks")
@requires(Permission.CASE_SUPERVISE)
def tasks() -> str:
    """Every open task, with filters; ticked ones can be reassigned."""
    filter, moment = list_address.wanted(), now()
    found = worklists.all_open(filter, now=moment, reach=overseen())
    return render_template(
        "supervision/tasks.html",
        rows=tables.task_rows(found.rows, moment),
        filter=filter,
        processes=tables.processes(),
        stations=station_names.options(filter.process_key),
        holders=[(user.id, user.name) for user in people.active_users()],
        groups=[(group.id, text_of(group.name)) for group in people.groups()],
        ages=tables.age_words(),
        dues=tables.due_words(),
        verbs=act_page.verbs(),
        next=list_address.address(filter, after=found.following) if found.following else None,
        previous=list_address.address(filter) if filter.after else None,
        reset=url_for("supervision.tasks"),
    )


@blueprint.get("/load")
@requires(Permission.CASE_SUPERVISE)
def load() -> str:
    """Who holds how much, and what lies unclaimed."""
    moment, reach = now(), overseen()
    return render_template(
        "supervision/load.html",
        persons=[tables.load_row(row, row.name, "holder", moment) for row in workload.load_per_person(moment, reach)],
        pools=[
            tables.load_row(row, text_of(row.name), "group", moment) for row in workload.load_per_pool(moment, reach)
        ],
    )


@blueprint.get("/diagrams/<key>")
@requires(Permission.CASE_SEE_ALL)
def diagram(key: str) -> Response:
    """The BPMN of the active version of a process."""
    return Response(definitions.diagram(definitions.active(key).id), mimetype="application/xml")


@blueprint.get("/diagrams/<key>/badges")
@requires(Permission.CASE_SEE_ALL)
def badges(key: str) -> Response:
    """How many open tasks each station has; those inside a called process count at its call activity. `station`: the one chosen."""
    loaded = definitions.load(definitions.active(key).id)
    counts = workload.station_counts(key, reach=overseen(Permission.CASE_SEE_ALL))
    return jsonify(tables.badges(loaded.compiled, counts, request.args.get("station", "")))


@blueprint.get("/<list>.<kind>")
@requires(Permission.CASE_SUPERVISE)
def list_file(list: str, kind: str) -> BaseResponse:
    """A list as CSV or XLSX, all rows that match the filter."""
    if list not in ("cases", "tasks"):
        raise NotFound("There is no such list.")
    filter, moment, reach = list_address.wanted(), now(), overseen()
    every = tables.every_case if list == "cases" else tables.every_task
    name = f"{list}-{moment:%Y%m%d-%H%M}"
    return exports.answer(kind, name, tables.header(list), lambda: every(filter, moment, reach))


def _states() -> list[tuple[str, str]]:
    return [
        ("live", gettext("In progress")),
        ("incident", gettext("Stopped by an error")),
        (CaseState.SUSPENDED, gettext("Suspended")),
        (CaseState.COMPLETED, gettext("Decided")),
        (CaseState.CANCELLED, gettext("Terminated")),
        (CaseState.WITHDRAWN, gettext("Withdrawn")),
    ]
