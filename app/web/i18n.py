"""Languages: English is the key of every text; each room keeps its own catalogues beside its code.

Catalogues are plain .po files; what they compile to is made at start where it is missing or older.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, request, session
from flask_babel import Babel, get_locale
from flask_login import current_user

LANGUAGES = {"en": "English", "zh_Hans": "简体中文", "zh_Hant": "繁體中文"}
DEFAULT = "zh_Hans"
ROOMS = Path(__file__).resolve().parent.parent


def install(app: Flask, time_zone: str) -> None:
    """Serve every page in the reader's language, times in the bank's time zone."""
    folders = sorted(ROOMS.glob("**/translations"))
    for folder in folders:
        compile_catalogues(folder)
    Babel(
        app,
        locale_selector=language,
        default_timezone=time_zone,
        default_translation_directories=";".join(map(str, folders)),
    )
    app.jinja_env.globals.update(text_of=text_of, languages=LANGUAGES)


def language() -> str:
    """The reader's language: what he chose, then what his browser asks for, then 简体."""
    if current_user and current_user.is_authenticated:
        return current_user.language
    chosen = session.get("language")
    if chosen in LANGUAGES:
        return chosen
    return _browser_language() or DEFAULT


def text_of(texts: Mapping[str, str] | str | None) -> str:
    """The text in the reader's language, else 简体, else whatever there is."""
    if texts is None or isinstance(texts, str):
        return texts or ""
    locale = str(get_locale() or DEFAULT)
    return texts.get(locale) or texts.get(DEFAULT) or texts.get("en") or next(iter(texts.values()), "")


def compile_catalogues(folder: Path) -> None:
    """Make messages.mo beside each messages.po that is newer."""
    for po in folder.glob("*/LC_MESSAGES/messages.po"):
        mo = po.with_suffix(".mo")
        if not mo.exists() or mo.stat().st_mtime < po.stat().st_mtime:
            with po.open("rb") as source, mo.open("wb") as target:
                write_mo(target, read_po(source, locale=po.parts[-3]))


def _browser_language() -> str | None:
    for wanted, _ in request.accept_languages:
        low = wanted.lower().replace("_", "-")
        if low.startswith(("zh-tw", "zh-hk", "zh-mo", "zh-hant")):
            return "zh_Hant"
        if low.startswith("zh"):
            return "zh_Hans"
        if low.startswith("en"):
            return "en"
    return None
