"""Draws BPMN diagrams for tests in a few words: `process("p", start("s"), user("a"), end("e"), path("s", "a", "e"))`."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from itertools import pairwise
from typing import Any

from app.workflow import engine
from app.workflow.engine.checking import Parsed, check_here

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:credit="urn:creditflow:bpmn:1" '
    'id="definitions" targetNamespace="urn:test">'
)


def node(kind: str, node_id: str, *inside: str, **attributes: Any) -> str:
    given = "".join(f' {name}="{escape(str(value))}"' for name, value in attributes.items() if value is not None)
    return f'<bpmn:{kind} id="{node_id}"{given}>{"".join(inside)}</bpmn:{kind}>'


def start(node_id: str, *inside: str) -> str:
    return node("startEvent", node_id, *inside)


def end(node_id: str, *inside: str) -> str:
    return node("endEvent", node_id, *inside)


def user(node_id: str, *inside: str, config: str = '<credit:candidates rule="initiator"/>', **attributes: Any) -> str:
    step = f"<credit:step{_flat(attributes)}>{config}</credit:step>"
    return node("userTask", node_id, f"<bpmn:extensionElements>{step}</bpmn:extensionElements>", *inside)


def script(node_id: str, text: str) -> str:
    return node("scriptTask", node_id, f"<bpmn:script>{escape(text)}</bpmn:script>")


def service(node_id: str, delegate: str, more: str = "") -> str:
    return node("serviceTask", node_id, extension(f'<credit:service delegate="{delegate}" {more}/>'))


def rule(node_id: str, ref: str, result: str) -> str:
    return node("businessRuleTask", node_id, extension(f'<credit:decision ref="{ref}" result="{result}"/>'))


def extension(*inside: str) -> str:
    return f"<bpmn:extensionElements>{''.join(inside)}</bpmn:extensionElements>"


def xor(node_id: str, default: str | None = None) -> str:
    return node("exclusiveGateway", node_id, default=default)


def fork(node_id: str) -> str:
    return node("parallelGateway", node_id)


def inclusive(node_id: str, default: str | None = None) -> str:
    return node("inclusiveGateway", node_id, default=default)


def sub(node_id: str, *inside: str, **attributes: Any) -> str:
    return node("subProcess", node_id, *inside, **attributes)


def call(node_id: str, called: str, *inside: str) -> str:
    return node("callActivity", node_id, *inside, calledElement=called)


def timer(text: str, kind: str = "Duration") -> str:
    return f"<bpmn:timerEventDefinition><bpmn:time{kind}>{escape(text)}</bpmn:time{kind}></bpmn:timerEventDefinition>"


def message(ref: str) -> str:
    return f'<bpmn:messageEventDefinition messageRef="{ref}"/>'


def boundary(node_id: str, on: str, *inside: str, interrupting: bool = True) -> str:
    return node("boundaryEvent", node_id, *inside, attachedToRef=on, cancelActivity=str(interrupting).lower())


def catch(node_id: str, *inside: str) -> str:
    return node("intermediateCatchEvent", node_id, *inside)


def many(*inside: str, sequential: bool = False) -> str:
    tag = "bpmn:multiInstanceLoopCharacteristics"
    return f'<{tag} isSequential="{str(sequential).lower()}">{"".join(inside)}</{tag}>'


def loop(condition: str, *, before: bool = False) -> str:
    tag = "bpmn:standardLoopCharacteristics"
    inside = f"<bpmn:loopCondition>{escape(condition)}</bpmn:loopCondition>"
    return f'<{tag} testBefore="{str(before).lower()}">{inside}</{tag}>'


def flow(source: str, target: str, condition: str | None = None, flow_id: str | None = None) -> str:
    inside = ""
    if condition is not None:
        inside = f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{escape(condition)}</bpmn:conditionExpression>'
    return node("sequenceFlow", flow_id or f"{source}_to_{target}", inside, sourceRef=source, targetRef=target)


def path(*ids: str) -> str:
    return "".join(flow(one, two) for one, two in pairwise(ids))


def process(process_id: str, *inside: str, executable: bool = True) -> str:
    return node("process", process_id, *inside, isExecutable=str(executable).lower())


def document(*inside: str) -> bytes:
    return f"{HEAD}{''.join(inside)}</bpmn:definitions>".encode()


def parsed(*inside: str, **catalogue: Any) -> Parsed:
    return check_here({"test.bpmn": document(*inside)}, engine.Catalogue(**catalogue))


def defined(*inside: str) -> engine.Definition:
    """The one definition of a diagram without errors."""
    result = parsed(*inside)
    assert not [f for f in result.findings if f.severity == "error"], [f.message["en"] for f in result.findings]
    (definition,) = result.definitions
    return definition


def no_services() -> engine.Services:
    def call(delegate: str, variables: dict[str, Any]) -> dict[str, Any]:
        raise AssertionError(f"unexpected service {delegate}")

    return engine.Services(call)


class Case:
    """A case under test: keeps the state and goes through the stored form at every move."""

    def __init__(self, definition: engine.Definition, variables: dict[str, Any] | None = None, **options: Any) -> None:
        self.definition = definition
        self.now = NOW
        self.services = options.pop("services", no_services())
        self.last = engine.start(definition, variables or {}, now=self.now, services=self.services, **options)

    @property
    def open(self) -> list[str]:
        return sorted(task.element_id for task in self.last.open)

    def task(self, element: str) -> engine.OpenTask:
        return next(task for task in self.last.open if task.element_id == element)

    def do(self, element: str, **variables: Any) -> engine.Progress:
        return self._moved(engine.complete, self.task(element).id, variables)

    def deliver(self, name: str, **variables: Any) -> engine.Progress:
        return self._moved(engine.deliver, name, variables)

    def wait_until(self, now: datetime) -> engine.Progress:
        self.now = now
        return self._moved(engine.tick)

    def retry(self, **options: Any) -> engine.Progress:
        return self._moved(engine.retry, **options)

    def back(self, target: str, from_element: str | None = None, **options: Any) -> engine.Progress:
        sender = self.task(from_element).id if from_element else None
        return self._moved(engine.rewind, target, from_task=sender, **options)

    def _moved(self, move: Any, *arguments: Any, **options: Any) -> engine.Progress:
        self.last = move(self.definition, self.last.state, *arguments, now=self.now, services=self.services, **options)
        return self.last


def _flat(attributes: dict[str, Any]) -> str:
    return "".join(f' {name}="{escape(str(value))}"' for name, value in attributes.items())
