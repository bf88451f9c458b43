"""The pages of the scenarios: all of a draft with what they cover, one of them as a walk that can be changed by hand."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app.kernel.clock import now
from app.kernel.errors import Refusal
from app.studio.models import Draft
from app.studio.pages import blueprint, draft_or_404
from app.studio.trials import dry_run_page, scenario_acts, scenario_inputs, scenario_page, trial_ground
from app.web.access import Permission, requires
from app.web.errors import translated
from app.workflow.engine import Definition
from app.workflow.trials import scenarios as running
from app.workflow.trials.scenario_files import Scenario


@blueprint.get("/drafts/<draft_id>/scenarios")
@requires(Permission.DEFINITION_SEE)
def scenarios(draft_id: str) -> str:
    """Run all of them and show what came of it."""
    draft = draft_or_404(draft_id)
    files = trial_ground.files_of(draft)
    try:
        found = trial_ground.parsed(draft, files)
    except trial_ground.NothingToTry as refusal:
        return render_template("studio/scenarios.html", draft=draft, refused=translated(refusal))
    results = running.run_all(files, found)
    by_key = {definition.key: definition for definition in found}
    return render_template(
        "studio/scenarios.html",
        draft=draft,
        refused=None,
        lines=[scenario_page.line(r, _labels(r, by_key)) for r in results.results],
        failed=len(results.failed),
        covered=[scenario_page.covered(c, by_key[key]) for key, c in results.coverage.items()],
        drawings=_covered_pictures(results, by_key, draft),
    )


@blueprint.post("/drafts/<draft_id>/scenarios")
@requires(Permission.DEPLOY)
def add_scenario(draft_id: str) -> BaseResponse:
    """A new one, from a finished case or from nothing."""
    draft = draft_or_404(draft_id)
    who = {"draft": draft, "actor": current_user.actor, "now": now()}
    if number := request.form.get("number", "").strip():
        name = scenario_acts.from_number(number=number, **who)
        flash(gettext("The scenario has been made. Names and texts in it have been replaced."), "ok")
    else:
        process = trial_ground.versions(draft, trial_ground.files_of(draft)).now.key
        name = scenario_acts.begin(title=request.form.get("title", ""), process=process, **who)
    return redirect(url_for("studio.scenario", draft_id=draft.id, name=name))


@blueprint.get("/drafts/<draft_id>/scenarios/<name>")
@requires(Permission.DEFINITION_SEE)
def scenario(draft_id: str, name: str) -> str:
    """One scenario: its walk over the draft."""
    draft = draft_or_404(draft_id)
    files = trial_ground.files_of(draft)
    file, found = scenario_acts.find(files, name)
    definition = _definition(draft, files, found)
    shown = scenario_page.shown(running.run(found, definition, file), definition, files)
    return render_template(
        "studio/scenario.html",
        draft=draft,
        name=name,
        shown=shown,
        drawings=dry_run_page.drawings(definition, draft.id, shown.marks, path=shown.path),
    )


@blueprint.post("/drafts/<draft_id>/scenarios/<name>")
@requires(Permission.DEPLOY)
def change_scenario(draft_id: str, name: str) -> BaseResponse:
    """One step more, one less, another answer, another expectation; `do` says which."""
    draft = draft_or_404(draft_id)
    files = trial_ground.files_of(draft)
    file, found = scenario_acts.find(files, name)
    who = {"draft": draft, "file": file, "base": _base(), "actor": current_user.actor, "now": now()}
    if request.form.get("do") == "delete":
        scenario_acts.delete(**who)
        flash(gettext("The scenario has been taken away."), "ok")
        return redirect(url_for("studio.scenarios", draft_id=draft.id))
    scenario_acts.write(scenario=_changed(found, _definition(draft, files, found), files), **who)
    return redirect(url_for("studio.scenario", draft_id=draft.id, name=name))


def _changed(found: Scenario, definition: Definition, files: dict[str, bytes]) -> Scenario:
    """The scenario after what the page asks for. Raises Refusal."""
    form = request.form
    do, number = form.get("do", ""), form.get("number", 0, int)
    station = form.get("station", "")
    if do in ("answer", "change") and station in definition.steps:
        asked = scenario_inputs.asked(definition, files, station, {})
        outcome, values = form.get("outcome", asked.outcomes[0][0]), scenario_inputs.read(asked, form)
        if do == "answer":
            return scenario_acts.answered(found, station, outcome, values)
        if 0 < number < len(found.deeds):
            return scenario_acts.changed(found, number, outcome, values)
    if do == "back" and form.get("target", "") in definition.steps:
        return scenario_acts.sent_back(found, station, form["target"])
    if do == "message":
        return scenario_acts.told(found, form.get("message", "")[:120])
    if do == "withdraw":
        return scenario_acts.ended(found, "withdrawn")
    if do == "cut" and 0 < number < len(found.deeds):
        return scenario_acts.cut(found, number)
    if do == "expect":
        return scenario_acts.expecting(found, definition)
    raise Refusal("The page does not fit the draft any more; load it anew.")


def _base() -> bytes:
    try:
        return bytes.fromhex(request.form.get("base", ""))
    except ValueError:
        return b""


def _definition(draft: Draft, files: dict[str, bytes], found: Scenario) -> Definition:
    parsed = trial_ground.parsed(draft, files)
    chosen = next((definition for definition in parsed if definition.key == found.process), None)
    if chosen is None:
        raise Refusal("The process {process} of this scenario can't run in this draft.", process=found.process)
    return chosen


def _labels(result: running.Result, by_key: dict[str, Definition]) -> Any:
    definition = by_key.get(result.scenario.process) if result.scenario is not None else None
    return definition.labels if definition is not None else {}


def _covered_pictures(
    results: running.Results, by_key: dict[str, Definition], draft: Draft
) -> list[dry_run_page.Drawing]:
    """Every element and flow that is walked, and red what is not."""
    drawn: list[dry_run_page.Drawing] = []
    for key, coverage in results.coverage.items():
        marks = scenario_page.painted(coverage.elements, with_gaps=True)
        walked = [flow for flow, number in Counter(coverage.flows).items() if number]
        marks |= {flow: {"badge": "0", "kind": "danger"} for flow, number in coverage.flows.items() if not number}
        drawn += dry_run_page.drawings(by_key[key], draft.id, marks, path=walked)
    return drawn
