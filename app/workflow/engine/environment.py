"""Everything an expression, a script, a service or a decision of a diagram may see and do.

SpiffWorkflow asks an *environment* whenever it meets text from a diagram; this one answers in FEEL and nothing else.
It also holds the variables of the case (one mapping for all branches), the time that counts as now, and the notes of
what happened in this run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.script_engine.python_environment import BasePythonScriptEngineEnvironment
from SpiffWorkflow.exceptions import SpiffWorkflowException
from SpiffWorkflow.task import Task

from app import feel
from app.kernel.working_time import Calendar
from app.workflow.engine.values import DecisionTaken, Services

if TYPE_CHECKING:
    from app.feel import DecisionModel, Expression

PUT_OFF = "service_put_off"
ASSIGNMENT = re.compile(r"\s*([^\W\d]\w*)\s*=(?!=)\s*(.+?)\s*")
LITERAL_TIME = re.compile(
    r"R\d*/.+|P(?=[\dT])[\dYMWDTHS.,]+|\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:?\d\d)?)?", re.IGNORECASE
)


class Trouble(SpiffWorkflowException):
    """Why an element can't go on. It becomes an incident; the words for `code` stand in texts.toml.

    It derives from SpiffWorkflow's own exception because the engine passes those on as they are.
    """

    def __init__(self, code: str, **facts: str) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts


@lru_cache(maxsize=4096)
def compiled(text: str) -> Expression:
    """The parsed expression. Raises feel.FeelError."""
    return feel.parse(text)


def assignments(script: str) -> list[tuple[str, str]]:
    """Name and expression of each line of a script.

    Raises ValueError with the line that is no assignment.
    """
    found = []
    for line in script.splitlines():
        if not line.strip():
            continue
        match = ASSIGNMENT.fullmatch(line)
        if match is None:
            raise ValueError(line.strip())
        found.append((match.group(1), match.group(2)))
    return found


class FeelEnvironment(BasePythonScriptEngineEnvironment):
    """One run's view of the case."""

    def __init__(
        self, variables: Mapping[str, Any], now: datetime, services: Services, decisions: Mapping[str, DecisionModel]
    ):
        super().__init__()
        self.variables = dict(variables)
        self.now = now
        self.services = services
        self.decisions = decisions
        self.passed: list[str] = []
        self.taken: list[DecisionTaken] = []
        self.end_event: str | None = None

    @property
    def calendar(self) -> Calendar:
        """When the bank works, as the caller says; the state's calendar where nothing is laid out for good."""
        return (self.services.calendar or Calendar)()

    def names(self, locals_: Mapping[str, Any]) -> dict[str, Any]:
        """What an expression sees: the variables, covered by what belongs to one instance of a repetition."""
        return {**self.variables, **locals_}

    def evaluate(self, expression: str, context: Mapping[str, Any], external_context: Any = None) -> Any:
        """The value of `expression`; ISO 8601 times and durations stand for themselves. Raises Trouble."""
        if LITERAL_TIME.fullmatch(expression):
            return expression
        try:
            return feel.from_feel(compiled(expression).evaluate(self.names(context), now=self.now))
        except feel.FeelError as error:
            raise Trouble("expression_failed", expression=expression, reason=error.message("en")) from error

    def decide(self, expression: str, context: Mapping[str, Any], flow: str) -> bool:
        """The answer of a sequence flow's condition. Neither true nor false is Trouble, never a silent "no"."""
        answer = self.evaluate(expression, context)
        if answer is True or answer is False:
            return answer
        names = compiled(expression).names
        seen = {
            name: value
            for name, value in {**dict.fromkeys(names), **self.variables, **context}.items()
            if name in names
        }
        values = ", ".join(f"{name} = {value!r}" for name, value in sorted(seen.items()))
        raise Trouble("condition_not_boolean", expression=expression, flow=flow, answer=repr(answer), values=values)

    def execute(self, script: str, context: dict[str, Any], external_context: Any = None) -> bool:
        """Run the lines `name = expression` of a script."""
        for name, expression in assignments(script):
            self.put(name, self.evaluate(expression, context), context)
        return True

    def put(self, name: str, value: Any, locals_: dict[str, Any]) -> None:
        """Set a variable: the instance's own one where there is one of that name, else the case's."""
        (locals_ if name in locals_ else self.variables)[name] = value

    def must_run_now(self, task_id: str, delegate: str) -> None:
        """Put an asynchronous service off where the caller wants that: the token is held until its job comes. Raises Trouble."""
        if self.services.puts_off and task_id != self.services.due:
            raise Trouble(PUT_OFF, delegate=delegate)

    def serve(self, delegate: str, locals_: dict[str, Any]) -> None:
        """Run a service of the house. Whatever goes wrong in it is Trouble of this element."""
        try:
            given = self.services.call(delegate, {**self.variables, **locals_})
        except Exception as error:  # a delegate is foreign code: none of its faults may take the case down with it
            raise Trouble(
                "service_failed", delegate=delegate, reason=f"{type(error).__name__}: {error}"[:500]
            ) from error
        for name, value in (given or {}).items():
            self.put(name, value, locals_)

    def rule(self, task: Task, decision: str, result: str | None) -> None:
        """Make a decision and set its result; of several outputs each also as `<result>_<output>`."""
        model = self.decisions.get(decision)
        if model is None:
            raise Trouble("decision_failed", decision=decision, reason="it is not in this definition")
        try:
            needed = model.decisions[decision].names
            seen = {name: value for name, value in self.names(task.data).items() if name in needed}
            made = model.evaluate(decision, seen, strict=True, now=self.now).as_json()
        except feel.FeelError as error:
            raise Trouble("decision_failed", decision=decision, reason=error.message("en")) from error
        value = made["value"]
        self.taken.append(DecisionTaken(task.task_spec.bpmn_id, decision, value, tuple(made["rules"]), made["inputs"]))
        name = result or decision
        self.put(name, value, task.data)
        if isinstance(value, dict):
            for output, part in value.items():
                self.put(f"{name}_{output}", part, task.data)

    def note_passed(self, task: Task) -> None:
        if task.task_spec.bpmn_id is not None:
            self.passed.append(task.task_spec.bpmn_id)

    def note_end(self, task: Task) -> None:
        if task.workflow is task.workflow.top_workflow:
            self.end_event = task.task_spec.bpmn_id


class FeelEngine(PythonScriptEngine):
    """SpiffWorkflow's engine with our environment; it exists so that a service never meets stock `call_service`."""

    environment: FeelEnvironment

    def call_service(self, task: Task, **kwargs: Any) -> None:
        raise Trouble("service_failed", delegate=str(kwargs.get("operation_name", "?")), reason="not a delegate")
