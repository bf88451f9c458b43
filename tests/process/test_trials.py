"""Recorded walks over a changed version: where they part, what is assumed, what has no place any more, what never ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from app.workflow import engine
from app.workflow.engine import Definition, Step
from app.workflow.trials import grounds, scenario_files, scenarios
from app.workflow.trials.command import run_folder
from app.workflow.trials.deeds import Deed, Kind
from app.workflow.trials.scenario_files import Scenario, deeds_at
from app.workflow.trials.walking import walk
from app.workflow.trials.walks import Ground, Walked
from app.workflow.trials.ways import Difference, Mark, What, difference, flows, nodes_of
from config import ROOT
from tests.engine import drawing as d

FOLDER = ROOT / "bpmn" / "credit_application"
FILES = {f"credit_application/{p.name}": p.read_bytes() for p in FOLDER.iterdir() if p.suffix in (".bpmn", ".dmn")}
SCENARIOS = sorted(FOLDER.glob("*.scenario"))
TABLE = "credit_application/risk_committee_needed.dmn"
ROUTE = "credit_application/credit_application.bpmn"


def shipped(name: str) -> Scenario:
    return scenario_files.read(f"credit_application/{name}.scenario", (FOLDER / f"{name}.scenario").read_bytes())


def credit(**changes: tuple[str, str]) -> Definition:
    """The credit route with texts of its files replaced: file → (old, new)."""
    files = dict(FILES)
    for key, (old, new) in changes.items():
        name = {"table": TABLE, "route": ROUTE}[key]
        assert old.encode() in files[name]
        files[name] = files[name].replace(old.encode(), new.encode())
    found = engine.check(files, engine.Catalogue())
    return next(definition for definition in found.definitions if definition.key == "credit_application")


def drawn(*inside: str, key: str = "p") -> Definition:
    """A small process that begins at `s`."""
    found = engine.check({"p.bpmn": d.document(d.process(key, d.start("s"), *inside))}, engine.Catalogue())
    assert found.clean, [finding.message["en"] for finding in found.findings]
    return found.definitions[0]


def answer(station: str, outcome: str = "completed", **values: object) -> Deed:
    return Deed(Kind.ANSWER, 0, scenario_files.BEGINS, station=station, outcome=outcome, values=values)


def ended(*opened: str) -> Deed:
    return Deed(Kind.END, 0, scenario_files.BEGINS, to="withdrawn", opened=opened)


def lived(definition: Definition, *deeds: Deed) -> tuple[tuple[Deed, ...], Walked]:
    """A life on `definition`: its deeds, with what the engine passed noted on the walk."""
    placed = deeds_at(deeds)
    walked = walk(Ground(definition), placed, nobody)
    assert walked.fault is None
    return placed, walked


def nobody(step: Step) -> None:
    return None


def parted(now: Walked, then: Walked, *versions: Definition) -> Difference | None:
    return difference(now.marks, then.marks, {k: v for version in versions for k, v in nodes_of(version).items()})


def by(element: str) -> Mark:
    return Mark(What.BY, element)


# --- over the credit route


def test_a_lower_limit_in_a_table_sends_a_case_to_the_risk_committee_and_nothing_else_changes() -> None:
    before, scenario = credit(), shipped("retail_approved")
    changed = credit(table=("10000000", "100000"))
    then = walk(Ground(before), scenario.deeds, nobody)
    now = walk(Ground(changed), scenario.deeds, grounds.usual_answer)
    assert parted(now, then, before, changed) == Difference("risk_needed", by("risk_committee"), by("final_approval"))
    assert [(stay.station, stay.outcome) for stay in now.stays if stay.assumed] == [
        ("risk_committee", "approve"),
        ("risk_review", "record"),
    ]
    assert (now.status, now.fault, now.left_out) == ("approved", None, ())


def test_an_answer_that_is_assumed_may_be_chosen() -> None:
    changed = credit(table=("10000000", "100000"))

    def refuse(step: Step) -> str:
        return "refuse" if step.element_id == "risk_committee" else grounds.usual_answer(step)

    now = walk(Ground(changed), shipped("retail_approved").deeds, refuse)
    assert now.status == "refused"
    assert [deed.station for deed in now.left_out] == ["final_approval"]


def test_a_higher_limit_leaves_the_committee_out_and_its_vote_is_not_asked() -> None:
    before, changed = credit(), credit(table=("10000000", "99000000"))
    scenario = shipped("corporate_approved_by_both_committees")
    then = walk(Ground(before), scenario.deeds, nobody)
    now = walk(Ground(changed), scenario.deeds, nobody)
    assert parted(now, then, before) == Difference("risk_needed", by("final_approval"), by("risk_committee"))
    assert [deed.station for deed in now.left_out] == ["risk_committee", "risk_review"]
    assert now.status == "approved"


def test_a_station_with_another_id_is_the_same_where_it_is_said_to_be() -> None:
    before = credit()
    changed = credit(route=('"risk_review', '"second_look'))
    names = grounds.likely_names(changed, before)
    assert names == {"risk_review": "second_look"}
    scenario = shipped("corporate_approved_by_both_committees")
    then = walk(Ground(before), scenario.deeds, nobody)
    now = walk(Ground(changed), grounds.renamed(scenario.deeds, names), nobody)
    told = [Mark(mark.what, names.get(mark.element, mark.element)) for mark in then.marks]
    assert difference(now.marks, told, nodes_of(changed)) is None
    assert now.left_out == ()


def test_a_condition_over_something_nobody_entered_is_told_in_the_engines_words() -> None:
    changed = credit(route=("risk_committee_needed = false", "risk_committee_needed = false and green = true"))
    now = walk(Ground(changed), shipped("retail_approved").deeds, nobody)
    assert now.fault is not None
    assert (now.fault.code, now.fault.element) == ("incident", "risk_needed")
    assert "risk_needed" in (now.fault.texts or {})["en"]


def test_a_station_not_passed_before_gets_what_was_entered_elsewhere() -> None:
    before = drawn(d.user("a"), d.user("b"), d.end("e"), d.path("s", "a", "b", "e"))
    after = drawn(d.user("a"), d.user("new"), d.xor("x", default="x_to_f"), d.end("e"), d.end("f"),
                  d.path("s", "a", "new", "x"), d.flow("x", "e", "rating = 7"), d.flow("x", "f"))  # fmt: skip
    deeds, _ = lived(before, answer("a"), answer("b", rating=7))
    ground = Ground(after, writable={"new": frozenset({"rating"})})
    assert walk(ground, deeds, grounds.usual_answer).end == "e"
    assert walk(Ground(after), deeds, grounds.usual_answer).end == "f"


# --- small pictures


def test_a_new_station_is_assumed_and_the_others_get_their_own_answers() -> None:
    before = drawn(d.user("a"), d.user("b"), d.end("e"), d.path("s", "a", "b", "e"))
    after = drawn(d.user("a"), d.user("n"), d.user("b"), d.end("e"), d.path("s", "a", "n", "b", "e"))
    deeds, then = lived(before, answer("a"), answer("b"))
    now = walk(Ground(after), deeds, grounds.usual_answer)
    assert parted(now, then, before, after) == Difference("a", by("n"), by("b"))
    assert [(stay.station, stay.assumed) for stay in now.stays] == [("a", False), ("n", True), ("b", False)]


def test_stations_in_another_order_get_their_own_answers() -> None:
    before = drawn(d.user("a"), d.user("b"), d.end("e"), d.path("s", "a", "b", "e"))
    after = drawn(d.user("a"), d.user("b"), d.end("e"), d.path("s", "b", "a", "e"))
    deeds, then = lived(before, answer("a"), answer("b"))
    now = walk(Ground(after), deeds, nobody)
    assert parted(now, then, before) == Difference("s", by("b"), by("a"))
    assert ([stay.station for stay in now.stays], now.left_out) == (["b", "a"], ())


def test_a_new_branch_beside_is_assumed_where_it_opens() -> None:
    before = drawn(d.user("a"), d.user("b"), d.end("e"), d.path("s", "a", "b", "e"))
    after = drawn(d.fork("f"), d.user("a"), d.user("n"), d.fork("j"), d.user("b"), d.end("e"),
                  d.path("s", "f", "a", "j", "b", "e"), d.path("f", "n", "j"))  # fmt: skip
    deeds, _ = lived(before, answer("a"), answer("b"))
    now = walk(Ground(after), deeds, grounds.usual_answer)
    assert sorted(stay.station for stay in now.stays) == ["a", "b", "n"]
    assert now.end == "e"


def test_a_case_withdrawn_at_a_station_is_withdrawn_there_though_one_more_lies_before_it() -> None:
    before = drawn(d.user("a"), d.user("b"), d.end("e"), d.path("s", "a", "b", "e"))
    after = drawn(d.user("a"), d.user("n"), d.user("b"), d.end("e"), d.path("s", "a", "n", "b", "e"))
    deeds, then = lived(before, answer("a"), ended("b"))
    now = walk(Ground(after), deeds, grounds.usual_answer)
    assert now.marks[-2:] == then.marks[-2:] == (Mark(What.STAND, "b"), Mark(What.END, "withdrawn"))
    assert parted(now, then, before, after) == Difference("a", by("n"), Mark(What.STAND, "b"))


def test_a_case_withdrawn_elsewhere_goes_another_way() -> None:
    before = drawn(d.user("a"), d.user("b"), d.end("e"), d.path("s", "a", "b", "e"))
    after = drawn(d.user("a"), d.user("c"), d.end("e"), d.path("s", "a", "c", "e"))
    deeds, then = lived(before, answer("a"), ended("b"))
    now = walk(Ground(after), deeds, grounds.usual_answer)
    assert parted(now, then, before, after) == Difference("a", Mark(What.STAND, "c"), Mark(What.STAND, "b"))


def test_an_end_reached_earlier_leaves_the_rest_out() -> None:
    before = drawn(d.user("a"), d.user("b"), d.end("e"), d.path("s", "a", "b", "e"))
    after = drawn(d.user("a"), d.end("e"), d.path("s", "a", "e"))
    deeds, then = lived(before, answer("a"), answer("b"))
    now = walk(Ground(after), deeds, nobody)
    assert parted(now, then, before, after) == Difference("a", by("e"), by("b"))
    assert [deed.station for deed in now.left_out] == ["b"]


def test_an_outcome_that_is_not_offered_any_more_is_assumed() -> None:
    button = '<credit:candidates rule="initiator"/><credit:outcome id="{}" kind="approve"/>'
    before = drawn(d.user("a", config=button.format("yes")), d.end("e"), d.path("s", "a", "e"))
    after = drawn(d.user("a", config=button.format("agree")), d.end("e"), d.path("s", "a", "e"))
    deeds, _ = lived(before, answer("a", "yes"))
    assert [stay.outcome for stay in walk(Ground(after), deeds, grounds.usual_answer).stays] == ["agree"]


def test_a_message_that_never_came_is_said() -> None:
    message = '<bpmn:message id="m" name="paid"/>'
    before = drawn(d.user("a"), d.end("e"), d.path("s", "a", "e"))
    body = d.process(
        "p", d.start("s"), d.user("a"), d.catch("wait", d.message("m")), d.end("e"), d.path("s", "a", "wait", "e")
    )
    after = engine.check({"p.bpmn": d.document(message, body)}, engine.Catalogue()).definitions[0]
    deeds, _ = lived(before, answer("a"))
    fault = walk(Ground(after), deeds, grounds.usual_answer).fault
    assert fault is not None
    assert (fault.code, fault.element, fault.fact) == ("message", "wait", "paid")


def test_a_case_that_goes_in_a_circle_is_stopped() -> None:
    before = drawn(d.user("a"), d.end("e"), d.path("s", "a", "e"))
    after = drawn(d.xor("x"), d.user("a"), d.user("n"), d.xor("y", default="y_to_e"), d.end("e"), d.path("s", "x", "a", "n", "y"),
                  d.flow("y", "x", "1 = 1"), d.flow("y", "e"))  # fmt: skip
    deeds, _ = lived(before, answer("a"))
    fault = walk(Ground(after), deeds, grounds.usual_answer).fault
    assert fault is not None
    assert fault.code == "circle"


@pytest.mark.parametrize(("hours", "end"), [('"PT2H"', "f"), ('"PT900H"', "e")])
def test_a_clock_that_is_new_rings_when_it_is_due(hours: str, end: str) -> None:
    before = drawn(d.user("a"), d.end("e"), d.path("s", "a", "e"))
    after = drawn(d.user("a"), d.boundary("late", "a", d.timer(hours)), d.end("e"), d.end("f"), d.path("s", "a", "e"),
                  d.path("late", "f"))  # fmt: skip
    deeds, _ = lived(before, answer("a"))
    waited = (deeds[0], replace(deeds[1], at=deeds[1].at + timedelta(hours=5)))
    ground = grounds.ground(after, {}, before=before)
    assert ground.own_clocks == frozenset({"late"})
    assert walk(ground, waited, nobody).end == end


def test_a_case_that_waits_for_a_clock_alone_goes_on_when_it_rings() -> None:
    after = drawn(
        d.user("a"),
        d.catch("tomorrow", d.timer('"P1D"')),
        d.user("b"),
        d.end("e"),
        d.path("s", "a", "tomorrow", "b", "e"),
    )
    before = drawn(d.user("a"), d.user("b"), d.end("e"), d.path("s", "a", "b", "e"))
    deeds, _ = lived(before, answer("a"), answer("b"))
    assert walk(Ground(after), deeds, nobody).end == "e"


def test_the_flows_of_a_walk_are_those_it_took() -> None:
    picture = drawn(d.fork("f"), d.user("a"), d.user("b"), d.fork("j"), d.xor("x", default="x_to_g"), d.end("e"), d.end("g"),
                    d.path("s", "f", "a", "j", "x"), d.path("f", "b", "j"), d.flow("x", "e", "true"), d.flow("x", "g"))  # fmt: skip
    walked = walk(Ground(picture), deeds_at([answer("b"), answer("a")]), nobody)
    taken = {flow for flow, number in flows(picture, walked.marks).items() if number}
    every = {flow.id for flow in picture.processes["p"].flows}
    assert every - taken == {"x_to_g"}


# --- scenarios


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_shipped_scenario_passes_and_its_file_is_as_it_would_be_written(path) -> None:
    scenario = scenario_files.read(f"credit_application/{path.name}", path.read_bytes())
    result = scenarios.run(scenario, credit())
    assert result.passes, result
    assert scenario_files.write(scenario) == path.read_bytes()


def test_the_shipped_scenarios_walk_every_element_and_nearly_every_flow_of_the_credit_route() -> None:
    files = {**FILES, **{f"credit_application/{path.name}": path.read_bytes() for path in SCENARIOS}}
    found = scenarios.run_all(files)
    assert found.failed == ()
    assert len(found.results) == 11
    coverage = found.coverage["credit_application"]
    assert (coverage.element_share, coverage.flow_share >= 0.97) == (1.0, True)


def test_a_scenario_whose_route_changed_fails_with_the_first_difference() -> None:
    result = scenarios.run(shipped("retail_approved"), credit(table=("10000000", "100000")))
    assert not result.passes
    waits = Mark(What.STAND, "risk_committee")
    assert result.difference == Difference("risk_needed", waits, by("final_approval"))
    assert result.fault is not None
    assert (result.fault.code, result.fault.element) == ("unanswered", "risk_committee")


def test_a_scenario_that_ends_otherwise_fails() -> None:
    assert not scenarios.run(replace(shipped("retail_approved"), end="refused"), credit()).passes


def test_a_scenario_that_expects_nothing_yet_does_not_pass() -> None:
    assert not scenarios.run(replace(shipped("retail_approved"), route=()), credit()).passes


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        (b"{", "Expecting"),
        (b'{"process": "p", "steps": []}', "expect is missing"),
        (b'{"process": "p", "steps": {}, "expect": {}}', "steps is no list"),
        (b'{"process": "p", "steps": [{"go": 1}], "expect": {}}', "a step says none of"),
        (b'{"process": "p", "steps": [7], "expect": {}}', "int"),
    ],
)
def test_a_file_that_is_no_scenario_says_why_and_is_a_finding(content: bytes, wrong: str) -> None:
    with pytest.raises(scenario_files.ScenarioUnreadable, match=wrong):
        scenario_files.read("p/x.scenario", content)
    (finding,) = scenario_files.findings({"p/x.scenario": content})
    assert (finding.severity, finding.file) == ("error", "p/x.scenario")
    (result,) = scenarios.run_all({"p/x.scenario": content}, []).results
    assert not result.passes


def test_the_command_says_what_fails_and_where(tmp_path) -> None:
    folder = tmp_path / "credit_application"
    folder.mkdir()
    for name, content in FILES.items():
        (folder / name.rpartition("/")[2]).write_bytes(content)
    (folder / "good.scenario").write_bytes((FOLDER / "retail_approved.scenario").read_bytes())
    lines, code = run_folder(folder)
    assert (lines[0], code) == ("credit_application/good.scenario: passes", 0)
    table = folder / "risk_committee_needed.dmn"
    table.write_bytes(table.read_bytes().replace(b"10000000", b"100000"))
    lines, code = run_folder(folder)
    assert code == 1
    assert lines[0] == (
        'credit_application/good.scenario: fails: at "Needed?" waiting at "Risk committee vote" instead of to "Final approval" '
        '(the scenario has no answer for "Risk committee vote")'
    )
    assert run_folder(tmp_path)[0] == [f"{tmp_path}: no scenarios"]
