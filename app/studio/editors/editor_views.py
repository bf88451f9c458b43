"""What the editors ask while somebody draws: findings, choices, known names, faults of an expression."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask import jsonify
from flask_babel import get_locale
from werkzeug.wrappers import Response

from app.studio import drafts
from app.studio.answers import BadQuestion, in_json, question, text_in
from app.studio.editors import expression_questions, found, known_names, offers
from app.studio.file_names import check_size, kind_of
from app.studio.models import Draft
from app.studio.pages import blueprint, draft_or_404
from app.web.access import Permission, requires
from app.web.i18n import text_of

MOST_FILES = 200
MOST_NAMES = 2000


@blueprint.post("/drafts/<draft_id>/findings")
@requires(Permission.DEFINITION_SEE)
@in_json
def findings(draft_id: str) -> Response:
    """What is wrong in the draft with the given texts laid over its files."""
    files = _laid_over(draft_or_404(draft_id), question().get("files") or {})
    return jsonify(findings=[asdict(line) for line in found.lines(files)])


@blueprint.get("/drafts/<draft_id>/catalogue")
@requires(Permission.DEFINITION_SEE)
@in_json
def catalogue(draft_id: str) -> Response:
    """What may be chosen in the draft."""
    return jsonify(offers.catalogue(drafts.files_of(draft_or_404(draft_id))))


@blueprint.post("/drafts/<draft_id>/names")
@requires(Permission.DEFINITION_SEE)
@in_json
def names(draft_id: str) -> Response:
    """The variables known at an element of a diagram as it stands in the editor."""
    body = question()
    xml, name = text_in(body, "xml"), text_in(body, "file", empty=not body.get("xml"))
    over = {name: xml} if xml else {}
    files = _laid_over(draft_or_404(draft_id), over)
    known = known_names.at(text_in(body, "element"), files)
    return jsonify(names=[_name(name) for name in known])


@blueprint.post("/drafts/<draft_id>/feel")
@requires(Permission.DEFINITION_SEE)
@in_json
def check_expression(draft_id: str) -> Response:
    """What is wrong in an expression."""
    draft_or_404(draft_id)
    body = question()
    known = _names_in(body.get("names") or [])
    unary = text_in(body, "kind") == "unary"
    text = text_in(body, "expression")
    found_ = expression_questions.faults(text, known, unary=unary, language=str(get_locale())) if text.strip() else []
    return jsonify(findings=[asdict(fault) for fault in found_])


def _laid_over(draft: Draft, over: Any) -> dict[str, bytes]:
    """The draft's files with what the editor holds; a text that is null takes the file away."""
    if not isinstance(over, Mapping) or len(over) > MOST_FILES:
        raise BadQuestion("The body must be a JSON object.")
    files = drafts.files_of(draft)
    for name, text in over.items():
        kind_of(str(name))
        if text is None:
            files.pop(name, None)
        elif isinstance(text, str):
            files[name] = text.encode("utf-8", "replace")
            check_size(files[name])
        else:
            raise BadQuestion("{name} must be a text.", name=str(name))
    return files


def _names_in(given: Any) -> dict[str, str | None]:
    """Names with their types: `[{"name": …, "type": …}]`, plain names, or an object from name to type."""
    if isinstance(given, Mapping):
        given = [{"name": name, "type": kind} for name, kind in given.items()]
    if not isinstance(given, list) or len(given) > MOST_NAMES:
        raise BadQuestion("{name} must be a list.", name="names")
    entries = [entry if isinstance(entry, Mapping) else {"name": entry} for entry in given]
    return {str(entry.get("name", "")): _kind(entry.get("type")) for entry in entries}


def _kind(said: Any) -> str | None:
    return said if isinstance(said, str) and len(said) < 200 else None


def _name(name: known_names.Name) -> dict[str, Any]:
    found_ = {"name": name.name, "type": name.type, "from": name.origin, "label": text_of(name.label)}
    return {**found_, "values": list(name.values)} if name.values else found_
