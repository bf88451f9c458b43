"""Jobs with their retries, messages that failed or whose fate is unclear, and the editor of notice texts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_babel import format_datetime, gettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app.administration import branch_views, group_views, people_views, waiting_views  # noqa: F401 - pages of the same room
from app.administration.people_pages import blueprint as people_blueprint
from app.audit import operations as audit
from app.jobs import operations as jobs
from app.jobs import queries as job_queries
from app.kernel.clock import now
from app.kernel.errors import NotFound, Refusal
from app.kernel.ids import parse_number
from app.notifications import operations as notices
from app.notifications import queries as notice_queries
from app.notifications import rules, wording
from app.notifications.rules import State
from app.notifications.views import group_words
from app.web import shell
from app.web.access import Permission, requires
from app.web.errors import translated
from app.web.i18n import LANGUAGES
from app.web.shell import MenuEntry

blueprint = Blueprint("administration", __name__, template_folder="templates", url_prefix="/administration")
SAMPLE = {
    "case": "CA-2026-000185",
    "station": "贷前审查",
    "process": "授信申请",
    "due": "2026-03-05 17:00",
    "name": "赵敏",
    "deputy": "钱进",
}


def install(app: Flask) -> None:
    """Take part in the menu."""
    shell.add_to_menu(MenuEntry("administration.list_jobs", "Operations", Permission.OPERATE, "refresh-cw", 80))
    shell.add_to_menu(MenuEntry("people.list_people", "People", Permission.USER_MANAGE, "users", 82))
    app.register_blueprint(blueprint)
    app.register_blueprint(people_blueprint)


@blueprint.app_context_processor
def rooms() -> dict[str, Any]:
    """The pages of this room that the reader may open, for the tabs above each of them."""
    if request.blueprint != blueprint.name:
        return {}
    pages = (
        ("administration.list_jobs", gettext("Jobs"), Permission.OPERATE, "refresh-cw"),
        ("administration.messages", gettext("Messages"), Permission.OPERATE, "send"),
        ("administration.texts", gettext("Notice texts"), Permission.NOTICE_EDIT, "megaphone"),
    )
    allowed = [page for page in pages if current_user.may(page[2])]
    return {"pages": [(url_for(name), text, request.endpoint == name, None, icon) for name, text, _, icon in allowed]}


@blueprint.get("/jobs")
@requires(Permission.OPERATE)
def list_jobs() -> str:
    """What waits, runs and has failed, by queue, and the workers."""
    state = request.args.get("state", "failed")
    found = job_queries.jobs(state, before=parse_number(request.args.get("before", "")))
    following = found[-1].id if len(found) == job_queries.PAGE else None
    return render_template(
        "administration/jobs.html",
        state=state,
        states=[(name, words, name == state) for name, words in _job_states()],
        counts=sorted(job_queries.counts().items()),
        rows=[{"job": job, "since": _at(job.since), "run_at": _at(job.run_at)} for job in found],
        workers=[{"id": w.id, "beat": _at(w.beat), "running": w.running} for w in job_queries.workers()],
        next=url_for("administration.list_jobs", state=state, before=following) if following else None,
    )


@blueprint.post("/jobs/<number>/retry")
@requires(Permission.OPERATE)
def retry_job(number: str) -> BaseResponse:
    """Let a failed job begin again."""
    job_id = _number(number)
    _audit_job("retry_job", job_id, jobs.retry(job_id=job_id))
    flash(gettext("The job begins again."))
    return redirect(url_for("administration.list_jobs"))


@blueprint.post("/jobs/<number>/discard")
@requires(Permission.OPERATE)
def discard_job(number: str) -> BaseResponse:
    """Take a failed job away."""
    job_id = _number(number)
    _audit_job("discard_job", job_id, jobs.discard(job_id=job_id))
    flash(gettext("The job was taken away."))
    return redirect(url_for("administration.list_jobs"))


@blueprint.get("/messages")
@requires(Permission.OPERATE)
def messages() -> str:
    """Mails and SMS that failed, are unclear, or wait."""
    state = request.args.get("state", State.FAILED)
    found = notice_queries.deliveries(state, before=parse_number(request.args.get("before", "")))
    counts = notice_queries.delivery_counts()
    following = found[-1].Delivery.id if len(found) == notice_queries.PAGE else None
    return render_template(
        "administration/messages.html",
        states=[(name, words, name == state, counts.get(name, 0)) for name, words in _message_states()],
        may_send=state in (State.FAILED, State.UNCLEAR),
        rows=[
            {"delivery": r.Delivery, "notice": r.Notice, "name": r.name, "at": _at(r.Delivery.changed_at)}
            for r in found
        ],
        titles={event: words.title for event, words in wording.wordings(current_user.language).items()},
        next=url_for("administration.messages", state=state, before=following) if following else None,
    )


@blueprint.post("/messages/<number>/again")
@requires(Permission.OPERATE)
def send_again(number: str) -> BaseResponse:
    """Send a message once more."""
    notices.send_again(delivery_id=_number(number), actor=current_user.actor, now=now())
    flash(gettext("The message is sent once more."))
    return redirect(url_for("administration.messages"))


@blueprint.get("/notice-texts")
@requires(Permission.NOTICE_EDIT)
def texts() -> str:
    """Every event with its words in every language."""
    words = {locale: wording.wordings(locale) for locale in LANGUAGES}
    groups = group_words()
    events = [(event, groups[rules.event_of(event).group][0]) for event in (*rules.EVENTS, wording.OTHER)]
    return render_template("administration/texts.html", events=events, words=words)


@blueprint.get("/notice-texts/<name>/<locale>")
@requires(Permission.NOTICE_EDIT)
def edit_text(name: str, locale: str) -> str:
    """One event in one language, with a preview."""
    return _text_page(name, locale, _words(name, locale))


@blueprint.post("/notice-texts/<name>/<locale>")
@requires(Permission.NOTICE_EDIT)
def save_text(name: str, locale: str) -> str | tuple[str, int] | BaseResponse:
    """Preview, keep, or go back to the room's own words, by the button pressed."""
    own = _words(name, locale)
    given = wording.Wording(request.form.get("title", "")[:200], request.form.get("sentence", "")[:600])
    act = request.form.get("act")
    if act == "reset":
        notices.reset_text(event=name, locale=locale, actor=current_user.actor, now=now())
    elif act == "preview":
        faults = rules.text_faults(given.title, given.sentence)
        return _text_page(name, locale, given, (faults and gettext(faults[0])) or "", is_changed=own.is_changed)
    else:
        try:
            _keep(name, locale, given)
        except Refusal as refused:
            return _text_page(name, locale, given, translated(refused), is_changed=own.is_changed), refused.status
    flash(gettext("Saved."))
    return redirect(url_for("administration.texts") + f"#{name}")


def _keep(name: str, locale: str, given: wording.Wording) -> None:
    notices.change_text(
        event=name,
        locale=locale,
        title=given.title,
        sentence=given.sentence,
        actor=current_user.actor,
        now=now(),
    )


def _text_page(name: str, locale: str, words: wording.Wording, error: str = "", is_changed: bool | None = None) -> str:
    return render_template(
        "administration/text.html",
        event=name,
        text_locale=locale,
        text_language=LANGUAGES[locale],
        words=words,
        preview=words.filled(SAMPLE),
        error=error,
        is_changed=words.is_changed if is_changed is None else is_changed,
        places=sorted(rules.NAMES),
    )


def _words(name: str, locale: str) -> wording.Wording:
    if locale not in LANGUAGES or name not in (*rules.EVENTS, wording.OTHER):
        raise NotFound("There is no such text.")
    return wording.pick(wording.wordings(locale), name)


def _job_states() -> list[tuple[str, str]]:
    return [("failed", gettext("Failed")), ("waiting", gettext("Waiting")), ("running", gettext("Running"))]


def _message_states() -> list[tuple[str, str]]:
    return [
        (State.FAILED, gettext("Failed")),
        (State.UNCLEAR, gettext("Unclear")),
        (State.WAITING, gettext("Waiting")),
        (State.SENDING, gettext("Being sent")),
    ]


def _audit_job(verb: str, job_id: int, name: str) -> None:
    """The room of jobs stands below the audit; its acts are recorded here."""
    audit.record(
        chain="jobs",
        verb=verb,
        object_type="job",
        object_id=job_id,
        actor=current_user.actor,
        now=now(),
        detail={"name": name},
    )


def _number(text: str) -> int:
    found = parse_number(text)
    if found is None:
        raise NotFound("There is no such job.")
    return found


def _at(at: datetime | None) -> Any:
    return format_datetime(at, "yyyy-MM-dd HH:mm:ss") if at else ""
