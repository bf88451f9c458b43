"""The form designer: a form of a draft as outline, properties, rights per step, texts, and the file itself."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response

from app.kernel.clock import now
from app.kernel.errors import NotFound
from app.studio import drafts
from app.studio.forms import (
    form_acts,
    form_design,
    form_files,
    form_history,
    form_kinds,
    form_names,
    form_page,
    form_rights,
    form_text,
)
from app.studio.forms.form_findings import findings_of
from app.studio.forms.form_rules import rename_references
from app.studio.forms.form_text import Document
from app.studio.models import Draft
from app.studio.pages import blueprint, draft_or_404, may_change
from app.web.access import Permission, requires
from app.web.headers import POLICY_TEXT
from app.web.i18n import text_of
from app.workflow import forms, registry

VIEWS = (
    ("design", "Design", "pencil"),
    ("rights", "Rights per step", "lock"),
    ("texts", "Texts", "languages"),
    ("source", "File", "file-code"),
)
COLUMNS = 6  # steps shown side by side in the grid unless others are asked for
FRAMING = f"{POLICY_TEXT}; frame-src 'self'"


@blueprint.get("/drafts/<draft_id>/form/<path:name>")
@requires(Permission.DEFINITION_SEE)
def form(draft_id: str, name: str) -> Response:
    """The designer of one form."""
    draft = draft_or_404(draft_id)
    files = drafts.files_of(draft)
    content = _content(files, name)
    view = request.args.get("view", "design")
    view = view if view in {one for one, _, _ in VIEWS} else "design"
    document = _readable(content)
    context = _context(draft, files, name, document) if document is not None else {}
    page = render_template(
        "studio/form.html",
        draft=draft,
        name=name,
        view=view if document is not None else "source",
        views=[(one, gettext(words), icon) for one, words, icon in VIEWS],
        base=form_history.digest_of(content),
        text=content.decode("utf-8", "replace"),
        steps=form_history.steps(draft, name),
        may_change=may_change(draft),
        is_new="new" in request.args,
        **context,
    )
    answer = make_response(page)
    answer.headers["Content-Security-Policy"] = FRAMING
    return answer


@blueprint.post("/drafts/<uuid:draft_id>/form/<path:name>")
@requires(Permission.DEPLOY)
def change_form(draft_id: uuid.UUID, name: str) -> Response:
    """One act of the designer, saved as a revision of the draft if the form is still what the page showed."""
    draft = drafts.locked(draft_id)  # a new key is written into other forms too: nobody may change these meanwhile
    files = drafts.files_of(draft)
    content = _content(files, name)
    if form_history.digest_of(content) != request.form.get("base", ""):
        _save(draft, name, {})
    known = form_files.documents(files)
    outcome = form_acts.apply(form_text.parse(content), request.form, _keys_elsewhere(name, known))
    changes = {name: form_text.write(outcome.document)}
    if outcome.renamed:
        changes |= _renamed(name, outcome.document, known, *outcome.renamed)
    _save(draft, name, changes)
    is_new = request.form.get("act", "").startswith("add")
    return _back(draft_id, name, at=outcome.chosen, new=1 if is_new else None)


@blueprint.post("/drafts/<uuid:draft_id>/form-text/<path:name>")
@requires(Permission.DEPLOY)
def change_form_text(draft_id: uuid.UUID, name: str) -> Response:
    """The file itself, as somebody typed it."""
    content = request.form.get("text", "").replace("\r\n", "\n").encode()
    form_text.parse(content)
    _save(drafts.find(draft_id), name, {name: content})
    return _back(draft_id, name)


@blueprint.post("/drafts/<uuid:draft_id>/form-step/<path:name>")
@requires(Permission.DEPLOY)
def step_form(draft_id: uuid.UUID, name: str) -> Response:
    """One step back in the history of the form, or forward again."""
    forward = request.form.get("act") == "forward"
    base = request.form.get("base", "")
    form_history.step(draft_id=draft_id, name=name, base=base, forward=forward, actor=current_user.actor, now=now())
    return _back(draft_id, name, at=request.form.get("at") or None)


@blueprint.post("/drafts/<uuid:draft_id>/form-right/<path:name>")
@requires(Permission.DEPLOY)
def set_form_right(draft_id: uuid.UUID, name: str) -> Response:
    """One cell of the grid: `step` is the form of the step, `base` the digest of that form, `row` what, `right` the word."""
    step = request.form.get("step", "") + form_files.SUFFIX
    files = drafts.files_of(drafts.find(draft_id))
    document = form_text.parse(_content(files, step))
    right = form_rights.must_be_right(request.form.get("right", ""))
    changed = form_rights.with_right(document, request.form.get("row", ""), right)
    _save(drafts.find(draft_id), step, {step: form_text.write(changed)})
    return _back(draft_id, name, view="rights", steps=request.form.getlist("steps") or None)


def _save(draft: Draft, name: str, changes: Mapping[str, bytes]) -> None:
    base = request.form.get("base", "")
    form_history.save_file(
        draft_id=draft.id, name=name, base=base, changes=changes, actor=current_user.actor, now=now()
    )


def _back(draft_id: uuid.UUID, name: str, **more: Any) -> Response:
    """The designer again; the script follows and puts it in place."""
    view = more.pop("view", None) or request.form.get("view") or None
    address = url_for(
        "studio.form", draft_id=draft_id, name=name, view=view, step=request.form.get("preview") or None, **more
    )
    return redirect(address, 303)


def _content(files: Mapping[str, bytes], name: str) -> bytes:
    if name not in files or not name.endswith(form_files.SUFFIX):
        raise NotFound("There is no such form in this draft.")
    return files[name]


def _readable(content: bytes) -> Document | None:
    """The document; None where the file is none, so that the page offers its text."""
    try:
        return form_text.parse(content)
    except form_text.NotAForm as fault:
        flash(gettext(fault.text).format(**fault.values), "error")
        return None


def _context(draft: Draft, files: Mapping[str, bytes], name: str, document: Document) -> dict[str, Any]:
    """What the page says of a form that can be read."""
    key = name.removesuffix(form_files.SUFFIX)
    known = form_files.documents(files)
    shown = form_page.desk(key, document, known, findings_of(files), request.args.get("at", ""))
    names = registry.bind_names(key.partition("/")[0]) or ()
    steps = form_files.steps_showing(key, known)
    stations = form_files.stations(files)
    return {
        "desk": shown,
        "outline": form_page.outline(shown),
        "rules": form_page.rules(shown),
        "loose": form_page.loose_findings(shown),
        "elsewhere": form_page.elsewhere(shown),
        "panel": form_page.panel(shown, {key.partition("/")[0]: sorted(names)}),
        "names": _names(shown),
        "kinds": form_kinds.KINDS,
        "column_kinds": form_kinds.COLUMN_KINDS,
        "parts": [(part, known.get(part)) for part in form_files.includes(document)],
        "offered_parts": sorted(
            p for p in known if forms.is_part(p) and p != key and p not in form_files.includes(document)
        ),
        "steps_of": steps,
        "stations": stations,
        "step_names": {step: " / ".join(text_of(one.name) for one in several) for step, several in stations.items()},
        "preview": request.args.get("step") if request.args.get("step") in steps else key,
        **_view_context(files, shown, steps),
    }


def _names(shown: form_page.Desk) -> list[dict[str, Any]]:
    """What expressions of the form may name, in the reader's language."""
    in_rule = form_acts.rule_of(shown.chosen) is not None
    return [
        {
            **one,
            "label": text_of(one["label"]),
            "values": [{"value": str(v.get("value", "")), "label": text_of(v.get("label"))} for v in one["values"]],
        }
        for one in form_names.known_to(shown.key, shown.known, in_rule=in_rule)
    ]


def _view_context(files: Mapping[str, bytes], shown: form_page.Desk, steps: Sequence[str]) -> dict[str, Any]:
    """What only one of the views needs."""
    view = request.args.get("view", "design")
    if view == "texts":
        return {"texts": form_page.texts(shown)}
    if view != "rights":
        return {}
    asked = [step for step in request.args.getlist("steps") if step in shown.known and not forms.is_part(step)]
    columns = asked or (list(steps[:COLUMNS]) if shown.is_part else [shown.key])
    offered = steps if shown.is_part else sorted(one for one in shown.known if not forms.is_part(one))
    bases = {step: form_history.digest_of(files.get(step + form_files.SUFFIX)) for step in columns}
    return {
        "columns": columns,
        "grid": form_rights.grid(shown.key, columns, shown.known),
        "offered": offered,
        "bases": bases,
    }


def _keys_elsewhere(name: str, known: Mapping[str, Document]) -> set[str]:
    """The keys that forms shown together with this one use already."""
    key = name.removesuffix(form_files.SUFFIX)
    near = {part for step in form_files.steps_showing(key, known) for part in form_files.shown_parts(step, known)}
    return {one for part in near - {key} for one in form_design.keys(known[part])}


def _renamed(name: str, document: Document, known: Mapping[str, Document], old: str, new: str) -> dict[str, bytes]:
    """The forms that show this one, and what they show with it, where they name the key: a field keeps its rights and rules."""
    key = name.removesuffix(form_files.SUFFIX)
    if old in form_design.keys(document):
        return {}
    near = {
        part for step in form_files.steps_showing(key, known) for part in (*form_files.shown_parts(step, known), step)
    }
    changes = {}
    for part in near - {key}:
        changed = rename_references(known[part], old, new)
        if changed != known[part] and old not in form_design.keys(known[part]):
            changes[part + form_files.SUFFIX] = form_text.write(changed)
    return changes
