"""Every station says who, with what form, by when, and where it may send back; the README beside the diagrams says the same."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from lxml import etree

from tests.process.drawing import LANGUAGES, ROOT, Drawing, drawings, form, is_snake_case

_CREDIT = "{urn:creditflow:bpmn:1}"
DUE = re.compile(r"P(\d+D)|PT(\d+H)")
FOLDERS = ("credit_application", "expense_declaration", "flow_change")
KINDS = {"approve", "refuse", "neutral"}


@dataclass(frozen=True)
class Station:
    """A user task with its configuration and the drawing it stands in."""

    id: str
    drawing: Drawing
    step: etree._Element

    def every(self, name: str) -> list[etree._Element]:
        """Its configuration elements of one name."""
        return list(self.step.iterfind(f"{_CREDIT}{name}"))

    def outcomes(self) -> list[str]:
        """Ids of its buttons."""
        return [outcome.get("id", "") for outcome in self.every("outcome")]


def _stations() -> Iterator[Station]:
    for drawing in drawings():
        for node, step in drawing.steps().items():
            yield Station(node, drawing, step)


STATIONS = list(_stations())
every_station = pytest.mark.parametrize("station", STATIONS, ids=[s.id for s in STATIONS])


def relatives(station: Station) -> set[str]:
    """Stations of the same family of processes: those a case of this route can have passed."""
    folder = station.drawing.path.parent
    return {s.id for s in STATIONS if s.drawing.path.parent == folder}


def readme_tables(folder: str) -> str:
    return (ROOT / "bpmn" / folder / "README.md").read_text(encoding="utf-8")


def test_every_user_task_is_a_station() -> None:
    tasks = [node for drawing in drawings() for node, kind in drawing.kinds.items() if kind == "userTask"]
    assert sorted(tasks) == sorted(s.id for s in STATIONS)
    assert len(STATIONS) == 40


@every_station
def test_its_form_carries_its_name_and_exists(station: Station) -> None:
    key = station.step.get("form", "")
    assert key == f"{station.drawing.path.parent.name}/{station.id}"
    assert json.loads(form(key).read_text(encoding="utf-8"))["key"] == key


def test_no_form_lies_about_unused() -> None:
    used = {s.step.get("form") for s in STATIONS}
    on_disk = {f"{path.parent.name}/{path.stem}" for path in ROOT.glob("forms/*/*.form") if path.name[0] != "_"}
    assert on_disk == used


@every_station
def test_it_has_a_deadline_in_working_days_or_hours(station: Station) -> None:
    assert DUE.fullmatch(station.step.get("due", ""))


@every_station
def test_somebody_may_do_it(station: Station) -> None:
    rules = {(c.get("rule"), bool(c.get("value"))) for c in station.every("candidates")}
    assert rules
    assert rules <= {("initiator", False), ("group", True), ("group_of", True), ("head_of", True), ("user_of", True)}


@every_station
def test_its_outcomes_are_labelled_and_an_adverse_one_asks_for_an_opinion(station: Station) -> None:
    assert station.outcomes()
    for outcome in station.every("outcome"):
        assert is_snake_case(outcome.get("id", ""))
        assert outcome.get("kind") in KINDS
        assert {label.get("lang") for label in outcome} == set(LANGUAGES)
        if outcome.get("kind") == "refuse" and outcome.get("id") != "drop":
            assert outcome.get("opinion") == "required"


@every_station
def test_every_outcome_has_its_way(station: Station) -> None:
    """An outcome that no condition mentions would end as an incident, where the outcome decides the way at all."""
    conditions = " ".join(f.condition or "" for d in drawings() for f in d.flows)
    scripts = " ".join(script.text for d in drawings() for script in d.find(".//bpmn:script"))
    if f"{station.id}_result" in conditions + scripts and f"{station.id}_result" not in scripts:
        asked = {
            value
            for drawing in drawings()
            for flow in drawing.flows
            if flow.condition and f"{station.id}_result" in flow.condition
            for value in re.findall(r'"(\w+)"', flow.condition)
        }
        assert asked == set(station.outcomes())
    elif len(station.outcomes()) > 1:
        assert f"{station.id}_result" in scripts


@every_station
def test_it_may_send_back_only_to_stations_that_exist(station: Station) -> None:
    (back,) = station.every("sendBack")
    targets = (back.get("to") or "").split()
    assert targets in (["any"], ["none"]) or set(targets) <= relatives(station) - {station.id}
    if targets != ["none"]:
        assert set((back.get("modes") or "").split()) == {"straight", "step"}
        assert back.get("default") in {"straight", "step"}


def test_only_the_initiator_and_who_acts_on_a_known_decision_have_nobody_to_send_back_to() -> None:
    alone = {s.id for s in STATIONS if s.every("sendBack")[0].get("to") == "none"}
    of_changes = {s.id for s in STATIONS if s.drawing.name == "flow_change"}  # there every way back is drawn
    assert alone - of_changes == {"intake", "declaration", "correction", "conditions_release"}


def test_what_an_officer_returns_comes_to_the_leaders_desk() -> None:
    officers = [s for s in STATIONS if s.drawing.name.endswith("_investigation") or s.id == "submission"]
    assert all("assignment" in (s.every("sendBack")[0].get("to") or "").split() for s in officers)
    outside = {t for s in officers for t in (s.every("sendBack")[0].get("to") or "").split() if "_" not in t}
    assert outside == {"assignment"}


@every_station
def test_four_eyes_name_other_stations_of_the_route(station: Station) -> None:
    named = [eyes.get("step") for eyes in station.every("fourEyes")]
    assert set(named) <= relatives(station) - {station.id}
    assert len(named) == len(set(named))


@pytest.mark.parametrize(
    ("judge", "worker"),
    [
        ("routing", "intake"),
        ("assignment", "intake"),
        ("pre_committee_review", "submission"),
        ("credit_committee", "submission"),
        ("risk_committee", "submission"),
        ("final_approval", "intake"),
        ("final_approval", "submission"),
        ("final_approval", "pre_committee_review"),
        ("corporate_cross_check", "corporate_site_visit"),
        ("corporate_countersign", "corporate_conclusion"),
        ("micro_phone_check", "micro_site_visit"),
        ("retail_phone_check", "retail_document_check"),
        ("agriculture_village_review", "agriculture_household_visit"),
        ("supervisor_approval", "declaration"),
        ("director_approval", "supervisor_approval"),
        ("payment", "supervisor_approval"),
    ],
)
def test_nobody_judges_his_own_work(judge: str, worker: str) -> None:
    (station,) = [s for s in STATIONS if s.id == judge]
    assert worker in {eyes.get("step") for eyes in station.every("fourEyes")}


def test_committees_need_two_thirds_and_know_three_answers() -> None:
    votes = {s.id: s.every("vote")[0] for s in STATIONS if s.every("vote")}
    assert set(votes) == {"credit_committee", "risk_committee"}
    for station in STATIONS:
        if station.id in votes:
            vote = votes[station.id]
            assert (vote.get("electorate"), vote.get("quorum"), vote.get("pass")) == (station.id, "2/3", "2/3")
            assert station.outcomes() == ["approve", "conditional", "refuse"]


@every_station
def test_the_readme_lists_it_with_its_deadline_outcomes_and_documents(station: Station) -> None:
    (row,) = [
        line
        for line in readme_tables(station.drawing.path.parent.name).splitlines()
        if line.startswith(f"| `{station.id}` ") and ("P" in line or " D" in line or " H" in line)
    ]
    cells = [cell.strip() for cell in row.split("|")[1:-1]]
    number, unit = re.findall(r"\d+|[DH]", station.step.get("due", ""))
    assert cells[2].split(",")[0] == f"{number} {unit}"
    assert ("batch" in cells[2]) == (station.step.get("batch") == "true")
    assert cells[3] == ", ".join(e.get("step", "") for e in station.every("fourEyes"))
    assert cells[4] == ", ".join(station.outcomes())
    if len(cells) > 5:
        documents = [(d.get("type"), d.get("required") == "true") for d in station.every("document")]
        assert cells[5] == ", ".join(f"**{kind}**" if needed else str(kind) for kind, needed in documents)


def test_every_group_the_diagrams_name_stands_in_a_readme() -> None:
    named = {
        c.get("value", "").strip('"')
        for s in STATIONS
        for c in s.every("candidates")
        if c.get("rule") in ("group", "head_of")
    } | {v.get("electorate") for s in STATIONS for v in s.every("vote")}
    for group in named:
        assert any(f"`{group}`" in readme_tables(folder) for folder in FOLDERS)


def test_the_extension_uses_no_word_that_the_modeler_does_not_know() -> None:
    descriptor = json.loads((ROOT / "frontend" / "credit-moddle.json").read_text(encoding="utf-8"))
    assert descriptor["uri"] == _CREDIT.strip("{}")
    known = {kind["name"]: {p["name"] for p in kind["properties"] if p.get("isAttr")} for kind in descriptor["types"]}
    for drawing in drawings():
        for element in drawing.tree.iter():
            if isinstance(element.tag, str) and element.tag.startswith(_CREDIT):
                name = element.tag.removeprefix(_CREDIT)
                kind = name[0].upper() + name[1:]
                assert kind in known, name
                assert set(element.attrib) <= known[kind], (name, dict(element.attrib))
