"""What an analyst might have written in a diagram, said for one test to the definition that is loaded. For tests only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def saying(value: Any, **said: Any) -> Iterator[None]:
    """For as long as the block lasts a frozen value of the definition says something else."""
    before = {name: getattr(value, name) for name in said}
    try:
        for name, new in said.items():
            object.__setattr__(value, name, new)
        yield
    finally:
        for name, old in before.items():
            object.__setattr__(value, name, old)
