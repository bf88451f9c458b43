"""A case under another version of its process: the same tokens on other elements, or a refusal that says why.

Since a state is a marking, nothing of the past is needed. Each token goes to the element of the same id (or to the one it is
mapped to), with its name, its data and its running clocks; what lies around it in the new picture (sub-processes, boundary
events, branches of an open fork that are new) is put there with it. The marking that comes of it must be one that the new net
can have and can end from (`markings.py`); everything else is refused, and nothing is given back then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from SpiffWorkflow.util.task import TaskState

from app.workflow.engine import clockwork
from app.workflow.engine import state as states
from app.workflow.engine.arrivals import moved_arrival, new_branches
from app.workflow.engine.building import CHILD, SPLIT
from app.workflow.engine.correspondence import nodes_of, same_event, same_loop, stands_for
from app.workflow.engine.definition import Definition
from app.workflow.engine.environment import Trouble
from app.workflow.engine.markings import fits
from app.workflow.engine.model import JOINS, Flow, Node, Process, inner_process
from app.workflow.engine.net import Arrival, Place
from app.workflow.engine.running import NO_SERVICES, fresh, load, moved, open_ids, progress
from app.workflow.engine.specs import HELD, VIA
from app.workflow.engine.texts import sentence
from app.workflow.engine.values import MigrationRefused, Progress, Services, StateUnreadable, Ticket
from app.workflow.engine.workflow import Case

Token = dict[str, Any]
Path = tuple[str, ...]


def migrate(
    old: Definition,
    new: Definition,
    state: bytes,
    mapping: Mapping[str, str | None],
    *,
    now: datetime,
    services: Services,
) -> Progress:
    """The case of `state` under `new`. `mapping`: element of `old` → element of `new`, or None for a token that is taken away;
    elements it does not name keep their id. Raises MigrationRefused, StateUnreadable.
    """
    before = open_ids(load(old, state, now, services))
    went = moved(_moved_over(old, new, state, mapping, now, services), before)
    load(new, went.state, now, NO_SERVICES)
    return went


def migration_price(
    old: Definition, new: Definition, state: bytes, mapping: Mapping[str, str | None], *, now: datetime
) -> Progress:
    """What `migrate` would make of the case, before anything goes on by itself. Changes nothing; raises as `migrate`."""
    before = open_ids(load(old, state, now, NO_SERVICES))
    there = progress(_moved_over(old, new, state, mapping, now, NO_SERVICES), before)
    load(new, there.state, now, NO_SERVICES)
    return there


def migrate_ticket(
    old: Definition, new: Definition, ticket: Ticket, mapping: Mapping[str, str | None]
) -> Ticket | None:
    """The way straight back under `new`; None where it can't be had there (the case then goes step by step)."""
    body = states.unpack(ticket.body)
    move = _Move(old, new, mapping)
    try:
        scope = tuple(move.name(activity) for activity in body["scope"])
        process, removed = (
            new.process_in(scope),
            move.tokens(body["removed"], tuple(body["scope"]), scope, checked=False),
        )
        put, filled = move.name(body["put"]), [[move.name(a), move.name(b)] for a, b in body["filled"]]
    except (MigrationRefused, KeyError):
        return None
    named = {put, *(name for pair in filled for name in pair)}
    if not named.issubset(process.by_id):
        return None
    return Ticket(states.pack({**body, "scope": list(scope), "put": put, "filled": filled, "removed": removed}))


def _moved_over(
    old: Definition,
    new: Definition,
    state: bytes,
    mapping: Mapping[str, str | None],
    now: datetime,
    services: Services,
) -> Case:
    body = states.read(state)
    case = fresh(new, body["vars"], now, services)
    environment = case.script_engine.environment
    move = _Move(old, new, mapping, lambda condition, flow: environment.decide(condition, {}, flow))
    tokens = move.tokens(body["tokens"], (), ()) if body["tokens"] else []
    try:
        states.restore(case, tokens)
    except StateUnreadable as fault:
        raise MigrationRefused("migrate_unfit", reason=str(fault.facts.get("reason", ""))) from fault
    case.completed = not tokens
    _wake(case)
    return case


def _wake(case: Case) -> None:
    """Let what was put there anew begin, and joins look whether all have come."""
    for process in case.processes():
        for task in list(process.live()):
            if task.state == TaskState.FUTURE and HELD not in task.internal_data:
                task.task_spec._update(task)
    for process in case.processes():
        process.update_waiting_tasks()


@dataclass
class _Scope:
    """Tokens of one process of the new version at work; `inside`: by activity and instance, its own token and what is in it."""

    path: Path
    tokens: list[Token] = field(default_factory=list)
    inside: dict[tuple[str, str | None], _Scope] = field(default_factory=dict)


@dataclass(frozen=True)
class _Around:
    """An activity of the old version that a token lies in: its element and its own token, with its clocks."""

    element: str
    token: Token
    clocks: Sequence[Token]
    fired: frozenset[str]
    split: Token | None


class _Move:
    """How the tokens of the old version become tokens of the new one."""

    def __init__(
        self,
        old: Definition,
        new: Definition,
        mapping: Mapping[str, str | None],
        decides: Callable[[str, str], bool] = lambda _condition, _flow: False,
    ) -> None:
        self.old, self.new, self.mapping, self.decides = old, new, mapping, decides
        self.new_nodes = nodes_of(new)
        self.image = {target for node_id in nodes_of(old) if (target := mapping.get(node_id, node_id)) is not None}
        self.old_of = {mapping.get(node_id, node_id): node for node_id, node in nodes_of(old).items()}

    def name(self, element: str) -> str:
        """Where an element goes; the empty text where it is taken away."""
        return self.mapping.get(element, element) or ""

    def tokens(self, tokens: Iterable[Token], old: Path, base: Path, *, checked: bool = True) -> list[Token]:
        """Tokens inside the activities `old` as tokens inside the activities `base` of the new version. Raises MigrationRefused."""
        root = _Scope(base)
        around: dict[str, _Around] = {}
        for token in tokens:
            self._take(root, token, old, (), around)
        found = self._put_together(root, around, checked)
        if not found and checked:
            raise MigrationRefused("migrate_nothing_left")
        return found

    def _take(
        self, root: _Scope, token: Token, scope: Path, chain: tuple[str, ...], around: dict[str, _Around]
    ) -> None:
        main, clocks, split = _unwrapped(token)
        process = self.old.process_in(scope)
        node = process.by_id[_element(main)]
        if node.id in self.mapping and self.mapping[node.id] is None:
            return
        if "in" in main and node.loop is None:
            fired = frozenset(e.id for e in process.boundary.get(node.id, ())) - {_element(t) for t in clocks}
            around[main["id"]] = _Around(node.id, main, clocks, fired, split)
            for inner in main["in"]:
                self._take(root, inner, (*scope, node.id), (*chain, main["id"]), around)
            return
        self._place(root, (main, clocks, split), node, process, scope, chain, around)

    def _place(
        self,
        root: _Scope,
        group: tuple[Token, Sequence[Token], Token | None],
        node: Node,
        process: Process,
        scope: Path,
        chain: tuple[str, ...],
        around: dict[str, _Around],
    ) -> None:
        main, clocks, split = group
        path, target = self._path(node, scope), self.new_nodes[self.name(node.id)]
        if path[: len(root.path)] != root.path:
            raise MigrationRefused("migrate_out_of_many", **self._named(node))
        held = self._scope_for(root, path, chain, around)
        there = self.new.process_in(path)
        if VIA in main.get("n", {}):
            arrived = self._arrived(main, node, target, process, there)
            held.tokens += [arrived] if arrived is not None else []
            return
        self._check(node, target)
        fired = frozenset(e.id for e in process.boundary.get(node.id, ())) - {_element(t) for t in clocks}
        whole = self._main(main, node, target, scope, path)
        held.tokens.append(self._wrapped(whole, target, there, clocks, fired, split))

    def _path(self, node: Node, scope: Path) -> Path:
        """The activities around the new element: those of today where it is still in them, else the nearest."""
        element = self.name(node.id)
        scopes = self.new.owners.get(element, ())
        if not scopes:
            raise MigrationRefused("migrate_gone", **self._named(node))
        wanted = tuple(self.name(activity) for activity in scope)
        nearest = max(_shared(found, wanted) for found in scopes)
        best = [found for found in scopes if _shared(found, wanted) == nearest]
        exact = [found for found in best if found == wanted]
        if len(exact or best) > 1:
            raise MigrationRefused("migrate_ambiguous", **self._named(node))
        return (exact or best)[0]

    def _scope_for(self, root: _Scope, path: Path, chain: Sequence[str], around: Mapping[str, _Around]) -> _Scope:
        held, rest = root, list(chain)
        for depth in range(len(root.path), len(path)):
            activity = path[depth]
            token_id = next((one for one in rest if self.name(around[one].element) == activity), None)
            if token_id is not None:
                rest = rest[rest.index(token_id) + 1 :]
            if self.new_nodes[activity].loop is not None:
                raise MigrationRefused("migrate_into_many", element=activity, name=self.new_nodes[activity].name)
            held = held.inside.setdefault((activity, token_id), _Scope(path[: depth + 1]))
        return held

    def _check(self, node: Node, target: Node) -> None:
        if not stands_for(node, target):
            raise MigrationRefused("migrate_kind", **self._named(node), other=target.name)
        if not same_loop(node.loop, target.loop):
            raise MigrationRefused("migrate_loop", **self._named(node))
        before, after = self.old.steps.get(node.id), self.new.steps.get(target.id)
        if before is not None and after is not None and before.vote != after.vote:
            raise MigrationRefused("migrate_vote", **self._named(node))

    def _main(self, main: Token, node: Node, target: Node, scope: Path, path: Path) -> Token:
        """The token under its new name; the instances of a repetition with it, each with what is inside it."""
        found = {**main, "s": target.id + (CHILD if main["s"].endswith(CHILD) else "")}
        internal = clockwork.renamed(main.get("n", {}), self.mapping, self.new_nodes)
        if internal:
            found["n"] = internal
        if "c" in main:
            found["c"] = [self._main(child, node, target, scope, path) for child in main["c"]]
        if "in" in main:
            found["in"] = self.tokens(main["in"], (*scope, node.id), (*path, target.id))
        return found

    def _arrived(self, main: Token, node: Node, target: Node, process: Process, there: Process) -> Token | None:
        """A token that waits at a join; None where the branch it came by is no more."""
        if target.id not in self.new.nets[there.id].joins:
            raise MigrationRefused("migrate_join", **self._named(node))
        nets = self.old.nets[process.id], self.new.nets[there.id]
        known = moved_arrival(Arrival(main["n"][VIA], node.id), target.id, nets, self.name)
        if known is None and len(there.incoming[target.id]) >= len(process.incoming[node.id]):
            raise MigrationRefused("migrate_arrival", **self._named(node))
        return None if known is None else {**main, "s": target.id, "n": {**main["n"], VIA: known}}

    def _wrapped(
        self,
        main: Token,
        target: Node,
        there: Process,
        clocks: Sequence[Token],
        fired: frozenset[str],
        split: Token | None,
    ) -> Token:
        """The token with the boundary events of its new element: those that run go on, those that are new begin, those that have
        happened do not happen again."""
        events = there.boundary.get(target.id, ())
        if not events:
            return main
        running = {self.name(_element(token)): token for token in clocks}
        gone = {self.name(element) for element in fired}
        members = [main]
        for event in events:
            before = self.old_of.get(event.id)
            if event.id in running and before is not None and same_event(before, event):
                kept = running[event.id]
                internal = clockwork.renamed(kept.get("n", {}), self.mapping, self.new_nodes)
                members.append({**kept, "s": event.id, "n": internal})
            elif event.id not in gone:
                members.append({"id": uuid4().hex, "s": event.id, "st": int(TaskState.FUTURE)})
        name = split["id"] if split is not None else uuid4().hex
        return {"id": name, "s": target.id + SPLIT, "st": int(TaskState.COMPLETED), "c": members}

    def _put_together(self, held: _Scope, around: Mapping[str, _Around], checked: bool) -> list[Token]:
        there = self.new.process_in(held.path)
        found = list(held.tokens)
        for (activity, token_id), inner in held.inside.items():
            inside = self._put_together(inner, around, checked)
            if inside:
                found.append(self._container(self.new_nodes[activity], there, inside, around.get(token_id or "")))
        if checked and found:
            places, net = [_place(token) for token in found], self.new.nets[there.id]
            found += new_branches(there, net, places, self.image, self._forks, self._holds)
            self._must_fit(there, found)
        return found

    def _container(self, target: Node, there: Process, inside: list[Token], known: _Around | None) -> Token:
        if inner_process(target) not in self.new.processes:
            raise MigrationRefused("migrate_gone", element=target.id, name=target.name)
        if known is None:
            main: Token = {"id": uuid4().hex, "s": target.id, "st": int(TaskState.STARTED), "in": inside}
            return self._wrapped(main, target, there, (), frozenset(), None)
        main = {**known.token, "s": target.id, "in": inside}
        return self._wrapped(main, target, there, known.clocks, known.fired, known.split)

    def _forks(self, element: str) -> bool:
        """Whether the element stood for a fork before."""
        before = self.old_of.get(element)
        return before is not None and before.kind in JOINS

    def _holds(self, flow: Flow) -> bool:
        """Whether a new branch of an inclusive fork would be taken as the case stands. Raises MigrationRefused."""
        try:
            return flow.condition is None or self.decides(flow.condition, flow.id)
        except Trouble as trouble:
            fork = self.new_nodes[flow.source]
            facts = {"condition": flow.condition, "reason": sentence(trouble.code, **trouble.facts)}
            raise MigrationRefused("migrate_condition", element=fork.id, name=fork.name, **facts) from trouble

    def _must_fit(self, there: Process, tokens: Sequence[Token]) -> None:
        places = [_place(token) for token in tokens]
        relation = self.new.nets[there.id].concurrent
        twice = {place for place in places if places.count(place) > 1 and place not in relation.get(place, ())}
        if twice or not fits(self.new, there.id, places):
            raise MigrationRefused("migrate_marking", places=_listed(self.new, places))

    def _named(self, node: Node) -> dict[str, Any]:
        return {"element": node.id, "name": node.name}


def _unwrapped(token: Token) -> tuple[Token, Sequence[Token], Token | None]:
    """The activity of a boundary group, its events, and the group's own token."""
    if not token["s"].endswith(SPLIT):
        return token, (), None
    main, *clocks = token["c"]
    return main, clocks, token


def _element(token: Token) -> str:
    return str(token["s"]).removesuffix(SPLIT).removesuffix(CHILD)


def _place(token: Token) -> Place:
    source = token.get("n", {}).get(VIA)
    return Arrival(source, token["s"]) if source is not None else _element(token)


def _shared(one: Path, two: Path) -> int:
    return next((i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))


def _listed(definition: Definition, places: Sequence[Place]) -> dict[str, str]:
    """The elements of a marking by their names, in every language."""
    ids = dict.fromkeys(place.join if isinstance(place, Arrival) else place for place in places)
    names = [definition.labels.get(element, {}) for element in ids]
    return {
        language: ", ".join(name.get(language) or element for name, element in zip(names, ids, strict=True))
        for language in ("zh_Hans", "zh_Hant", "en")
    }
