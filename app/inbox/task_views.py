"""A task's page; its form, its ballot, and the one address under which every other verb is carried out."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app.identity import queries as people
from app.inbox import case_record, lists, task_page, words
from app.inbox.pages import blueprint, carry_out, case_again, case_html, once
from app.kernel.clock import now
from app.kernel.errors import Conflict, NotFound, Refusal
from app.kernel.ids import parse_id, parse_number
from app.web import access, shell
from app.web.access import Permission, requires
from app.web.errors import translated
from app.web.i18n import text_of
from app.workflow import approving, cases, forms, queries, user_tasks
from app.workflow.committees import ballots
from app.workflow.deploying import definitions
from app.workflow.models import ProcessInstance
from app.workflow.moves import returns
from app.workflow.rules import MOVES, About, Verb
from app.workflow.screens import StaleScreen
from app.workflow.user_tasks import Answer, InvalidSubmission

ON_OWN_FORM = frozenset({Verb.SAVE_DRAFT, Verb.COMPLETE, Verb.VOTE})


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
    return case_html(case, found)


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


@blueprint.post("/tasks/approve")
@requires(Permission.CASE_WORK)
def approve_many() -> BaseResponse | str:
    """Approve the ticked tasks: first a preview, then, once it is confirmed, a result per row."""
    texts = request.form.getlist("task_ids")
    if not request.form.get("confirmed"):
        found = approving.preview(texts, current_user, now())
        return render_template("inbox/approve_many.html", lines=lists.previews(found), most=approving.MOST)
    results = approving.approve(
        texts=texts,
        seen={task_id: request.form.get(f"seen-{task_id}", "")[:64] for task_id in texts},
        opinion=request.form.get("opinion", "")[:4000].replace("\0", ""),
        person=current_user,
        now=now(),
    )
    lines = [(result.row, translated(result.refusal) if result.refusal else "") for result in results]
    return render_template("inbox/approved_many.html", lines=lines, refused=sum(bool(r) for _, r in lines))


@blueprint.post("/tasks/<uuid:task_id>/act/<verb>")
@requires(Permission.CASE_WORK)
def act_on_task(task_id: uuid.UUID, verb: str) -> BaseResponse:
    """Carry out a verb of the table on a task. What needs the step's form or a ballot has an address of its own."""
    move = MOVES.get(verb)  # type: ignore[call-overload]
    if move is None or move.about is not About.TASK or move.verb in ON_OWN_FORM:
        raise NotFound("There is no such act.")
    return carry_out(move, task_id)


@blueprint.post("/tasks/<uuid:task_id>/draft")
@requires(Permission.CASE_WORK)
def draft(task_id: uuid.UUID) -> BaseResponse | tuple[str, int]:
    """Keep what was typed."""
    user_tasks.save_draft(task_id=task_id, answer=_answer(), person=current_user, now=now())
    if request.headers.get("X-Requested-With") == "draft":
        return "", 204
    flash(gettext("Draft saved."), "success")
    return redirect(url_for("inbox.task", task_id=task_id))


@blueprint.get("/tasks/<uuid:task_id>/complete")
@requires(Permission.CASE_WORK)
def back_to_task(task_id: uuid.UUID) -> BaseResponse:
    """A form that was refused stands at this address: another language, a reload or a bookmark leads back to the task."""
    found = queries.task_by_id(task_id)
    case = queries.case_by_id(found.instance_id) if found else None
    if case is None or not queries.may_see(current_user, case):
        raise NotFound("There is no such task.")
    return redirect(url_for("inbox.task", task_id=task_id))


@blueprint.post("/tasks/<uuid:task_id>/refresh")
@requires(Permission.CASE_WORK)
def refresh(task_id: uuid.UUID) -> str:
    """The form again, with what was typed: a condition or the rows of a table have changed. Writes nothing."""
    return case_again(task_id, {}, None)


@blueprint.post("/tasks/<uuid:task_id>/complete")
@requires(Permission.CASE_WORK)
def complete(task_id: uuid.UUID) -> BaseResponse | str | tuple[str, int]:
    """Finish a task; the answer leads to the next one."""
    if forms.is_refresh(request.form):
        return case_again(task_id, {}, None)

    def act() -> dict[str, Any]:
        done = user_tasks.complete(task_id=task_id, answer=_answer(), person=access.person(), now=now())
        return {"location": _after(done), "said": _said(done)}

    try:
        answer = once(f"inbox.complete {task_id}", act)
    except InvalidSubmission as invalid:
        return case_again(task_id, invalid.submission.errors, translated(invalid), shown=invalid.submission.shown), 422
    except StaleScreen as stale:
        return case_again(task_id, {}, translated(stale), changes=stale.changes), stale.status
    except Conflict:
        raise
    except Refusal as refusal:
        return case_again(task_id, {}, translated(refusal)), refusal.status
    flash(answer["said"], "success")
    return redirect(answer["location"])


@blueprint.post("/tasks/<uuid:task_id>/vote")
@requires(Permission.CASE_WORK)
def vote(task_id: uuid.UUID) -> BaseResponse | tuple[str, int]:
    """Cast a ballot; where the case has changed since the page was opened, it is shown again instead."""

    def act() -> dict[str, Any]:
        form = request.form
        done = ballots.cast(
            task_id=task_id,
            choice=form.get("choice", ""),
            opinion=_opinion(),
            person=current_user,
            now=now(),
            round_number=parse_number(form.get("round", "")),
            seen=form.get("seen", "")[:64] or None,
        )
        said = _said(done) if done.opened or done.task.outcome else gettext("Your vote is recorded.")
        return {"location": shell.back_to(url_for("inbox.case", case_id=done.case.id)), "said": said}

    try:
        answer = once(f"inbox.vote {task_id}", act)
    except StaleScreen as stale:
        return case_again(task_id, {}, translated(stale)), stale.status
    flash(answer["said"], "success")
    return redirect(answer["location"])


@blueprint.post("/tasks/<uuid:task_id>/close-vote")
@requires(Permission.CASE_WORK)
def close_vote(task_id: uuid.UUID) -> BaseResponse:
    """The secretary closes a vote."""
    done = ballots.close(task_id=task_id, person=current_user, now=now())
    flash(_said(done) if done.task.outcome else gettext("The vote goes on."), "success")
    return redirect(shell.back_to(url_for("inbox.case", case_id=done.case.id)))


@blueprint.post("/tasks/<uuid:task_id>/recuse")
@requires(Permission.CASE_WORK)
def recuse(task_id: uuid.UUID) -> BaseResponse:
    """A member withdraws from a vote, or the secretary excuses one who is absent."""
    form = request.form
    member = parse_number(form.get("member", ""))
    done = ballots.recuse(
        task_id=task_id,
        why=form.get("why", "conflict"),
        reason=form.get("reason", "")[:4000],
        user_id=member,
        person=current_user,
        now=now(),
    )
    flash(gettext("The member takes no part in this vote."), "success")
    own = member in (None, current_user.id)
    return redirect(shell.back_to(url_for("inbox.list") if own else url_for("inbox.case", case_id=done.case.id)))


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
            "informed": [name for name in cost.informed if name != current_user.name],
            "ballots": cost.ballots,
            "again": [words.station(definition, element) for element in cost.again],
            "deciding": [
                (words.station(definition, element), task_page.field_names(held.loaded, element, keys))
                for element, keys in cost.deciding
            ],
        },
    )


def _answer() -> Answer:
    form = request.form
    picks = {name.removeprefix("pick-"): value[:60] for name, value in form.items() if name.startswith("pick-")}
    seen = form.get("seen") or None
    return Answer(
        outcome=form.get("outcome"),
        opinion=_opinion(),
        posted=form,
        seen=seen,
        screen=form.get("screen") or None,
        picks=picks,
        signature=form.get("sign-password", "")[:200] or None,
    )


def _opinion() -> str | None:
    return request.form.get("opinion", "")[:4000].replace("\0", "") or None


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
    said = gettext("%(number)s: done. Next: %(stations)s", number=done.case.number, stations="、".join(stations))
    if not done.changed:
        return said
    return f"{said} {case_record.step_by_step(done.changed, definitions.load(done.case.definition_id))}"


def _ended(case: ProcessInstance) -> str:
    labels = definitions.load(case.definition_id).compiled.labels
    return text_of(labels.get(case.outcome or "", {})) or str(case.outcome)
