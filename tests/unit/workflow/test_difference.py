"""Two versions held against each other: whatever was changed is said in one sentence, and nothing else is."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from app.workflow.difference import Change, Kind, Weight, between
from app.workflow.engine import deadlines, steps, voting
from app.workflow.forms.model import FieldType
from tests.difference_mutations import changed, of_form, of_xml

ROOT = Path(__file__).resolve().parents[3]
SHELF = {
    f"{path.parent.name}/{path.name}": path.read_bytes()
    for folder, ending in (("bpmn", "*mn"), ("forms", "form"))
    for path in sorted(ROOT.glob(f"{folder}/*/*.{ending}"))
}
DIAGRAM = "credit_application/credit_application.bpmn"
AUTHORITY = "credit_application/approval_authority.dmn"
# CREDITFLOW_ALL_MUTATIONS=1 takes every place of every file; by default a handful of each.
EACH = 10**9 if os.environ.get("CREDITFLOW_ALL_MUTATIONS") else 12
CREDIT, BPMN = "urn:creditflow:bpmn:1", "http://www.omg.org/spec/BPMN/20100524/MODEL"
HOSTS = {"Step": "userTask", "Service": "serviceTask", "Decision": "businessRuleTask", "End": "endEvent"}


def one(before: bytes, after: bytes, name: str, what: str) -> Change:
    """The one change between two versions of a file; the way back says the same the other way round."""
    there, back = between({name: before}, {name: after}), between({name: after}, {name: before})
    assert len(there) == 1, (what, [change.sentence["en"] for change in there])
    assert len(back) == 1, (what, [change.sentence["en"] for change in back])
    mirrored = {Kind.ADDED: Kind.REMOVED, Kind.REMOVED: Kind.ADDED}
    assert back[0].kind == mirrored.get(there[0].kind, there[0].kind), what
    assert (back[0].about, back[0].weight) == (there[0].about, there[0].weight) or there[0].about.endswith("key"), what
    assert (back[0].before, back[0].after) == (there[0].after, there[0].before), what
    for language in ("en", "zh_Hans", "zh_Hant"):
        assert there[0].sentence[language], what
    return there[0]


def shelf(edit: dict[str, tuple[str, str]]) -> tuple[Change, ...]:
    """The changes when in each file named a text is put in place of another, once."""
    after = dict(SHELF)
    for name, (old, new) in edit.items():
        text = after[name].decode()
        assert text.count(old) >= 1, old
        after[name] = text.replace(old, new, 1).encode()
    return between(SHELF, after)


def places(content: bytes, name: str) -> list[tuple[str, bytes]]:
    found = list((of_form if name.endswith(".form") else of_xml)(content))
    return random.Random(name).sample(found, min(EACH, len(found)))


@pytest.mark.parametrize("name", sorted(SHELF))
def test_every_place_of_our_own_files_changed_once_gives_one_sentence(name: str) -> None:
    for what, mutant in places(SHELF[name], name):
        one(SHELF[name], mutant, name, what)


def descriptor() -> dict[str, dict[str, Any]]:
    data = json.loads((ROOT / "frontend" / "credit-moddle.json").read_text("utf-8"))
    return {kind["name"]: kind for kind in data["types"]}


def filled(types: dict[str, dict[str, Any]], kind: str, tag: str) -> etree._Element:
    """An element of our namespace with every property that the descriptor gives it, all children included."""
    element = etree.Element(f"{{{CREDIT}}}{tag}")
    for number, prop in enumerate(types[kind].get("properties", [])):
        if prop.get("isBody"):
            element.text = "words"
        elif prop.get("isAttr"):
            element.set(prop["name"], "true" if prop["type"] == "Boolean" else f"v{number}")
        elif prop["type"] in types:
            child = prop["type"]
            element.append(filled(types, child, child[0].lower() + child[1:]))
    for label in element.iterfind(f"{{{CREDIT}}}label"):
        label.set("lang", "en")
    return element


def holding(host: str, extension: etree._Element) -> bytes:
    """A diagram whose one element of kind `host` holds the extension."""
    root = etree.Element(f"{{{BPMN}}}definitions", nsmap={"bpmn": BPMN, "credit": CREDIT})
    process = etree.SubElement(root, f"{{{BPMN}}}process", id="p")
    element = process if host == "process" else etree.SubElement(process, f"{{{BPMN}}}{host}", id="x", name="X")
    etree.SubElement(element, f"{{{BPMN}}}extensionElements").append(extension)
    return etree.tostring(root)


def hosts() -> Iterator[tuple[str, etree._Element]]:
    types = descriptor()
    known = {name for name in types if name in HOSTS or types[name].get("meta")}
    for name in sorted(known):
        host = HOSTS.get(name) or types[name]["meta"]["allowedIn"][0].removeprefix("bpmn:")
        yield host[0].lower() + host[1:], filled(types, name, name[0].lower() + name[1:])


def test_every_property_of_our_descriptor_changed_taken_away_or_put_in_gives_one_sentence() -> None:
    seen = 0
    for host, extension in hosts():
        before = holding(host, extension)
        for element in extension.iter():
            for attribute, value in list(element.attrib.items()):
                what, seen = f"{etree.QName(element).localname}@{attribute}", seen + 1
                element.set(attribute, changed(str(value)))
                one(before, holding(host, extension), "x.bpmn", what)
                element.attrib.pop(attribute)
                one(before, holding(host, extension), "x.bpmn", f"no {what}")
                element.set(attribute, str(value))
    assert seen > 60


def test_what_the_engine_reads_beyond_the_descriptor_gives_one_sentence_too() -> None:
    names = {
        "step": sorted(steps._ATTRIBUTES),
        "process": sorted(steps._OF_PROCESS),
        "vote": sorted(voting.ATTRIBUTES),
        "deadline": sorted(deadlines.KINDS),
        "moves": sorted(steps._MOVES),
    }
    for tag, attributes in names.items():
        for attribute in attributes:
            extension = etree.Element(f"{{{CREDIT}}}{tag}")
            outer = extension if tag in ("step", "process") else etree.Element(f"{{{CREDIT}}}step")
            if outer is not extension:
                outer.append(extension)
            host = "process" if tag == "process" else "userTask"
            without = holding(host, outer)
            extension.set(attribute, "PT7H")
            change = one(without, holding(host, outer), "x.bpmn", f"{tag}@{attribute}")
            assert f"{tag}.{attribute}" not in change.sentence["zh_Hans"], f"no words for {tag}.{attribute}"


NESTED = """<credit:step xmlns:credit="urn:creditflow:bpmn:1"><credit:candidates rule="group" value="a"
  otherwise="true"><credit:also rule="branch" value="b"/><credit:except rule="actor_of" value="c"/></credit:candidates>
  <credit:candidates rule="superior" value="2"/><credit:fourEyes step="a"/><credit:fourEyes step="b"/></credit:step>"""


def test_a_rule_within_a_rule_of_candidates_is_seen() -> None:
    before = holding("userTask", etree.fromstring(NESTED))
    for old, new in (
        ('value="b"', 'value="d"'),
        ('rule="branch"', 'rule="position"'),
        ('value="c"', 'value="d"'),
        (' otherwise="true"', ""),
        ('<credit:also rule="branch" value="b"/>', ""),
        ('<credit:fourEyes step="b"/>', ""),
        ('<credit:candidates rule="superior" value="2"/>', ""),
    ):
        change = one(before, holding("userTask", etree.fromstring(NESTED.replace(old, new))), "x.bpmn", old)
        assert change.weight is Weight.PEOPLE


def form_with_everything() -> dict[str, Any]:
    words = {"en": "a", "zh_Hans": "b", "zh_Hant": "c"}
    common = {"label": words, "help": words, "bind": "a.b", "visible": "x", "default": "y", "calculated": "z"}
    own: dict[str, dict[str, Any]] = {
        "textfield": {"validate": {"required": True, "minLength": 2, "maxLength": 9, "pattern": "x", "message": words}},
        "number": {"decimals": 2, "unit": words, "validate": {"min": "1", "max": "9"}},
        "date": {"validate": {"min": "today", "max": "2030-01-01"}},
        "select": {"source": "products", "values": [{"value": "a", "label": words}, {"value": "b", "label": words}]},
        "idnumber": {"kinds": ["cn", "hk"]},
        "phone": {"regions": ["CN", "TW"]},
        "table": {
            "columns": [{"key": "one", "type": "number", "label": words, "help": words, "validate": {"min": "1"}}],
            "validate": {"minRows": 1, "maxRows": 4},
        },
    }
    fields = [{"type": kind.value, "key": f"f_{kind.value}", **common, **own.get(kind.value, {})} for kind in FieldType]
    return {
        "key": "p/x",
        "title": words,
        "include": ["p/_a"],
        "access": {"*": "read", "f_number": "edit"},
        "components": [
            {"type": "section", "key": "s", "label": words, "folded": True, "visible": "v", "components": fields},
            {"type": "text", "key": "n", "text": words, "visible": "v"},
        ],
        "rules": [{"check": "a > b", "message": words, "field": "f_number"}],
    }


def test_every_property_of_a_form_changed_once_gives_one_sentence() -> None:
    before = json.dumps(form_with_everything()).encode()
    seen = 0
    for what, mutant in of_form(before):
        one(before, mutant, "p/x.form", what)
        seen += 1
    assert seen > 200


def test_every_member_of_a_form_taken_away_gives_one_sentence() -> None:
    whole = form_with_everything()
    before = json.dumps(whole).encode()
    for name in ("title", "include", "rules"):
        one(before, json.dumps({k: v for k, v in whole.items() if k != name}).encode(), "p/x.form", name)
    for field in whole["components"][0]["components"]:
        for name in [name for name in field if name not in ("key", "type", "columns", "validate", "values")]:
            kept = field.pop(name)
            one(before, json.dumps(whole).encode(), "p/x.form", f"{field['key']}.{name}")
            field[name] = kept


DECISION = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="D" namespace="n">
  <itemDefinition id="t" name="T"><typeRef>string</typeRef><allowedValues><text>"a"</text></allowedValues></itemDefinition>
  <inputData id="i" name="I"><variable id="iv" name="I" typeRef="string"/></inputData>
  <businessKnowledgeModel id="b" name="B"><variable name="B"/><encapsulatedLogic kind="FEEL"><formalParameter name="p"
    typeRef="string"/><literalExpression><text>p + p</text></literalExpression></encapsulatedLogic></businessKnowledgeModel>
  <knowledgeSource id="k" name="K"><type>law</type></knowledgeSource>
  <decision id="l" name="L"><variable name="L" typeRef="number"/><literalExpression id="le" expressionLanguage="feel"
    typeRef="number"><text>1 + 2</text></literalExpression></decision>
  <decision id="c" name="C"><context id="cc"><contextEntry><variable name="one"/><literalExpression><text>1</text>
    </literalExpression></contextEntry><contextEntry><variable name="two"/><literalExpression><text>2</text>
    </literalExpression></contextEntry></context></decision>
  <decision id="x" name="X"><description>what</description><question>which?</question><allowedAnswers>a, b</allowedAnswers>
    <variable id="xv" name="X" typeRef="string"/>
    <informationRequirement id="r1"><requiredInput href="#i"/></informationRequirement>
    <informationRequirement id="r2"><requiredDecision href="#l"/></informationRequirement>
    <knowledgeRequirement id="r3"><requiredKnowledge href="#b"/></knowledgeRequirement>
    <authorityRequirement id="r4"><requiredAuthority href="#k"/></authorityRequirement>
    <decisionTable id="dt" hitPolicy="COLLECT" aggregation="SUM" preferredOrientation="Rule-as-Column" outputLabel="O">
      <input id="in1" label="In"><inputExpression id="ie" typeRef="string" expressionLanguage="feel"><text>I</text>
        </inputExpression><inputValues id="iv1"><text>"a","b"</text></inputValues></input>
      <output id="o1" label="Out" name="out" typeRef="number"><outputValues id="ov"><text>1,2</text></outputValues>
        <defaultOutputEntry id="de"><text>0</text></defaultOutputEntry></output>
      <annotation name="Why"/>
      <rule id="u1"><description>first</description><inputEntry id="e1" expressionLanguage="feel"><text>"a"</text>
        </inputEntry><outputEntry id="e2"><text>1</text></outputEntry><annotationEntry><text>so</text></annotationEntry></rule>
      <rule id="u2"><inputEntry id="e3"><text>"b"</text></inputEntry><outputEntry id="e4"><text>2</text></outputEntry>
        <annotationEntry><text>for</text></annotationEntry></rule>
    </decisionTable></decision></definitions>"""


def test_every_property_of_a_decision_file_changed_once_gives_one_sentence() -> None:
    before = DECISION.encode()
    seen = 0
    for what, mutant in of_xml(before):
        one(before, mutant, "x.dmn", what)
        seen += 1
    assert seen > 50
    one(before, DECISION.replace('href="#l"', 'href="#c"').encode(), "x.dmn", "another decision is asked")


def test_a_rule_that_came_went_or_stands_elsewhere_is_one_sentence() -> None:
    start, middle, end = (
        DECISION.index('<rule id="u1">'),
        DECISION.index('<rule id="u2">'),
        DECISION.index("</decisionTable>"),
    )
    first, second = DECISION[start:middle], DECISION[middle:end]
    gone = one(DECISION.encode(), (DECISION[:start] + second + DECISION[end:]).encode(), "x.dmn", "rule 1 gone")
    assert gone.kind is Kind.REMOVED
    assert "rule 1" in gone.sentence["en"]
    swapped = (DECISION[:start] + second + first + DECISION[end:]).encode()
    assert one(DECISION.encode(), swapped, "x.dmn", "swapped").weight is Weight.WORDS
    by_first = DECISION.replace('"COLLECT"', '"FIRST"')
    swapped = swapped.replace(b'"COLLECT"', b'"FIRST"')
    assert one(by_first.encode(), swapped, "x.dmn", "the order decides").weight is Weight.BEHAVIOUR


def test_the_rules_of_a_table_without_ids_are_still_told_apart() -> None:
    plain = DECISION.replace('<rule id="u1">', "<rule>").replace('<rule id="u2">', "<rule>")
    start, middle = plain.index("<rule>"), plain.index("<rule>", plain.index("<rule>") + 1)
    change = one(plain.encode(), (plain[:start] + plain[middle:]).encode(), "x.dmn", "rule 1 gone")
    assert change.kind is Kind.REMOVED


def test_equal_files_give_nothing() -> None:
    assert between(SHELF, dict(SHELF)) == ()


def rewritten(content: bytes) -> bytes:
    """The same diagram as another tool would write it: attributes the other way round, blanks, new ids of drawings."""
    root = etree.fromstring(content)
    for number, element in enumerate(root.iter()):
        given = list(element.attrib.items())
        for name, _ in given:
            element.attrib.pop(name)
        for name, value in reversed(given):
            is_drawn = etree.QName(element).namespace != BPMN and name == "id" and "DI" in str(element.tag)
            element.set(name, f"drawn_{number}" if is_drawn else str(value))
        if not (element.text or "").strip():
            element.text = "\n\n   "
    return etree.tostring(root, encoding="UTF-16")


@pytest.mark.parametrize("name", [DIAGRAM, AUTHORITY])
def test_how_a_file_is_written_gives_nothing(name: str) -> None:
    assert between({name: SHELF[name]}, {name: rewritten(SHELF[name])}) == ()


def test_lists_without_an_order_and_defaults_written_out_give_nothing() -> None:
    assert shelf({DIAGRAM: ('close="early secretary"', 'close="secretary early" tie="fail" rounds="3"')}) == ()
    assert shelf({DIAGRAM: ('modes="straight step" default="step"', 'modes="step straight" default="step"')}) == ()
    assert shelf({DIAGRAM: ('remind="PT4H before, PT0M"', 'remind="PT0M,  PT4H before"')}) == ()


def test_the_examples_of_the_issue() -> None:
    (vote,) = shelf({DIAGRAM: ('quorum="2/3" pass="2/3"', 'quorum="2/3" pass="3/4"')})
    assert vote.sentence["en"] == "user task «Credit committee vote»: passes at 3/4 instead of 2/3 (the usual)"
    assert vote.sentence["zh_Hans"] == "人工任务“贷审会表决”：通过线由 2/3（默认） 改为 3/4"
    assert (vote.weight, vote.element, vote.about) == (Weight.BEHAVIOUR, "credit_committee", "vote/pass")
    (right,) = shelf({"credit_application/risk_review.form": ('"risk_limit": "edit"', '"risk_limit": "read"')})
    assert right.sentence["en"] == (
        "field «Highest exposure advised»: read-only instead of editable at «Risk manager review»"
    )
    assert right.sentence["zh_Hans"] == "字段“建议授信上限”：在 “风险经理复核” 由可编辑改为只读"
    (cell,) = shelf({AUTHORITY: ("&lt;= 3000000", "&lt;= 5000000")})
    assert cell.sentence["en"] == "decision «审批权限», rule 1: «申请金额（元）» <= 5000000 instead of <= 3000000"


def test_a_station_that_got_another_id_is_still_the_same_station() -> None:
    text = SHELF[DIAGRAM].decode()
    for pattern in ('id="submission"', '"submission"', ">submission<"):
        text = text.replace(pattern, pattern.replace("submission", "handing_in"))
    changes = between({DIAGRAM: SHELF[DIAGRAM]}, {DIAGRAM: text.encode()})
    assert [change.about for change in changes if change.element == "handing_in"] == ["id"]
    assert all(change.about in ("id", "fourEyes") for change in changes), [c.sentence["en"] for c in changes]


def test_a_station_drawn_into_a_line_says_what_it_holds() -> None:
    task = (
        '<bpmn:userTask id="extra" name="加查"><bpmn:extensionElements><credit:step form="credit_application/routing" '
    )
    task += 'due="P1D"/></bpmn:extensionElements></bpmn:userTask><bpmn:sequenceFlow id="extra_on" sourceRef="extra" '
    task += 'targetRef="pre_committee_review"/>'
    flow = 'id="submission_to_pre_committee_review" sourceRef="submission" targetRef="pre_committee_review"'
    text = SHELF[DIAGRAM].decode()
    assert flow in text
    text = text.replace(flow, flow.replace('"pre_committee_review"', '"extra"')).replace(
        "</bpmn:process>", task + "</bpmn:process>"
    )
    changes = {change.element: change for change in between({DIAGRAM: SHELF[DIAGRAM]}, {DIAGRAM: text.encode()})}
    assert set(changes) == {"extra", "extra_on", "submission_to_pre_committee_review"}
    assert changes["extra"].kind is Kind.ADDED
    assert changes["extra"].details[0]["en"].startswith("inside")
    assert any("due within 1 working day" in detail["en"] for detail in changes["extra"].details)
    assert (
        "leads to «加查» instead of «Pre-committee review»"
        in (changes["submission_to_pre_committee_review"].sentence["en"])
    )


def test_the_way_asked_first_at_a_gateway_is_behaviour() -> None:
    text = SHELF[DIAGRAM].decode()
    start = text.index('<bpmn:sequenceFlow id="review_passed_to_refused"')
    end = text.index("</bpmn:sequenceFlow>", start) + len("</bpmn:sequenceFlow>")
    moved = text[:start] + text[end:]
    at = moved.index('<bpmn:sequenceFlow id="review_passed_to_credit_committee"')
    moved = moved[:at] + text[start:end] + moved[at:]
    (change,) = between({DIAGRAM: SHELF[DIAGRAM]}, {DIAGRAM: moved.encode()})
    assert (change.element, change.weight, change.kind) == ("review_passed", Weight.BEHAVIOUR, Kind.MOVED)


def test_a_foreign_attribute_and_a_foreign_element_are_not_invisible() -> None:
    (change,) = shelf({DIAGRAM: ('<bpmn:userTask id="intake"', '<bpmn:userTask xmlns:z="urn:z" z:odd="1" id="intake"')})
    assert "odd" in change.sentence["en"]
    assert change.weight is Weight.WORDS
    (change,) = shelf(
        {DIAGRAM: ('<credit:sendBack to="none" />', '<credit:sendBack to="none"/><credit:mystery a="b"/>')}
    )
    assert "mystery" in change.sentence["en"]
    assert change.weight is Weight.BEHAVIOUR


def test_files_that_came_went_or_cannot_be_read_are_said() -> None:
    after = {**SHELF, "credit_application/new.form": b'{"key": "credit_application/new", "title": "N"}', "README": b"x"}
    after.pop(AUTHORITY)
    after[DIAGRAM] = b"<broken"
    changes = {change.file: change for change in between(SHELF, after)}
    assert {name: change.kind for name, change in changes.items()} == {
        "credit_application/new.form": Kind.ADDED,
        "README": Kind.ADDED,
        AUTHORITY: Kind.REMOVED,
        DIAGRAM: Kind.CHANGED,
    }
    assert "can't be read" in changes[DIAGRAM].sentence["en"]


def test_a_field_moved_within_its_section_is_one_sentence_both_ways() -> None:
    form = form_with_everything()
    before = json.dumps(form).encode()
    fields = form["components"][0]["components"]
    fields.insert(5, fields.pop(1))
    change = one(before, json.dumps(form).encode(), "p/x.form", "moved")
    assert (change.kind, change.weight) == (Kind.MOVED, Weight.WORDS)
    fields.append(fields.pop(0))
    assert len(between({"p/x.form": before}, {"p/x.form": json.dumps(form).encode()})) == 2
