"""The files of a draft over HTTP, for the editors: read, written and taken away under the guard of the draft's digest.

ETag and If-Match hold the digest of the whole draft, because its files only make sense together: who saves a diagram over a form
that somebody else has changed is told, and nothing is overwritten.
"""

from __future__ import annotations

import uuid
from urllib.parse import unquote

from flask import Response, jsonify, request
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app.identity import queries as people
from app.kernel.clock import now
from app.kernel.errors import NotFound
from app.studio import drafts, presence
from app.studio.answers import in_json, question, refused, text_in
from app.studio.file_names import MOST_BYTES, Kind, TooLarge, check_size, kind_of
from app.studio.models import Draft
from app.studio.pages import blueprint, draft_or_404
from app.web.access import Permission, requires

TYPES = {
    Kind.DIAGRAM: "application/xml",
    Kind.TABLE: "application/xml",
    Kind.FORM: "application/json",
    Kind.SCENARIO: "application/json",
}
NOTE_LENGTH = 400


@blueprint.get("/drafts/<draft_id>/files/<path:name>")
@requires(Permission.DEFINITION_SEE)
@in_json
def file(draft_id: str, name: str) -> Response:
    """The bytes of a file as it is now."""
    draft = draft_or_404(draft_id)
    content = drafts.files_of(draft).get(name)
    if content is None:
        raise NotFound("The draft has no file {name}.", name=name)
    answer = Response(content, content_type=f"{TYPES[kind_of(name)]}; charset=utf-8")
    answer.headers["ETag"] = f'"{draft.digest.hex()}"'
    # Shown by itself in a browser, an XML from outside could bring a style or a script of its own.
    answer.headers["Content-Disposition"] = "attachment"
    return answer


@blueprint.put("/drafts/<draft_id>/files/<path:name>")
@requires(Permission.DEPLOY)
@in_json
def save_file(draft_id: str, name: str) -> BaseResponse:
    """Write a file over the revision that If-Match names."""
    kind_of(name)
    if (request.content_length or 0) > MOST_BYTES:
        raise TooLarge("The file is larger than 1 MB.")
    content = request.get_data()
    check_size(content)
    return _saved(draft_or_404(draft_id), {name: content})


@blueprint.delete("/drafts/<draft_id>/files/<path:name>")
@requires(Permission.DEPLOY)
@in_json
def delete_file(draft_id: str, name: str) -> BaseResponse:
    """Take a file out of the draft; earlier revisions keep it."""
    draft = draft_or_404(draft_id)
    if name not in drafts.files_of(draft):
        raise NotFound("The draft has no file {name}.", name=name)
    return _saved(draft, {name: None})


@blueprint.post("/drafts/<draft_id>/presence")
@requires(Permission.DEFINITION_SEE)
@in_json
def note_presence(draft_id: str) -> BaseResponse:
    """Note that the person has the draft open on `page`, and say who else has."""
    draft = draft_or_404(draft_id)
    page = text_in(question(), "page")
    others = presence.note(draft_id=draft.id, user_id=current_user.id, page=page, now=now())
    return jsonify(others=[{"name": o.name, "since": o.since.isoformat(), "page": o.page} for o in others])


def _saved(draft: Draft, changes: dict[str, bytes | None]) -> BaseResponse:
    base = _if_match()
    if base is None:
        return refused(428, gettext("Say which state of the draft you changed (If-Match)."))
    note = unquote(request.headers.get("X-Note", ""))[:NOTE_LENGTH].strip() or None
    try:
        saved = drafts.save(
            draft_id=draft.id, changes=changes, base=base, actor=current_user.actor, now=now(), note=note
        )
    except drafts.DraftChanged:
        return _overtaken(draft.id)
    answer = jsonify(digest=saved.digest.hex(), revision=saved.revision, saved_at=saved.changed_at.isoformat())
    answer.headers["ETag"] = f'"{saved.digest.hex()}"'
    return answer


def _overtaken(draft_id: uuid.UUID) -> BaseResponse:
    draft = drafts.find(draft_id)
    who = people.users([draft.changed_by] if draft.changed_by else [])
    name = next((user.name for user in who.values()), gettext("the program"))
    sentence = gettext("{name} saved this draft in the meantime. Nothing was overwritten.").format(name=name)
    return refused(409, sentence, by=name, at=draft.changed_at.isoformat(), digest=draft.digest.hex())


def _if_match() -> bytes | None:
    """The digest in If-Match, None where there is none."""
    given = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    try:
        return bytes.fromhex(given) or None
    except ValueError:
        return b"\0"
