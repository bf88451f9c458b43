"""The bank's calendar: a year at a glance, own days, opening hours. A change is first shown with what it moves, then made."""

from __future__ import annotations

from datetime import date, datetime
from io import BytesIO
from typing import Any

from flask import flash, redirect, render_template, request, send_file, url_for
from flask_babel import format_date, format_datetime, gettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app.bank_calendar import operations, queries, rules
from app.bank_calendar.operations import Change
from app.kernel.clock import now
from app.kernel.errors import Refusal
from app.kernel.ids import parse_number
from app.kernel.working_time import Calendar, is_known
from app.supervision import tables
from app.supervision.views import blueprint
from app.web.access import Permission, requires, signed_in
from app.web.errors import translated
from app.web.i18n import text_of
from app.workflow.clocks import due_dates

MOST_UPLOADED = 512 * 1024


@blueprint.get("/calendar")
@signed_in
def calendar() -> str:
    """A year at a glance, the bank's own days and its hours; administrators change them here."""
    return _page()


@blueprint.post("/calendar/days")
@requires(Permission.CALENDAR_MANAGE)
def set_days() -> BaseResponse | str | tuple[str, int]:
    """Set one day, or all from the first to the last."""
    form = request.form

    def read() -> Change:
        first = rules.read_day(form.get("first", ""))
        last = rules.read_day(form["last"]) if form.get("last") else first
        if not 0 <= (last - first).days < rules.LONGEST_SPAN:
            raise Refusal("The last day must not lie before the first, nor more than a year after it.")
        if not form.get("reason", "").strip():
            raise Refusal("Please give a reason.")
        days = (date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1))
        works, branch, reason = form.get("kind") == "working", form.get("branch", ""), form["reason"].strip()
        return Change(tuple(rules.Day(day, works, branch, reason[: rules.LONGEST_REASON]) for day in days))

    return _change(read)


@blueprint.post("/calendar/remove")
@requires(Permission.CALENDAR_MANAGE)
def remove_day() -> BaseResponse | str | tuple[str, int]:
    """Take an own day out; the state's calendar counts again."""
    form = request.form
    return _change(lambda: Change(removed=((rules.read_day(form.get("day", "")), form.get("branch", "")),)))


@blueprint.post("/calendar/hours")
@requires(Permission.CALENDAR_MANAGE)
def set_hours() -> BaseResponse | str | tuple[str, int]:
    """Open at other times."""
    sessions = tuple(part.strip() for part in request.form.get("sessions", "")[:200].split(",") if part.strip())
    return _change(lambda: Change(sessions=tuple(rules.write_hours(rules.read_hours(sessions)))))


@blueprint.post("/calendar/import")
@requires(Permission.CALENDAR_MANAGE)
def import_days() -> BaseResponse | str | tuple[str, int]:
    """Set every day of a file."""

    def read() -> Change:
        file = request.files.get("file")
        if file is None or not file.filename:
            raise Refusal("Choose a file.")
        return Change(tuple(rules.read_csv(file.stream.read(MOST_UPLOADED))))

    return _change(read)


@blueprint.post("/calendar/confirm")
@requires(Permission.CALENDAR_MANAGE)
def confirm() -> BaseResponse | tuple[str, int]:
    """Make the change that was shown, and move what it moves."""
    try:
        change = _from_fields()
        after = operations.apply(change=change, person=current_user, now=now())
        moved = due_dates.lay_out_anew(after)
    except Refusal as refusal:
        return _page(translated(refusal)), refusal.status
    flash(gettext("The calendar is changed. Due dates moved: %(n)s", n=moved), "success")
    return redirect(url_for("supervision.calendar", year=request.form.get("year") or None))


@blueprint.get("/calendar/days.csv")
@signed_in
def export_days() -> BaseResponse:
    """The bank's own days as a file that can be read in again."""
    content = rules.write_csv(_day(line) for line in queries.own_days())
    return send_file(BytesIO(content), "text/csv", as_attachment=True, download_name="bank-calendar.csv")


def _change(read: Any) -> BaseResponse | str | tuple[str, int]:
    """Show what a change would move; nothing is written yet."""
    try:
        change = read()
        foreseen = due_dates.foresee(operations.foresee(change))
    except Refusal as refusal:
        return _page(translated(refusal)), refusal.status
    return render_template(
        "supervision/calendar_change.html",
        days=[(format_date(day.day, "yyyy-MM-dd EEEE"), day, _branch_name(day.branch)) for day in change.days],
        removed=[(format_date(day, "yyyy-MM-dd EEEE"), day, branch, _branch_name(branch)) for day, branch in change.removed],
        sessions=change.sessions,
        csv=rules.write_csv(change.days).decode("utf-8-sig"),
        foreseen=foreseen,
        examples=[
            (move.number, tables.station(move.definition_id, move.element_id), _moment(move.before), _moment(move.after))
            for move in foreseen.examples
        ],
        year=change.days[0].day.year if change.days else change.removed[0][0].year if change.removed else "",
    )  # fmt: skip


def _from_fields() -> Change:
    """The change as the page that showed it carries it."""
    form = request.form
    removed = tuple((rules.read_day(text[:10]), text[11:51]) for text in form.getlist("removed")[: rules.MOST_DAYS])
    sessions = tuple(form.getlist("session")[: rules.MOST_SESSIONS]) or None
    days = tuple(rules.read_csv(form.get("days", "").encode())) if form.get("days") else ()
    return Change(days, removed, sessions)


def _page(error: str = "") -> str:
    this_year = now().astimezone().year
    year = min(max(parse_number(request.args.get("year", "")) or this_year, rules.FIRST_YEAR), rules.LAST_YEAR)
    known, branches = queries.read_all(), queries.branches()
    chosen = next((b for b in branches if b.key == request.args.get("branch")), None)
    shown = known.get(chosen.id if chosen else None) or known[None]
    lines = [line for line in queries.own_days(year) if line.row.branch_id in (None, chosen.id if chosen else None)]
    return render_template(
        "supervision/calendar.html",
        error=error,
        year=year,
        known=is_known(year),
        months=_months(shown, year),
        working_days=rules.working_days(shown, year),
        lines=lines,
        branches=[(b.key, text_of(b.name)) for b in branches],
        branch=chosen.key if chosen else "",
        sessions=", ".join(rules.write_hours(shown.hours)),
        may_change=current_user.may(Permission.CALENDAR_MANAGE),
        first_year=rules.FIRST_YEAR,
        last_year=rules.LAST_YEAR,
        form=request.form,
    )


def _months(shown: Calendar, year: int) -> list[tuple[str, list[list[rules.Cell | None]]]]:
    weeks = rules.year_at_a_glance(shown, shown.own, year)
    return [(format_date(date(year, number, 1), "LLLL"), month) for number, month in enumerate(weeks, start=1)]


def _day(line: queries.DayLine) -> rules.Day:
    return rules.Day(line.row.day, line.row.works, line.branch.key if line.branch else "", line.row.reason)


def _branch_name(key: str) -> str:
    found = next((b for b in queries.branches() if b.key == key), None)
    return text_of(found.name) if found else gettext("the whole bank")


def _moment(at: datetime) -> str:
    return format_datetime(at, "yyyy-MM-dd HH:mm")
