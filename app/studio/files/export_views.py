"""Files to take along: a diagram as picture or paper, a table or a form on paper, and everything together as a bundle."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from flask import Response
from flask_babel import gettext

from app.kernel.errors import NotFound
from app.kernel.ids import parse_id
from app.studio import drafts
from app.studio.files import bundles, papers
from app.studio.pages import blueprint, draft_or_404
from app.studio.publish import published
from app.web.access import Permission, requires
from app.web.i18n import text_of
from app.workflow.deploying import definitions


@blueprint.get("/drafts/<draft_id>/export/<kind>/<path:name>")
@requires(Permission.DEFINITION_SEE)
def export_file(draft_id: str, kind: str, name: str) -> Response:
    """A file of a draft as SVG or PDF."""
    draft = draft_or_404(draft_id)
    foot = gettext("Draft “%(title)s”, revision %(number)s", title=draft.title, number=draft.revision)
    return _as(kind, name, drafts.files_of(draft), title=draft.title, foot=f"{foot} · {draft.digest.hex()[:16]}")


@blueprint.get("/processes/<definition_id>/export/<kind>/<path:name>")
@requires(Permission.DEFINITION_SEE)
def export_process_file(definition_id: str, kind: str, name: str) -> Response:
    """A file of a version as SVG or PDF."""
    version = published.version(parse_id(definition_id))
    files = definitions.load(version.id).files
    title = text_of(version.name)
    foot = gettext("%(name)s, version %(number)s", name=title, number=version.number)
    return _as(kind, name, files, title=title, foot=f"{foot} · {definitions.digest_of(files).hex()[:16]}")


@blueprint.get("/drafts/<draft_id>/bundle.zip")
@requires(Permission.DEFINITION_SEE)
def export_bundle(draft_id: str) -> Response:
    """All files of a draft as a zip."""
    draft = draft_or_404(draft_id)
    packed = bundles.packed(draft.name, draft.title, drafts.files_of(draft))
    return _sent(packed, "application/zip", f"{draft.name}-draft-{draft.revision}.zip")


@blueprint.get("/processes/<definition_id>/bundle.zip")
@requires(Permission.DEFINITION_SEE)
def export_process_bundle(definition_id: str) -> Response:
    """All files of a version as a zip."""
    version = published.version(parse_id(definition_id))
    packed = bundles.packed(version.deployment, text_of(version.name), definitions.load(version.id).files)
    return _sent(packed, "application/zip", f"{version.key}-{version.number}.zip")


def _as(kind: str, name: str, files: Mapping[str, bytes], *, title: str, foot: str) -> Response:
    plain = name.rpartition("/")[2].rpartition(".")[0]
    if kind == "svg":
        return _sent(papers.svg(name, files).encode(), "image/svg+xml", f"{plain}.svg")
    if kind == "pdf":
        return _sent(papers.paper(name, files, title=title, foot=foot), "application/pdf", f"{plain}.pdf")
    raise NotFound("There is no such kind of file.")


def _sent(content: bytes, kind: str, name: str) -> Response:
    """A file to be saved; its name may be in Chinese (RFC 6266)."""
    answer = Response(content, mimetype=kind)
    ascii_name = re.sub(r"[^A-Za-z0-9_.-]", "_", name)
    answer.headers["Content-Disposition"] = f"attachment; filename={ascii_name}; filename*=UTF-8''{quote(name)}"
    return answer
