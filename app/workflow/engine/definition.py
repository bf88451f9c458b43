"""A deployed process: plain data that can be stored, hashed and shared, with its runnable specs made on demand.

`Definition.to_bytes()` holds everything a running case needs (its own processes, the ones it calls, stations,
decisions) and nothing runnable. Specs and nets are built once per process of the operating system and content hash;
they are never changed by a run.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import orjson

from app import feel
from app.workflow.engine.building import build
from app.workflow.engine.model import Event, Flow, Loop, Node, Process, inner_process
from app.workflow.engine.net import Net
from app.workflow.engine.specs import ProcessSpec
from app.workflow.engine.stations import Candidates, Customs, Document, Link, Moves, Outcome, SendBack, Step, VoteRule
from app.workflow.engine.values import Texts

if TYPE_CHECKING:
    from app.feel import DecisionModel


@dataclass(frozen=True)
class Definition:
    """One process with all that it calls.

    `steps` by element id, those of called processes included; `routing_names` are the variables that its conditions,
    decisions, candidate rules, timers and scripts read, `set_names` those that it sets itself; `start_messages` maps
    message names to start event ids.
    """

    key: str
    name: Texts
    processes: Mapping[str, Process]
    steps: Mapping[str, Step]
    routing_names: frozenset[str]
    set_names: frozenset[str] = frozenset()
    start_messages: Mapping[str, str] = field(default_factory=dict)
    decision_files: Mapping[str, bytes] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash(self.digest)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the stored form, in hex."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    @cached_property
    def labels(self) -> Mapping[str, Texts]:
        """Names of all elements (nodes and flows) by id, for display."""
        found: dict[str, Texts] = {}
        for process in self.processes.values():
            found[process.id] = process.name
            found.update((node.id, node.name) for node in process.nodes)
            found.update((flow.id, flow.name) for flow in process.flows if flow.name["zh_Hans"] != flow.id)
        return found

    @property
    def starters(self) -> tuple[str, ...]:
        """Keys of the groups whose members may begin a case; empty: everybody may."""
        return self.processes[self.key].starters

    @cached_property
    def ends(self) -> Mapping[str, str]:
        """What a case has become at each end event that says so: approved, conditional, refused, withdrawn."""
        return {node.id: node.status for process in self.processes.values() for node in process.nodes if node.status}

    @property
    def customs(self) -> Customs:
        """What the analyst says of the moves of this process."""
        return self.processes[self.key].customs

    @cached_property
    def outside(self) -> Mapping[str, str | None]:
        """The elements that reach the outside world, with the delegate that undoes each, if there is one."""
        nodes = [node for process in self.processes.values() for node in process.nodes if node.outside]
        steps = [step for step in self.steps.values() if step.outside]
        return {node.id: node.compensation for node in nodes} | {step.element_id: step.compensation for step in steps}

    @cached_property
    def counts_working_time(self) -> bool:
        """Whether a timer of it counts the time in which the bank is open."""
        events = (node.event for process in self.processes.values() for node in process.nodes)
        return any(event.working for event in events if event is not None)

    @cached_property
    def final_steps(self) -> frozenset[str]:
        """The stations whose deciders may also terminate the case."""
        return frozenset(step.element_id for step in self.steps.values() if step.final)

    @property
    def administrator(self) -> str | None:
        """The group that gets what nobody was found for, where the diagram names one."""
        return self.processes[self.key].administrator

    @cached_property
    def nets(self) -> Mapping[str, Net]:
        return {process_id: Net(process) for process_id, process in self.processes.items()}

    @cached_property
    def specs(self) -> Mapping[str, ProcessSpec]:
        """Runnable specs by process id; shared by all cases of this definition in this operating-system process."""
        return _specs(self)

    @cached_property
    def decisions(self) -> Mapping[str, DecisionModel]:
        """The decision model that holds each decision, by decision id."""
        return decision_models(self.decision_files)

    @cached_property
    def owners(self) -> Mapping[str, tuple[tuple[str, ...], ...]]:
        """For each element id the scopes (activities, outermost first) through which it can be reached."""
        found: dict[str, list[tuple[str, ...]]] = {}
        self._walk(self.key, (), found)
        return {element: tuple(scopes) for element, scopes in found.items()}

    def _walk(self, process_id: str, scope: tuple[str, ...], found: dict[str, list[tuple[str, ...]]]) -> None:
        for node in self.processes[process_id].nodes:
            found.setdefault(node.id, []).append(scope)
            inside = inner_process(node) or ""
            if inside in self.processes and node.id not in scope:
                self._walk(inside, (*scope, node.id), found)

    def process_in(self, scope: Iterable[str]) -> Process:
        """The process inside the activities `scope`, outermost first. Raises KeyError for a scope that is none."""
        process = self.processes[self.key]
        for activity in scope:
            process = self.processes[inner_process(process.by_id[activity]) or ""]
        return process

    def to_bytes(self) -> bytes:
        """The stored form."""
        body = {
            "key": self.key,
            "name": dict(self.name),
            "processes": [asdict(process) for process in self.processes.values()],
            "steps": [asdict(step) for step in self.steps.values()],
            "routing": sorted(self.routing_names),
            "set": sorted(self.set_names),
            "messages": dict(self.start_messages),
            "decisions": {name: content.decode() for name, content in self.decision_files.items()},
        }
        return zlib.compress(orjson.dumps(body, option=orjson.OPT_SORT_KEYS), 6)

    @staticmethod
    @lru_cache(maxsize=256)
    def from_bytes(content: bytes) -> Definition:
        """The definition stored in `content` (the same object for the same bytes)."""
        body = orjson.loads(zlib.decompress(content))
        steps = (_step(step) for step in body["steps"])
        processes = (_process(process) for process in body["processes"])
        return Definition(
            key=body["key"],
            name=body["name"],
            processes={process.id: process for process in processes},
            steps={step.element_id: step for step in steps},
            routing_names=frozenset(body["routing"]),
            set_names=frozenset(body["set"]),
            start_messages=body["messages"],
            decision_files={name: text.encode() for name, text in body["decisions"].items()},
        )


@lru_cache(maxsize=256)
def _specs(definition: Definition) -> Mapping[str, ProcessSpec]:
    return build(definition.processes.values())


def decision_models(files: Mapping[str, bytes]) -> Mapping[str, DecisionModel]:
    """The model that holds each decision, by decision id. Raises feel.FeelError for a file that is no DMN."""
    found: dict[str, DecisionModel] = {}
    for name in files:
        model = decision_model(name, files)
        found.update(dict.fromkeys(model.decisions, model))
    return found


def decision_model(name: str, files: Mapping[str, bytes]) -> DecisionModel:
    """The model in file `name`, which may import the other files. Raises feel.FeelError."""
    return _loaded(files[name], tuple(content for other, content in files.items() if other != name))


@lru_cache(maxsize=256)
def _loaded(content: bytes, imports: tuple[bytes, ...]) -> DecisionModel:
    return feel.load_dmn(content, imports=imports)


def _process(body: dict[str, Any]) -> Process:
    nodes = tuple(
        Node(**{**node, "event": _one(Event, node["event"]), "loop": _one(Loop, node["loop"])})
        for node in body.pop("nodes")
    )
    flows = tuple(Flow(**flow) for flow in body.pop("flows"))
    customs = Customs(**body.pop("customs", {}))
    body["starters"] = tuple(body.get("starters", ()))
    return Process(**body, nodes=nodes, flows=flows, customs=customs)


def _step(body: dict[str, Any]) -> Step:
    back, moves = body.pop("send_back"), body.pop("moves", None) or {"barred": ()}
    to = back["to"] if isinstance(back["to"], str) else tuple(back["to"])
    return Step(
        candidates=tuple(_candidates(part) for part in body.pop("candidates")),
        four_eyes=tuple(body.pop("four_eyes")),
        send_back=SendBack(to, tuple(back["barred"]), tuple(back["modes"]), back["default"]),
        outcomes=tuple(Outcome(**part) for part in body.pop("outcomes")),
        documents=tuple(Document(**part) for part in body.pop("documents")),
        vote=_vote(body.pop("vote")),
        moves=Moves(**{**moves, "barred": tuple(moves["barred"])}),
        copy_hidden=tuple(body.pop("copy_hidden", ())),
        deadline=tuple(Link(**part) for part in body.pop("deadline", ())),
        **body,
    )


def _vote(body: dict[str, Any] | None) -> VoteRule | None:
    """Definitions stored before the rule was read in full carry the rest of it as `more`, which meant nothing."""
    return None if body is None else VoteRule(**{name: value for name, value in body.items() if name != "more"})


def _candidates(body: dict[str, Any]) -> Candidates:
    also, apart = (tuple(_candidates(part) for part in body.pop(name, ())) for name in ("also", "apart"))
    return Candidates(**body, also=also, apart=apart)


def _one(kind: Any, body: dict[str, Any] | None) -> Any:
    return None if body is None else kind(**body)
