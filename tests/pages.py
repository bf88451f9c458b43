"""The pages without a bank behind them: the shell, the rooms' templates and catalogues, any person, no database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, request
from flask_babel import Babel
from jinja2 import ChoiceLoader, FileSystemLoader

from app.documents.views import blueprint as documents
from app.inbox.views import blueprint as inbox
from app.web import i18n
from app.web.amounts import capitals, file_size
from app.web.assets import asset
from app.web.headers import install as install_headers
from config import ROOT

MENU = [
    ("inbox.list", "审批中心", True, 12, "inbox"),
    ("inbox.start_page", "发起", False, 0, "file-plus"),
    ("inbox.search", "查找", False, 0, "search"),
    ("inbox.notices", "通知", False, 3, "bell"),
    ("static_page", "监管台", False, 0, "layout-dashboard"),
    ("static_page", "报表", False, 0, "chart-column"),
]


@dataclass(frozen=True)
class Viewer:
    """The person in the page's corner."""

    display_name: str = "陈思远"
    detail: str = "总行 · 审查员"


def page_app() -> Flask:
    """An application that renders any template; `?lang=` and `?theme=` choose how."""
    app = Flask("pages", static_folder=str(ROOT / "app/web/static"), static_url_path="/static")
    app.secret_key = "only for pages"
    app.jinja_loader = ChoiceLoader(
        [FileSystemLoader(str(folder)) for folder in sorted((ROOT / "app").glob("*/templates"))]
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(asset=asset, text_of=i18n.text_of)
    app.jinja_env.filters.update(capitals=capitals, filesize=file_size)
    folders = sorted((ROOT / "app").glob("**/translations"))
    for folder in folders:
        i18n.compile_catalogues(folder)
    Babel(
        app,
        locale_selector=_language,
        default_timezone="Asia/Shanghai",
        default_translation_directories=";".join(map(str, folders)),
    )
    app.context_processor(_frame)
    install_headers(app, secure=False)
    app.register_blueprint(inbox)
    app.register_blueprint(documents)
    app.add_url_rule("/page", "static_page", lambda: "")
    return app


def _language() -> str:
    return request.args.get("lang", "zh_Hans")


def _frame() -> dict[str, Any]:
    names = ("search", "notices", "language", "settings", "logout")
    links = {"home": "/", **{name: f"/{name}" for name in names}, "preferences": "/language", "profile": "/settings"}
    return {
        "locale": _language(),
        "theme": request.args.get("theme", ""),
        "menu": MENU,
        "viewer": Viewer(),
        "unread_count": 3,
        "links": links,
        "csrf_token": lambda: "token",
    }
