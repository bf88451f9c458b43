"""What may be done with the scenarios of a draft: each writes one file of it, under the save guard."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.audit.operations import Actor
from app.kernel.errors import NotFound, Refusal
from app.studio import drafts
from app.studio.models import Draft
from app.studio.trials import trial_ground
from app.workflow import queries
from app.workflow.deploying import definitions
from app.workflow.engine import Definition
from app.workflow.engine.values import LANGUAGES
from app.workflow.trials import from_case, record, scenario_files, scenarios
from app.workflow.trials.deeds import Deed, Kind
from app.workflow.trials.scenario_files import BEGINS, NAME, Scenario


def find(files: Mapping[str, bytes], name: str) -> tuple[str, Scenario]:
    """The file of a scenario and what is in it. Raises NotFound, or Refusal where it can't be read."""
    file = next((each for each in scenario_files.names(files) if scenario_files.stem(each) == name), None)
    if file is None:
        raise NotFound("There is no such scenario.")
    try:
        return file, scenario_files.read(file, files[file])
    except scenario_files.ScenarioUnreadable as error:
        raise Refusal("The scenario can't be read: {reason}.", reason=str(error)) from error


def begin(*, draft: Draft, title: str, process: str, actor: Actor, now: datetime) -> str:
    """A new scenario without steps; returns its name. Raises Refusal."""
    if not title.strip():
        raise Refusal("Give the scenario a name.")
    said = title.strip()[:120]
    deeds = scenario_files.deeds_at([])
    made = Scenario("", process, dict.fromkeys(LANGUAGES, said), deeds, (), "")
    return _add(draft, made, said, actor, now)


def from_number(*, draft: Draft, number: str, actor: Actor, now: datetime) -> str:
    """The scenario of a finished case; returns its name. Raises Refusal."""
    case = queries.case_by_number(number.strip())
    wanted = frozenset[str]().union(
        *(d.routing_names for d in trial_ground.parsed(draft, trial_ground.files_of(draft)))
    )
    found = record.one(case.id, wanted) if case is not None else None
    if case is None or found is None:
        raise Refusal("There is no finished case with this number.")
    life, definition_id = found
    if isinstance(life, record.Unread):
        raise Refusal("The record of this case can't be replayed.")
    loaded = definitions.load(definition_id)
    _must_be_of(draft, loaded.key)
    title = {
        "en": f"{_status('en', life.outcome, loaded.compiled)}, from a real case",
        "zh_Hans": f"{_status('zh_Hans', life.outcome, loaded.compiled)}（取自真实业务）",
        "zh_Hant": f"{_status('zh_Hant', life.outcome, loaded.compiled)}（取自真實業務）",
    }
    made = from_case.scenario_of(life, loaded.compiled, loaded.files, title=title, wanted=wanted)
    return _add(draft, made, f"real_{life.line}_{made.end}", actor, now)


def _status(language: str, outcome: str, definition: Definition) -> str:
    said = definition.labels.get(outcome)
    return said[language] if said is not None else ENDED.get(outcome, {}).get(language, outcome)


ENDED: Mapping[str, Mapping[str, str]] = {
    "withdrawn": {"en": "Withdrawn", "zh_Hans": "撤销", "zh_Hant": "撤銷"},
    "cancelled": {"en": "Ended by a supervisor", "zh_Hans": "主管终止", "zh_Hant": "主管終止"},
}


def _must_be_of(draft: Draft, process: str) -> None:
    keys = {definition.key for definition in trial_ground.parsed(draft, trial_ground.files_of(draft))}
    if process not in keys:
        raise Refusal("This case is of another process.")


def write(*, draft: Draft, file: str, scenario: Scenario, base: bytes, actor: Actor, now: datetime) -> None:
    """Save a changed scenario; raises DraftChanged, DraftClosed."""
    content = scenario_files.write(replace(scenario, deeds=scenario_files.deeds_at(scenario.deeds)))
    drafts.save(draft_id=draft.id, changes={file: content}, base=base, actor=actor, now=now)


def delete(*, draft: Draft, file: str, base: bytes, actor: Actor, now: datetime) -> None:
    """Take a scenario away."""
    drafts.save(draft_id=draft.id, changes={file: None}, base=base, actor=actor, now=now)


def _add(draft: Draft, scenario: Scenario, title: str, actor: Actor, now: datetime) -> str:
    files = trial_ground.files_of(draft)
    taken = {scenario_files.stem(each) for each in scenario_files.names(files)}
    base = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")[:50]
    stem = base if NAME.fullmatch(base) else "scenario"
    name = next(n for n in (stem, *(f"{stem}_{i}" for i in range(2, 1000))) if n not in taken)
    content = scenario_files.write(scenario)
    file = f"{_folder(files, draft)}/{name}{scenario_files.SUFFIX}"
    drafts.save(draft_id=draft.id, changes={file: content}, base=draft.digest, actor=actor, now=now)
    return name


def _folder(files: Mapping[str, bytes], draft: Draft) -> str:
    """Where the diagrams lie."""
    drawn = [name.rpartition("/")[0] for name in files if name.endswith(".bpmn") and "/" in name]
    return draft.name if draft.name in drawn or not drawn else drawn[0]


def answered(scenario: Scenario, station: str, outcome: str, values: Mapping[str, Any]) -> Scenario:
    """With an answer at its end."""
    return _with(scenario, Deed(Kind.ANSWER, 0, BEGINS, station=station, outcome=outcome, values=values))


def sent_back(scenario: Scenario, station: str, target: str) -> Scenario:
    """With a return at its end."""
    return _with(scenario, Deed(Kind.MOVE, 0, BEGINS, station=station, to=target))


def told(scenario: Scenario, message: str) -> Scenario:
    """With a message at its end."""
    return _with(scenario, Deed(Kind.MESSAGE, 0, BEGINS, to=message))


def ended(scenario: Scenario, status: str) -> Scenario:
    """Ended by hand."""
    return _with(scenario, Deed(Kind.END, 0, BEGINS, to=status))


def changed(scenario: Scenario, number: int, outcome: str, values: Mapping[str, Any]) -> Scenario:
    """With another answer in one step; what the page does not ask of its values stays."""
    deeds = list(scenario.deeds)
    before = deeds[number]
    deeds[number] = replace(before, outcome=outcome, values={**before.values, **values})
    return replace(scenario, deeds=tuple(deeds))


def cut(scenario: Scenario, number: int) -> Scenario:
    """Without a step and all that follow it."""
    return replace(scenario, deeds=scenario.deeds[:number])


def expecting(scenario: Scenario, definition: Definition) -> Scenario:
    """Expecting the way it takes now."""
    walked = scenarios.run(scenario, definition).walked
    assert walked is not None
    return replace(scenario, route=scenarios.route_of(walked, definition), end=walked.status or walked.end or "")


def _with(scenario: Scenario, *deeds: Deed) -> Scenario:
    found: Sequence[Deed] = (*scenario.deeds, *deeds)
    return replace(scenario, deeds=tuple(found))
