"""Who may see and add documents: whoever may see the owner. The owner's room says so; this room does not know it.

A room registers its owner type once, at import. An owner type nobody has registered is seen by nobody.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from app.identity.rules import Person

MaySee = Callable[[Person, uuid.UUID], bool]
MayAdd = Callable[[Person, uuid.UUID, str | None], bool]
Hold = Callable[[uuid.UUID], None]


@dataclass(frozen=True)
class OwnerRules:
    """What the owner's room lends us.

    may_see: this person, this owner. may_add: add or take out papers at a station (element id; None: at none).
    hold: lock the owner until the end of the transaction, so that acts on it and its audit chain stand in one order.
    """

    may_see: MaySee
    may_add: MayAdd
    hold: Hold


_owners: dict[str, OwnerRules] = {}


def register(owner_type: str, may_see: MaySee, may_add: MayAdd, hold: Hold = lambda _owner_id: None) -> None:
    """Owners of `owner_type` have documents from now on."""
    _owners[owner_type] = OwnerRules(may_see, may_add, hold)


def may_see(person: Person, owner_type: str, owner_id: uuid.UUID) -> bool:
    """Whether the person may see the documents of this owner."""
    owner = _owners.get(owner_type)
    return owner is not None and owner.may_see(person, owner_id)


def may_add(person: Person, owner_type: str, owner_id: uuid.UUID, element_id: str | None) -> bool:
    """Whether the person may add documents at this station, and take out those added there."""
    owner = _owners.get(owner_type)
    return owner is not None and owner.may_see(person, owner_id) and owner.may_add(person, owner_id, element_id)


def hold(owner_type: str, owner_id: uuid.UUID) -> None:
    """Lock the owner's row, if its room gave a way to."""
    if owner_type in _owners:
        _owners[owner_type].hold(owner_id)
