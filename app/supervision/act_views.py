"""Acts on many rows: what is asked, the preview, the confirmation, progress, the result as page and file.

Every page is a plain page: a form with a button does what htmx does by itself.
"""

from __future__ import annotations

import time
import uuid
from typing import Any
from urllib.parse import parse_qsl

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app.identity import queries as people
from app.kernel.clock import now
from app.kernel.db import session
from app.kernel.errors import NotFound, Refusal
from app.kernel.ids import parse_id
from app.supervision import act_page, exports, operations
from app.supervision.models import ActState, BulkAct
from app.supervision.pages import blueprint, overseen
from app.web import shell
from app.web.access import Permission, requires
from app.web.errors import translated
from app.workflow.rules import Ask, Verb
from app.workflow.watching import list_address, worklists
from app.workflow.words import WORDS

PATIENCE = 1.0


@blueprint.get("/acts", endpoint="acts")
@requires(Permission.CASE_SUPERVISE)
def acts_page() -> str:
    """The newest acts on many rows: of everybody for whoever oversees the bank, else the reader's own."""
    return render_template(
        "supervision/acts.html", acts=act_page.recent(current_user.id, now(), own=overseen() is not None)
    )


@blueprint.post("/acts/new")
@requires(Permission.CASE_SUPERVISE)
def new_act() -> str | BaseResponse:
    """What the verb asks for, for the rows that were ticked (or for all that match the filter)."""
    verb, ids = _verb(), _ids()
    if not ids:
        flash(gettext("Tick at least one row."), "error")
        return redirect(shell.back_to(url_for("supervision.cases")))
    return _form(verb, ids)


@blueprint.post("/acts")
@requires(Permission.CASE_SUPERVISE)
def make_act() -> str | BaseResponse:
    """Note the act and try its rows as far as patience goes; the page tries the rest."""
    verb, ids = _verb(), _ids()
    try:
        act = operations.prepare(verb=verb, ids=ids, given=_given(verb), person=current_user, now=now())
    except Refusal as refusal:
        flash(translated(refusal), "error")
        return _form(verb, ids)
    began = time.monotonic()
    while act.state == ActState.TRYING and time.monotonic() - began < PATIENCE:
        operations.try_some(act_id=act.id, person=current_user, now=now())
    return redirect(url_for("supervision.act", act_id=act.id))


@blueprint.get("/acts/<uuid:act_id>", endpoint="act")
@requires(Permission.CASE_SUPERVISE)
def act_page_of(act_id: uuid.UUID) -> str:
    """Where the act is: tried, waiting for the confirmation, under way, over."""
    return _page(_found(act_id), "supervision/act.html")


@blueprint.post("/acts/<uuid:act_id>/go")
@requires(Permission.CASE_SUPERVISE)
def go_on(act_id: uuid.UUID) -> str | BaseResponse:
    """Try or do the next rows; asked again and again by the page, or by a button."""
    act = _found(act_id)
    if act.state == ActState.TRYING and act.made_by == current_user.id:
        operations.try_some(act_id=act_id, person=current_user, now=now())
    else:
        operations.carry_on(act_id=act_id, now=now())
    if "HX-Request" in request.headers:
        return _page(act, "supervision/_act.html")
    return redirect(url_for("supervision.act", act_id=act_id))


@blueprint.post("/acts/<uuid:act_id>/confirm")
@requires(Permission.CASE_SUPERVISE)
def confirm_act(act_id: uuid.UUID) -> BaseResponse:
    """Let it go."""
    operations.confirm(act_id=act_id, person=current_user, now=now())
    return redirect(url_for("supervision.act", act_id=act_id))


@blueprint.post("/acts/<uuid:act_id>/drop")
@requires(Permission.CASE_SUPERVISE)
def drop_act(act_id: uuid.UUID) -> BaseResponse:
    """Forget it, or leave the rest of it."""
    act = operations.drop(act_id=act_id, person=current_user, now=now())
    flash(gettext("Dropped; what was done stays done."), "success")
    return redirect(url_for("supervision.act", act_id=act.id))


@blueprint.get("/acts/<uuid:act_id>/result.<kind>")
@requires(Permission.CASE_SUPERVISE)
def act_file(act_id: uuid.UUID, kind: str) -> BaseResponse:
    """A line per row as CSV or XLSX."""
    act = _found(act_id)
    header = [gettext("Case number"), gettext("Case"), gettext("Result"), gettext("Before"), gettext("After"),
              gettext("Why not")]  # fmt: skip
    return exports.answer(
        kind,
        f"{act.verb}-{act.made_at:%Y%m%d-%H%M}",
        header,
        lambda: (
            (row.number, row.title, row.state_words, row.before, row.after, row.refusal)
            for row in act_page.every_row(act_id)
        ),
    )


def _verb() -> Verb:
    name = request.form.get("verb", "")
    if name not in act_page.OFFERED:
        raise NotFound("There is no such act.")
    return Verb(name)


def _ids() -> list[uuid.UUID]:
    """The ticked rows; where "all" is ticked, every row that matches the filter of the list, up to one more than may be done."""
    ticked = [found for found in map(parse_id, request.form.getlist("ids")[: operations.MOST + 1]) if found]
    if "all" not in request.form:
        return ticked
    wanted = list_address.wanted(_query())
    most = operations.MOST + 1
    if request.form.get("list") == "tasks":
        return [row.task.id for row in worklists.all_open(wanted, now=now(), size=most, reach=overseen()).rows]
    return [case.id for case in worklists.all_cases(wanted, size=most, reach=overseen()).rows]


def _query() -> dict[str, str]:
    return dict(parse_qsl(request.form.get("filter", "")[:2000]))


def _given(verb: Verb) -> dict[str, Any]:
    """What the form says, as far as the verb asks for it."""
    form, asks = request.form, act_page.asked(verb)
    given: dict[str, Any] = {}
    if Ask.REASON in asks:
        given["reason"] = form.get("reason", "")[:4000]
    if Ask.NOTE in asks:
        given["note"] = form.get("note", "")[:4000]
    if Ask.REASON_CODE in asks:
        given["reason_code"] = form.get("reason_code", "")[:40]
    if Ask.MODE in asks:
        given["mode"] = form.get("mode", "")[:20] or None
    if asks & {Ask.PERSON, Ask.PEOPLE}:
        given["people"] = [name[:60] for name in form.getlist("people")[:50] if name]
    for ask, prefix, kept in ((Ask.TARGET, "to-", "mapped"), (Ask.OUTCOME, "out-", "answers")):
        if ask in asks:
            given[kept] = _by_station(prefix)
    return given


def _by_station(prefix: str) -> dict[str, str]:
    """What is chosen for each station; stations with nothing chosen are left out."""
    chosen = [(name, value) for name, value in request.form.items() if name.startswith(prefix) and value]
    return {name.removeprefix(prefix)[:120]: value[:120] for name, value in chosen}


def _form(verb: Verb, ids: list[uuid.UUID]) -> str:
    asks = act_page.asked(verb)
    process_key, stations = act_page.mapped(ids, overseen()) if asks & {Ask.TARGET, Ask.OUTCOME} else (None, [])
    return render_template(
        "supervision/act_new.html",
        verb=verb,
        title=gettext(WORDS[verb].button),
        does=gettext(WORDS[verb].does),
        asks=asks,
        ids=ids,
        named=act_page.named(ids, overseen()),
        people=[(user.username, user.name) for user in people.active_users()]
        if asks & {Ask.PERSON, Ask.PEOPLE}
        else [],
        reasons=act_page.reasons(),
        stations=stations,
        marks=act_page.mapping_marks(stations),
        diagram=url_for("supervision.diagram", key=process_key) if process_key and Ask.TARGET in asks else None,
        back=shell.back_to(url_for("supervision.cases")),
    )


def _found(act_id: uuid.UUID) -> BulkAct:
    """The act, for who made it and for whoever oversees the bank: its rows may be of any branch."""
    act = session.get(BulkAct, act_id)
    if act is None or (act.made_by != current_user.id and overseen() is not None):
        raise NotFound("There is no such act.")
    return act


def _page(act: BulkAct, template: str) -> str:
    shown = act.state not in (ActState.TRYING, ActState.RUNNING)
    return render_template(
        template, act=act_page.view(act, current_user.id, now()), rows=act_page.rows(act) if shown else []
    )
