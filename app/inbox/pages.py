"""What the staff's pages share: the blueprint, the case page itself, one act per pressed button."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app.identity import queries as people
from app.inbox import case_page, case_record, decisions, lists, moves, standing, task_page, vote_page, words
from app.kernel.clock import now
from app.kernel.errors import NotFound
from app.web import shell
from app.web.access import Permission
from app.web.i18n import text_of
from app.workflow import acts, cases, forms, idempotency, proofs, queries, recording, registry, rules, screens
from app.workflow.deploying import definitions
from app.workflow.models import ProcessInstance, UserTask
from app.workflow.moves import copies, pending
from app.workflow.rules import LIVE, About, Move, Verb
from app.workflow.words import WORDS

blueprint = Blueprint("inbox", __name__, template_folder="templates")


# What tells nothing of what is asked for; a password is kept nowhere, not even as part of a digest.
NOT_THE_REQUEST = frozenset({"csrf_token", "key", "sign-password"})


def case_html(
    case: ProcessInstance,
    task: UserTask | None,
    *,
    errors: Mapping[str, str] | None = None,
    error: str | None = None,
    shown: Mapping[str, Any] | None = None,
    changes: Mapping[str, tuple[Any, Any]] | None = None,
) -> str:
    """The case page; `shown` are values as typed, where the form comes again, `changes` what others changed meanwhile."""
    page = case_page.open_case(case, current_user, now(), task)
    copies.note_read(case.id, current_user.id, page.now)
    task_page.note_opened(page)
    verbs = rules.verbs(current_user, case, page.task, page.setting)
    editing = "complete" in verbs
    form = task_page.form_of(page) if page.task else None
    known = task_page.known_values(page, form) if form else {}
    values, opinion = task_page.draft_values(page, form, known) if form and editing else (known, "")
    before, after = lists.neighbours(page.task, current_user, page.now) if task and page.task else ("", "")
    return render_template(
        "inbox/case.html",
        previous_task_url=before,
        next_task_url=after,
        case=case_page.head(page),
        summary=case_page.summary(page),
        task=task_page.task_view(page),
        verbs=verbs,
        moves=moves.offered(page, verbs),
        form_html=task_page.rendered_form(page, shown or values, errors or {}, disabled=not editing) if form else None,
        sections=[] if form and editing else page.read,
        error=error,
        changes=case_record.differences(page, changes or {}),
        outcomes=task_page.buttons(page),
        signed=page.task is not None and page.loaded.step(page.task.element_id).signature,
        opinion=request.form.get("opinion") or opinion,
        seen=_seen(page, verbs),
        screen=cases.sealed(known, page.task.id) if form and page.task and editing else "",
        key=request.form.get("key") or secrets.token_hex(16),
        choosers=task_page.choosers(page) if editing else [],
        picks={name: value for name, value in request.form.items() if name.startswith("pick-")},
        panel=task_page.documents_panel(page, form, shown or values),
        **_around(page),
    )


def _seen(page: case_page.Open, verbs: Iterable[Verb]) -> str:
    """The digest of what the page shows, to come back with the reader's answer; nothing where he has none to give."""
    if page.task is None or not {Verb.COMPLETE, Verb.VOTE, Verb.ANSWER}.intersection(verbs):
        return ""
    step = page.loaded.step(page.task.element_id)
    return proofs.of_screen(page.case, screens.shown(page.case, page.loaded, step, page.known))


def _around(page: case_page.Open) -> dict[str, Any]:
    """What the page tells beside the task: notices, opinions, documents, diagrams, history."""
    case = page.case
    return {
        "case_links": _links(page),
        "notices": standing.notices(page),
        "wishes": standing.wishes(page),
        "vote": vote_page.vote_view(page),
        "decisions": decisions.view(page),
        "send_back": task_page.send_back_view(page),
        "timeline": case_record.timeline(page),
        "history": case_record.history(page),
        "diagrams": _diagrams(page),
        "marks_url": url_for("inbox.marks", case_id=case.id),
        "print_url": case_page.print_url(case),
        "people": [(user.username, user.name) for user in people.active_users()],
        "may_export": current_user.may_in(Permission.CASE_SEE_ALL, case.branch_id),
    }


def _links(page: case_page.Open) -> list[tuple[str, str, str]]:
    """The ways from the case to the room it belongs to: words, address, icon."""
    if not current_user.may(Permission.DEFINITION_SEE):
        return []
    found = registry.links_of(recording.context_of(page.case, current_user.actor, page.now))
    links = [(gettext(link.words), link.address, link.icon) for link in found]
    what_if = (gettext("What if …"), url_for("studio.what_if_page", case_id=page.case.id), "flask-conical")
    return [*links, what_if] if page.case.state in rules.LIVE else links


def _diagrams(page: case_page.Open) -> list[tuple[str, str, str]]:
    """The pictures of a case: process, name, address."""
    return [
        (one.id, text_of(one.name), url_for("inbox.diagram", case_id=page.case.id, process_id=one.id))
        for one in page.loaded.compiled.processes.values()
        if one.parent is None
    ]


def case_again(
    task_id: uuid.UUID,
    errors: Mapping[str, str],
    error: str | None,
    shown: Mapping[str, Any] | None = None,
    changes: Mapping[str, tuple[Any, Any]] | None = None,
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
    return case_html(case, found, errors=errors, error=error, shown=shown, changes=changes)


def carry_out(move: Move, subject_id: uuid.UUID) -> BaseResponse:
    """Do what the dialog says, at most once per key, and go on to the case or, where it is no longer the reader's, to the inbox."""

    def act() -> dict[str, Any]:
        case = acts.carry_out(
            verb=move.verb, subject_id=subject_id, given=moves.given(), person=current_user, now=now()
        )
        mine = move.about is About.TASK and queries.may_see(current_user, case)
        place = url_for("inbox.task", task_id=subject_id) if mine else url_for("inbox.list")
        return {
            "location": place if move.about is About.TASK else url_for("inbox.case", case_id=case.id),
            "said": _said(move, case),
        }

    answer = once(f"inbox.{move.verb} {subject_id}", act)
    flash(answer["said"], "success")
    return redirect(shell.back_to(answer["location"]))


def is_asked_for(case: ProcessInstance, verb: Verb) -> bool:
    """Whether an act of the reader's was not done but waits for a second person."""
    return any(wish.verb == verb and wish.asked_by == current_user.id for wish in pending.open_acts(case.id))


# Acts after which the first question is who has it now.
HANDED_OVER = frozenset({Verb.TRANSFER, Verb.DELEGATE, Verb.REASSIGN, Verb.RESOLVE})


def _said(move: Move, case: ProcessInstance) -> str:
    """What was done, and where a case that is still under way stands now; or that a second person must confirm it first."""
    if move.two_persons and is_asked_for(case, move.verb):
        return gettext(
            "%(number)s: asked for; nothing happens until a second supervisor has confirmed it.", number=case.number
        )
    done = gettext(WORDS[move.verb].done)
    if case.state not in LIVE or not case.stations:
        return f"{case.number}: {done}"
    comma = ", " if current_user.language == "en" else "、"
    stations = comma.join(words.station(case.definition_id, element) for element in case.stations)
    if move.verb in HANDED_OVER and (holders := queries.holders_of([case.id]).get(case.id)):
        stations = f"{stations} · {comma.join(holders)}"
    return gettext("%(number)s: %(done)s. Now at: %(stations)s", number=case.number, done=done, stations=stations)


def visible(case_id: uuid.UUID) -> ProcessInstance:
    """The case, if the reader is concerned with it; otherwise it does not exist."""
    found = queries.case_by_id(case_id)
    if found is None or not queries.may_see(current_user, found):
        raise NotFound("There is no such case.")
    return found


def once(route: str, act: Any) -> dict[str, Any]:
    """The act, at most once per key that the form carries."""
    entries = sorted((k, v) for k, v in request.form.items(multi=True) if k not in NOT_THE_REQUEST)
    return idempotency.once(
        user_id=current_user.id,
        key=request.form.get("key"),
        route=route,
        body=repr(entries).encode(),
        now=now(),
        act=act,
    )
