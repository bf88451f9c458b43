"""The staff's lists, start page, search and notices; the pages of tasks and cases stand beside this file."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from flask import Flask, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app.identity import operations as identity
from app.inbox import (
    case_views,
    decision_views,
    decisions,
    lists,
    moment_views,
    notice_lines,
    substitute_views,
    task_views,
)
from app.inbox.pages import blueprint, once
from app.kernel.clock import now
from app.kernel.errors import NotFound
from app.kernel.ids import parse_number
from app.notifications import operations as notifications
from app.notifications import queries as notices_queries
from app.web import shell
from app.web.access import Permission, requires, signed_in
from app.web.i18n import text_of
from app.web.shell import MenuEntry
from app.workflow import cases, instances, queries, registry
from app.workflow.watching import list_address, worklists

__all__ = ["blueprint", "case_views", "decision_views", "install", "moment_views", "substitute_views", "task_views"]


def install(app: Flask) -> None:
    """Take part in the menu, with the pages of tasks and cases."""
    shell.add_to_menu(MenuEntry("inbox.list", "My tasks", Permission.CASE_WORK, "inbox", 10))
    shell.add_to_menu(MenuEntry("inbox.start_page", "Start", Permission.CASE_START, "file-plus", 20))
    app.register_blueprint(blueprint)


@blueprint.get("/inbox", endpoint="list")
@blueprint.get("/inbox/<tab>", endpoint="list")
@requires(Permission.CASE_WORK)
def show_list(tab: str = "todo") -> str | BaseResponse:
    """One of the five lists."""
    if tab not in lists.TABS:
        raise NotFound("There is no such list.")
    saved = current_user.preferences.get(lists.SAVED)
    if not request.args and isinstance(saved, Mapping) and tab in saved and not request.args.get("all"):
        return redirect(url_for("inbox.list", tab=tab, **saved[tab]))
    filter, moment = list_address.wanted(), now()
    found = lists.rows_of(tab, current_user, filter, moment)
    return render_template(
        "inbox/list.html",
        tab=tab,
        tabs=lists.tabs(tab, worklists.counts(current_user)),
        rows=found.rows,
        mandates=current_user.stands_for,
        filter=filter,
        query=filter.text,
        processes=[*lists.process_names().items()],
        stations=lists.station_names(filter.process_key),
        sorts=lists.sorts_of(tab),
        next=list_address.address(filter, after=found.following) if found.following else None,
        previous=list_address.address(filter) if filter.after else None,
        reset=url_for("inbox.list", tab=tab, all=1),
        saved=isinstance(saved, Mapping) and tab in saved,
        conditions=decisions.to_see_to(current_user, moment) if tab == "todo" else [],
        start_url=url_for("inbox.start_page") if current_user.may(Permission.CASE_START) else None,
    )


@blueprint.post("/inbox/<tab>/view")
@requires(Permission.CASE_WORK)
def save_view(tab: str) -> BaseResponse:
    """Remember the filter of a list, or forget it."""
    saved = dict(current_user.preferences.get(lists.SAVED) or {})
    names = ("q", "process", "station", "due", "sort")
    chosen = {name: request.form[name][:200] for name in names if request.form.get(name)}
    if request.form.get("forget") or not chosen:
        saved.pop(tab, None)
    else:
        saved[tab] = chosen
    identity.set_preference(user_id=current_user.id, name=lists.SAVED, value=saved)
    return redirect(url_for("inbox.list", tab=tab, **(saved.get(tab) or {"all": 1})))


@blueprint.get("/start")
@requires(Permission.CASE_START)
def start_page() -> str:
    """What can be started."""
    return render_template(
        "inbox/start.html",
        processes=[(d.key, text_of(d.name), "", d.version) for d in instances.startable(current_user)],
        products=[(o.value, text_of(o.label), text_of(o.help)) for o in registry.options("products") if o.is_offered],
        key=secrets.token_hex(16),
    )


@blueprint.post("/start")
@requires(Permission.CASE_START)
def start() -> BaseResponse:
    """Begin a case and go to its first task."""

    def act() -> dict[str, Any]:
        case = instances.start(key=request.form.get("process_key", ""), person=current_user, now=now())
        mine = [task for task in cases.open_tasks(case.id) if task.assignee_id == current_user.id]
        if mine and request.form.get("product"):
            mine[0].draft = {"values": {"product": request.form["product"][:80]}, "opinion": None}
        target = url_for("inbox.task", task_id=mine[0].id) if mine else url_for("inbox.case", case_id=case.id)
        return {"location": target}

    return redirect(once("inbox.start", act)["location"])


@blueprint.get("/search")
@requires(Permission.CASE_WORK)
def search() -> str | BaseResponse:
    """Cases by number or customer, those the reader may see."""
    filter, moment = list_address.wanted(), now()
    names = lists.process_names()
    found = worklists.all_cases(filter) if filter.text.strip() else None
    rows = [c for c in found.rows if queries.may_see(current_user, c)] if found else []
    if len(rows) == 1:
        return redirect(url_for("inbox.case", case_id=rows[0].id))
    return render_template(
        "inbox/search.html", rows=[lists.case_row(c, names, moment) for c in rows], query=filter.text, filter=filter
    )


@blueprint.get("/notices")
@signed_in
def notices() -> str:
    """The person's notices."""
    found = notices_queries.notices(current_user.id, before=parse_number(request.args.get("before", "")))
    return render_template(
        "inbox/notices.html",
        notices=notice_lines.notice_lines(found, now()),
        settings_url=url_for("notices.settings"),
        next=url_for("inbox.notices", before=found[-1].id) if len(found) == notices_queries.PAGE else None,
    )


@blueprint.post("/notices/read")
@signed_in
def read_notices() -> BaseResponse:
    """Mark the notices as read."""
    notifications.mark_read(user_id=current_user.id, now=now())
    return redirect(url_for("inbox.notices"))
