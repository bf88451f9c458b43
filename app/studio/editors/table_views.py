"""The page of a decision table: the editor, what the check says at the cell, and a row of values to try it with."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask import jsonify, render_template, request
from flask_babel import get_locale
from werkzeug.wrappers import Response

from app.kernel.errors import NotFound, Refusal
from app.studio import drafts
from app.studio.answers import BadQuestion, in_json, question, text_in
from app.studio.editors import table_trial
from app.studio.file_names import check_size
from app.studio.files import file_titles
from app.studio.pages import blueprint, draft_or_404, may_change
from app.web.access import Permission, requires
from app.web.headers import allow_style_attributes
from app.web.i18n import text_of

SUFFIX = ".dmn"
MOST_VALUES = 200
LONGEST_VALUE = 2000


@blueprint.get("/drafts/<draft_id>/table/<path:name>")
@requires(Permission.DEFINITION_SEE)
@allow_style_attributes
def table(draft_id: str, name: str) -> str:
    """The editor of one decision file; its tables as text stand below it, and alone where there is no script."""
    draft = draft_or_404(draft_id)
    files = drafts.files_of(draft)
    if name not in files or not name.endswith(SUFFIX):
        raise NotFound("There is no such decision table in this draft.")
    seen = table_trial.look(files[name], _imports(files, name), str(get_locale()))
    title = text_of(file_titles.title(name, files[name]))
    may = may_change(draft)
    return render_template("studio/table.html", draft=draft, name=name, title=title, may_change=may, seen=seen)


@blueprint.post("/drafts/<uuid:draft_id>/table-check/<path:name>")
@requires(Permission.DEFINITION_SEE)
@in_json
def check_table(draft_id: uuid.UUID, name: str) -> Response:
    """`{"xml"}` as it stands in the editor → findings with the id of their cell, and the tables as text, made anew."""
    files = drafts.files_of(drafts.find(draft_id))
    seen = table_trial.look(_xml(), _imports(files, name), str(get_locale()))
    html = render_template("studio/table_text.html", seen=seen)
    return jsonify(findings=seen["findings"], fault=seen["fault"], decisions=seen["decisions"], html=html)


@blueprint.post("/drafts/<uuid:draft_id>/table-try/<path:name>")
@requires(Permission.DEFINITION_SEE)
@in_json
def try_table(draft_id: uuid.UUID, name: str) -> Response:
    """`{"xml", "decision", "values": {name: text}}` → `{"value", "rules": [{"decision", "rule", "id"}], "fault"}`."""
    files = drafts.files_of(drafts.find(draft_id))
    body = question()
    decision, given = text_in(body, "decision", empty=False), _values(body.get("values") or {})
    return jsonify(table_trial.attempt(_xml(), _imports(files, name), decision, given, str(get_locale())))


def _xml() -> bytes:
    if (request.content_length or 0) > 4 << 20:
        raise Refusal("This is too large.")
    xml = text_in(question(), "xml", empty=False).encode("utf-8", "replace")
    check_size(xml)
    return xml


def _imports(files: Mapping[str, bytes], name: str) -> dict[str, bytes]:
    """The other decision files of the draft, which a model may import; most import none."""
    return {other: content for other, content in files.items() if other.endswith(SUFFIX) and other != name}


def _values(given: Any) -> dict[str, str]:
    """The values of the row to try, as typed; raises BadQuestion for anything else."""
    if not isinstance(given, Mapping) or len(given) > MOST_VALUES:
        raise BadQuestion("The body must be a JSON object.")
    return {str(name): str(text)[:LONGEST_VALUE] for name, text in given.items() if isinstance(text, str)}
