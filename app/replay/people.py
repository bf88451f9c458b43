"""Which of the demo bank's people does what a resource of the log did. Pure."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

Hand = Sequence[str]  # resource of the log, user name


def choose(pool: Sequence[str], resource: str, before: Hand | None = None) -> str:
    """The user name that stands for `resource` among those who may do the task (in a fixed order, at least one).

    The same resource gets the same person as long as the pool is the same; a resource that takes over from another one
    (`before`: the last hand on this task) never gets the very person that stood for the other, if there is a second one.
    """
    own = zlib.crc32(resource.encode()) % len(pool)
    if before is None or pool[own] != before[1]:
        return pool[own] if before is None or before[0] != resource or before[1] not in pool else before[1]
    return pool[own] if before[0] == resource else pool[(own + 1) % len(pool)]
