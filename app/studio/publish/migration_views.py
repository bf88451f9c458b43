"""Cases under way go over to another version: chosen, stations mapped, tried, shown, confirmed, watched, undone."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy import func, select
from werkzeug.wrappers import Response as BaseResponse

from app.identity import queries as people
from app.kernel.clock import now
from app.kernel.db import session
from app.kernel.errors import recalled
from app.kernel.ids import parse_id
from app.studio import csv_files
from app.studio.pages import blueprint
from app.studio.publish.mapping_form import choices, read_mapping
from app.web.access import Permission, requires
from app.web.errors import translated
from app.web.i18n import text_of
from app.workflow import engine, queries
from app.workflow.deploying import definitions
from app.workflow.deploying.deployment_models import ProcessDefinition
from app.workflow.migrating import migration_runs
from app.workflow.migrating.impact import LIVE
from app.workflow.migrating.migration_models import Migration, MigrationRow, RowState, RunState
from app.workflow.models import ProcessInstance

PAGE = 50
STATES = {
    RunState.TRYING: ("Being tried", "info"),
    RunState.PREVIEW: ("Waits for a confirmation", "warn"),
    RunState.RUNNING: ("Under way", "info"),
    RunState.DONE: ("Finished", "ok"),
    RunState.UNDOING: ("Being undone", "info"),
    RunState.DROPPED: ("Dropped", "neutral"),
}
ROWS = {
    RowState.NEW: ("Not tried yet", "neutral"),
    RowState.READY: ("Can go over", "info"),
    RowState.BARRED: ("Can't go over", "danger"),
    RowState.DONE: ("Moved", "ok"),
    RowState.REFUSED: ("Refused", "danger"),
    RowState.UNDONE: ("Put back", "neutral"),
    RowState.KEPT: ("Not put back", "warn"),
}


@blueprint.get("/migrations")
@requires(Permission.DEFINITION_SEE)
def list_migrations() -> str:
    """The migrations so far, and the versions that have cases under way."""
    return render_template(
        "studio/migrations.html", migrations=[_head(row) for row in migration_runs.newest()], versions=_versions()
    )


@blueprint.get("/migrations/new")
@requires(Permission.DEFINITION_SEE)
def new_migration() -> str:
    """Choose where the cases of a version go, station by station: two pictures, a table below."""
    old = definitions.load(_wanted("from"))
    others = [row for row in definitions.versions(old.key) if row.id != old.id]
    to_id = parse_id(request.args.get("to", "")) or next((row.id for row in others if row.active), None)
    new = definitions.load(to_id) if to_id else None
    lines = _lines(old, new) if new else []
    return render_template(
        "studio/migration_new.html",
        old=old,
        new=new,
        name=text_of(old.compiled.name),
        others=[(str(row.id), _version_words(row)) for row in others],
        lines=lines,
        stations=[(e, text_of(s.name)) for e, s in old.compiled.steps.items()],
        old_marks={one["element"]: _mark(one) for one in lines},
        new_marks={one["to"]: _mark(one) for one in lines if one["to"]},
    )


@blueprint.post("/migrations")
@requires(Permission.DEFINITION_SEE)
def prepare_migration() -> BaseResponse:
    """Note what is wanted; a worker tries it on copies."""
    form = request.form
    row = migration_runs.prepare(
        from_id=parse_id(form.get("from", "")) or uuid.UUID(int=0),
        to_id=parse_id(form.get("to", "")) or uuid.UUID(int=0),
        mapping=read_mapping(form),
        reason=form.get("reason", "")[:4000],
        person=current_user._get_current_object(),
        now=now(),
        stations=[name[:120] for name in form.getlist("stations")[:100]],
        numbers=form.get("numbers", "")[:20_000].split(),
    )
    return redirect(url_for("studio.migration", migration_id=row.id))


@blueprint.get("/migrations/<migration_id>")
@requires(Permission.DEFINITION_SEE)
def migration(migration_id: str) -> str | Response:
    """What would happen or has happened to each case, with the reason where one can't go over."""
    row = migration_runs.find(parse_id(migration_id))
    if "HX-Request" in request.headers and request.args.get("bar"):
        return _bar(_view(row))
    state, page = request.args.get("state", ""), max(0, request.args.get("page", 0, type=int))
    rows, total = _rows(row, state, page)
    return render_template(
        "studio/migration.html",
        migration=_view(row),
        rows=rows,
        states=[(str(s), gettext(words), kind) for s, (words, kind) in ROWS.items()],
        state=state,
        total=total,
        previous=_page(row, state, page - 1) if page else None,
        next=_page(row, state, page + 1) if (page + 1) * PAGE < total else None,
    )


@blueprint.get("/migrations/<migration_id>/cases.csv")
@requires(Permission.DEFINITION_SEE)
def migration_file(migration_id: str) -> Response:
    """A line per case: what became of it, and why not."""
    row = migration_runs.find(parse_id(migration_id))
    found, _ = _rows(row, request.args.get("state", ""), 0, size=migration_runs.MOST)
    header = [gettext("Case number"), gettext("Result"), gettext("Station"), gettext("Holder"), gettext("Reason")]
    lines = ((one["number"], one["words"], one["stations"], one["holders"], one["why"]) for one in found)
    return csv_files.answer(f"migration-{row.process_key}", header, lines)


@blueprint.post("/migrations/<uuid:migration_id>/confirm")
@requires(Permission.BANK_SUPERVISE)
def confirm_migration(migration_id: uuid.UUID) -> BaseResponse:
    """Let the cases go over."""
    migration_runs.confirm(migration_id=migration_id, person=current_user._get_current_object(), now=now())
    return redirect(url_for("studio.migration", migration_id=migration_id))


@blueprint.post("/migrations/<uuid:migration_id>/drop")
@requires(Permission.DEFINITION_SEE)
def drop_migration(migration_id: uuid.UUID) -> BaseResponse:
    """Forget it, or leave the rest of it."""
    migration_runs.drop(migration_id=migration_id, person=current_user._get_current_object(), now=now())
    flash(gettext("Dropped; what has moved stays moved."), "ok")
    return redirect(url_for("studio.migration", migration_id=migration_id))


@blueprint.post("/migrations/<uuid:migration_id>/go-on")
@requires(Permission.DEFINITION_SEE)
def go_on_with_migration(migration_id: uuid.UUID) -> BaseResponse:
    """Begin what is left again, where the workers that were at it are gone."""
    migration_runs.go_on(migration_id=migration_id, person=current_user._get_current_object(), now=now())
    return redirect(url_for("studio.migration", migration_id=migration_id))


@blueprint.post("/migrations/<uuid:migration_id>/undo")
@requires(Permission.BANK_SUPERVISE)
def undo_migration(migration_id: uuid.UUID) -> BaseResponse:
    """Put every case back that nobody has acted on since."""
    migration_runs.undo(migration_id=migration_id, person=current_user._get_current_object(), now=now())
    return redirect(url_for("studio.migration", migration_id=migration_id))


@blueprint.post("/migrations/<uuid:migration_id>/cases/<uuid:instance_id>/undo")
@requires(Permission.BANK_SUPERVISE)
def undo_case(migration_id: uuid.UUID, instance_id: uuid.UUID) -> BaseResponse:
    """Put one case back."""
    person = current_user._get_current_object()
    migration_runs.undo_one(migration_id=migration_id, instance_id=instance_id, person=person, now=now())
    flash(gettext("The case is under the version before again."), "ok")
    return redirect(url_for("studio.migration", migration_id=migration_id))


@blueprint.get("/versions/<definition_id>/diagram")
@requires(Permission.DEFINITION_SEE)
def version_diagram(definition_id: str) -> Response:
    """The picture of one version."""
    return Response(definitions.diagram(parse_id(definition_id) or uuid.UUID(int=0)), mimetype="application/xml")


def _bar(view: Mapping[str, Any]) -> str | Response:
    """The bar, anew; the page around it is loaded anew when the work is over or lost, for all of it reads otherwise then."""
    bar = render_template("studio/_migration_bar.html", migration=view)
    return bar if view["at_work"] else Response(bar, headers={"HX-Refresh": "true"})


def _wanted(name: str) -> uuid.UUID:
    return parse_id(request.args.get(name, "")) or uuid.UUID(int=0)


def _versions() -> list[dict[str, Any]]:
    """Each version with cases under way: how many, and whether a newer one is in force."""
    counted = select(ProcessInstance.definition_id, func.count()).where(ProcessInstance.state.in_(LIVE))
    numbers = {row[0]: row[1] for row in session.execute(counted.group_by(ProcessInstance.definition_id))}
    rows = [row for row in definitions.versions() if row.id in numbers]
    several = {row.key for row in rows if len(definitions.versions(row.key)) > 1}
    return [
        {"id": row.id, "name": text_of(row.name), "version": row.version, "active": row.active, "count": numbers[row.id],
         "may_move": row.key in several}
        for row in rows
    ]  # fmt: skip


def _lines(old: definitions.Loaded, new: definitions.Loaded) -> list[dict[str, Any]]:
    """The elements a case may stand at, those without a counterpart first, each with what is proposed and what may be chosen."""
    taken = _standing(old.id)
    found = []
    for number, proposal in enumerate(engine.proposed(old.compiled, new.compiled), 1):
        element = proposal.element_id
        found.append(
            {
                "element": element,
                "number": number,
                "name": text_of(old.compiled.labels.get(element, {})) or element,
                "to": proposal.to,
                "by": proposal.by,
                "to_name": text_of(new.compiled.labels.get(proposal.to or "", {})) or proposal.to or "",
                "cases": taken.get(element, 0),
                "choices": choices(old.compiled, new.compiled, element),
            }
        )
    return sorted(found, key=lambda line: (line["by"] == "id", line["by"] == "name", -line["cases"], line["number"]))


def _mark(line: Mapping[str, Any]) -> dict[str, Any]:
    """The number of the line, on the element in the picture."""
    return {
        "badge": str(line["number"]),
        "kind": "ok" if line["by"] == "id" else "info" if line["by"] else "warn",
        "note": line["name"],
    }


def _standing(definition_id: uuid.UUID) -> dict[str, int]:
    """How many cases of a version stand at each station."""
    here = select(func.unnest(ProcessInstance.stations).label("station")).where(
        ProcessInstance.definition_id == definition_id, ProcessInstance.state.in_(LIVE)
    )
    stations = here.subquery()
    counted = select(stations.c.station, func.count()).group_by(stations.c.station)
    return {row[0]: row[1] for row in session.execute(counted)}


def _head(row: Migration) -> dict[str, Any]:
    words, kind = STATES[RunState(row.state)]
    old, new = session.get_one(ProcessDefinition, row.from_id), session.get_one(ProcessDefinition, row.to_id)
    return {
        "row": row,
        "id": row.id,
        "words": gettext(words),
        "kind": kind,
        "name": text_of(old.name),
        "versions": f"{old.version} → {new.version}",
        "by": people.users([row.begun_by])[row.begun_by].name,
    }


def _view(row: Migration) -> dict[str, Any]:
    """The migration with its counts and what the reader may do with it."""
    counts = migration_runs.counts(row.id)
    labels = definitions.load(row.from_id).compiled.labels, definitions.load(row.to_id).compiled.labels
    may, lost = current_user.may(Permission.BANK_SUPERVISE), migration_runs.is_lost(row)
    tried = row.total - counts[RowState.NEW]
    over = counts[RowState.DONE] + counts[RowState.REFUSED]
    back = counts[RowState.UNDONE] + counts[RowState.KEPT]
    done = {RunState.TRYING: tried, RunState.RUNNING: over, RunState.UNDOING: back}.get(RunState(row.state), 0)
    total = {RunState.TRYING: row.total, RunState.RUNNING: over + counts[RowState.READY]}.get(
        RunState(row.state), back + counts[RowState.DONE]
    )
    return {
        **_head(row),
        "counts": counts,
        "done": done,
        "total": total,
        "at_work": row.state in migration_runs.AT_WORK and not lost,
        "lost": lost,
        "may_go_on": lost and (may or (row.state == RunState.TRYING and row.begun_by == current_user.id)),
        "mapping": [_pair(labels, old, new) for old, new in row.mapping.items()],
        "may_confirm": may and row.state == RunState.PREVIEW and counts[RowState.READY] > 0,
        "may_drop": row.state in (RunState.TRYING, RunState.PREVIEW, RunState.RUNNING)
        and (may or row.begun_by == current_user.id),
        "may_undo": may and row.state == RunState.DONE and counts[RowState.DONE] > 0,
    }


def _pair(labels: tuple[Mapping[str, Any], Mapping[str, Any]], old: str, new: str | None) -> tuple[str, str]:
    before = text_of(labels[0].get(old, old))
    return before, text_of(labels[1].get(new, new)) if new else gettext("taken away")


def _rows(row: Migration, state: str, page: int, size: int = PAGE) -> tuple[list[dict[str, Any]], int]:
    chosen = select(MigrationRow, ProcessInstance).join(ProcessInstance, ProcessInstance.id == MigrationRow.instance_id)
    chosen = chosen.where(MigrationRow.migration_id == row.id)
    if state:
        chosen = chosen.where(MigrationRow.state == state)
    total = session.scalar(select(func.count()).select_from(chosen.subquery())) or 0
    bad = MigrationRow.state.in_((RowState.BARRED, RowState.REFUSED, RowState.KEPT))
    ordered = chosen.order_by(bad.desc(), ProcessInstance.number).offset(page * size).limit(size)
    found = session.execute(ordered).all()
    holders = queries.holders_of([part.instance_id for part, _ in found])
    person = current_user._get_current_object()
    over = row.state == RunState.DONE and person.may(Permission.BANK_SUPERVISE)
    return [_line(part, case, holders.get(case.id, []), over) for part, case in found], total


def _line(part: MigrationRow, case: ProcessInstance, holders: list[str], over: bool) -> dict[str, Any]:
    words, kind = ROWS[RowState(part.state)]
    labels = definitions.load(case.definition_id).compiled.labels
    return {
        "id": case.id,
        "number": case.number,
        "words": gettext(words),
        "kind": kind,
        "stations": "、".join(text_of(labels.get(element, element)) for element in case.stations),
        "holders": "、".join(sorted(set(holders))),
        "why": translated(recalled(part.refusal)) if part.refusal else "",
        "may_undo": over and part.state == RowState.DONE and case.events == part.after_event,
    }


def _version_words(row: ProcessDefinition) -> str:
    words = gettext("version %(n)s", n=row.version)
    return gettext("%(version)s, in force", version=words) if row.active else words


def _page(row: Migration, state: str, page: int) -> str:
    return url_for("studio.migration", migration_id=row.id, state=state or None, page=page or None)
