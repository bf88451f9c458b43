"""Overview, tasks, load, and the acts on many rows."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from flask import Flask, Response, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app.identity import queries as people
from app.kernel.clock import now
from app.kernel.errors import NotFound, Refusal
from app.supervision import bulk, overview_views, tables
from app.supervision.pages import blueprint
from app.web import shell
from app.web.access import Permission, requires
from app.web.errors import translated
from app.web.i18n import text_of
from app.web.shell import MenuEntry
from app.workflow import definitions, instances, list_address, queries, user_tasks, worklists, workload
from app.workflow.models import CaseState


def install(app: Flask) -> None:
    """Take part in the menu."""
    shell.add_to_menu(MenuEntry("supervision.overview", "Overview", Permission.CASE_SUPERVISE, "layout-dashboard", 28))
    shell.add_to_menu(MenuEntry("supervision.stuck", "Stuck cases", Permission.CASE_SUPERVISE, "triangle-alert", 29))
    shell.add_to_menu(MenuEntry("supervision.cases", "All cases", Permission.CASE_SEE_ALL, "layers", 30))
    shell.add_to_menu(MenuEntry("supervision.tasks", "All tasks", Permission.CASE_SUPERVISE, "list-checks", 31))
    shell.add_to_menu(MenuEntry("supervision.load", "Workload", Permission.CASE_SUPERVISE, "users-round", 32))
    app.register_blueprint(blueprint)


@blueprint.get("/cases")
@requires(Permission.CASE_SEE_ALL)
def cases() -> str:
    """Every case, with filters and a diagram that shows where they are."""
    filter = list_address.wanted()
    found = worklists.all_cases(filter)
    chosen = next((d for d in definitions.actives() if d.key == filter.process_key), None)
    return render_template(
        "supervision/cases.html",
        rows=tables.case_rows(found.rows, now()),
        filter=filter,
        processes=tables.processes(),
        stations=tables.stations(filter.process_key),
        states=_states(),
        next=list_address.address(filter, after=found.following) if found.following else None,
        previous=list_address.address(filter) if filter.after else None,
        reset=url_for("supervision.cases"),
        diagram=url_for("supervision.diagram", key=chosen.key) if chosen else None,
        marks=url_for("supervision.badges", key=chosen.key) if chosen else None,
        filter_url=list_address.address(filter, element_id="__element__"),
        diagram_name=text_of(chosen.name) if chosen else "",
        may_act=current_user.may(Permission.CASE_SUPERVISE),
    )


@blueprint.get("/tasks")
@requires(Permission.CASE_SUPERVISE)
def tasks() -> str:
    """Every open task, with filters; ticked ones can be reassigned."""
    filter, moment = list_address.wanted(), now()
    found = worklists.all_open(filter, now=moment)
    return render_template(
        "supervision/tasks.html",
        rows=tables.task_rows(found.rows, moment),
        filter=filter,
        processes=tables.processes(),
        stations=tables.stations(filter.process_key),
        holders=[(user.id, user.name) for user in people.active_users()],
        people=[(user.username, user.name) for user in people.active_users()],
        next=list_address.address(filter, after=found.following) if found.following else None,
        previous=list_address.address(filter) if filter.after else None,
        reset=url_for("supervision.tasks"),
    )


@blueprint.get("/load")
@requires(Permission.CASE_SUPERVISE)
def load() -> str:
    """Who holds how much, and what lies unclaimed."""
    moment = now()
    return render_template(
        "supervision/load.html",
        persons=[tables.load_row(row, row.name, "holder", moment) for row in workload.load_per_person(moment)],
        pools=[tables.load_row(row, text_of(row.name), "", moment) for row in workload.load_per_pool(moment)],
    )


@blueprint.get("/diagrams/<key>")
@requires(Permission.CASE_SEE_ALL)
def diagram(key: str) -> Response:
    """The BPMN of the active version of a process."""
    return Response(definitions.diagram(definitions.active(key).id), mimetype="application/xml")


@blueprint.get("/diagrams/<key>/badges")
@requires(Permission.CASE_SEE_ALL)
def badges(key: str) -> Response:
    """How many open tasks each station has; those inside a called process count at its call activity."""
    loaded = definitions.load(definitions.active(key).id)
    return jsonify(tables.badges(loaded.compiled, workload.station_counts(key)))


@blueprint.post("/tasks/reassign")
@requires(Permission.CASE_SUPERVISE)
def reassign() -> str | BaseResponse:
    """Give the ticked tasks to somebody."""

    def act(task_id: uuid.UUID) -> str:
        task = user_tasks.reassign(
            task_id=task_id,
            to_username=request.form.get("username", ""),
            reason=request.form.get("reason", "")[:4000],
            person=current_user,
            now=now(),
        )
        case = queries.case_by_id(task.instance_id)
        return f"{case.number} {case.title or ''}" if case else str(task_id)

    return _results(request.form.getlist("task_ids"), act, "supervision.tasks")


@blueprint.post("/cases/<verb>")
@requires(Permission.CASE_SUPERVISE)
def act_on_cases(verb: str) -> str | BaseResponse:
    """Suspend, resume or cancel the ticked cases."""
    verbs = {"suspend": instances.suspend, "resume": instances.resume, "cancel": instances.cancel}
    if verb not in verbs:
        raise NotFound("There is no such act.")

    def act(case_id: uuid.UUID) -> str:
        reason = request.form.get("reason", "")[:4000]
        case = verbs[verb](instance_id=case_id, reason=reason, person=current_user, now=now())
        return f"{case.number} {case.title or ''}"

    return _results(request.form.getlist("case_ids"), act, "supervision.cases")


def _results(ids: list[str], act: Callable[[uuid.UUID], str], back: str) -> str | BaseResponse:
    """Carry the act out and show a result per row; where all went well, go back at once."""
    try:
        results = bulk.carry_out(ids, act)
    except Refusal as refusal:
        flash(translated(refusal), "error")
        return redirect(shell.back_to(url_for(back)))
    refused = [r for r in results if r.refusal is not None]
    if not refused:
        flash(gettext("%(n)s rows: done.", n=len(results)), "success")
        return redirect(shell.back_to(url_for(back)))
    lines = [(tables.row_name(r.row), translated(r.refusal) if r.refusal else "") for r in results]
    return render_template(
        "supervision/results.html", lines=lines, refused=len(refused), back=shell.back_to(url_for(back))
    )


def _states() -> list[tuple[str, str]]:
    return [
        ("live", gettext("In progress")),
        ("incident", gettext("Stopped by an error")),
        (CaseState.SUSPENDED, gettext("Suspended")),
        (CaseState.COMPLETED, gettext("Decided")),
        (CaseState.CANCELLED, gettext("Terminated")),
        (CaseState.WITHDRAWN, gettext("Withdrawn")),
    ]
