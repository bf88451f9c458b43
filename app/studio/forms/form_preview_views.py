"""A form of a draft as a step would show it, in a frame of the designer: real rendering, values to try, nothing is kept."""

from __future__ import annotations

from typing import Any

from flask import make_response, render_template, request, url_for
from flask_babel import get_locale
from werkzeug.wrappers import Response

from app.kernel.errors import NotFound
from app.studio import drafts
from app.studio.forms import form_files
from app.studio.pages import blueprint, draft_or_404
from app.web.access import Permission, requires
from app.web.headers import POLICY, POLICY_TEXT
from app.web.i18n import LANGUAGES
from app.workflow import forms, registry

FRAMED = POLICY_TEXT.replace(f"frame-ancestors {POLICY['frame-ancestors']}", "frame-ancestors 'self'")


@blueprint.route("/drafts/<draft_id>/form-preview/<path:name>", methods=["GET", "POST"])
@requires(Permission.DEFINITION_SEE)
def form_preview(draft_id: str, name: str) -> Response:
    """The form with what was typed into it; `check` among the fields also says what would be refused."""
    files = drafts.files_of(draft_or_404(draft_id))
    key, language = name.removesuffix(form_files.SUFFIX), _language()
    if name not in files:
        raise NotFound("There is no such form in this draft.")
    shown: dict[str, Any] = {"findings": (), "form": None}
    try:
        form = forms.load(key, files)
        shown |= {"form": form, "html": _html(form, draft_id, name, language)}
    except forms.FormError as wrong:
        shown["findings"] = wrong.findings
    answer = make_response(
        render_template("studio/form_preview.html", draft_id=draft_id, name=name, shown_in=language, **shown)
    )
    answer.headers["Content-Security-Policy"] = FRAMED
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    return answer


def _language() -> str:
    asked = request.args.get("language", "")
    return asked if asked in LANGUAGES else str(get_locale())


def _html(form: forms.Form, draft_id: str, name: str, language: str) -> str:
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    if request.method == "POST":
        values = forms.read_draft(form, request.form)
        if "check" in request.form:
            taken = forms.read(form, request.form, values={}, options=registry.options, locale=language)
            values, errors = taken.shown, dict(taken.errors)
    refresh = url_for("studio.form_preview", draft_id=draft_id, name=name, language=language)
    return forms.render(form, values, errors=errors, options=registry.options, locale=language, refresh=refresh)
