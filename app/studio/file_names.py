"""What the files of a draft may be called, and of which kind each is."""

from __future__ import annotations

import re
from enum import StrEnum

from app.kernel.errors import Refusal

LONGEST = 200
MOST_BYTES = 1024 * 1024
_NAME = re.compile(r"[\w()-][\w .()-]*(/[\w()-][\w .()-]*){0,4}")


class Kind(StrEnum):
    """The kinds of files; the value is how their names end."""

    DIAGRAM = ".bpmn"
    TABLE = ".dmn"
    FORM = ".form"
    SCENARIO = ".scenario"


class BadName(Refusal):
    """Not a name that a file of a draft can have."""


class TooLarge(Refusal):
    """The file is larger than any diagram or form that a person could look after."""

    status = 413


def kind_of(name: str) -> Kind:
    """The kind of a file; raises BadName where it is none of ours, or no plain name."""
    found = next((kind for kind in Kind if name.endswith(kind.value)), None)
    plain = _NAME.fullmatch(name) and len(name) <= LONGEST and ".." not in name
    if found is None or not plain:
        raise BadName("A file needs a plain name that ends in .bpmn, .dmn, .form or .scenario, such as loan/loan.bpmn.")
    return found


def check_size(content: bytes) -> None:
    """Raises TooLarge above 1 MB."""
    if len(content) > MOST_BYTES:
        raise TooLarge("The file is larger than 1 MB.")
