"""Each cause for which diagrams can't be run as they come: the repair, the words, and that what comes out runs."""

from __future__ import annotations

import json

import pytest

from app.workflow.importing.values import Fate
from tests.importing.kit import asked, brought, definition, errors, file, flow, item, one, unaccounted, why

S, E = '<startEvent id="s"/>', '<endEvent id="e"/>'
COLLABORATION = (
    '<collaboration id="c"><participant id="p1" name="Bank" processRef="p"/><participant id="p2" name="Customer" '
    'processRef="q"/><messageFlow id="m" sourceRef="w" targetRef="a"/></collaboration>'
    '<process id="q"><task id="w" name="Write"/></process>'
)


def line(*inside: str) -> bytes:
    """Start, what is given (ids a, b, …), end, joined in a row by the caller's flows."""
    return file(S, *inside, E)


def accounted(content: bytes, made: object) -> None:
    """The two promises that every cause keeps."""
    assert unaccounted(content, made) == []
    assert errors(made) == []


def test_a_process_that_is_not_executable_is_made_so() -> None:
    content = file(S, E, flow("s", "e"), process='id="p" isExecutable="false"')
    made = brought(content)
    accounted(content, made)
    assert one(made, "process").get("isExecutable") == "true"


def test_lines_without_ids_get_them_and_none_vanishes() -> None:
    content = line('<userTask id="a"/>', flow("s", "a", id=""), flow("a", "e", id=""))
    made = brought(content)
    accounted(content, made)
    assert len(definition(made).processes["p"].flows) == 2


def test_link_events_are_joined_by_a_line() -> None:
    content = line(
        '<intermediateThrowEvent id="t" name="A"><linkEventDefinition name="A"/></intermediateThrowEvent>',
        '<intermediateCatchEvent id="c" name="A"><linkEventDefinition name="A"/></intermediateCatchEvent>',
        flow("s", "t") + flow("c", "e"),
    )
    made = brought(content)
    accounted(content, made)
    assert one(made, "sequenceFlow", sourceRef="t", targetRef="c") is not None


def test_several_lines_out_of_a_task_become_a_gateway_that_takes_all_or_one_as_answered() -> None:
    content = line('<task id="a"/><task id="b"/><task id="c"/>', flow("s", "a") + flow("a", "b") + flow("a", "c")
                   + flow("b", "e") + flow("c", "e"))  # fmt: skip
    made = brought(content)
    accounted(content, made)
    assert one(made, "parallelGateway") is not None
    question = asked(made, "split")[0]
    chosen = brought(content, {question.id: {"what": "one"}})
    accounted(content, chosen)
    assert one(chosen, "exclusiveGateway") is not None
    assert [q.id for q in chosen.open_questions if q.kind == "way"]


def test_conditions_on_lines_out_of_a_task_are_asked_by_a_gateway() -> None:
    content = line('<userTask id="a"/><task id="b"/>', flow("s", "a") + flow("a", "b", "${ok}") + flow("a", "e", "${!ok}")
                   + flow("b", "e", id="b_e"))  # fmt: skip
    made = brought(content)
    accounted(content, made)
    gateway = one(made, "exclusiveGateway")
    assert one(made, "sequenceFlow", sourceRef="a").get("targetRef") == gateway.get("id")


def test_a_process_without_start_and_end_gets_both() -> None:
    content = file('<task id="a"/><task id="b"/>', flow("a", "b"))
    made = brought(content)
    accounted(content, made)
    assert [i.kind for r in made.reports for i in r.items if i.fate is Fate.ADDED and i.kind.endswith("Event")] == [
        "startEvent",
        "endEvent",
    ]


def test_several_steps_that_nothing_leads_to_begin_together() -> None:
    content = file('<task id="a"/><task id="b"/><task id="c"/>', flow("a", "c") + flow("b", "c"))
    made = brought(content)
    accounted(content, made)
    assert len(definition(made).processes["p"].nodes) >= 6


def test_a_sub_process_without_start_and_end_gets_both_and_an_empty_one_is_a_station() -> None:
    content = line(
        '<subProcess id="x"><task id="i"/><task id="j"/><sequenceFlow id="ij" sourceRef="i" targetRef="j"/></subProcess>',
        '<subProcess id="y" name="Check"/>',
        flow("s", "x") + flow("x", "y") + flow("y", "e"),
    )
    made = brought(content)
    accounted(content, made)
    assert one(made, "userTask", id="y").get("name") == "Check"


def test_the_holder_of_the_station_before_a_gateway_chooses_the_way() -> None:
    content = line('<userTask id="a"/><exclusiveGateway id="g"/><task id="b"/>', flow("s", "a") + flow("a", "g"),
                   flow("g", "b", name="approved") + flow("g", "e", name="rejected") + flow("b", "e"))  # fmt: skip
    made = brought(content)
    accounted(content, made)
    step = definition(made).steps["a"]
    assert [(o.id, o.kind) for o in step.outcomes] == [("approved", "approve"), ("rejected", "refuse")]
    assert one(made, "sequenceFlow", id="g_b")[0].text == 'a_result = "approved"'
    question = asked(made, "way")[0]
    written = {"what": "write", "way_1": "amount > 5", "way_2": ""}
    own = brought(content, {question.id: written})
    accounted(content, own)
    assert one(own, "sequenceFlow", id="g_b")[0].text == "amount > 5"
    assert one(own, "exclusiveGateway").get("default") == "g_e"


def test_a_condition_that_can_not_be_read_is_answered_at_its_entry_with_what_is_wrong() -> None:
    content = line('<userTask id="a"/><exclusiveGateway id="g"/><task id="b"/>', flow("s", "a") + flow("a", "g"),
                   flow("g", "b", "if big") + flow("g", "e", "else") + flow("b", "e"))  # fmt: skip
    question = asked(brought(content), "way")[0]
    wrong = brought(content, {question.id: {"what": "write", "way_1": "amount >", "way_2": "true"}})
    fault = asked(wrong, "way")[0].entries[1].fault
    assert fault is not None
    assert set(fault) >= {"en", "zh_Hans", "zh_Hant"}
    assert wrong.open_questions
    accounted(content, wrong)


def test_the_only_way_without_a_condition_becomes_the_default() -> None:
    content = line('<userTask id="a"/><exclusiveGateway id="g"/><task id="b"/>', flow("s", "a") + flow("a", "g"),
                   flow("g", "b", "${money > 1000}") + flow("g", "e") + flow("b", "e"))  # fmt: skip
    made = brought(content)
    accounted(content, made)
    assert one(made, "exclusiveGateway").get("default") == "g_e"
    form = json.loads(made.files["p/a.form"])
    assert [(c["key"], c["type"]) for c in form["components"]] == [("money", "number")]


def test_a_service_becomes_a_station_or_a_delegate_of_the_bank() -> None:
    content = line('<serviceTask id="a" camunda:class="org.acme.Record"/>', flow("s", "a") + flow("a", "e"))
    made = brought(content)
    accounted(content, made)
    question = asked(made, "service")[0]
    assert question.entries[0].proposed == "person"
    chosen = brought(content, {question.id: {"what": "delegate:loans.record"}})
    accounted(content, chosen)
    assert definition(chosen).processes["p"].by_id["a"].delegate == "loans.record"
    assert item(chosen, "a").fate is Fate.CHANGED


def test_a_decision_needs_its_table_and_without_it_a_person_decides() -> None:
    content = line('<businessRuleTask id="a" camunda:decisionRef="rating"/>', flow("s", "a") + flow("a", "e"))
    made = brought(content)
    accounted(content, made)
    assert asked(made, "rule")


def test_a_call_of_a_process_that_did_not_come_is_asked_about() -> None:
    content = line('<callActivity id="a" calledElement="other"/>', flow("s", "a") + flow("a", "e"))
    made = brought(content)
    accounted(content, made)
    assert asked(made, "call")


def test_a_timer_without_a_time_is_asked_for_with_what_its_name_tells() -> None:
    content = line('<intermediateCatchEvent id="a" name="after 3 days"><timerEventDefinition/></intermediateCatchEvent>',
                   flow("s", "a") + flow("a", "e"))  # fmt: skip
    made = brought(content)
    accounted(content, made)
    question = asked(made, "timer")[0]
    assert question.entries[0].proposed == "P3D"
    chosen = brought(content, {question.id: {"time": "PT5H"}})
    assert one(chosen, "timeDuration").text == "PT5H"
    assert asked(brought(content, {question.id: {"time": "soon !"}}), "timer")[0].entries[0].fault


def test_a_script_that_assigns_is_told_in_feel_and_any_other_is_asked_about() -> None:
    content = line('<scriptTask id="a"><script>total = price * 2</script></scriptTask>',
                   '<scriptTask id="b" scriptFormat="groovy"><script>new File("/x").delete()</script></scriptTask>',
                   flow("s", "a") + flow("a", "b") + flow("b", "e"))  # fmt: skip
    made = brought(content)
    accounted(content, made)
    assert one(made, "script").text == "total = price * 2"
    assert len(asked(made, "script")) == 1


def test_a_countersign_becomes_a_vote() -> None:
    many = (
        '<multiInstanceLoopCharacteristics isSequential="false" flowable:collection="people" flowable:elementVariable="p">'
        "<completionCondition>${nrOfCompletedInstances/nrOfInstances >= 0.67}</completionCondition>"
        "</multiInstanceLoopCharacteristics>"
    )
    content = line(f'<userTask id="a" name="Credit committee">{many}</userTask>', flow("s", "a") + flow("a", "e"))
    made = brought(content)
    accounted(content, made)
    vote = definition(made).steps["a"].vote
    assert vote is not None
    assert (vote.electorate, vote.passing) == ("credit_committee", "2/3")


@pytest.mark.parametrize("kind", ["userTask", "serviceTask", "subProcess"])
def test_many_without_a_number_are_asked_for(kind: str) -> None:
    inside = '<task id="i"/>' if kind == "subProcess" else ""
    many = '<multiInstanceLoopCharacteristics isSequential="true"/>'
    body = many + inside
    content = line(f'<{kind} id="a">{body}</{kind}>', flow("s", "a") + flow("a", "e"))
    made = brought(content)
    accounted(content, made)
    assert asked(made, "many")


def test_a_list_is_kept_as_it_is() -> None:
    many = '<multiInstanceLoopCharacteristics camunda:collection="${reviewers}" camunda:elementVariable="reviewer"/>'
    content = line(f'<userTask id="a">{many}</userTask>', flow("s", "a") + flow("a", "e"))
    made = brought(content)
    accounted(content, made)
    loop = definition(made).processes["p"].by_id["a"].loop
    assert loop is not None
    assert (loop.collection, loop.item) == ("reviewers", "reviewer")


def test_references_that_lead_nowhere_are_defined() -> None:
    content = line('<receiveTask id="a" messageRef="gone"/><intermediateCatchEvent id="b"><signalEventDefinition '
                   'signalRef="lost"/></intermediateCatchEvent>', flow("s", "a") + flow("a", "b") + flow("b", "e"))  # fmt: skip
    made = brought(content)
    accounted(content, made)
    assert "gone" in why(made, "a")


def test_a_boundary_event_without_definition_asks_what_it_waits_for() -> None:
    content = line('<userTask id="a"/><boundaryEvent id="b" name="Cancelled" attachedToRef="a"/>',
                   flow("s", "a") + flow("a", "e") + flow("b", "e"))  # fmt: skip
    made = brought(content)
    accounted(content, made)
    timed = brought(content, {asked(made, "border")[0].id: {"what": "timer", "time": "P2D"}})
    accounted(content, timed)
    assert one(timed, "timeDuration").text == "P2D"


def test_data_stores_become_notes_and_data_stays_in_the_picture() -> None:
    content = line('<userTask id="a"><dataOutputAssociation id="da"><targetRef>ds</targetRef></dataOutputAssociation></userTask>',
                   '<dataStoreReference id="ds" name="Ledger"/><dataObjectReference id="do" name="File"/>',
                   flow("s", "a") + flow("a", "e"))  # fmt: skip
    made = brought(content)
    accounted(content, made)
    assert one(made, "textAnnotation")[0].text == "Ledger"
    assert item(made, "da").fate is Fate.CHANGED


def test_lanes_are_asked_about_once_each_with_the_likest_group_proposed() -> None:
    lanes = (
        '<laneSet><lane id="l1" name="Risk manager"><flowNodeRef>a</flowNodeRef><flowNodeRef>b</flowNodeRef></lane>'
        '<lane id="l2" name="客户"><flowNodeRef>c</flowNodeRef></lane></laneSet>'
    )
    content = file(lanes, S, '<userTask id="a"/><userTask id="b"/><userTask id="c"/>', E, flow("s", "a"), flow("a", "b"),
                   flow("b", "c"), flow("c", "e"))  # fmt: skip
    made = brought(content)
    accounted(content, made)
    questions = asked(made, "lane")
    assert [q.entries[0].proposed for q in questions] == ["group:risk_managers", "initiator"]
    assert questions[0].elements == ("a", "b")
    steps = definition(made).steps
    assert [(c.rule, c.value) for c in steps["b"].candidates] == [("group", "risk_managers")]


def test_people_of_other_tools_are_taken_over() -> None:
    content = file(
        '<startEvent id="s" activiti:initiator="applyUser"/><userTask id="a" activiti:assignee="${applyUser}"/>',
        '<userTask id="b" camunda:candidateGroups="accounting,unknown" camunda:dueDate="P2D"/>',
        '<userTask id="c"><extensionElements><zeebe:assignmentDefinition assignee="zhaomin"/></extensionElements></userTask>',
        E, flow("s", "a"), flow("a", "b"), flow("b", "c"), flow("c", "e"),
    )  # fmt: skip
    made = brought(content)
    accounted(content, made)
    steps = definition(made).steps
    assert [c.rule for c in steps["a"].candidates] == ["initiator"]
    assert [(c.rule, c.value) for c in steps["b"].candidates] == [("group", "accounting")]
    assert [(c.rule, c.value) for c in steps["c"].candidates] == [("user", "zhaomin")]
    assert steps["b"].due == "P2D"
    assert [q.title["en"] for q in asked(made, "who")] == ["Who is “unknown” in this bank?"]


def test_forms_of_other_tools_are_written_anew_and_their_names_follow_into_the_conditions() -> None:
    field = '<activiti:formProperty id="deptApproved" name="Approved?" type="enum" required="true">'
    field += '<activiti:value id="true" name="Yes"/><activiti:value id="false" name="No"/></activiti:formProperty>'
    content = line(f'<userTask id="a"><extensionElements>{field}</extensionElements></userTask><exclusiveGateway id="g"/>',
                   '<task id="b"/>', flow("s", "a") + flow("a", "g") + flow("g", "b", "${deptApproved == \'true\'}"),
                   flow("g", "e", "${deptApproved == \'false\'}") + flow("b", "e"))  # fmt: skip
    made = brought(content)
    accounted(content, made)
    (component,) = json.loads(made.files["p/a.form"])["components"]
    assert (component["key"], component["type"]) == ("dept_approved", "select")
    assert one(made, "sequenceFlow", id="g_b")[0].text == 'dept_approved = "true"'


def test_the_form_of_a_start_is_filled_in_at_a_first_station() -> None:
    data = '<camunda:formData><camunda:formField id="amount" label="Amount" type="long"/></camunda:formData>'
    content = file(f'<startEvent id="s"><extensionElements>{data}</extensionElements></startEvent>', E, flow("s", "e"))
    made = brought(content)
    accounted(content, made)
    (station,) = definition(made).steps.values()
    assert [c.rule for c in station.candidates] == ["initiator"]
    assert f"{station.form}.form" in made.files


def test_an_event_gateway_followed_by_a_step_gets_an_event_between() -> None:
    content = line('<eventBasedGateway id="g"/><intermediateCatchEvent id="t"><timerEventDefinition><timeDuration>P1D'
                   '</timeDuration></timerEventDefinition></intermediateCatchEvent><userTask id="a"/>',
                   flow("s", "g") + flow("g", "t") + flow("g", "a") + flow("t", "e") + flow("a", "e"))  # fmt: skip
    made = brought(content)
    accounted(content, made)
    assert len(definition(made).processes["p"].nodes) == 6


def test_complex_gateways_ad_hoc_and_transactions_run() -> None:
    content = line('<complexGateway id="g"/><task id="a"/><task id="b"/><adHocSubProcess id="x"><task id="i"/><task id="j"/>'
                   '</adHocSubProcess><transaction id="t"><task id="k"/></transaction>', flow("s", "g") + flow("g", "a"),
                   flow("g", "b") + flow("a", "x") + flow("b", "x") + flow("x", "t") + flow("t", "e"))  # fmt: skip
    made = brought(content)
    accounted(content, made)


def test_event_sub_processes_watch_the_whole_process_or_are_left_out_as_answered() -> None:
    inside = (
        '<startEvent id="is"><messageEventDefinition/></startEvent><task id="it"/><endEvent id="ie"/>'
        + flow("is", "it") + flow("it", "ie")
    )  # fmt: skip
    content = line('<userTask id="a"/>', f'<subProcess id="x" name="Withdrawn" triggeredByEvent="true">{inside}</subProcess>',
                   flow("s", "a") + flow("a", "e"))  # fmt: skip
    made = brought(content)
    accounted(content, made)
    assert one(made, "boundaryEvent") is not None
    left = brought(content, {asked(made, "event_sub")[0].id: {"what": "leave"}})
    accounted(content, left)
    assert item(left, "it").fate is Fate.CANNOT_RUN


def test_compensation_is_done_by_hand() -> None:
    content = line('<userTask id="a"/><boundaryEvent id="b" attachedToRef="a"><compensateEventDefinition/></boundaryEvent>',
                   '<serviceTask id="u" name="Give back" isForCompensation="true"/><intermediateThrowEvent id="t">'
                   "<compensateEventDefinition/></intermediateThrowEvent>",
                   flow("s", "a") + flow("a", "t") + flow("t", "e"))  # fmt: skip
    made = brought(content)
    accounted(content, made)
    assert "by hand" in why(made, "u")


def test_ids_that_are_reserved_missing_or_used_twice_are_replaced() -> None:
    content = file('<startEvent id="Start"/><userTask/><userTask id="End"/><endEvent id="x"/>', flow("Start", "End"),
                   flow("End", "x"), '<subProcess id="y"><task id="x"/></subProcess>', flow("End", "y", id="Start"))  # fmt: skip
    made = brought(content)
    accounted(content, made)


def test_pools_of_others_are_drawn_and_not_run() -> None:
    content = file(S, '<task id="a"/>', E, flow("s", "a"), flow("a", "e"), beside=COLLABORATION, process='id="p"')
    made = brought(content)
    accounted(content, made)
    assert [q.entries[0].proposed for q in asked(made, "pool")] == ["draw", "run"]
    assert one(made, "messageFlow", id="m") is not None
    assert [d.key for d in [definition(made)]] == ["p"]


def test_lines_over_the_border_of_a_sub_process_hang_on_it() -> None:
    content = line(
        '<subProcess id="x"><task id="i"/></subProcess><task id="a"/>', flow("s", "x") + flow("i", "a") + flow("a", "e")
    )
    made = brought(content)
    accounted(content, made)
    assert one(made, "sequenceFlow", id="i_a").get("sourceRef") == "x"


def test_branches_that_meet_without_a_join_are_waited_for() -> None:
    content = line('<parallelGateway id="g"/><task id="a"/><task id="b"/><task id="c"/>', flow("s", "g") + flow("g", "a"),
                   flow("g", "b") + flow("a", "c") + flow("b", "c") + flow("c", "e"))  # fmt: skip
    made = brought(content)
    accounted(content, made)
    assert one(made, "inclusiveGateway") is not None


def test_what_nothing_leads_to_is_left_out_or_begun_as_answered() -> None:
    content = line('<task id="a"/><task id="o" name="Island"/>', flow("s", "a") + flow("a", "e"))
    made = brought(content)
    accounted(content, made)
    assert item(made, "o").fate is Fate.CANNOT_RUN
    begun = brought(content, {asked(made, "orphan")[0].id: {"what": "begin"}})
    accounted(content, begun)
    assert item(begun, "o").now == "o"


def test_starts_by_time_or_signal_and_second_starts_become_what_can_begin_a_case() -> None:
    content = file('<startEvent id="s"><timerEventDefinition><timeCycle>R/P1D</timeCycle></timerEventDefinition></startEvent>',
                   '<startEvent id="t"/><startEvent id="u"><signalEventDefinition/></startEvent><task id="a"/>', E,
                   flow("s", "a"), flow("t", "a"), flow("u", "a"), flow("a", "e"))  # fmt: skip
    made = brought(content)
    accounted(content, made)
    assert len(definition(made).start_messages) == 2


def test_calls_in_a_circle_are_not_made() -> None:
    content = line('<callActivity id="a" calledElement="p"/>', flow("s", "a") + flow("a", "e"))
    made = brought(content)
    accounted(content, made)
    assert "circle" in why(made, "a")


def test_a_file_of_ours_comes_in_unchanged() -> None:
    step = '<credit:step xmlns:credit="urn:creditflow:bpmn:1" due="P1D"><credit:candidates rule="initiator"/></credit:step>'
    content = line(
        f'<userTask id="a"><extensionElements>{step}</extensionElements></userTask>', flow("s", "a") + flow("a", "e")
    )
    made = brought(content)
    accounted(content, made)
    assert made.questions == ()
    assert definition(made).steps["a"].due == "P1D"
