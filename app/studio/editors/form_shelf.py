"""The forms of a draft, loaded once per content: while somebody draws, the same forms are asked about again and again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from app.workflow import forms
from app.workflow.deploying import definitions


@dataclass(frozen=True)
class FormShelf:
    """The forms among some files; equal when they are the same."""

    digest: bytes
    files: Mapping[str, bytes] = field(compare=False, repr=False)

    def get(self, key: str) -> forms.Form | None:
        """The form; None where there is none of this key or it can't be used."""
        return _loaded(key, self)


def of_files(files: Mapping[str, bytes]) -> FormShelf:
    """The forms among the files of a draft."""
    own = {name: content for name, content in files.items() if name.endswith(".form")}
    return FormShelf(definitions.digest_of(own), own)


@lru_cache(maxsize=256)
def _loaded(key: str, shelf: FormShelf) -> forms.Form | None:
    try:
        return forms.load(key, shelf.files)
    except forms.FormError:
        return None
