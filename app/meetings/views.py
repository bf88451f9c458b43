"""Sittings: list, plan, one meeting, presence, agenda, closing, minutes; resolutions as PDF. Votes are cast through the inbox."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, Response, flash, redirect, render_template, request, url_for
from flask_babel import get_timezone, gettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app.identity import queries as people
from app.kernel import pdf
from app.kernel.clock import now
from app.kernel.errors import NotFound, Refusal
from app.kernel.ids import parse_id, parse_number
from app.meetings import pages, papers
from app.web import shell
from app.web.access import Permission, requires, signed_in
from app.web.i18n import text_of
from app.web.shell import MenuEntry
from app.workflow import queries
from app.workflow.committees import resolutions, sittings
from app.workflow.committees.vote_models import Sitting, SittingState

blueprint = Blueprint("meetings", __name__, template_folder="templates", url_prefix="/meetings")


def install(app: Flask) -> None:
    """Take part in the menu."""
    shell.add_to_menu(MenuEntry("meetings.index", "Meetings", Permission.CASE_WORK, "landmark", 25))
    app.register_blueprint(blueprint)


@blueprint.get("/")
@requires(Permission.CASE_WORK)
def index() -> str:
    """The sittings of my committees, and the cases that wait for one."""
    own = pages.committees(current_user)
    chosen = parse_number(request.args.get("committee", "")) or (own[0][0] if own else None)
    may_plan = chosen in {committee for committee, _ in own}
    return render_template(
        "meetings/index.html",
        lines=pages.lines(current_user, now()),
        committees=own,
        committee=chosen,
        waiting=pages.waiting_lines(chosen) if chosen is not None and may_plan else [],
        may_plan=may_plan,
    )


@blueprint.post("/")
@requires(Permission.CASE_WORK)
def plan() -> BaseResponse:
    """Make a sitting."""
    made = sittings.plan(
        committee_id=parse_number(request.form.get("committee", "")) or 0,
        held_at=_moment(request.form.get("held_at", "")),
        place=request.form.get("place", ""),
        task_ids=_ids("task_ids"),
        person=current_user,
        now=now(),
    )
    flash(gettext("The sitting is planned; its members have been told."), "success")
    return redirect(url_for("meetings.sitting", sitting_id=made.id))


@blueprint.get("/<uuid:sitting_id>")
@requires(Permission.CASE_WORK)
def sitting(sitting_id: uuid.UUID) -> str:
    """The meeting: who is there, and each case with its vote."""
    row = sittings.sitting(sitting_id, current_user)
    keeps = sittings.is_secretary(row, current_user) and row.state != SittingState.CLOSED
    return render_template(
        "meetings/sitting.html",
        sitting=row,
        held=pages.moment(row.held_at, now()),
        committee=_committee(row),
        state=pages.state_words()[row.state],
        state_kind=pages.KINDS[SittingState(row.state)],
        people=pages.names_of(sittings.concerned(row)),
        items=pages.items(row, current_user, now()),
        waiting=pages.waiting_lines(row.committee_id) if keeps else [],
        keeps=keeps,
        oversees=current_user.may(Permission.CASE_SUPERVISE),
        key=secrets.token_hex(16),
    )


@blueprint.post("/<uuid:sitting_id>/present")
@requires(Permission.CASE_WORK)
def present(sitting_id: uuid.UUID) -> BaseResponse:
    """Mark who is there."""
    ids = [found for value in request.form.getlist("present")[:200] if (found := parse_number(value)) is not None]
    sittings.mark_present(sitting_id=sitting_id, user_ids=ids, person=current_user, now=now())
    flash(gettext("Presence is noted."), "success")
    return redirect(url_for("meetings.sitting", sitting_id=sitting_id))


@blueprint.post("/<uuid:sitting_id>/agenda")
@requires(Permission.CASE_WORK)
def agenda(sitting_id: uuid.UUID) -> BaseResponse:
    """Add cases, move one, or take one off."""
    task_id = parse_id(request.form.get("task_id", ""))
    if task_id is None:
        sittings.add_to_agenda(sitting_id=sitting_id, task_ids=_ids("task_ids"), person=current_user, now=now())
    else:
        by = {"up": -1, "down": 1}.get(request.form.get("by", ""), 0)
        sittings.move(sitting_id=sitting_id, task_id=task_id, by=by, person=current_user, now=now())
    return redirect(url_for("meetings.sitting", sitting_id=sitting_id))


@blueprint.post("/<uuid:sitting_id>/close")
@requires(Permission.CASE_WORK)
def close(sitting_id: uuid.UUID) -> BaseResponse:
    """End the sitting."""
    remarks = request.form.get("remarks", "")
    sittings.close_sitting(sitting_id=sitting_id, remarks=remarks, person=current_user, now=now())
    flash(gettext("The sitting is closed; its minutes can be printed."), "success")
    return redirect(url_for("meetings.sitting", sitting_id=sitting_id))


@blueprint.get("/<uuid:sitting_id>/minutes.pdf")
@requires(Permission.CASE_WORK)
def minutes(sitting_id: uuid.UUID) -> Response:
    """The minutes (会议纪要), with the resolutions of the cases the reader may see."""
    row = sittings.sitting(sitting_id, current_user)
    seen = pages.items(row, current_user, now())
    there = pages.names_of(list(row.present_ids))
    away = [pair for pair in pages.names_of(sittings.concerned(row)) if pair not in there]
    paper = papers.minutes_paper(
        row,
        _committee(row),
        [name for _, name in there],
        [name for _, name in away],
        [(item.number, item.title, item.resolution) for item in seen],
        audits=current_user.may(Permission.AUDIT_SEE),
    )
    return _pdf(pdf.render(paper), f"minutes-{row.held_at:%Y-%m-%d}.pdf")


@blueprint.get("/resolutions/<uuid:resolution_id>.pdf")
@signed_in
def resolution(resolution_id: uuid.UUID) -> Response:
    """A resolution (决议)."""
    found = resolutions.resolution(resolution_id)
    case = queries.case_by_id(found.instance_id) if found else None
    if found is None or case is None or not queries.may_see(current_user, case):
        raise NotFound("There is no such resolution.")
    paper = papers.resolution_paper(found, audits=current_user.may(Permission.AUDIT_SEE))
    return _pdf(pdf.render(paper), f"{found.number}.pdf")


def _pdf(content: bytes, name: str) -> Response:
    answer = Response(content, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return answer


def _ids(name: str) -> list[uuid.UUID]:
    return [found for value in request.form.getlist(name)[:100] if (found := parse_id(value)) is not None]


def _moment(text: str) -> datetime:
    """A local date and time of the page ("2026-03-02T14:30") as a moment."""
    zone = get_timezone()
    try:
        return datetime.fromisoformat(text[:16]).replace(tzinfo=ZoneInfo(str(zone)))
    except ValueError:
        raise Refusal("Say when the sitting is held.") from None


def _committee(row: Sitting) -> str:
    return next((text_of(group.name) for group in people.groups() if group.id == row.committee_id), "?")
