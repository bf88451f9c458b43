"""Creditflow: `create_app()` is the one list in which everything is wired together."""

from __future__ import annotations

from datetime import timedelta

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import Flask, url_for
from flask_login import current_user
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

import app.bindings  # noqa: F401 - rooms offer delegates and bindings at import
from app.administration import views as administration
from app.credit_applications import views as credit_applications
from app.customers import views as customers
from app.demo import bank
from app.documents import scanner, storage
from app.documents import views as documents
from app.identity import views as identity
from app.inbox import views as inbox
from app.kernel import crypto, db
from app.kernel.keys import open_keys
from app.meetings import views as meetings
from app.notifications import channels
from app.notifications import views as notifications
from app.notifications.mail import FileMailer, SmtpMailer
from app.notifications.sms import AliyunSms, FileSms
from app.products import views as products
from app.studio import views as studio
from app.supervision import calendar_views  # noqa: F401 - the pages of the calendar
from app.supervision import views as supervision
from app.web import access, errors, headers, i18n, packing, shell, static_files
from app.web.access import Permission
from app.web.transactions import TransactionalFlask
from app.workflow import api
from app.workflow.api import refusals
from config import Settings

MAX_REQUEST = 32 * 1024 * 1024


def create_app(settings: Settings, url: str | None = None) -> Flask:
    """The web application on the database at `url` (that of the settings by default), migrated and with keys."""
    db.connect(url or settings.database_url, pool_size=settings.web_threads)
    with db.transaction() as opening:
        crypto.use(open_keys(opening, settings.keys_folder))
    storage.use(storage.FolderStorage(settings.documents_folder))
    scanner.use(settings.clamd)
    channels.use(ways_out(settings))
    app = TransactionalFlask(__name__, static_folder="web/static", template_folder="web/templates")
    _configure(app, settings)
    _install_shell(app, settings)
    _install_rooms(app)
    access.install(app)
    return app


def ways_out(settings: Settings) -> channels.Ways:
    """How notices leave the house: mail server and SMS gateway as set; the demo writes to a folder what it can't send."""
    mailer: channels.Mailer | None = None
    sms: channels.SmsProvider | None = None
    if settings.mail.host:
        mailer = SmtpMailer(settings.mail)
    elif settings.demo:
        mailer = FileMailer(settings.outbox_folder, settings.mail.sender)
    if settings.sms.provider == "aliyun":
        sms = AliyunSms(settings.sms)
    elif settings.sms.provider == "file" or settings.demo:
        sms = FileSms(settings.outbox_folder)
    return channels.Ways(mailer, sms, settings.public_url, settings.time_zone)


def _configure(app: Flask, settings: Settings) -> None:
    master = crypto.master_key(settings.keys_folder)
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=HKDF(SHA256(), 32, salt=None, info=b"creditflow cookie").derive(master),
        SESSION_COOKIE_NAME="creditflow_page",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        MAX_CONTENT_LENGTH=MAX_REQUEST,
        MAX_FORM_MEMORY_SIZE=4 * 1024 * 1024,
        WTF_CSRF_TIME_LIMIT=None,
        IDLE=timedelta(minutes=settings.idle_minutes),
        LONGEST_LOGIN=timedelta(hours=settings.session_hours),
        DEMO_LOGINS=bank if settings.demo else None,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    if settings.proxies:
        # Where an act came from is what the last of our own servers saw; whatever a caller wrote before it is not believed.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies)  # type: ignore[method-assign]


def _install_shell(app: Flask, settings: Settings) -> None:
    app.extensions["csrf_protect"] = CSRFProtect(app)
    errors.install(app, refusals.note)
    i18n.install(app, settings.time_zone)
    shell.install(app)
    headers.install(app, secure=settings.secure_cookies)
    static_files.install(app)
    packing.install(app)
    app.teardown_appcontext(lambda _fault: db.session.remove())
    app.add_url_rule("/", "home", access.public(home))
    app.add_url_rule("/healthz", "healthz", access.public(lambda: ("ok", 200)))


def _install_rooms(app: Flask) -> None:
    identity.install(app)
    inbox.install(app)
    meetings.install(app)
    supervision.install(app)
    administration.install(app)
    studio.install(app)
    api.install(app)
    for room in (identity, notifications, documents, products, customers, credit_applications):
        app.register_blueprint(room.blueprint)


def home() -> Response:
    """GET /: the first page of the person's menu (the inbox, for those who have one), or the sign-in page.

    Who keeps the bank's people and has no tasks begins with them: in a bank that has just begun there is nobody else.
    """
    if not current_user.is_authenticated:
        return redirect(url_for("identity.login"))
    if current_user.may(Permission.USER_MANAGE) and not current_user.may(Permission.CASE_WORK):
        return redirect(url_for("people.list_people"))
    return redirect(url_for(next((entry[0] for entry in shell.menu()), "identity.settings")))
