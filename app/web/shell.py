"""What every page's frame needs: menu, language switch, built assets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, request, session, url_for
from flask_babel import get_locale, gettext
from flask_login import current_user
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from app.kernel.errors import NotFound
from app.web import assets
from app.web.access import Permission, public
from app.web.amounts import capitals, file_size
from app.web.i18n import DEFAULT, LANGUAGES


@dataclass(frozen=True)
class MenuEntry:
    """One line of the menu; `permission` None: for everybody who is signed in. `label` is an English msgid."""

    endpoint: str
    label: str
    permission: Permission | None = None
    icon: str = ""
    order: int = 50


@dataclass(frozen=True)
class Viewer:
    """The person in the page's corner."""

    display_name: str
    detail: str


_entries: list[MenuEntry] = []
_counts: dict[str, Callable[[], int]] = {}
_language_listeners: list[Callable[[str], None]] = []


def add_to_menu(entry: MenuEntry) -> None:
    """A room offers a page in the menu."""
    if entry not in _entries:
        _entries.append(entry)
        _entries.sort(key=lambda e: e.order)


def count_in_menu(endpoint: str, count: Callable[[], int]) -> None:
    """Show a number beside a menu entry."""
    _counts[endpoint] = count


def on_language(listener: Callable[[str], None]) -> None:
    """Be told when somebody who is signed in chooses a language."""
    _language_listeners.append(listener)


def install(app: Flask) -> None:
    """Give the templates their frame and serve the language switch."""
    app.jinja_env.globals["asset"] = assets.asset
    app.jinja_env.filters.update(capitals=capitals, filesize=file_size)
    app.context_processor(frame)
    app.add_url_rule("/language", "language", public(choose_language), methods=["POST"])


def frame() -> dict[str, Any]:
    """What web/base.html needs (see its head)."""
    person = current_user if current_user and current_user.is_authenticated else None
    return {
        "locale": str(get_locale() or DEFAULT),
        "theme": request.cookies.get("theme", ""),
        "menu": menu() if person else None,
        "viewer": Viewer(person.name, person.username) if person else None,
        "unread_count": person.unread if person else 0,
        "links": _links(),
    }


def menu() -> list[tuple[str, str, bool, int, str]]:
    """The entries this person may use: endpoint, label, whether it is the page shown, count, icon."""
    allowed = [e for e in _entries if e.permission is None or e.permission in current_user.permissions]
    shown = _shown(allowed)
    return [(e.endpoint, gettext(e.label), e is shown, _counts.get(e.endpoint, int)(), e.icon) for e in allowed]


def _shown(entries: list[MenuEntry]) -> MenuEntry | None:
    """The entry of the page asked for: its own, else the first of its room."""
    here = request.endpoint or ""
    own = [e for e in entries if e.endpoint == here]
    return next(iter(own + [e for e in entries if e.endpoint.split(".")[0] == here.split(".")[0]]), None)


def choose_language() -> Response:
    """POST /language: read everything in this language from now on."""
    name = request.form.get("locale", "")
    if name not in LANGUAGES:
        raise NotFound("There is no such language.")
    session["language"] = name
    if current_user.is_authenticated:
        for listener in _language_listeners:
            listener(name)
    return redirect(back_to())


def back_to(default: str = "/") -> str:
    """The page of ours the reader came from; never an address elsewhere."""
    wanted = request.form.get("next") or request.args.get("next") or ""
    return wanted if wanted.startswith("/") and not wanted.startswith(("//", "/\\")) else default


def _links() -> dict[str, str]:
    """Addresses of the frame's tools, those that exist."""
    endpoints = {
        "home": "home",
        "search": "inbox.search",
        "notices": "inbox.notices",
        "notices_count": "notices.count",
        "preferences": "language",
        "profile": "identity.settings",
        "logout": "identity.logout",
    }
    known = current_app.view_functions
    return {name: url_for(endpoint) for name, endpoint in endpoints.items() if endpoint in known}
