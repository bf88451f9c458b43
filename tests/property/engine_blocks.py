"""Random processes for the property tests: a tree of blocks, drawn as BPMN, and what the tree says may be open at once.

The tree is the oracle. It knows nothing of nets or tokens: in a sequence, a choice and a loop at most one part is at
work; only the branches of a fork may be at work together; what a side clock started stands for itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count, pairwise

from hypothesis import strategies as st

from tests.engine import drawing as draw


@dataclass(repr=False)
class Block:
    """A part of a process. `kind`: task, many, turns, side, timed, seq, xor, loop, par, or, sub, call."""

    kind: str
    parts: list[Block] = field(default_factory=list)
    id: str = ""

    def __repr__(self) -> str:
        return f"{self.kind}{self.parts or ''}"

    def tasks(self) -> list[Block]:
        own = [self] if self.kind in ("task", "many", "turns", "side", "timed") else []
        return own + [task for part in self.parts for task in part.tasks()]

    def stations(self) -> list[str]:
        """Ids of the user tasks in this block, those behind its clocks included."""
        found = []
        for block in self.tasks():
            found.append(block.id)
            if block.kind in ("side", "timed"):
                found.append(f"{block.id}_after")
        return found


LEAVES = st.sampled_from(["task", "task", "task", "many", "turns", "side", "timed"]).map(Block)


def _inner(children: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    two = st.lists(children, min_size=2, max_size=3)
    return st.one_of(
        two.map(lambda parts: Block("seq", parts)),
        two.map(lambda parts: Block("seq", parts)),
        two.map(lambda parts: Block("xor", parts)),
        two.map(lambda parts: Block("par", parts)),
        two.map(lambda parts: Block("par", parts)),
        two.map(lambda parts: Block("or", parts)),
        children.map(lambda part: Block("loop", [part])),
        children.map(lambda part: Block("sub", [part])),
        children.map(lambda part: Block("call", [part])),
    )


def blocks(most: int = 10) -> st.SearchStrategy[Block]:
    """Trees with about `most` tasks, between a first and a last task so that there is something to go back to."""
    return st.recursive(LEAVES, _inner, max_leaves=most).map(
        lambda block: Block("seq", [Block("task"), block, Block("task")])
    )


class Sketch:
    """The drawing of a tree. `choices`: names of the variables that gateways read."""

    def __init__(self, tree: Block) -> None:
        self._numbers = count(1)
        self._called: list[str] = []
        self.choices: list[str] = []
        self.tree = tree
        body, entry, leave = self._draw(tree)
        self.parts = [
            draw.process(
                "p",
                draw.start("begin"),
                body,
                draw.end("finish"),
                draw.path("begin", entry),
                draw.path(leave, "finish"),
            ),
            *self._called,
        ]

    def _name(self, prefix: str) -> str:
        return f"{prefix}{next(self._numbers)}"

    def _draw(self, block: Block) -> tuple[str, str, str]:
        block.id = self._name(block.kind)
        return getattr(self, f"_{block.kind}")(block)

    def _task(self, block: Block) -> tuple[str, str, str]:
        return draw.user(block.id), block.id, block.id

    def _many(self, block: Block) -> tuple[str, str, str]:
        return draw.user(block.id, draw.many("<bpmn:loopCardinality>2</bpmn:loopCardinality>")), block.id, block.id

    def _turns(self, block: Block) -> tuple[str, str, str]:
        loop = draw.many("<bpmn:loopCardinality>2</bpmn:loopCardinality>", sequential=True)
        return draw.user(block.id, loop), block.id, block.id

    def _side(self, block: Block) -> tuple[str, str, str]:
        """A task with a clock that starts a reminder beside it."""
        clock, after, over = f"{block.id}_clock", f"{block.id}_after", f"{block.id}_over"
        body = draw.boundary(clock, block.id, draw.timer("PT1H"), interrupting=False)
        body += draw.user(after) + draw.end(over) + draw.path(clock, after, over)
        return draw.user(block.id) + body, block.id, block.id

    def _timed(self, block: Block) -> tuple[str, str, str]:
        """A task with a clock that takes it away."""
        clock, after, merge = f"{block.id}_clock", f"{block.id}_after", f"{block.id}_merge"
        body = draw.boundary(clock, block.id, draw.timer("PT1H")) + draw.user(after) + draw.xor(merge)
        body += draw.path(clock, after, merge) + draw.path(block.id, merge)
        return draw.user(block.id) + body, block.id, merge

    def _seq(self, block: Block) -> tuple[str, str, str]:
        drawn = [self._draw(part) for part in block.parts]
        lines = "".join(draw.path(one[2], two[1]) for one, two in pairwise(drawn))
        return "".join(body for body, *_ in drawn) + lines, drawn[0][1], drawn[-1][2]

    def _xor(self, block: Block) -> tuple[str, str, str]:
        return self._split(block, draw.xor, "{choice} = {number}")

    def _or(self, block: Block) -> tuple[str, str, str]:
        return self._split(block, draw.inclusive, "{choice} >= {number}")

    def _split(self, block: Block, gateway: object, condition: str) -> tuple[str, str, str]:
        split, merge = f"{block.id}_split", f"{block.id}_merge"
        self.choices.append(split)
        drawn = [self._draw(part) for part in block.parts]
        body = gateway(split, f"{split}_0") + gateway(merge)  # type: ignore[operator]
        for number, (part, entry, leave) in enumerate(drawn):
            test = condition.format(choice=split, number=number) if number else None
            body += part + draw.flow(split, entry, test, f"{split}_{number}") + draw.path(leave, merge)
        return body, split, merge

    def _par(self, block: Block) -> tuple[str, str, str]:
        split, join = f"{block.id}_split", f"{block.id}_join"
        drawn = [self._draw(part) for part in block.parts]
        body = draw.fork(split) + draw.fork(join)
        body += "".join(part + draw.path(split, entry) + draw.path(leave, join) for part, entry, leave in drawn)
        return body, split, join

    def _loop(self, block: Block) -> tuple[str, str, str]:
        into, again = f"{block.id}_into", f"{block.id}_again"
        self.choices.append(again)
        part, entry, leave = self._draw(block.parts[0])
        body = draw.xor(into) + draw.xor(again, f"{again}_on") + part + draw.path(into, entry) + draw.path(leave, again)
        out = f"{block.id}_out"
        body += draw.flow(again, into, f"{again} > 0") + draw.xor(out) + draw.flow(again, out, None, f"{again}_on")
        return body, into, out

    def _inside(self, block: Block) -> str:
        part, entry, leave = self._draw(block.parts[0])
        begin, over = f"{block.id}_begin", f"{block.id}_end"
        return draw.start(begin) + part + draw.end(over) + draw.path(begin, entry) + draw.path(leave, over)

    def _sub(self, block: Block) -> tuple[str, str, str]:
        return draw.sub(block.id, self._inside(block)), block.id, block.id

    def _call(self, block: Block) -> tuple[str, str, str]:
        called = f"{block.id}_process"
        self._called.append(draw.process(called, self._inside(block)))
        return draw.call(block.id, called), block.id, block.id


def at_work(block: Block, open_ids: list[str]) -> int:
    """How many tasks of `block` are open, reminders not counted.

    Raises AssertionError where the tree says that they may not be open together.
    """
    if not block.parts:
        own = open_ids.count(block.id)
        late = open_ids.count(f"{block.id}_after") if block.kind == "timed" else 0
        assert own <= (2 if block.kind == "many" else 1), f"{block.id} is open {own} times"
        assert own == 0 or late == 0, f"{block.id} and what its clock starts are both open"
        assert late <= 1, f"{block.id}_after is open {late} times"
        return own + late
    working = [at_work(part, open_ids) for part in block.parts]
    if block.kind not in ("par", "or"):
        assert sum(number > 0 for number in working) <= 1, f"two parts of {block.id} are open together: {open_ids}"
    return sum(working)


def together(tree: Block, one: str, two: str) -> bool:
    """Whether the tree allows the stations `one` and `two` to be open at the same time, reminders not counted."""
    block = tree
    while True:
        holding = [[part for part in block.parts if station in part.stations()] for station in (one, two)]
        if not holding[0] or not holding[1]:
            return False
        if holding[0][0] is not holding[1][0]:
            return block.kind in ("par", "or")
        block = holding[0][0]
