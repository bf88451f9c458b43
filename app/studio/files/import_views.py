"""Import: choose files, answer on one screen what only a person can say, see what became of every element, make a draft."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import format_datetime, gettext
from flask_login import current_user
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from app.kernel.clock import now
from app.kernel.errors import NotFound
from app.kernel.ids import parse_id
from app.studio.files import imports
from app.studio.files.import_models import ImportState
from app.studio.pages import blueprint
from app.web.access import Permission, requires
from app.workflow.importing import Fate, FileReport, Import, Item, Question

# What a question is about: the head it stands under.
GROUPS = (
    ("Who works on it", "users", ("pool", "lane", "who", "scope", "many")),
    ("Which way", "split", ("way", "inclusive", "otherwise", "split")),
    ("What is done", "wrench", ("service", "rule", "script", "call")),
    ("When and what for", "clock", ("timer", "border", "catch", "condition", "loop", "event_sub")),
    ("Loose ends", "circle-help", ("orphan",)),
)
# How an element's fate is shown: words, kind of badge, icon.
FATES = (
    (Fate.LOST, "lost", "danger", "circle-alert"),
    (Fate.CANNOT_RUN, "can't run", "danger", "ban"),
    (Fate.NEEDS_YOU, "needs you", "warn", "triangle-alert"),
    (Fate.CHANGED, "changed", "info", "pencil"),
    (Fate.ADDED, "added", "info", "plus"),
    (Fate.KEPT, "kept", "ok", "check"),
)


@dataclass(frozen=True)
class Section:
    """Questions under one head; each with its number on the page."""

    words: str
    icon: str
    questions: tuple[tuple[int, Question], ...]


@blueprint.get("/import")
@requires(Permission.DEFINITION_SEE)
def import_files() -> str:
    """Where files are chosen, and the imports that wait for answers."""
    rows = [
        {"id": row.id, "title": row.title, "changed": format_datetime(row.changed_at, "yyyy-MM-dd HH:mm")}
        for row in imports.unfinished()
    ]
    return render_template("studio/import_files.html", rows=rows)


@blueprint.post("/import")
@requires(Permission.DEPLOY)
def begin_import() -> BaseResponse:
    """Take files in and show what becomes of them."""
    files = {file.filename or "diagram.bpmn": file.read() for file in request.files.getlist("files") if file.filename}
    row = imports.begin(files=files, actor=current_user.actor, now=now())
    return redirect(url_for("studio.show_import", import_id=row.id))


@blueprint.get("/import/<import_id>")
@requires(Permission.DEFINITION_SEE)
def show_import(import_id: str) -> str:
    """The questions, every element with its fate, and the picture of what comes out."""
    row = imports.find(parse_id(import_id))
    made = imports.made_of(row)
    ready = made.usable and not made.open_questions
    return render_template(
        "studio/import.html",
        row=row,
        made=made,
        sections=_sections(made),
        groups=_elements(made),
        fates=[(fate, gettext(words), kind, icon, _count(made, fate)) for fate, words, kind, icon in FATES],
        findings=imports.findings(made) if ready else (),
        ready=ready,
        is_open=row.state == ImportState.OPEN,
    )


@blueprint.get("/import/<import_id>/pictures/<int:number>")
@requires(Permission.DEFINITION_SEE)
def import_picture(import_id: str, number: int) -> BaseResponse:
    """The diagram that one of the files became, as BPMN."""
    made = imports.made_of(imports.find(parse_id(import_id)))
    diagrams = [content for name, content in made.files.items() if name.endswith(".bpmn")]
    if not 0 < number <= len(diagrams):
        raise NotFound("There is no such diagram.")
    return Response(diagrams[number - 1], mimetype="application/xml")


@blueprint.post("/import/<uuid:import_id>")
@requires(Permission.DEPLOY)
def answer_import(import_id: uuid.UUID) -> BaseResponse:
    """Keep the answers and look again: an answer may lead to further questions."""
    row = imports.answer(import_id=import_id, answers=answers_in(request.form), actor=current_user.actor, now=now())
    left = len(imports.made_of(row).open_questions)
    if left:
        flash(gettext("Kept. %(count)s questions are left.", count=left), "warn")
    else:
        flash(gettext("Kept. Nothing is left to answer."), "ok")
    return redirect(url_for("studio.show_import", import_id=row.id))


@blueprint.post("/import/<uuid:import_id>/draft")
@requires(Permission.DEPLOY)
def draft_import(import_id: uuid.UUID) -> BaseResponse:
    """Make a draft of what came out."""
    draft = imports.make_draft(import_id=import_id, actor=current_user.actor, now=now())
    flash(gettext("The draft has been begun. Nothing changes for anybody until it is published."), "ok")
    return redirect(url_for("studio.draft", draft_id=draft.id))


@blueprint.post("/import/<uuid:import_id>/discard")
@requires(Permission.DEPLOY)
def discard_import(import_id: uuid.UUID) -> BaseResponse:
    """Put an import away."""
    imports.discard(import_id=import_id, actor=current_user.actor, now=now())
    flash(gettext("The import has been put away."), "ok")
    return redirect(url_for("studio.import_files"))


def answers_in(form: MultiDict[str, str]) -> dict[str, dict[str, str]]:
    """The answers of a page: `q1` names the question, `q1.<entry>` is what was entered."""
    found: dict[str, dict[str, str]] = {}
    for name, id_ in form.items():
        if name.startswith("q") and name[1:].isdecimal():
            begins = f"{name}."
            found[id_] = {key.removeprefix(begins): form[key] for key in form if key.startswith(begins)}
    return {id_: given for id_, given in found.items() if given}


def _sections(made: Import) -> list[Section]:
    numbered = list(enumerate(made.questions, start=1))
    return [
        Section(gettext(words), icon, members)
        for words, icon, kinds in GROUPS
        if (members := tuple((n, q) for n, q in numbered if q.kind in kinds))
    ]


def _elements(made: Import) -> list[tuple[FileReport, list[Item]]]:
    """Per file its items, what needs a look first."""
    order = [fate for fate, *_ in FATES]
    return [(report, sorted(report.items, key=lambda item: order.index(item.fate))) for report in made.reports]


def _count(made: Import, fate: Fate) -> int:
    return sum(report.count(fate) for report in made.reports)
