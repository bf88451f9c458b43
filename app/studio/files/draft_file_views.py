"""A draft's page: its files with what is wrong in each; adding one, calling one otherwise, taking one away."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app.identity import queries as people
from app.kernel.clock import now
from app.kernel.errors import Conflict, NotFound
from app.studio import drafts
from app.studio.draft_views import STATES, wanted_title
from app.studio.editors import found
from app.studio.file_names import Kind, kind_of
from app.studio.files import beginnings, file_titles, references
from app.studio.models import Draft, DraftState
from app.studio.pages import base_of_form, blueprint, draft_or_404, may_change
from app.web.access import Permission, requires
from app.web.i18n import text_of

# kind, heading, icon, the editor's endpoint
GROUPS = (
    (Kind.DIAGRAM, "Diagrams", "workflow", "studio.modeler"),
    (Kind.TABLE, "Decision tables", "table", "studio.table"),
    (Kind.FORM, "Forms", "text-cursor-input", "studio.form"),
    (Kind.SCENARIO, "Scenarios", "route", ""),
)
Counts = dict[str, dict[str, int]]
KINDS = {"diagram": Kind.DIAGRAM, "table": Kind.TABLE, "form": Kind.FORM}


class NameTaken(Conflict):
    """The draft has a file of this name."""


@dataclass(frozen=True)
class Row:
    """A file in the list. short: its name without the folder all files share; title: what people call it; url: its editor, empty
    where there is none."""

    name: str
    short: str
    title: str
    icon: str
    url: str
    kind: str
    errors: int | None
    warnings: int | None


@blueprint.get("/drafts/<draft_id>")
@requires(Permission.DEFINITION_SEE)
def draft(draft_id: str) -> str:
    """The files of a draft; what is wrong in them is asked for afterwards, because the check takes a moment."""
    shown = draft_or_404(draft_id)
    files = drafts.files_of(shown)
    return render_template(
        "studio/draft.html",
        draft=shown,
        groups=_groups(shown, files, found.counts(files) if request.args.get("check") else None),
        by=_name_of(shown.changed_by),
        state_words=gettext(STATES[DraftState(shown.state)]),
        may_change=may_change(shown),
    )


@blueprint.get("/drafts/<draft_id>/checked")
@requires(Permission.DEFINITION_SEE)
def checked_files(draft_id: str) -> str:
    """The lists of files again, with what is wrong in each."""
    shown = draft_or_404(draft_id)
    files = drafts.files_of(shown)
    counted = found.counts(files)
    return render_template(
        "studio/_files.html",
        draft=shown,
        groups=_groups(shown, files, counted),
        errors=sum(one["error"] for one in counted.values()),
        warnings=sum(one["warning"] for one in counted.values()),
        checked=True,
        may_change=may_change(shown),
    )


@blueprint.post("/drafts/<draft_id>/add")
@requires(Permission.DEPLOY)
def add_file(draft_id: str) -> BaseResponse:
    """Add a diagram, table or form that works as it is."""
    shown = draft_or_404(draft_id)
    kind = KINDS.get(request.form.get("kind", ""))
    if kind is None:
        raise NotFound("There is no such kind of file.")
    name, content = beginnings.new_file(kind, folder_of(shown), request.form.get("key", "").strip(), wanted_title())
    if name in drafts.files_of(shown):
        raise NameTaken("The draft has a file {name} already.", name=name)
    _save(shown, {name: content}, gettext("added %(name)s", name=name))
    flash(gettext("%(name)s has been added.", name=name), "ok")
    return redirect(url_for("studio.draft", draft_id=shown.id))


@blueprint.get("/drafts/<draft_id>/rename/<path:name>")
@requires(Permission.DEFINITION_SEE)
def ask_name(draft_id: str, name: str) -> str:
    """What a file may be called, and what is changed along with it."""
    shown, files = _draft_with(draft_id, name)
    return render_template("studio/rename_file.html", draft=shown, name=name, uses=references.uses_of(name, files))


@blueprint.post("/drafts/<draft_id>/rename/<path:name>")
@requires(Permission.DEPLOY)
def rename_file(draft_id: str, name: str) -> BaseResponse:
    """Call a file otherwise, in everything that names it."""
    shown, files = _draft_with(draft_id, name)
    key = beginnings.check_key(request.form.get("key", "").strip())
    new = f"{name.rpartition('/')[0] or shown.name}/{key}{kind_of(name).value}"
    if new != name:
        if new in files:
            raise NameTaken("The draft has a file {name} already.", name=new)
        _save(shown, references.renamed(name, new, files), gettext("%(old)s is now %(new)s", old=name, new=new))
        flash(gettext("%(old)s is now called %(new)s.", old=name, new=new), "ok")
    return redirect(url_for("studio.draft", draft_id=shown.id))


@blueprint.get("/drafts/<draft_id>/remove/<path:name>")
@requires(Permission.DEFINITION_SEE)
def ask_removal(draft_id: str, name: str) -> str:
    """What would be left without a file."""
    shown, files = _draft_with(draft_id, name)
    return render_template("studio/remove_file.html", draft=shown, name=name, uses=references.uses_of(name, files))


@blueprint.post("/drafts/<draft_id>/remove/<path:name>")
@requires(Permission.DEPLOY)
def remove_file(draft_id: str, name: str) -> BaseResponse:
    """Take a file out of the draft."""
    shown, _ = _draft_with(draft_id, name)
    _save(shown, {name: None}, gettext("removed %(name)s", name=name))
    flash(gettext("%(name)s is no longer in the draft. Its history keeps it.", name=name), "ok")
    return redirect(url_for("studio.draft", draft_id=shown.id))


def folder_of(draft: Draft) -> str:
    """The folder in which the draft's files lie: that of most diagrams, else its own name."""
    folders = [name.rpartition("/")[0] for name in drafts.files_of(draft) if name.endswith(Kind.DIAGRAM.value)]
    found_ = [folder for folder in folders if folder]
    return max(set(found_), key=found_.count) if found_ else draft.name


def _draft_with(draft_id: str, name: str) -> tuple[Draft, dict[str, bytes]]:
    shown = draft_or_404(draft_id)
    files = drafts.files_of(shown)
    if name not in files:
        raise NotFound("The draft has no file {name}.", name=name)
    return shown, files


def _save(draft: Draft, changes: dict[str, bytes | None], note: str) -> None:
    """Over the state that the page was made from; a page without script says which by the digest in its form."""
    base = base_of_form(draft)
    drafts.save(draft_id=draft.id, changes=changes, base=base, actor=current_user.actor, now=now(), note=note[:400])


def _groups(draft: Draft, files: dict[str, bytes], counted: Counts | None) -> list[tuple[str, str, str, list[Row]]]:
    """The files by kind; those of no kind that we know (a version deployed by another program may have some) come last."""
    left = sorted(files)
    found_ = []
    for kind, heading, icon, editor in GROUPS:
        own = [name for name in left if name.endswith(kind.value)]
        left = [name for name in left if name not in own]
        of_kind = kind.name.lower()
        rows = [_row(draft, name, files[name], (of_kind, icon, editor), counted) for name in own]
        found_.append((of_kind, gettext(heading), icon, rows))
    if left:
        rows = [_row(draft, name, files[name], ("other", "file-text", ""), counted) for name in left]
        found_.append(("other", gettext("Other files"), "file-text", rows))
    return found_


def _row(draft: Draft, name: str, content: bytes, group: tuple[str, str, str], counted: Counts | None) -> Row:
    kind, icon, editor = group
    url = url_for(editor, draft_id=draft.id, name=name) if editor in current_app.view_functions else ""
    if kind == "scenario" and "studio.scenarios" in current_app.view_functions:
        url = url_for("studio.scenarios", draft_id=draft.id)
    own = counted.get(name, {"error": 0, "warning": 0}) if counted is not None else None
    errors, warnings = (own["error"], own["warning"]) if own is not None else (None, None)
    called = text_of(file_titles.title(name, content))
    return Row(name, name.removeprefix(f"{draft.name}/"), called, icon, url, kind, errors, warnings)


def _name_of(user_id: int | None) -> str:
    return next((user.name for user in people.users([user_id] if user_id else []).values()), gettext("the program"))
