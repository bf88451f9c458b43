"""The page of the dry run: what is asked, the bar, what would go another way, and the spreadsheet of all cases."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Response, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from app.kernel.clock import now
from app.kernel.errors import NotFound, Refusal
from app.studio import examinations
from app.studio.models import Draft, Examination
from app.studio.pages import blueprint, draft_or_404
from app.studio.trials import dry_run_examiner, dry_run_page, trial_ground
from app.studio.trials import trial_words as words
from app.web.access import Permission, requires
from app.web.errors import translated
from app.web.i18n import text_of
from app.workflow import registry
from app.workflow.trials import grounds, record

LIMITS = (100, 500, 1000, 2000)
USUAL = 500
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


@blueprint.get("/drafts/<draft_id>/dry-run")
@requires(Permission.DEFINITION_SEE)
def dry_run(draft_id: str) -> str:
    """The last result, and what a new dry run would ask."""
    draft = draft_or_404(draft_id)
    row = examinations.newest(draft, dry_run_examiner.KIND)
    try:
        found = trial_ground.versions(draft, trial_ground.files_of(draft), request.args.get("process", ""))
    except trial_ground.NothingToTry as refusal:
        return render_template("studio/dry_run.html", draft=draft, row=row, refused=translated(refusal), result=None)
    return render_template(
        "studio/dry_run.html",
        draft=draft,
        row=row,
        refused=None,
        **_asks(draft, found, row),
        **_result(draft, found, row),
    )


@blueprint.post("/drafts/<draft_id>/dry-run")
@requires(Permission.DEPLOY)
def begin_dry_run(draft_id: str) -> BaseResponse:
    """Ask a worker for it."""
    draft = draft_or_404(draft_id)
    found = trial_ground.versions(draft, trial_ground.files_of(draft), request.form.get("process", ""))
    asked = {"process": found.now.key, **read_asked(request.form), **_mapped(request.form, found)}
    examinations.begin(draft=draft, kind=dry_run_examiner.KIND, asked=asked, actor=current_user.actor, now=now())
    return redirect(url_for("studio.dry_run", draft_id=draft.id))


@blueprint.get("/drafts/<draft_id>/dry-run.csv")
@requires(Permission.DEFINITION_SEE)
def dry_run_csv(draft_id: str) -> Response:
    """All cases of the last result, a line each."""
    draft = draft_or_404(draft_id)
    row = examinations.newest(draft, dry_run_examiner.KIND)
    if row is None or row.result is None:
        raise NotFound("There is no result yet.")
    answer = Response(_csv(row.result), mimetype="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="dry-run.csv"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/drafts/<draft_id>/trial-diagram")
@requires(Permission.DEFINITION_SEE)
def trial_diagram(draft_id: str) -> Response:
    """A diagram of the draft, `?file=` its name."""
    files = trial_ground.files_of(draft_or_404(draft_id))
    name = request.args.get("file", "")
    if name not in files or not name.endswith((".bpmn", ".bpmn20.xml")):
        raise NotFound("There is no such file.")
    return Response(files[name], mimetype="application/xml")


def read_asked(form: MultiDict[str, str]) -> dict[str, Any]:
    """Which cases; raises Refusal for days that are none."""
    limit = form.get("limit", USUAL, int)
    asked = {"limit": limit if limit in LIMITS else USUAL, "line": form.get("line", "")[:40]}
    for name in ("since", "until"):
        text = form.get(name, "")
        try:
            asked[name] = date.fromisoformat(text).isoformat() if text else ""
        except ValueError:
            raise Refusal("Give the day like 2026-03-02.") from None
    return asked


def _mapped(form: MultiDict[str, str], found: trial_ground.Versions) -> dict[str, Any]:
    """What was said of stations that are gone and of those that are new; only what fits the draft."""
    gone, added, _ = trial_ground.asked_before(found)
    names = {station: form.get(f"name-{station}", "") for station in gone}
    answers = {station: form.get(f"answer-{station}", "") for station in found.now.steps}
    return {
        "names": {old: new for old, new in names.items() if new in added},
        "answers": {station: outcome for station, outcome in answers.items() if outcome},
    }


def _asks(draft: Draft, found: trial_ground.Versions, row: Examination | None) -> dict[str, Any]:
    """What the form offers, filled with what was asked last."""
    asked = row.asked if row is not None else {}
    gone, added, likely = trial_ground.asked_before(found)
    steps, before = found.now.steps, found.before.steps if found.before else {}
    return {
        "processes": [(d.key, text_of(d.name)) for d in trial_ground.parsed(draft, found.files) if _has_cases(d.key)],
        "process": found.now.key,
        "is_new": found.before is None,
        "limits": LIMITS,
        "asked": {"limit": USUAL, **asked},
        "lines": _lines(found.now.key),
        "gone": [
            (station, text_of(before[station].name), {**likely, **asked.get("names", {})}.get(station, ""))
            for station in gone
        ],
        "added": [(station, text_of(steps[station].name)) for station in added],
        "answered": [
            _answerable(steps[s], asked.get("answers", {}), s in added) for s in steps if len(steps[s].outcomes) > 1
        ],
    }


def _lines(process: str) -> list[tuple[str, str]]:
    """The business lines of its finished cases, by key and name."""
    names = {option.value: text_of(option.label) for option in registry.options("business_lines")}
    return [(line, names.get(line, line)) for line in record.lines(process)]


def _has_cases(key: str) -> bool:
    return record.count(record.Wanted(key, 1)) > 0


def _answerable(step: Any, answers: Mapping[str, str], is_new: bool) -> dict[str, Any]:
    return {
        "station": step.element_id,
        "name": text_of(step.name),
        "outcomes": [(outcome.id, text_of(outcome.label)) for outcome in step.outcomes],
        "chosen": answers.get(step.element_id) or grounds.usual_answer(step),
        "is_new": is_new,
    }


def _result(draft: Draft, found: trial_ground.Versions, row: Examination | None) -> dict[str, Any]:
    if row is None or row.result is None:
        return {"result": None}
    labels = {s.element_id: {o.id: o.label for o in s.outcomes} for s in found.now.steps.values()}
    assumed = [{**a, "label": labels.get(a["station"], {}).get(a["outcome"])} for a in row.result["assumed"]]
    marks = dry_run_page.counted(row.result, found.now, found.before)
    return {
        "result": dry_run_page.shown({**row.result, "assumed": assumed}),
        "drawings": dry_run_page.drawings(found.now, draft.id, marks),
    }


def _csv(found: Mapping[str, Any]) -> str:
    verdicts = {
        "same": gettext("As before"),
        "other": gettext("Another way"),
        "nowhere": gettext("End nowhere"),
        "fault": gettext("Not replayed"),
    }
    head = [
        gettext("Case number"),
        gettext("What came of it"),
        gettext("What is different"),
        gettext("Ended then"),
        gettext("Ends now"),
    ]
    head += [gettext("Working minutes then"), gettext("Working minutes now")]
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(head)
    for case in found["cases"]:
        what = words.difference(case["difference"], found["names"]) if case["difference"] else ""
        what = words.fault(case["fault"], found["names"]) if case["fault"] else what
        ends = [words.status(case[when]) if case[when] else "" for when in ("then", "now")]
        writer.writerow([*map(_safe, [case["number"], verdicts[case["verdict"]], what, *ends]), *case["minutes"]])
    # The mark by which spreadsheets know UTF-8.
    return "\ufeff" + buffer.getvalue()


def _safe(text: str) -> str:
    """A text that a spreadsheet would take for a formula stays a text."""
    return f"'{text}" if text.startswith(FORMULA) else text
