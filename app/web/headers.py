"""Security headers of every answer: nothing from elsewhere, no script or style in the page itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, current_app, request

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "manifest-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
POLICY_TEXT = "; ".join(f"{name} {value}" for name, value in POLICY.items())
# Style attributes can't run script. The drawing libraries write them while they draw, so the designers' pages get this.
DESIGNER_POLICY_TEXT = f"{POLICY_TEXT}; style-src-attr 'unsafe-inline'"
View = TypeVar("View", bound=Callable[..., Any])

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


def allow_style_attributes(view: View) -> View:
    """Mark a view whose page holds a designer: its answer may carry `style="…"`, nothing else changes."""
    view.allows_style_attributes = True  # type: ignore[attr-defined]
    return view


def policy_of(endpoint: str | None) -> str:
    """The Content-Security-Policy of an endpoint's answers."""
    view = current_app.view_functions.get(endpoint or "")
    return DESIGNER_POLICY_TEXT if getattr(view, "allows_style_attributes", False) else POLICY_TEXT


def install(app: Flask, *, secure: bool) -> None:
    """Add the headers; `secure` where TLS stands in front."""

    @app.after_request
    def add(answer: Response) -> Response:
        answer.headers.setdefault("Content-Security-Policy", policy_of(request.endpoint))
        for name, value in HEADERS.items():
            answer.headers.setdefault(name, value)
        if secure:
            answer.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if request.endpoint != "static":
            answer.headers.setdefault("Cache-Control", "no-store")
        return answer
