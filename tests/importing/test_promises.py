"""What import promises of any file: nothing crashes, nothing is lost in silence, everything is drawn, answers stay legal."""

from __future__ import annotations

import os
import random
import resource
import time
from itertools import combinations
from pathlib import Path

import pytest
from lxml import etree

from app.workflow import importing
from app.workflow.importing.bringing import bring
from app.workflow.importing.layout import overlaps
from app.workflow.importing.model import Box
from app.workflow.importing.texts import catalogue
from app.workflow.importing.values import LANGUAGES
from tests.engine import drawing
from tests.importing.kit import BANK, BPMN, brought, diagram, errors, file, flow, unaccounted

ROOT = Path(__file__).resolve().parents[3] / "shared" / "data" / "bpmn"
REAL = sorted(ROOT.glob("*/*.bpmn"))
needs_data = pytest.mark.skipif(not REAL, reason=f"no real diagrams at {ROOT}")
MUTANTS = int(os.environ.get("IMPORT_MUTANTS", "150"))
SEED = int(os.environ.get("IMPORT_SEED", "7"))

LOAN = file(
    '<laneSet id="ls"><lane id="l1" name="Clerk"><flowNodeRef>a</flowNodeRef></lane><lane id="l2" name="Risk"/></laneSet>',
    '<startEvent id="s"/><userTask id="a" name="Take in" camunda:assignee="${clerk}"/><exclusiveGateway id="g" default="g_x"/>',
    '<parallelGateway id="f"/><task id="b" name="Rate"/><serviceTask id="c" name="Ask bureau" camunda:topic="bureau"/>',
    '<parallelGateway id="j"/><subProcess id="x" name="Collateral"><startEvent id="xs"/><task id="xt"/><endEvent id="xe"/>',
    '<sequenceFlow id="x1" sourceRef="xs" targetRef="xt"/><sequenceFlow id="x2" sourceRef="xt" targetRef="xe"/></subProcess>',
    '<boundaryEvent id="t" attachedToRef="x"><timerEventDefinition><timeDuration>P3D</timeDuration></timerEventDefinition>'
    "</boundaryEvent>",
    '<eventBasedGateway id="w"/><intermediateCatchEvent id="m"><messageEventDefinition/></intermediateCatchEvent>',
    '<intermediateCatchEvent id="n"><timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition>'
    '</intermediateCatchEvent><callActivity id="k" calledElement="pay"/><endEvent id="e"/><textAnnotation id="ta"><text>Note'
    '</text></textAnnotation><association id="as" sourceRef="a" targetRef="ta"/><dataObjectReference id="do" name="File"/>',
    flow("s", "a"), flow("a", "g"), flow("g", "f", "${amount > 100}"), flow("g", "x"), flow("f", "b"), flow("f", "c"),
    flow("b", "j"), flow("c", "j"), flow("j", "x"), flow("x", "w"), flow("t", "a"), flow("w", "m"), flow("w", "n"),
    flow("m", "k"), flow("n", "e"), flow("k", "e"),
)  # fmt: skip


def test_the_sample_itself_runs() -> None:
    made = brought(LOAN)
    assert errors(made) == []
    assert unaccounted(LOAN, made) == []


def mutated(content: bytes, chance: random.Random) -> bytes:
    """The file with some harm done: ids gone, references broken, order changed, elements moved, doubled or turned into others."""
    root = etree.fromstring(content)
    for _ in range(chance.randint(1, 6)):
        elements = [e for e in root.iter(f"{{{BPMN}}}*") if e.getparent() is not None]
        chance.choice(_HARMS)(chance.choice(elements), elements, chance)
    return etree.tostring(root)


def _strip(element: etree._Element, others: list[etree._Element], chance: random.Random) -> None:
    name = chance.choice(["id", "sourceRef", "targetRef", "attachedToRef", "calledElement", "default", "name"])
    element.attrib.pop(name, None)


def _break(element: etree._Element, others: list[etree._Element], chance: random.Random) -> None:
    for name in ("sourceRef", "targetRef", "attachedToRef", "default"):
        if name in element.attrib and chance.random() < 0.6:
            element.set(name, chance.choice([chance.choice(others).get("id") or "gone", "gone", "", "s", "x:a"]))


def _twice(element: etree._Element, others: list[etree._Element], chance: random.Random) -> None:
    element.set("id", chance.choice(others).get("id") or "Start")


def _reorder(element: etree._Element, others: list[etree._Element], chance: random.Random) -> None:
    parent = element.getparent()
    if parent is not None:
        children = list(parent)
        chance.shuffle(children)
        parent[:] = children


def _move(element: etree._Element, others: list[etree._Element], chance: random.Random) -> None:
    target = chance.choice(others)
    if element not in list(target.iterancestors()) and target is not element:
        target.append(element)


def _turn(element: etree._Element, others: list[etree._Element], chance: random.Random) -> None:
    kinds = [
        "task",
        "adHocSubProcess",
        "complexGateway",
        "eventBasedGateway",
        "endEvent",
        "startEvent",
        "boundaryEvent",
    ]
    kinds += ["inclusiveGateway", "parallelGateway", "scriptTask", "businessRuleTask", "intermediateThrowEvent"]
    if etree.QName(element).localname.endswith(("Task", "Gateway", "Event", "task")):
        element.tag = f"{{{BPMN}}}{chance.choice(kinds)}"


def _drop(element: etree._Element, others: list[etree._Element], chance: random.Random) -> None:
    parent = element.getparent()
    if parent is not None and chance.random() < 0.5:
        parent.remove(element)


_HARMS = (_strip, _break, _twice, _reorder, _move, _turn, _drop)


def test_however_a_diagram_is_harmed_nothing_crashes_and_nothing_is_lost_in_silence() -> None:
    chance = random.Random(SEED)
    clean = 0
    for number in range(MUTANTS):
        content = mutated(LOAN, chance)
        made = brought(content)
        assert unaccounted(content, made) == [], (number, content.decode())
        if made.usable:
            wrong = errors(made) if number % 5 == 0 else []
            clean += not wrong
    assert clean > 0.9 * MUTANTS * 0.9


def test_answers_at_random_are_legal_or_told_to_be_wrong_and_never_crash() -> None:
    chance = random.Random(SEED)
    for _ in range(max(MUTANTS // 10, 5)):
        content = mutated(LOAN, chance)
        made = brought(content)
        answers = {
            question.id: {
                entry.name: chance.choice(
                    [o.value for o in entry.choices] or [entry.proposed, "x > 1", "", "P2D", "7", "★("]
                )
                for entry in question.entries
            }
            for question in made.questions
        }
        again = brought(content, answers)
        assert unaccounted(content, again) == []
        if again.usable and not again.open_questions:
            assert errors(again) == []


def test_the_same_files_and_answers_give_the_same_import() -> None:
    assert brought(LOAN) == brought(LOAN)


def test_a_diagram_without_a_picture_gets_one_in_which_nothing_overlaps() -> None:
    root = diagram(brought(LOAN))
    kinds = {e.get("id"): etree.QName(e).localname for e in root.iter(f"{{{BPMN}}}*") if e.get("id")}
    boxes = {}
    for shape in root.iter("{*}BPMNShape"):
        bounds = shape[0]
        boxes[shape.get("bpmnElement")] = Box(*(float(bounds.get(word)) for word in ("x", "y", "width", "height")))
    inside = {e.get("id") for sub in root.iter(f"{{{BPMN}}}subProcess") for e in sub.iter(f"{{{BPMN}}}*")}
    solid = [i for i, kind in kinds.items() if i in boxes and kind not in ("lane", "boundaryEvent", "participant")]
    for one, two in combinations([i for i in solid if i not in inside or i == "x"], 2):
        assert not overlaps(boxes[one], boxes[two]), (one, two)
    nodes = {e.get("sourceRef") for e in root.iter(f"{{{BPMN}}}sequenceFlow")}
    assert nodes <= set(boxes)
    assert boxes["l1"].y + boxes["l1"].height <= boxes["l2"].y + 0.1
    assert boxes["l1"].holds(boxes["a"].middle)


def test_a_loop_and_a_long_row_are_laid_out_too() -> None:
    row = [f"n{i}" for i in range(60)]
    inside = "".join(f'<task id="{name}"/>' for name in row) + "".join(map(flow, row, row[1:])) + flow(row[-1], row[3])
    made = brought(file(inside))
    assert errors(made) == []
    assert len(list(diagram(made).iter("{*}BPMNShape"))) >= 60


def test_a_hostile_file_is_answered_by_the_child_within_its_limits() -> None:
    deep = b"<subProcess id='x'>" * 400 + b"</subProcess>" * 400
    many = "".join(f'<task id="t{i}"/>' for i in range(380)) + "".join(
        flow(f"t{i}", f"t{(i * 7) % 380}") for i in range(380)
    )
    largest_before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss  # a browser of another test, for one
    for content in (file().replace(b"</process>", deep + b"</process>"), file(many), b"<a" * 100_000):
        begun = time.perf_counter()
        made = importing.bring_in({"f.bpmn": content}, {}, BANK, processor=4)
        assert made.reports
        assert time.perf_counter() - begun < 20
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss <= max(largest_before, 800 * 1024)


def test_every_text_stands_in_three_languages_with_the_same_blanks() -> None:
    def blanks(words: str) -> set[str]:
        return {part.split("}")[0] for part in words.split("{")[1:]}

    for code, entry in catalogue().items():
        for words in (entry,) if "en" in entry else (entry["title"], entry["help"]):
            assert set(words) == set(LANGUAGES), code
            assert len({frozenset(blanks(words[language])) for language in LANGUAGES}) == 1, code


def test_what_came_out_comes_in_again_and_only_stations_of_nobody_are_asked_about() -> None:
    first = brought(LOAN)
    content = next(c for n, c in first.files.items() if n.endswith(".bpmn"))
    again = brought(content)
    assert {q.kind for q in again.questions} <= {"scope", "lane"}
    assert errors(again) == []
    together = bring(dict(first.files), {}, BANK)
    assert errors(together) == []
    assert {name for name in together.files if name.endswith(".form")} == {"p/a.form"}


def test_our_own_drawings_come_in_as_they_are() -> None:
    content = drawing.document(
        drawing.process("p", drawing.start("s"), drawing.user("a"), drawing.end("e"), drawing.path("s", "a", "e"))
    )
    made = brought(content)
    assert made.questions == ()
    assert errors(made) == []


@needs_data
@pytest.mark.parametrize("group", sorted({f.parent.name for f in REAL}) or ["none"])
def test_of_real_diagrams_nothing_is_lost_and_everything_is_drawn(group: str) -> None:
    for path in (f for f in REAL if f.parent.name == group):
        content = path.read_bytes()
        made = brought(content)
        assert made.usable or made.reports[0].refused, path.name
        assert made.lost == 0, path.name
        if made.usable and group != "malformed-hostile":
            assert unaccounted(content, made) == [], path.name
            root = diagram(made)
            shown = {shape.get("bpmnElement") for shape in root.iter("{*}BPMNShape")}
            assert {f.get("sourceRef") for f in root.iter(f"{{{BPMN}}}sequenceFlow")} <= shown, path.name


@needs_data
def test_real_diagrams_reach_a_state_that_deploys_with_the_proposals() -> None:
    plain = [f for f in REAL if f.parent.name != "malformed-hostile"]
    sample = plain if MUTANTS > 1000 else plain[::6]
    clean = [path.name for path in sample if (made := brought(path.read_bytes())).usable and not errors(made)]
    assert len(clean) >= 0.9 * len(sample), {path.name for path in sample} - set(clean)
