"""The bounds that make every evaluation end: what is counted, and where counting stops.

Text, nodes and nesting are bounded when an expression is parsed; steps, calls, list and string sizes while it
runs. One `Run` is the purse of one evaluation: every loop, call and copy pays into it in proportion to its work,
so that the whole cost of an evaluation is at most `MAX_STEPS` small operations, whatever the analyst wrote.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from app.feel.errors import FeelError

MAX_TEXT = 2_000
MAX_NODES = 500
MAX_NESTING = 100
MAX_STEPS = 50_000
MAX_MODEL_STEPS = 500_000
MAX_CALLS = 60
MAX_LIST = 10_000
MAX_STRING = 10_000
MAX_INPUT_VALUES = 50_000
MAX_VALUE_DEPTH = 100
CHARS_PER_STEP = 64


class Run:
    """The purse, the clock and the record of one evaluation."""

    __slots__ = ("calls", "fired", "left", "moment", "now", "strict")

    def __init__(self, steps: int = MAX_STEPS, now: datetime | None = None, strict: bool = False) -> None:
        self.left = steps
        self.calls = 0
        self.now = now
        self.strict = strict
        self.fired: list[Any] = []
        self.moment: Any = None

    def spend(self, steps: int) -> None:
        """Pay for work; raises FeelError `steps` when the purse is empty."""
        self.left -= steps
        if self.left < 0:
            raise FeelError("steps")

    def spend_for(self, value: Any) -> None:
        """Pay for touching each element of a value once, and refuse one that is too large."""
        if type(value) is str:
            if len(value) > MAX_STRING:
                raise FeelError("string_size", limit=MAX_STRING)
            self.spend(1 + len(value) // CHARS_PER_STEP)
        elif type(value) is list:
            if len(value) > MAX_LIST:
                raise FeelError("list_size", limit=MAX_LIST)
            self.spend(1 + len(value) // 4)
        elif type(value) is dict:
            self.spend(1 + len(value) // 4)

    def clock(self) -> datetime:
        """The moment that `now()` and `today()` answer: one moment for the whole evaluation."""
        if self.now is None:
            self.now = datetime.now(UTC)
        return self.now


class Scope(dict[str, Any]):
    """The variables an expression sees, with the run that pays for reading them."""

    __slots__ = ("run",)

    def __init__(self, values: dict[str, Any], run: Run) -> None:
        super().__init__(values)
        self.run = run

    def child(self) -> Scope:
        """A copy that inner code may add local names to."""
        return Scope(self, self.run)
