"""What a check says: each thing that can be wrong with a diagram, named at its element, in three languages, with a way out."""

from __future__ import annotations

import re

import pytest

from app.workflow import engine
from app.workflow.engine.checking import Parsed, check_here
from app.workflow.engine.texts import catalogue
from tests.engine import drawing as draw
from tests.engine.drawing import (
    boundary,
    call,
    catch,
    document,
    end,
    flow,
    fork,
    many,
    message,
    node,
    parsed,
    path,
    process,
    start,
    sub,
    timer,
    user,
    xor,
)

PLAIN = (start("s"), user("a"), end("e"), path("s", "a", "e"))


def found(result: Parsed) -> set[tuple[str, str | None]]:
    return {(finding.code, finding.element) for finding in result.findings}


def facts_of(code: str) -> set[str]:
    return {fact for words in catalogue()[code].values() for fact in re.findall(r"\{(\w+)\}", words["en"])}


def between(*middle: str, ids: str) -> str:
    """A process of one line around the given nodes."""
    return process("p", start("s"), *middle, end("e"), path("s", *ids.split(), "e"))


LINK = '<bpmn:linkEventDefinition name="x"/>'
COMPENSATE = "<bpmn:compensateEventDefinition/>"
WRONG: dict[str, tuple[str, str, str | None]] = {
    "ad hoc": (between(node("adHocSubProcess", "h", user("a")), ids="h"), "forbidden_ad_hoc", "h"),
    "complex gateway": (between(node("complexGateway", "g"), ids="g"), "forbidden_complex_gateway", "g"),
    "event sub-process": (
        process("p", *PLAIN, sub("h", *[p.replace('"s"', '"s2"') for p in PLAIN[:1]], triggeredByEvent="true")),
        "forbidden_event_subprocess",
        "h",
    ),
    "data store": (process("p", *PLAIN, node("dataStoreReference", "d")), "forbidden_data_store", "d"),
    "link": (
        process("p", start("s"), node("intermediateThrowEvent", "l", LINK), path("s", "l")),
        "forbidden_link",
        "l",
    ),
    "compensation": (between(node("intermediateThrowEvent", "c", COMPENSATE), ids="c"), "forbidden_compensation", "c"),
    "two definitions": (between(catch("c", timer("P1D"), LINK), ids="c"), "forbidden_multiple", "c"),
    "unknown element": (process("p", *PLAIN, node("choreographyTask", "k")), "unknown_element", "k"),
    "condition off a gateway": (
        process("p", start("s"), user("a"), end("e"), path("s", "a"), flow("a", "e", "x > 1")),
        "flow_condition_elsewhere",
        "a_to_e",
    ),
    "no condition": (
        process("p", start("s"), xor("x"), end("e"), end("f"), path("s", "x", "e"), flow("x", "f", "true")),
        "flow_without_condition",
        "x_to_e",
    ),
    "implicit split": (
        process("p", start("s"), user("a"), end("e"), end("f"), path("s", "a", "e"), path("a", "f")),
        "split_without_gateway",
        "a",
    ),
    "implicit merge": (
        process(
            "p",
            start("s"),
            fork("f"),
            user("a"),
            user("b"),
            user("c"),
            end("e"),
            path("s", "f", "a", "c", "e"),
            path("f", "b", "c"),
        ),
        "merge_without_gateway",
        "c",
    ),
    "merge of a fork's own line": (
        process(
            "p", start("s"), fork("f"), user("a"), user("c"), end("e"), path("s", "f", "a", "c", "e"), path("f", "c")
        ),
        "merge_without_gateway",
        "c",
    ),
    "merge by an exclusive gateway": (
        process(
            "p",
            start("s"),
            fork("f"),
            user("a"),
            user("b"),
            xor("x"),
            end("e"),
            path("s", "f", "a", "x", "e"),
            path("f", "b", "x"),
        ),
        "merge_without_gateway",
        "x",
    ),
    "join that never fires": (
        process(
            "p",
            start("s"),
            xor("x", "x_to_a"),
            user("a"),
            user("b"),
            fork("j"),
            end("e"),
            path("s", "x", "a", "j", "e"),
            flow("x", "b", "y"),
            path("b", "j"),
        ),
        "join_never",
        "j",
    ),
    "rework into a join": (
        process(
            "p",
            start("s"),
            fork("j"),
            user("a"),
            xor("x", "x_to_e"),
            end("e"),
            path("s", "j", "a", "x", "e"),
            flow("x", "j", "y"),
        ),
        "join_never",
        "j",
    ),
    "no start": (process("p", user("a"), end("e"), path("a", "e")), "no_start", "p"),
    "two plain starts": (process("p", *PLAIN, start("s2"), path("s2", "a")), "starts_twice", "p"),
    "sub-process with a message start": (
        '<bpmn:message id="M"/>' + between(sub("h", start("i", message("M")), end("o"), path("i", "o")), ids="h"),
        "start_inside",
        "h",
    ),
    "unreachable": (process("p", *PLAIN, user("lost"), end("f"), path("lost", "f")), "unreachable", "lost"),
    "dead end": (process("p", start("s"), user("a"), path("s", "a")), "dead_end", "a"),
    "start with a line in": (
        process("p", *PLAIN[:3], path("s", "a"), xor("x", "x_to_e"), path("a", "x", "e"), flow("x", "s", "y")),
        "start_with_incoming",
        "s",
    ),
    "end with a line out": (process("p", *PLAIN, path("e", "a")), "end_with_outgoing", "e"),
    "reserved id": (between(user("End"), ids="End"), "reserved_id", "End"),
    "reserved part of an id": (
        between(user("a.BoundaryEventJoin"), ids="a.BoundaryEventJoin"),
        "reserved_id",
        "a.BoundaryEventJoin",
    ),
    "dangling line": (process("p", *PLAIN, flow("a", "nowhere")), "flow_dangling", "a_to_nowhere"),
    "the same line twice": (process("p", *PLAIN, flow("s", "a", None, "again")), "flow_twice", "again"),
    "boundary event on nothing": (
        process("p", *PLAIN, boundary("b", "ghost", timer("P1D"))),
        "boundary_unattached",
        "b",
    ),
    "boundary event on a gateway": (process("p", *PLAIN, boundary("b", "s", timer("P1D"))), "boundary_unattached", "b"),
    "event that waits for nothing": (between(catch("c"), ids="c"), "event_missing", "c"),
    "timer without time": (between(catch("c", "<bpmn:timerEventDefinition/>"), ids="c"), "timer_missing", "c"),
    "event gateway to a task": (
        process(
            "p",
            start("s"),
            node("eventBasedGateway", "g"),
            user("a"),
            catch("t", timer("P1D")),
            end("e"),
            end("f"),
            path("s", "g", "a", "e"),
            path("g", "t", "f"),
        ),
        "event_gateway_target",
        "g",
    ),
    "dangling reference": (between(catch("c", message("ghost")), ids="c"), "reference_dangling", "c"),
    "error nobody catches": (
        process("p", start("s"), end("e", "<bpmn:errorEventDefinition/>"), path("s", "e")),
        "event_nobody_catches",
        "e",
    ),
    "cancel outside a transaction": (
        process(
            "p",
            start("s"),
            sub("h", start("i"), end("o"), path("i", "o")),
            boundary("b", "h", "<bpmn:cancelEventDefinition/>"),
            end("e"),
            end("f"),
            path("s", "h", "e"),
            path("b", "f"),
        ),
        "event_misplaced",
        "b",
    ),
    "call without a process": (between(node("callActivity", "c"), ids="c"), "called_missing", "c"),
    "call of an unknown process": (between(call("c", "ghost"), ids="c"), "called_unknown", "c"),
    "call of itself": (between(call("c", "p"), ids="c"), "called_recursive", "p"),
    "service without delegate": (between(node("serviceTask", "t"), ids="t"), "delegate_missing", "t"),
    "rule without decision": (between(node("businessRuleTask", "t"), ids="t"), "decision_missing", "t"),
    "unknown decision": (between(draw.rule("t", "ghost", "r"), ids="t"), "decision_unknown", "t"),
    "script without text": (between(node("scriptTask", "t"), ids="t"), "script_missing", "t"),
    "script that is no assignment": (between(draw.script("t", "import os"), ids="t"), "script_line", "t"),
    "script with a call": (between(draw.script("t", 'print("x")'), ids="t"), "script_line", "t"),
    "unreadable script": (between(draw.script("t", "a = 1 +"), ids="t"), "expression_unreadable", "t"),
    "unreadable condition": (
        process(
            "p", start("s"), xor("x", "x_to_e"), end("e"), end("f"), path("s", "x", "e"), flow("x", "f", "${amount}")
        ),
        "expression_unreadable",
        "x_to_f",
    ),
    "unreadable timer": (between(catch("c", timer("in two + hours (")), ids="c"), "expression_unreadable", "c"),
    "unreadable candidate rule": (
        between(user("a", config='<credit:candidates rule="user_of" value="officer +"/>'), ids="a"),
        "expression_unreadable",
        "a",
    ),
    "repetition of nothing": (between(node("userTask", "a", many()), ids="a"), "many_missing", "a"),
    "too many instances": (
        between(node("userTask", "a", many("<bpmn:loopCardinality>201</bpmn:loopCardinality>")), ids="a"),
        "too_many_instances",
        "a",
    ),
    "loop without bound": (
        between(node("userTask", "a", "<bpmn:standardLoopCharacteristics/>"), ids="a"),
        "loop_unbounded",
        "a",
    ),
    "loop of scripts": (
        process("p", start("s"), draw.script("t", "a = 1"), xor("m"), end("e"), path("s", "m", "t", "m")),
        "loop_without_wait",
        "m",
    ),
    "no process": ("", "no_process", None),
    "empty process": (process("p"), "process_empty", "p"),
    "nothing executable": (process("p", *PLAIN, executable=False), "nothing_to_deploy", None),
    "the same id in two processes": (
        process("p", *PLAIN) + process("q", start("s3"), user("a"), end("e3"), path("s3", "a", "e3")),
        "element_duplicate",
        "a",
    ),
    "misspelt setting": (between(user("a", config="<credit:fourEye step='a'/>"), ids="a"), "step_unknown", "a"),
    "unknown attribute": (between(user("a", deu="P1D"), ids="a"), "step_unknown", "a"),
    "unreadable deadline": (between(user("a", due="2 days"), ids="a"), "due_unreadable", "a"),
    "wrong way of sending back": (
        between(user("a", config='<credit:sendBack modes="fast"/>'), ids="a"),
        "send_back_modes",
        "a",
    ),
    "outcome without id": (between(user("a", config="<credit:outcome/>"), ids="a"), "outcome_ids", "a"),
    "outcome twice": (
        between(user("a", config='<credit:outcome id="x"/><credit:outcome id="x"/>'), ids="a"),
        "outcome_ids",
        "a",
    ),
    "outcome of unknown kind": (
        between(user("a", config='<credit:outcome id="x" kind="maybe"/>'), ids="a"),
        "outcome_kind",
        "a",
    ),
    "vote without voters": (between(user("a", config="<credit:vote/>"), ids="a"), "vote_electorate", "a"),
    "candidates without rule": (
        between(user("a", config="<credit:candidates value='x'/>"), ids="a"),
        "candidates_without_rule",
        "a",
    ),
    "four eyes with a ghost": (
        between(user("a", config="<credit:fourEyes step='ghost'/>"), ids="a"),
        "step_reference_unknown",
        "a",
    ),
    "sending back to a ghost": (
        between(user("a", config="<credit:sendBack to='ghost'/>"), ids="a"),
        "step_reference_unknown",
        "a",
    ),
    "the actor of a ghost": (
        between(user("a", config="<credit:candidates rule='actor_of' value='ghost'/>"), ids="a"),
        "step_reference_unknown",
        "a",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_found_at_its_element_and_keeps_the_process_out(name: str) -> None:
    diagram, code, element = WRONG[name]
    result = parsed(diagram)
    assert (code, element) in found(result), [(f.code, f.element) for f in result.findings]
    assert result.definitions == ()
    assert not result.clean


@pytest.mark.parametrize("name", WRONG)
def test_every_finding_is_said_in_full_in_three_languages(name: str) -> None:
    for finding in parsed(WRONG[name][0]).findings:
        for texts in (finding.message, finding.mend):
            assert set(texts) == {"zh_Hans", "zh_Hant", "en"}
            for words in texts.values():
                assert words
                unfilled = set(re.findall(r"\{(\w+)\}", words))
                assert not unfilled & {"where", *facts_of(finding.code)}, words


def test_every_text_of_the_catalogue_has_all_languages_and_the_same_facts() -> None:
    for code, parts in catalogue().items():
        for part, words in parts.items():
            assert set(words) == {"zh_Hans", "zh_Hant", "en"}, (code, part)
            facts = [set(re.findall(r"\{(\w+)\}", text)) for text in words.values()]
            assert facts[0] == facts[1] == facts[2], (code, part)


@pytest.mark.parametrize(
    "diagram",
    [
        process("p", *PLAIN),
        process(
            "p",
            start("s"),
            xor("m"),
            user("a"),
            xor("x", "x_to_e"),
            end("e"),
            path("s", "m", "a", "x", "e"),
            flow("x", "m", "y > 1"),
        ),
        process(
            "p",
            start("s"),
            user("a"),
            user("b"),
            xor("x", "x_to_e"),
            end("e"),
            path("s", "a", "b", "x", "e"),
            flow("x", "a", "y > 1"),
        ),
        process(
            "p", start("s"), fork("f"), user("a"), user("b"), end("e"), path("s", "f", "a", "e"), path("f", "b", "e")
        ),
        process(
            "p", start("s"), user("a"), boundary("b", "a", timer("P1D")), end("e"), path("s", "a", "e"), path("b", "e")
        ),
    ],
)
def test_good_diagrams_have_no_errors(diagram: str) -> None:
    result = parsed(diagram)
    assert result.clean, [f.message["en"] for f in result.findings]
    assert [definition.key for definition in result.definitions] == ["p"]


def test_names_are_held_against_what_the_bank_has() -> None:
    config = '<credit:candidates rule="group" value="reviewers"/><credit:candidates rule="magic" value="x"/>'
    diagram = process(
        "p",
        start("s"),
        user("a", config=config, form="p/a"),
        draw.service("t", "room.act"),
        end("e"),
        path("s", "a", "t", "e"),
    )
    empty: frozenset[str] = frozenset()
    result = parsed(diagram, forms=empty, groups=empty, delegates=empty, candidate_rules=frozenset({"group"}))
    assert found(result) == {
        ("form_unknown", "a"),
        ("group_unknown", "a"),
        ("delegate_unknown", "t"),
        ("rule_unknown", "a"),
    }
    known = {"forms": frozenset({"p/a"}), "groups": frozenset({"reviewers"}), "delegates": frozenset({"room.act"})}
    assert parsed(diagram, **known, candidate_rules=frozenset({"group", "magic"})).clean
    assert parsed(diagram).clean, "what the catalogue does not say is not checked"


def test_the_groups_of_a_vote_are_checked_too() -> None:
    vote = between(user("a", config='<credit:vote electorate="committee" chair="head"/>'), ids="a")
    result = parsed(vote, groups=frozenset({"committee"}))
    assert [f.message["en"] for f in result.findings if f.code == "group_unknown"] == [
        "a names the group head, which does not exist"
    ]


def test_a_finding_names_the_element_as_the_analyst_wrote_it() -> None:
    label = '<bpmn:extensionElements><credit:label lang="en">Check papers</credit:label></bpmn:extensionElements>'
    result = parsed(process("p", start("s"), node("userTask", "a", label, name="核对资料"), path("s", "a")))
    (finding,) = [finding for finding in result.findings if finding.code == "dead_end"]
    assert finding.message["zh_Hans"] == "“核对资料” (a) 之后没有路"
    assert finding.message["en"] == "nothing follows “Check papers” (a)"


def test_lines_without_an_id_are_given_one_and_not_lost() -> None:
    text = process("p", *PLAIN).replace('id="s_to_a" ', "").replace('id="a_to_e" ', "")
    (definition,) = parsed(text).definitions
    assert len(definition.processes["p"].flows) == 2
    case = draw.Case(definition)
    assert case.open == ["a"]
    assert case.do("a").finished


def test_pools_that_are_not_to_run_are_left_out_with_a_word() -> None:
    result = parsed(process("p", *PLAIN) + process("customer", executable=False))
    assert result.clean
    assert ("not_executable", "customer") in found(result)


def test_calls_may_lead_to_another_file_and_a_circle_through_files_is_found() -> None:
    outer, inner = (
        document(between(call("c", "q"), ids="c")),
        document(
            process("q", *[p.replace('"s"', '"s2"').replace('"a"', '"a2"').replace('"e"', '"e2"') for p in PLAIN])
        ),
    )
    result = check_here({"outer.bpmn": outer, "inner.bpmn": inner}, engine.Catalogue())
    assert [(d.key, sorted(d.processes), sorted(d.steps)) for d in result.definitions] == [("p", ["p", "q"], ["a2"])]
    circle = document(process("q", start("s2"), call("c2", "p"), end("e2"), path("s2", "c2", "e2")))
    result = check_here({"outer.bpmn": outer, "inner.bpmn": circle}, engine.Catalogue())
    assert "called_recursive" in {code for code, _ in found(result)}


def test_calls_deeper_than_eight_are_refused() -> None:
    chain = [
        process(f"p{n}", start(f"s{n}"), call(f"c{n}", f"p{n + 1}"), end(f"e{n}"), path(f"s{n}", f"c{n}", f"e{n}"))
        for n in range(10)
    ]
    last = process("p10", start("s10"), user("a"), end("e10"), path("s10", "a", "e10"))
    assert "called_deep" in {code for code, _ in found(parsed(*chain, last))}
    assert parsed(*chain[3:], last).clean


def test_more_than_four_hundred_nodes_are_refused_in_words() -> None:
    names = [f"t{n}" for n in range(400)]
    result = parsed(process("p", start("s"), *[user(n) for n in names], end("e"), path("s", *names, "e")))
    assert ("too_many_nodes", "p") in found(result)


def test_elements_of_other_makers_are_tolerated() -> None:
    foreign = '<x:custom xmlns:x="urn:x" id="y"><x:inner/></x:custom>'
    diagram = process("p", *PLAIN).replace(
        '<bpmn:userTask id="a">', f'<bpmn:userTask id="a" xmlns:z="urn:z" z:assignee="me">{""}'
    )
    assert parsed(diagram.replace("<credit:step>", foreign + "<credit:step>")).clean


WRONG_VOTES = {
    'electorate="c" qorum="1/2"': "vote_unknown",
    'electorate="c" base="everybody"': "vote_word",
    'electorate="c" visibility="secret"': "vote_word",
    'electorate="c" chairVotes="never"': "vote_word",
    'electorate="c" conditional="maybe"': "vote_word",
    'electorate="c" change="perhaps"': "vote_word",
    'electorate="c" ballots="agree disagree perhaps"': "vote_word",
    'electorate="c" close="soon"': "vote_word",
    'electorate="c" quorum="most"': "vote_threshold",
    'electorate="c" quorum="1"': "vote_threshold",
    'electorate="c" pass="3/2"': "vote_threshold",
    'electorate="c" ballots="agree disagree discuss" discuss="1/0"': "vote_threshold",
    'electorate="c" ballots="agree disagree discuss" rounds="0"': "vote_number",
    'electorate="c" experts="c" draw="many"': "vote_number",
    'electorate="c" experts="c"': "vote_draw",
    'electorate="c" draw="2"': "vote_draw",
    'members="a b" tie="chair" pass="&gt;1/2"': "vote_no_chair",
    'members="a b" veto="chair"': "vote_no_chair",
    'electorate="c" chairVotes="tie"': "vote_chair_idle",
    'electorate="c" tie="chair"': "vote_tie_never",
    'electorate="c" tie="discuss" pass="1/2"': "vote_tie_never",
    'electorate="c" pass="3" base="present"': "vote_base_unused",
    'electorate="c" ballots="agree abstain"': "vote_ballots",
    'electorate="c" ballots="agree disagree" conditional="no"': "vote_unused",
    'electorate="c" discuss="1/2"': "vote_unused",
    'electorate="c" rounds="2"': "vote_unused",
    'electorate="c" close="time"': "vote_time",
    'electorate="c" after="P2D"': "vote_time",
    'electorate="c" close="time" after="two days"': "due_unreadable",
    'electorate="c" close="secretary"': "vote_no_secretary",
    'members="a b" quorum="3"': "vote_quorum_never",
}


@pytest.mark.parametrize(("attributes", "code"), WRONG_VOTES.items())
def test_a_misspelt_or_contradictory_rule_of_a_vote_is_refused(attributes: str, code: str) -> None:
    vote = between(user("a", config=f"<credit:vote {attributes}/>"), ids="a")
    result = parsed(vote, groups=frozenset({"c"}))
    errors = [finding for finding in result.findings if finding.severity == "error"]
    assert [(finding.code, finding.element) for finding in errors] == [(code, "a")]
    assert all("{" not in finding.message[lang] + finding.mend[lang] for finding in errors for lang in finding.message)


@pytest.mark.parametrize(
    "attributes",
    [
        'electorate="c"',
        'members="a b c" quorum="3" pass="1/1" base="electorate"',
        'electorate="c" pass="&gt;1/2" tie="chair" chairVotes="tie" veto="c user:ada chair"',
        'electorate="c" ballots="agree disagree discuss" discuss="1/2" rounds="2" tie="discuss" pass="&gt;50%"',
        'electorate="c" experts="c" draw="3" deputies="c" secretary="c" close="secretary time" after="P2D"',
        'members="a b" experts="c" draw="1" quorum="3" visibility="result" change="no" conditional="no"',
    ],
)
def test_a_rule_that_makes_sense_is_taken(attributes: str) -> None:
    vote = between(user("a", config=f"<credit:vote {attributes}/>"), ids="a")
    result = parsed(vote, groups=frozenset({"c"}))
    assert [finding.code for finding in result.findings if finding.severity == "error"] == []


@pytest.mark.parametrize("attribute", ["deputies", "experts", "secretary", "veto", "chair"])
def test_every_group_a_vote_names_must_exist(attribute: str) -> None:
    draw = 'draw="1"' if attribute == "experts" else ""
    vote = between(user("a", config=f'<credit:vote electorate="c" {attribute}="nobody" {draw}/>'), ids="a")
    result = parsed(vote, groups=frozenset({"c"}))
    assert [finding.code for finding in result.findings if finding.severity == "error"] == ["group_unknown"]
