"""Pages and buttons of the staff: lists, case page, claim, release, draft, complete, vote, send back, copies, notices."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Flask, Response, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app.documents import operations as document_operations
from app.documents import types as document_types
from app.identity import operations as identity
from app.identity import queries as people
from app.inbox import case_page, case_record, documents_tab, lists, words
from app.kernel.clock import now
from app.kernel.errors import Conflict, NotFound, Refusal
from app.kernel.ids import parse_id, parse_number
from app.notifications import operations as notifications
from app.notifications import queries as notices_queries
from app.web import shell
from app.web.access import Permission, requires, signed_in
from app.web.errors import translated
from app.web.i18n import text_of
from app.web.shell import MenuEntry
from app.workflow import (
    cases,
    copies,
    definitions,
    forms,
    idempotency,
    instances,
    queries,
    registry,
    returns,
    user_tasks,
)
from app.workflow.models import ProcessInstance, UserTask
from app.workflow.user_tasks import Answer, InvalidSubmission

blueprint = Blueprint("inbox", __name__, template_folder="templates")


def install(app: Flask) -> None:
    """Take part in the menu."""
    shell.add_to_menu(MenuEntry("inbox.list", "My tasks", Permission.CASE_WORK, "inbox", 10))
    shell.add_to_menu(MenuEntry("inbox.start_page", "Start", Permission.CASE_START, "file-plus", 20))
    app.register_blueprint(blueprint)


@blueprint.get("/inbox", endpoint="list")
@blueprint.get("/inbox/<tab>", endpoint="list")
@requires(Permission.CASE_WORK)
def show_list(tab: str = "todo") -> str | BaseResponse:
    """One of the five lists."""
    if tab not in lists.TABS:
        raise NotFound("There is no such list.")
    saved = current_user.preferences.get(lists.SAVED)
    if not request.args and isinstance(saved, Mapping) and tab in saved and not request.args.get("all"):
        return redirect(url_for("inbox.list", tab=tab, **saved[tab]))
    filter, moment = lists.wanted(), now()
    found = lists.rows_of(tab, current_user, filter, moment)
    return render_template(
        "inbox/list.html",
        tab=tab,
        tabs=lists.tabs(tab, queries.counts(current_user)),
        rows=found.rows,
        filter=filter,
        query=filter.text,
        processes=[*lists.process_names().items()],
        stations=lists.station_names(filter.process_key),
        sorts=[("newest", gettext("Newest first")), ("oldest", gettext("Oldest first")), ("due", gettext("Due first"))],
        next=lists.address(filter, after=found.following) if found.following else None,
        previous=lists.address(filter) if filter.after else None,
        reset=url_for("inbox.list", tab=tab, all=1),
        saved=isinstance(saved, Mapping) and tab in saved,
        start_url=url_for("inbox.start_page") if current_user.may(Permission.CASE_START) else None,
    )


@blueprint.post("/inbox/<tab>/view")
@requires(Permission.CASE_WORK)
def save_view(tab: str) -> BaseResponse:
    """Remember the filter of a list, or forget it."""
    saved = dict(current_user.preferences.get(lists.SAVED) or {})
    names = ("q", "process", "station", "due", "sort")
    chosen = {name: request.form[name][:200] for name in names if request.form.get(name)}
    if request.form.get("forget") or not chosen:
        saved.pop(tab, None)
    else:
        saved[tab] = chosen
    identity.set_preference(user_id=current_user.id, name=lists.SAVED, value=saved)
    return redirect(url_for("inbox.list", tab=tab, **(saved.get(tab) or {"all": 1})))


@blueprint.get("/start")
@requires(Permission.CASE_START)
def start_page() -> str:
    """What can be started."""
    return render_template(
        "inbox/start.html",
        processes=[(d.key, text_of(d.name), "", d.version) for d in definitions.actives()],
        products=[(o.value, text_of(o.label), text_of(o.help)) for o in registry.options("products")],
        key=secrets.token_hex(16),
    )


@blueprint.post("/start")
@requires(Permission.CASE_START)
def start() -> BaseResponse:
    """Begin a case and go to its first task."""

    def act() -> dict[str, Any]:
        case = instances.start(key=request.form.get("process_key", ""), person=current_user, now=now())
        mine = [task for task in cases.open_tasks(case.id) if task.assignee_id == current_user.id]
        if mine and request.form.get("product"):
            mine[0].draft = {"values": {"product": request.form["product"][:80]}, "opinion": None}
        target = url_for("inbox.task", task_id=mine[0].id) if mine else url_for("inbox.case", case_id=case.id)
        return {"location": target}

    return redirect(_once("inbox.start", act)["location"])


@blueprint.get("/tasks/<uuid:task_id>")
@requires(Permission.CASE_WORK)
def task(task_id: uuid.UUID) -> str | BaseResponse:
    """The case page with this task before the reader."""
    found = queries.task_by_id(task_id)
    case = queries.case_by_id(found.instance_id) if found else None
    if found is None or case is None or not queries.may_see(current_user, case):
        raise NotFound("There is no such task.")
    if found.state != "open":
        return redirect(url_for("inbox.case", case_id=case.id))
    return _page(case, found)


@blueprint.get("/cases/<uuid:case_id>")
@signed_in
def case(case_id: uuid.UUID) -> str:
    """The case page."""
    return _page(_visible(case_id), None)


@blueprint.get("/cases/<uuid:case_id>/print")
@signed_in
def print_case(case_id: uuid.UUID) -> str:
    """The printed form (审批单)."""
    page = case_page.open_case(_visible(case_id), current_user, now())
    return render_template(
        "inbox/print.html",
        case=case_page.head(page),
        summary=case_page.summary(page),
        sections=case_page.sections(page),
        timeline=case_record.timeline(page),
        printed_by=current_user.name,
        printed_at=words.moment(page.now, page.now),
        versions=[(text_of(page.loaded.compiled.name), page.loaded.version)],
    )


@blueprint.get("/cases/<uuid:case_id>/marks")
@signed_in
def marks(case_id: uuid.UUID) -> Response:
    """What the diagram shows of this case, by element id."""
    return jsonify(case_record.marks(case_page.open_case(_visible(case_id), current_user, now())))


@blueprint.get("/cases/<uuid:case_id>/diagram/<process_id>")
@signed_in
def diagram(case_id: uuid.UUID, process_id: str) -> Response:
    """The BPMN of a process of this case."""
    content = definitions.diagram(_visible(case_id).definition_id, process_id)
    return Response(content, mimetype="application/xml")


@blueprint.post("/tasks/<uuid:task_id>/claim")
@requires(Permission.CASE_WORK)
def claim(task_id: uuid.UUID) -> BaseResponse:
    """Take a task."""
    user_tasks.claim(task_id=task_id, person=current_user, now=now())
    return redirect(shell.back_to(url_for("inbox.task", task_id=task_id)))


@blueprint.post("/tasks/claim")
@requires(Permission.CASE_WORK)
def claim_many() -> BaseResponse:
    """Take several tasks; one that somebody else was faster with does not hinder the others."""
    taken = 0
    ids = {found for found in map(parse_id, request.form.getlist("task_ids")[:100]) if found is not None}
    # In the order of the ids: two people who tick the same rows wait for each other instead of blocking each other.
    for task_id in sorted(ids):
        try:
            user_tasks.claim(task_id=task_id, person=current_user, now=now())
            taken += 1
        except Refusal:
            continue
    flash(gettext("%(n)s tasks claimed.", n=taken), "success")
    return redirect(url_for("inbox.list", tab="todo"))


@blueprint.post("/tasks/<uuid:task_id>/release")
@requires(Permission.CASE_WORK)
def release(task_id: uuid.UUID) -> BaseResponse:
    """Give a task back; the draft stays for the next holder."""
    user_tasks.release(task_id=task_id, person=current_user, now=now())
    flash(gettext("The task is back in its pool; your draft stays with it."), "success")
    return redirect(shell.back_to(url_for("inbox.list", tab="todo")))


@blueprint.post("/tasks/<uuid:task_id>/draft")
@requires(Permission.CASE_WORK)
def draft(task_id: uuid.UUID) -> BaseResponse | tuple[str, int]:
    """Keep what was typed."""
    user_tasks.save_draft(task_id=task_id, answer=_answer(), person=current_user, now=now())
    if request.headers.get("X-Requested-With") == "draft":
        return "", 204
    flash(gettext("Draft saved."), "success")
    return redirect(url_for("inbox.task", task_id=task_id))


@blueprint.post("/tasks/<uuid:task_id>/refresh")
@requires(Permission.CASE_WORK)
def refresh(task_id: uuid.UUID) -> str:
    """The form again, with what was typed: a condition or the rows of a table have changed. Writes nothing."""
    return _again(task_id, {}, None)


@blueprint.post("/tasks/<uuid:task_id>/complete")
@requires(Permission.CASE_WORK)
def complete(task_id: uuid.UUID) -> BaseResponse | str | tuple[str, int]:
    """Finish a task; the answer leads to the next one."""
    if forms.is_refresh(request.form):
        return _again(task_id, {}, None)

    def act() -> dict[str, Any]:
        done = user_tasks.complete(task_id=task_id, answer=_answer(), person=current_user, now=now())
        return {"location": _after(done), "said": _said(done)}

    try:
        answer = _once(f"inbox.complete {task_id}", act)
    except InvalidSubmission as invalid:
        return _again(task_id, invalid.submission.errors, translated(invalid), shown=invalid.submission.shown), 422
    except Conflict:
        raise
    except Refusal as refusal:
        return _again(task_id, {}, translated(refusal)), refusal.status
    flash(answer["said"], "success")
    return redirect(answer["location"])


@blueprint.post("/tasks/<uuid:task_id>/vote")
@requires(Permission.CASE_WORK)
def vote(task_id: uuid.UUID) -> BaseResponse:
    """Cast a ballot."""

    def act() -> dict[str, Any]:
        form = request.form
        done = user_tasks.vote(
            task_id=task_id, choice=form.get("choice", ""), opinion=_opinion(), person=current_user, now=now()
        )
        said = _said(done) if done.opened or done.task.outcome else gettext("Your vote is recorded.")
        return {"location": url_for("inbox.case", case_id=done.case.id), "said": said}

    answer = _once(f"inbox.vote {task_id}", act)
    flash(answer["said"], "success")
    return redirect(answer["location"])


@blueprint.get("/tasks/<uuid:task_id>/price")
@requires(Permission.CASE_WORK)
def price(task_id: uuid.UUID) -> str:
    """What a return would cost; changes nothing."""
    held = cases.hold_task_of(task_id, current_user)
    redo = request.args.get("redo_branches") == "1"
    cost = returns.price(held, request.args.get("target", ""), redo_branches=redo)
    definition = held.case.definition_id
    return render_template(
        "inbox/_price.html",
        price={
            "cancelled": [words.station(definition, t.element_id) for t in cost.cancelled],
            "informed": cost.informed,
            "ballots": cost.ballots,
            "again": [words.station(definition, element) for element in cost.again],
        },
    )


@blueprint.post("/tasks/<uuid:task_id>/send-back")
@requires(Permission.CASE_WORK)
def send_back(task_id: uuid.UUID) -> BaseResponse:
    """Send the case back."""
    form = request.form

    def act() -> dict[str, Any]:
        case = returns.send_back(
            task_id=task_id,
            target=form.get("target", "")[:120],
            reason_code=form.get("reason_code", ""),
            reason=form.get("reason", "")[:4000],
            mode=form.get("mode"),
            redo_branches=form.get("redo_branches") == "1",
            person=current_user,
            now=now(),
        )
        names = "、".join(words.station(case.definition_id, e) for e in case.stations)
        return {"location": url_for("inbox.list"), "said": gettext("Sent back. Now at: %(stations)s", stations=names)}

    answer = _once(f"inbox.send_back {task_id}", act)
    flash(answer["said"], "success")
    return redirect(answer["location"])


@blueprint.post("/tasks/<uuid:task_id>/reassign")
@requires(Permission.CASE_SUPERVISE)
def reassign(task_id: uuid.UUID) -> BaseResponse:
    """A supervisor gives the task to somebody."""
    task = user_tasks.reassign(
        task_id=task_id,
        to_username=request.form.get("username", ""),
        reason=request.form.get("reason", "")[:4000],
        person=current_user,
        now=now(),
    )
    flash(gettext("Reassigned."), "success")
    return redirect(shell.back_to(url_for("inbox.case", case_id=task.instance_id)))


@blueprint.post("/cases/<uuid:case_id>/act/<verb>")
@requires(Permission.CASE_WORK)
def act(case_id: uuid.UUID, verb: str) -> BaseResponse:
    """Suspend, resume, cancel, withdraw or retry a case."""
    operations = {
        "suspend": instances.suspend,
        "resume": instances.resume,
        "cancel": instances.cancel,
        "withdraw": instances.withdraw,
    }
    _visible(case_id)
    if verb == "retry":
        instances.retry(instance_id=case_id, person=current_user, now=now())
    elif verb in operations:
        reason = request.form.get("reason", "")[:4000]
        operations[verb](instance_id=case_id, reason=reason, person=current_user, now=now())
    else:
        raise NotFound("There is no such act.")
    flash(gettext("Done."), "success")
    return redirect(shell.back_to(url_for("inbox.case", case_id=case_id)))


@blueprint.post("/cases/<uuid:case_id>/copy")
@signed_in
def copy(case_id: uuid.UUID) -> BaseResponse:
    """Copy the case to people for information."""
    _visible(case_id)
    sent = copies.copy_to(
        instance_id=case_id, usernames=request.form.getlist("usernames")[:50], person=current_user, now=now()
    )
    flash(gettext("Copied to %(n)s people.", n=sent), "success")
    return redirect(url_for("inbox.case", case_id=case_id))


@blueprint.post("/cases/<uuid:case_id>/documents")
@signed_in
def add_document(case_id: uuid.UUID) -> BaseResponse:
    """Put a document to the case."""
    documents_tab.add(_visible(case_id), request.files.get("file"), request.form, current_user, now())
    flash(gettext("The document is stored."), "success")
    return redirect(shell.back_to(url_for("inbox.case", case_id=case_id)) + "#documents")


@blueprint.post("/documents/<uuid:document_id>/remove")
@signed_in
def remove_document(document_id: uuid.UUID) -> BaseResponse:
    """Take a document out of the case; it stays on record."""
    case_id = documents_tab.case_of(document_id, current_user)
    document_operations.remove_document(
        document_id=document_id, reason=request.form.get("reason", ""), actor=current_user.actor, now=now()
    )
    return redirect(shell.back_to(url_for("inbox.case", case_id=case_id)) + "#documents")


@blueprint.get("/search")
@requires(Permission.CASE_WORK)
def search() -> str | BaseResponse:
    """Cases by number or customer, those the reader may see."""
    filter, moment = lists.wanted(), now()
    names = lists.process_names()
    found = queries.all_cases(filter) if filter.text.strip() else None
    rows = [c for c in found.rows if queries.may_see(current_user, c)] if found else []
    if len(rows) == 1:
        return redirect(url_for("inbox.case", case_id=rows[0].id))
    return render_template(
        "inbox/search.html", rows=[lists.case_row(c, names, moment) for c in rows], query=filter.text, filter=filter
    )


@blueprint.get("/notices")
@signed_in
def notices() -> str:
    """The person's notices."""
    found = notices_queries.notices(current_user.id, before=parse_number(request.args.get("before", "")))
    return render_template(
        "inbox/notices.html",
        notices=[documents_tab.notice_line(n, now()) for n in found],
        next=url_for("inbox.notices", before=found[-1].id) if len(found) == notices_queries.PAGE else None,
    )


@blueprint.post("/notices/read")
@signed_in
def read_notices() -> BaseResponse:
    """Mark the notices as read."""
    notifications.mark_read(user_id=current_user.id, now=now())
    return redirect(url_for("inbox.notices"))


def _page(
    case: ProcessInstance,
    task: UserTask | None,
    *,
    errors: Mapping[str, str] | None = None,
    error: str | None = None,
    shown: Mapping[str, Any] | None = None,
) -> str:
    """The case page; `shown` are values as typed, where the form comes again."""
    page = case_page.open_case(case, current_user, now(), task)
    copies.note_read(case.id, current_user.id, page.now)
    verbs = case_page.rules.verbs(current_user, case, page.task)
    editing = "complete" in verbs
    form = case_page.form_of(page) if page.task else None
    known = case_page.known_values(page, form) if form else {}
    values, opinion = case_page.draft_values(page, form, known) if form and editing else (known, "")
    return render_template(
        "inbox/case.html",
        case=case_page.head(page),
        summary=case_page.summary(page),
        task=case_page.task_view(page),
        verbs=verbs,
        form_html=case_page.rendered_form(page, shown or values, errors or {}, disabled=not editing) if form else None,
        sections=[] if form and editing else case_page.sections(page),
        error=error,
        outcomes=case_page.buttons(page),
        opinion=request.form.get("opinion") or opinion,
        seen=cases.digest_of_values(known) if form else "",
        key=request.form.get("key") or secrets.token_hex(16),
        vote=case_page.vote_view(page),
        send_back=case_page.send_back_view(page),
        timeline=case_record.timeline(page),
        required=case_page.required_documents(page),
        history=case_record.history(page),
        diagrams=[
            (process.id, text_of(process.name), url_for("inbox.diagram", case_id=case.id, process_id=process.id))
            for process in page.loaded.compiled.processes.values()
            if process.parent is None
        ],
        marks_url=url_for("inbox.marks", case_id=case.id),
        print_url=case_page.print_url(case),
        people=[(u.username, u.name) for u in people.active_users()],
        types=[(key, text_of(document_types.label(key))) for key in document_types.TYPES],
        **documents_tab.context(page),
    )


def _again(
    task_id: uuid.UUID, errors: Mapping[str, str], error: str | None, shown: Mapping[str, Any] | None = None
) -> str:
    """The page with the form as it was typed."""
    found = queries.task_by_id(task_id)
    case = queries.case_by_id(found.instance_id) if found else None
    if found is None or case is None or not queries.may_see(current_user, case):
        raise NotFound("There is no such task.")
    key = definitions.load(case.definition_id).step(found.element_id).form
    if shown is None and key:
        form = definitions.load(case.definition_id).form(key)
        known = cases.form_values(form, cases.values_of(case, current_user.actor, now()))
        shown = {**known, **forms.read_draft(form, request.form)}
    return _page(case, found, errors=errors, error=error, shown=shown)


def _visible(case_id: uuid.UUID) -> ProcessInstance:
    """The case, if the reader is concerned with it; otherwise it does not exist."""
    found = queries.case_by_id(case_id)
    if found is None or not queries.may_see(current_user, found):
        raise NotFound("There is no such case.")
    return found


def _answer() -> Answer:
    form = request.form
    return Answer(outcome=form.get("outcome"), opinion=_opinion(), posted=form, seen=form.get("seen") or None)


def _opinion() -> str | None:
    return request.form.get("opinion", "")[:4000].replace("\0", "") or None


def _once(route: str, act: Any) -> dict[str, Any]:
    """The act, at most once per key that the form carries."""
    entries = sorted((k, v) for k, v in request.form.items(multi=True) if k not in ("csrf_token", "key"))
    return idempotency.once(
        user_id=current_user.id,
        key=request.form.get("key"),
        route=route,
        body=repr(entries).encode(),
        now=now(),
        act=act,
    )


def _after(done: user_tasks.Done) -> str:
    """Where to go after a step: the case's next task if it is the reader's own, else the inbox."""
    mine = [t for t in done.opened if t.assignee_id == current_user.id]
    return url_for("inbox.task", task_id=mine[0].id) if mine else url_for("inbox.list")


def _said(done: user_tasks.Done) -> str:
    """Who has the case next."""
    if done.case.state == "completed":
        return gettext("%(number)s: finished, %(result)s.", number=done.case.number, result=_ended(done.case))
    names = people.users(t.assignee_id for t in done.opened if t.assignee_id)
    stations = [
        words.station(t.definition_id, t.element_id)
        + (f"（{names[t.assignee_id].name}）" if t.assignee_id in names else "")
        for t in done.opened
    ]
    if not stations:
        return gettext("Done. The case goes on when the others are ready.")
    said = gettext("Done. Next: %(stations)s", stations="、".join(stations))
    return f"{said} {case_record.step_by_step()}" if done.changed else said


def _ended(case: ProcessInstance) -> str:
    labels = definitions.load(case.definition_id).compiled.labels
    return text_of(labels.get(case.outcome or "", {})) or str(case.outcome)
