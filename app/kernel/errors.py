"""The kinds of refusal that every room raises and the shell turns into a plain page or a JSON answer."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any


class Refusal(Exception):
    """The act can't be done, and the person can read why.

    `text` is an English sentence, also the key of its translation; `values` fill its {places}. `texts` is the sentence by
    language where it is in no catalogue.
    """

    status = 422
    texts: Mapping[str, str] = MappingProxyType({})

    def __init__(self, text: str, **values: object) -> None:
        self.text = text
        self.values: Mapping[str, object] = values
        super().__init__(text.format(**values) if values else text)


class NotFound(Refusal):
    """There is no such thing, or this person may not know of it."""

    status = 404


class Forbidden(Refusal):
    """The thing may be seen, but this person may not do this with it."""

    status = 403


class Conflict(Refusal):
    """Somebody was faster, or the state has moved on since the page was opened."""

    status = 409


def said(refusal: Refusal) -> dict[str, Any]:
    """A refusal as JSON, to be kept and read in any language later: name of its class, text, values, texts."""
    values = {name: str(value) for name, value in refusal.values.items()}
    return {"name": type(refusal).__name__, "text": refusal.text, "values": values, "texts": dict(refusal.texts)}


def recalled(kept: Mapping[str, Any]) -> Refusal:
    """A refusal that says what one kept by `said` said."""
    refusal = Refusal(kept["text"], **kept.get("values", {}))
    refusal.texts = kept.get("texts") or {}
    return refusal
