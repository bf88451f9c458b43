"""What every page's frame needs: menu, language switch, built assets."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Flask, request, session, url_for
from flask_login import current_user
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from app.kernel.errors import NotFound
from app.web.access import Permission, public
from app.web.i18n import LANGUAGES

STATIC = Path(__file__).parent / "static"


@dataclass(frozen=True)
class MenuEntry:
    """One line of the menu; `permission` None: for everybody who is signed in. `label` is an English msgid."""

    endpoint: str
    label: str
    permission: Permission | None = None
    icon: str = ""
    order: int = 50


_entries: list[MenuEntry] = []
_language_listeners: list[Callable[[str], None]] = []


def add_to_menu(entry: MenuEntry) -> None:
    """A room offers a page in the menu."""
    if entry not in _entries:
        _entries.append(entry)
        _entries.sort(key=lambda e: e.order)


def on_language(listener: Callable[[str], None]) -> None:
    """Be told when somebody who is signed in chooses a language."""
    _language_listeners.append(listener)


def install(app: Flask) -> None:
    """Give the templates their frame and serve the language switch."""
    app.jinja_env.globals.update(menu=menu, asset=asset)
    app.add_url_rule("/language/<name>", "language", public(choose_language), methods=["POST"])


def menu() -> list[MenuEntry]:
    """The entries this person may use."""
    if not current_user.is_authenticated:
        return []
    return [e for e in _entries if e.permission is None or e.permission in current_user.permissions]


def asset(name: str) -> str:
    """The address of a built file, whose name carries its content's hash."""
    return url_for("static", filename=f"dist/{_manifest()[name]}")


def choose_language(name: str) -> Response:
    """POST /language/<name>: read everything in this language from now on."""
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


@cache
def _manifest() -> dict[str, str]:
    return json.loads((STATIC / "dist" / "manifest.json").read_text())
