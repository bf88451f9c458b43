"""What SpiffWorkflow 3.2.0 does that this engine steps around. Each test shows the stock behaviour as it is.

If one of these fails after an upgrade, the defect has been mended or has moved: look at the place named in the test
before trusting the new version.
"""

from __future__ import annotations

import importlib.metadata
import multiprocessing
import warnings
from datetime import timedelta
from typing import Any

import pytest
from lxml import etree
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine, TaskDataEnvironment
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.exceptions import WorkflowException
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.deep_merge import DeepMerge
from SpiffWorkflow.util.task import TaskState

from tests.engine import drawing as draw
from tests.engine.drawing import (
    Case,
    defined,
    document,
    end,
    flow,
    many,
    message,
    node,
    path,
    process,
    start,
    sub,
    timer,
    user,
    xor,
)


def stock(*inside: str, parser: Any = BpmnParser) -> BpmnWorkflow:
    reader = parser()
    reader.add_bpmn_xml(etree.fromstring(document(*inside)))
    return BpmnWorkflow(reader.get_spec("p"), reader.get_subprocess_specs("p"))


def run(workflow: BpmnWorkflow) -> BpmnWorkflow:
    workflow.do_engine_steps()
    return workflow


def ready(workflow: BpmnWorkflow) -> list[str]:
    return sorted(task.task_spec.bpmn_id for task in workflow.get_tasks(state=TaskState.READY, manual=True))


def do(workflow: BpmnWorkflow, element: str) -> None:
    tasks = workflow.get_tasks(state=TaskState.READY, manual=True)
    next(task for task in tasks if task.task_spec.bpmn_id == element).run()
    workflow.do_engine_steps()


def completed(workflow: BpmnWorkflow, element: str) -> Task:
    return next(task for task in workflow.get_tasks(state=TaskState.COMPLETED) if task.task_spec.bpmn_id == element)


def test_this_is_the_version_that_the_engine_was_written_for() -> None:
    assert importlib.metadata.version("SpiffWorkflow") == "3.2.0"


# -- reading (stepped around by reading.py, building.py) ---------------------------------------------------------------


def test_a_line_without_an_id_is_dropped_and_the_process_ends_at_once() -> None:
    text = process("p", start("s"), user("a"), end("e"), path("s", "a", "e")).replace('id="s_to_a" ', "")
    assert run(stock(text)).is_completed()


def test_a_condition_on_a_line_out_of_a_task_is_ignored() -> None:
    workflow = run(
        stock(
            process(
                "p", start("s"), user("a"), user("b"), end("e"), path("s", "a"), flow("a", "b", "False"), path("b", "e")
            )
        )
    )
    do(workflow, "a")
    assert ready(workflow) == ["b"]


def test_a_link_event_is_taken_and_the_rest_is_lost() -> None:
    link = '<bpmn:linkEventDefinition id="x" name="x"/>'
    parts = [
        start("s"),
        node("intermediateThrowEvent", "t", link),
        node("intermediateCatchEvent", "c", link),
        user("a"),
        end("e"),
    ]
    workflow = stock(process("p", *parts, path("s", "t"), path("c", "a", "e")))
    assert "a" not in workflow.spec.task_specs


def test_an_unreachable_node_is_dropped_without_a_word() -> None:
    workflow = stock(
        process("p", start("s"), user("a"), end("e"), path("s", "a", "e"), user("lost"), end("f"), path("lost", "f"))
    )
    assert "lost" not in workflow.spec.task_specs


def test_a_process_without_an_id_and_a_dangling_reference_are_type_errors() -> None:
    text = process("p", start("s"), draw.catch("c", message("ghost")), end("e"), path("s", "c", "e"))
    with pytest.raises(ValidationException, match="TypeError"):
        stock(text)


def test_a_long_path_ends_in_a_recursion_error() -> None:
    names = [f"t{n}" for n in range(600)]
    with pytest.raises((ValidationException, RecursionError)):
        stock(process("p", start("s"), *[user(name) for name in names], end("e"), path("s", *names, "e")))


def _hang() -> None:
    task = node(
        "task",
        "t",
        '<bpmn:dataInputAssociation id="d"><bpmn:sourceRef>ref</bpmn:sourceRef></bpmn:dataInputAssociation>',
    )
    inner = sub("h", start("s2"), task, end("e2"), path("s2", "t", "e2"))
    reference = '<bpmn:dataObjectReference id="ref" dataObjectRef="nowhere"/>'
    stock(
        process(
            "p",
            reference,
            start("s"),
            sub("g", start("s3"), inner, end("e3"), path("s3", "h", "e3")),
            end("e"),
            path("s", "g", "e"),
        )
    )


def test_a_dangling_data_object_hangs_the_parser() -> None:
    child = multiprocessing.get_context("fork").Process(target=_hang)
    child.start()
    child.join(1.5)
    hanging = child.is_alive()
    child.kill()
    child.join()
    assert hanging


# -- expressions (stepped around by environment.py) --------------------------------------------------------------------


@pytest.mark.parametrize("environment", [None, TaskDataEnvironment({"__builtins__": {}})])
def test_stock_expressions_are_python_and_reach_out_of_any_restriction(environment: Any) -> None:
    engine = PythonScriptEngine(environment)
    found = "[c for c in ().__class__.__base__.__subclasses__() if c.__name__ == '_wrap_close'][0]"
    escape = f"{found}.__init__.__globals__['getpid']()"
    assert isinstance(engine.environment.evaluate(escape, {}), int)


def test_a_condition_that_is_null_counts_as_no() -> None:
    parts = [start("s"), xor("x", "x_to_e"), end("e"), user("a"), end("f")]
    workflow = stock(process("p", *parts, path("s", "x", "e"), flow("x", "a", "None"), path("a", "f")))
    assert run(workflow).is_completed()


def test_an_error_in_a_service_call_surfaces_as_a_name_error() -> None:
    engine = PythonScriptEngine()
    with pytest.raises(NameError):
        engine.call_service(stock(process("p", start("s"), end("e"), path("s", "e"))).task_tree, operation_name="x")


def test_a_syntax_error_raised_by_a_script_ends_in_a_type_error() -> None:
    with pytest.raises(TypeError):
        PythonScriptEngine().get_error_line_number_and_content("x", SyntaxError())


def test_an_iso_duration_must_be_quoted() -> None:
    workflow = stock(process("p", start("s"), draw.catch("t", timer("PT2H")), end("e"), path("s", "t", "e")))
    with pytest.raises(WorkflowException):
        workflow.do_engine_steps()


# -- running (stepped around by specs.py, workflow.py, repeating.py) ---------------------------------------------------


def test_lists_changed_in_two_branches_are_merged_wrongly() -> None:
    assert DeepMerge.merge({"n": ["base", "x"]}, {"n": ["base", "y"]}) == {"n": ["base", "x"]}
    assert DeepMerge.merge({"n": [1, 2, 3]}, {"n": [3]}) == {"n": [1]}


def test_a_task_deeper_than_a_thousand_is_invisible_and_the_case_seems_finished() -> None:
    parts = [start("s"), xor("m"), user("a"), xor("x", "x_to_e"), end("e")]
    workflow = stock(process("p", *parts, path("s", "m", "a", "x", "e"), flow("x", "m", "True")))
    workflow.do_engine_steps()
    for _ in range(340):
        tasks = workflow.get_tasks(state=TaskState.READY, manual=True)
        if not tasks:
            break
        tasks[0].run()
        workflow.do_engine_steps()
    assert ready(workflow) == []
    assert workflow.is_completed()
    assert any(task.state == TaskState.READY for task in workflow.tasks.values())


def test_the_completion_condition_does_not_see_the_collected_answers() -> None:
    loop = many(
        "<bpmn:loopDataInputRef>voters</bpmn:loopDataInputRef><bpmn:loopDataOutputRef>votes</bpmn:loopDataOutputRef>",
        '<bpmn:inputDataItem id="voter"/><bpmn:outputDataItem id="vote"/>',
        "<bpmn:completionCondition>len(votes) >= 3</bpmn:completionCondition>".replace(">=", "&gt;="),
    )
    workflow = stock(
        process(
            "p",
            start("s"),
            draw.script("t", "voters = [1, 2, 3, 4, 5]"),
            node("userTask", "v", loop),
            end("e"),
            path("s", "t", "v", "e"),
        )
    )
    workflow.do_engine_steps()
    for number in range(4):
        task = workflow.get_tasks(state=TaskState.READY, manual=True)[0]
        task.data["vote"] = number
        task.run()
    assert len(workflow.get_tasks(state=TaskState.READY, manual=True)) == 1, "stopped at 3 of 5"


def test_a_second_visit_of_a_vote_fails_on_the_answers_of_the_first() -> None:
    loop = many(
        "<bpmn:loopCardinality>1</bpmn:loopCardinality><bpmn:loopDataOutputRef>votes</bpmn:loopDataOutputRef>",
        '<bpmn:outputDataItem id="vote"/>',
    )
    parts = [start("s"), xor("m"), node("userTask", "v", loop), xor("x", "x_to_e"), end("e")]
    workflow = run(stock(process("p", *parts, path("s", "m", "v", "x", "e"), flow("x", "m", "True"))))
    task = workflow.get_tasks(state=TaskState.READY, manual=True)[0]
    task.data["vote"] = 1
    task.run()
    with pytest.raises((NameError, WorkflowException)):
        workflow.do_engine_steps()


def test_an_exception_is_never_turned_into_a_bpmn_error() -> None:
    error = "<bpmn:errorEventDefinition/>"
    inner = sub("h", start("s2"), draw.script("t", "1 / 0"), end("e2"), path("s2", "t", "e2"))
    parts = [start("s"), inner, draw.boundary("b", "h", error), end("e"), end("f")]
    with pytest.raises(WorkflowException):
        run(stock(process("p", *parts, path("s", "h", "e"), path("b", "f"))))


def test_a_due_clock_rings_only_at_the_second_pass() -> None:
    workflow = run(stock(process("p", start("s"), draw.catch("t", timer('"PT1H"')), end("e"), path("s", "t", "e"))))
    (task,) = workflow.get_tasks(state=TaskState.WAITING)
    task.internal_data["event_value"] = "2020-01-01T00:00:00+00:00"
    workflow.do_engine_steps()
    assert not workflow.is_completed()
    workflow.do_engine_steps()
    assert workflow.is_completed()


def test_every_step_walks_a_tree_that_grows_with_history() -> None:
    parts = [start("s"), xor("m"), user("a"), xor("x", "x_to_e"), end("e")]
    workflow = run(stock(process("p", *parts, path("s", "m", "a", "x", "e"), flow("x", "m", "True"))))
    sizes = []
    for _ in range(3):
        do(workflow, "a")
        sizes.append(len(workflow.tasks))
    assert sizes[0] < sizes[1] < sizes[2]


# -- storing and resetting (stepped around by state.py, rewinding.py) --------------------------------------------------


def test_a_restored_case_has_the_unsafe_script_engine() -> None:
    serializer = BpmnWorkflowSerializer()
    workflow = run(stock(process("p", start("s"), user("a"), end("e"), path("s", "a", "e"))))
    again = serializer.deserialize_json(serializer.serialize_json(workflow))
    assert type(again.script_engine.environment) is TaskDataEnvironment


def reset(workflow: BpmnWorkflow, element: str) -> None:
    workflow.reset_from_task_id(completed(workflow, element).id)


@pytest.mark.parametrize("order", [("b", "c"), ("c", "b")])
def test_a_reset_into_a_branch_leaves_what_follows_the_join_open_for_the_branch_that_came_first(
    order: tuple[str, str],
) -> None:
    parts = [start("s"), draw.fork("f"), user("b"), user("c"), draw.fork("j"), user("d"), end("e")]
    workflow = run(stock(process("p", *parts, path("s", "f", "b", "j", "d", "e"), path("f", "c", "j"))))
    for element in order:
        do(workflow, element)
    reset(workflow, order[0])
    workflow.do_engine_steps()
    assert ready(workflow) == sorted([order[0], "d"])


def test_a_reset_leaves_dropped_clocks_in_the_event_manager() -> None:
    parts = [start("s"), user("a"), user("b"), draw.boundary("t", "b", timer('"PT1H"')), end("e"), end("f")]
    workflow = run(stock(process("p", *parts, path("s", "a", "b", "e"), path("t", "f"))))
    do(workflow, "a")
    reset(workflow, "a")
    with pytest.raises(AttributeError):
        workflow.do_engine_steps()


def test_a_reset_of_a_finished_case_leaves_it_finished() -> None:
    workflow = run(stock(process("p", start("s"), user("a"), end("e"), path("s", "a", "e"))))
    do(workflow, "a")
    reset(workflow, "a")
    assert ready(workflow) == ["a"]
    assert workflow.is_completed()


def test_a_reset_into_a_finished_subprocess_lets_its_first_step_release_the_parent() -> None:
    inner = sub("h", start("s2"), user("a"), user("b"), end("e2"), path("s2", "a", "b", "e2"))
    workflow = run(stock(process("p", start("s"), inner, user("z"), end("e"), path("s", "h", "z", "e"))))
    do(workflow, "a")
    do(workflow, "b")
    reset(workflow, "a")
    workflow.do_engine_steps()
    do(workflow, "a")
    assert "z" in ready(workflow)


def test_the_engine_of_this_house_does_none_of_that() -> None:
    """The same diagrams through our door: kept here so that both sides of the contract stand side by side."""
    parts = [start("s"), draw.fork("f"), user("b"), user("c"), draw.fork("j"), user("d"), end("e")]
    case = Case(defined(process("p", *parts, path("s", "f", "b", "j", "d", "e"), path("f", "c", "j"))))
    case.do("b")
    case.do("c")
    case.back("b", "d")
    assert case.open == ["b"]
    clocked = [start("s"), user("a"), user("b"), draw.boundary("t", "b", timer("PT1H")), end("e"), end("f")]
    case = Case(defined(process("p", *clocked, path("s", "a", "b", "e"), path("t", "f"))))
    case.do("a")
    case.back("a", "b")
    assert (case.open, case.last.timers) == (["a"], ())
    assert case.wait_until(case.now + timedelta(days=9)).open[0].element_id == "a"


def test_nothing_above_warns_of_removal() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run(stock(process("p", start("s"), user("a"), end("e"), path("s", "a", "e"))))
