"""What a comparison gives back: one `Change` for each thing that differs, said in the three languages of the house."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

Texts = Mapping[str, str]
LANGUAGES = ("en", "zh_Hans", "zh_Hant")


class Kind(StrEnum):
    """What happened to the thing."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"


class Weight(StrEnum):
    """What the change touches: what the case does, who works on it, what people read, or only the picture."""

    BEHAVIOUR = "behaviour"
    PEOPLE = "people"
    WORDS = "words"
    PICTURE = "picture"


@dataclass(frozen=True)
class Change:
    """One difference. `element` is the id in the file of what it is about ("" for the file itself); `about` names the property
    within it ("vote.pass", "rules/rule_3/amount"), the same for the change and for its reverse.

    before, after: the two values in words, None where there is none. details: what an added or removed thing holds.
    """

    kind: Kind
    file: str
    element: str
    about: str
    sentence: Texts
    weight: Weight
    before: Texts | None = None
    after: Texts | None = None
    details: tuple[Texts, ...] = ()
