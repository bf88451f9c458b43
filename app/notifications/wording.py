"""The words of a notice in every language: the room's files, and over them what an administrator has changed."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import select

from app.kernel.db import session
from app.notifications import rules
from app.notifications.models import NoticeText
from app.web.i18n import DEFAULT

FOLDER = Path(__file__).parent / "texts"
OTHER = "other"


@dataclass(frozen=True)
class Wording:
    """Title and sentence of an event with places in braces. is_changed: an administrator's, not the room's own."""

    title: str
    sentence: str
    is_changed: bool = False

    def filled(self, values: Mapping[str, str]) -> Wording:
        """The same for one notice."""
        return Wording(rules.fill(self.title, values), rules.fill(self.sentence, values).strip(), self.is_changed)


@cache
def own(locale: str) -> Mapping[str, Wording]:
    """The room's own words in a language, by event."""
    read = tomllib.loads((FOLDER / f"{locale}.toml").read_text("utf-8"))
    return {event: Wording(text["title"], text["sentence"]) for event, text in read.items()}


def wordings(locale: str) -> dict[str, Wording]:
    """The words in force in a language, by event. One statement."""
    changed = session.scalars(select(NoticeText).where(NoticeText.locale == locale))
    return dict(own(locale)) | {text.event: Wording(text.title, text.sentence, True) for text in changed}


def pick(words: Mapping[str, Wording], event: str) -> Wording:
    """The words of an event; those of "other" where it has none."""
    return words.get(event) or words[OTHER]


def language(wanted: str) -> str:
    """A language that there are words for."""
    return wanted if (FOLDER / f"{wanted}.toml").exists() else DEFAULT
