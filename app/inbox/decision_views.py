"""What is done with conditions of an approval, and asking for a reconsideration."""

from __future__ import annotations

import uuid
from datetime import date

from flask import flash, redirect, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app.inbox.pages import blueprint, once, visible
from app.kernel.clock import now
from app.kernel.errors import NotFound, Refusal
from app.kernel.ids import parse_id
from app.web import shell
from app.web.access import Permission, requires
from app.workflow.committees import conditions
from app.workflow.committees.vote_models import CaseCondition
from app.workflow.moves import reconsiderations


@blueprint.post("/cases/<uuid:case_id>/conditions")
@requires(Permission.CASE_WORK)
def add_condition(case_id: uuid.UUID) -> BaseResponse:
    """Write a further condition."""
    visible(case_id)
    conditions.add(
        instance_id=case_id,
        text=_text("text"),
        owner=request.form.get("owner") or None,
        due_on=_day(),
        person=current_user,
        now=now(),
    )
    flash(gettext("The condition is set."), "success")
    return _back(case_id)


@blueprint.post("/conditions/<uuid:condition_id>/<verb>")
@requires(Permission.CASE_WORK)
def settle_condition(condition_id: uuid.UUID, verb: str) -> BaseResponse:
    """Plan, meet, waive or open a condition again."""
    acts = {"plan": _plan, "meet": _meet, "waive": _waive, "reopen": _reopen}
    if verb not in acts:
        raise NotFound("There is no such act.")
    found = acts[verb](condition_id)
    flash(gettext("Done."), "success")
    return _back(found.instance_id)


@blueprint.post("/cases/<uuid:case_id>/reconsider")
@requires(Permission.CASE_WORK)
def reconsider(case_id: uuid.UUID) -> BaseResponse:
    """The initiator puts a refused case before the committee once more."""
    visible(case_id)

    def act() -> dict[str, str]:
        case = reconsiderations.ask(instance_id=case_id, facts=_text("reason"), person=current_user, now=now())
        return {"location": url_for("inbox.case", case_id=case.id)}

    answer = once(f"inbox.reconsider {case_id}", act)
    flash(gettext("The case is before the committee again."), "success")
    return redirect(answer["location"])


def _plan(condition_id: uuid.UUID) -> CaseCondition:
    owner = request.form.get("owner") or None
    return conditions.plan(condition_id=condition_id, owner=owner, due_on=_day(), person=current_user, now=now())


def _meet(condition_id: uuid.UUID) -> CaseCondition:
    evidence = parse_id(request.form.get("evidence", ""))
    if evidence is None:
        raise Refusal("Choose the document of this case that shows it.")
    return conditions.meet(
        condition_id=condition_id, evidence_id=evidence, note=_text("note"), person=current_user, now=now()
    )


def _waive(condition_id: uuid.UUID) -> CaseCondition:
    return conditions.waive(condition_id=condition_id, reason=_text("reason"), person=current_user, now=now())


def _reopen(condition_id: uuid.UUID) -> CaseCondition:
    return conditions.reopen(condition_id=condition_id, reason=_text("reason"), person=current_user, now=now())


def _text(name: str) -> str:
    return request.form.get(name, "")[:4000].replace("\0", "")


def _day() -> date | None:
    text = request.form.get("due_on", "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Refusal("Write the day as year, month, day.") from None


def _back(case_id: uuid.UUID) -> BaseResponse:
    return redirect(shell.back_to(url_for("inbox.case", case_id=case_id)) + "#conditions")
