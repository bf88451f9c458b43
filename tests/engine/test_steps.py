"""The `credit:` extension, read into steps; and the definition that holds them, stored and read back."""

from __future__ import annotations

from app.workflow import engine
from tests.engine import drawing as draw
from tests.engine.drawing import defined, end, flow, node, path, process, start, sub, user, xor

FULL = """
<bpmn:extensionElements>
  <credit:label lang="en">Review</credit:label>
  <credit:label lang="zh_Hant">審查</credit:label>
  <credit:label lang="fr">Revue</credit:label>
  <credit:step form="credit/review" due="P2DT4H" batch="true">
    <credit:candidates rule="group" value="reviewers"/>
    <credit:candidates rule="user_of" value="officer"/>
    <credit:fourEyes step="a"/><credit:fourEyes step="b"/>
    <credit:sendBack to="a b" barred="b" modes="straight" default="straight"/>
    <credit:outcome id="yes" kind="approve">
      <credit:label lang="zh_Hans">同意</credit:label><credit:label lang="en">Agree</credit:label>
    </credit:outcome>
    <credit:outcome id="no" kind="refuse" opinion="required"/>
    <credit:document type="id_card" required="true"/><credit:document type="photo"/>
    <credit:vote electorate="committee" quorum="3" pass="3/4" base="electorate" chair="head" veto="risk" chairVotes="always"
      visibility="hidden" close="all secretary" secretary="office" experts="pool" draw="2" deputies="stand_ins"/>
  </credit:step>
</bpmn:extensionElements>
"""


def definition() -> engine.Definition:
    label = '<bpmn:extensionElements><credit:label lang="en">Inner</credit:label></bpmn:extensionElements>'
    inner = f'<bpmn:lane id="inner" name="内">{label}<bpmn:flowNodeRef>r</bpmn:flowNodeRef></bpmn:lane>'
    members = "<bpmn:flowNodeRef>a</bpmn:flowNodeRef><bpmn:flowNodeRef>r</bpmn:flowNodeRef>"
    nested = f'{members}<bpmn:childLaneSet id="cs">{inner}</bpmn:childLaneSet>'
    lanes = f'<bpmn:laneSet id="ls"><bpmn:lane id="outer" name="外">{nested}</bpmn:lane></bpmn:laneSet>'
    parts = [lanes, start("s"), user("a"), user("b"), node("userTask", "r", FULL, name="审查"), end("e")]
    return defined(process("p", *parts, path("s", "a", "b", "r", "e")))


def test_everything_an_analyst_writes_about_a_step_is_read() -> None:
    step = definition().steps["r"]
    assert step.name == {"zh_Hans": "审查", "zh_Hant": "審查", "en": "Review"}
    assert (step.form, step.due, step.batch) == ("credit/review", "P2DT4H", True)
    assert step.candidates == (engine.Candidates("group", "reviewers"), engine.Candidates("user_of", "officer"))
    assert step.four_eyes == ("a", "b")
    assert step.send_back == engine.SendBack(("a", "b"), ("b",), ("straight",), "straight")
    assert [(o.id, o.kind, o.label["en"], o.label["zh_Hans"], o.opinion_required) for o in step.outcomes] == [
        ("yes", "approve", "Agree", "同意", False),
        ("no", "refuse", "no", "no", True),
    ]
    assert step.documents == (engine.Document("id_card", True), engine.Document("photo", False))
    assert step.vote == engine.VoteRule(
        "committee",
        "3",
        "3/4",
        "electorate",
        "head",
        veto="risk",
        visibility="hidden",
        close="all secretary",
        secretary="office",
        experts="pool",
        draw=2,
        deputies="stand_ins",
    )
    assert step.process_id == "p"


def test_a_step_without_settings_has_the_plain_ones() -> None:
    step = defined(process("p", start("s"), node("manualTask", "m"), end("e"), path("s", "m", "e"))).steps["m"]
    assert step == engine.Step("m", "p", {"zh_Hans": "m", "zh_Hant": "m", "en": "m"})
    assert step.send_back == engine.SendBack("any", (), ("straight", "step"), "step")


def test_the_innermost_lane_is_the_lane_of_a_step() -> None:
    steps = definition().steps
    assert steps["a"].lane == {"zh_Hans": "外", "zh_Hant": "外", "en": "外"}
    assert steps["r"].lane == {"zh_Hans": "内", "zh_Hant": "内", "en": "Inner"}
    assert steps["b"].lane is None


def test_steps_inside_a_subprocess_have_its_lane() -> None:
    lanes = '<bpmn:laneSet id="ls"><bpmn:lane id="l" name="外"><bpmn:flowNodeRef>h</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>'
    inner = sub("h", start("s2"), user("a"), end("e2"), path("s2", "a", "e2"))
    steps = defined(process("p", lanes, start("s"), inner, end("e"), path("s", "h", "e"))).steps
    assert steps["a"].lane is not None
    assert (steps["a"].process_id, steps["a"].lane["en"]) == ("h", "外")


def test_a_definition_is_stored_and_read_back_without_loss() -> None:
    one = definition()
    content = one.to_bytes()
    two = engine.Definition.from_bytes(content)
    assert (two, two.digest, two.to_bytes()) == (one, one.digest, content)
    assert engine.Definition.from_bytes(content) is two, "the same bytes are read once"


def test_any_change_changes_the_digest() -> None:
    plain = [start("s"), user("a"), end("e"), path("s", "a", "e")]
    digests = {
        defined(process("p", *plain)).digest,
        defined(process("p", start("s"), user("a", due="P1D"), end("e"), path("s", "a", "e"))).digest,
        defined(process("p", start("s"), user("b"), end("e"), path("s", "b", "e"))).digest,
    }
    assert len(digests) == 3


def test_routing_names_are_what_the_diagram_reads_and_set_names_what_it_sets() -> None:
    config = '<credit:candidates rule="head_of" value="line"/>'
    loop = draw.many(
        "<bpmn:loopDataInputRef>voters</bpmn:loopDataInputRef>", '<bpmn:inputDataItem id="i" name="voter"/>'
    )
    parts = [
        user("a", config=config),
        draw.script("t", "total = x + y\nz = total"),
        xor("g", "g_to_e"),
        end("e"),
        end("f"),
    ]
    parts += [node("userTask", "v", loop), draw.catch("c", draw.timer("wait")), draw.catch("d", draw.timer("PT1H"))]
    lines = [path("s", "a", "t", "v", "c", "d", "g", "e"), flow("g", "f", 'amount > limit and a_result = "ok"')]
    found = defined(process("p", start("s"), *parts, *lines))
    assert found.routing_names == {"line", "x", "y", "total", "voters", "wait", "amount", "limit", "a_result"}
    assert found.set_names - {"v_answers"} == {"total", "z", "a_result", "v_result"}


def test_start_messages_and_labels_are_at_hand() -> None:
    begun = start("s2", draw.message("M"))
    found = defined(
        '<bpmn:message id="M" name="online"/>',
        process("p", start("s"), begun, xor("m"), end("e"), path("s", "m", "e"), path("s2", "m")),
    )
    assert found.start_messages == {"online": "s2"}
    assert found.labels["m"]["en"] == "m"


def test_the_steps_ahead_are_told_nearest_first_through_calls_and_loops() -> None:
    inner = process("q", start("s2"), user("i1"), user("i2"), end("e2"), path("s2", "i1", "i2", "e2"))
    parts = [xor("m"), user("a"), draw.call("c", "q"), user("b"), xor("x", "x_to_e"), end("e")]
    outer = process("p", start("s"), *parts, path("s", "m", "a", "c", "b", "x", "e"), flow("x", "m", "again > 0"))
    found = defined(outer, inner)
    assert engine.predicted(found, "a", {}) == ("i1", "i2", "b")
    assert engine.predicted(found, "i1", {}) == ("i2", "b", "a")
    assert engine.predicted(found, "i1", {"again": 0}) == ("i2", "b")
    assert engine.predicted(found, "nowhere", {}) == ()


def test_a_way_that_is_not_decided_yet_predicts_only_what_every_way_leads_to() -> None:
    parts = [xor("g"), user("left"), user("right"), user("both"), end("refused"), end("e"), xor("m")]
    lines = [flow("g", "left", 'line = "l"'), flow("g", "right", 'line = "r"'), flow("g", "refused", 'line = "no"')]
    joined = [path("s", "a", "g"), path("left", "m", "both", "e"), path("right", "m")]
    found = defined(process("p", start("s"), user("a"), *parts, *lines, *joined))
    assert engine.predicted(found, "a", {}) == ("both",)
    assert engine.predicted(found, "a", {"line": "r"}) == ("right", "both")
    assert engine.predicted(found, "a", {"line": "no"}) == ()
