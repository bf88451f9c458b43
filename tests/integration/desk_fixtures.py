"""Cases in the demo bank that pages are opened on: committed, with a customer who does not exist. For tests only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

import pytest
from babel.messages.pofile import read_po
from sqlalchemy import update

from app.identity.models import User
from app.kernel.db import session, transaction
from app.workflow import user_tasks
from config import ROOT
from tests.integration.workflow.route import RETAIL, Route

LANGUAGES = ("en", "zh_Hans", "zh_Hant")
TAGS = re.compile(r"<script.*?</script>|<style.*?</style>|<[^>]+>", re.S)
LEAST = 4


def a_committed_case(staff, station: str | None, facts=RETAIL, by: str = "zhaomin") -> Route:
    """A case that stands at `station`, or has ended; every page sees it."""
    patch = pytest.MonkeyPatch()
    patch.setattr(user_tasks.documents, "missing_types", lambda *_: ())
    with transaction():
        route = Route(staff, facts, by)
        route.go_to(station) if station else route.finish()
    patch.undo()
    return route


def speak(username: str, language: str) -> None:
    """The person reads everything in this language from now on."""
    with transaction():
        session.execute(update(User).where(User.username == username).values(language=language))


@cache
def english_texts() -> frozenset[str]:
    """Every English text that has another wording in Chinese: none of them may stand on a Chinese page."""
    found = set()
    for po in sorted(ROOT.glob("app/**/translations/zh_Hans/LC_MESSAGES/messages.po")):
        with po.open("rb") as file:
            found |= {entry.id for entry in read_po(file) if isinstance(entry.id, str) and entry.string != entry.id}
    return frozenset(text for text in found if len(text) >= LEAST and "%(" not in text and "{" not in text)


def words(page: str) -> str:
    """What a reader sees of a page, one line per piece of text."""
    return "\n".join(line.strip() for line in TAGS.sub("\n", page).splitlines() if line.strip())


def left_in_english(page: str) -> list[str]:
    """The English texts that stand alone in a piece of text of the page, or in what it says to people who can't see it."""
    pieces = set(words(page).splitlines())
    pieces |= set(re.findall(r'(?:title|placeholder|aria-label|alt)="([^"]+)"', page))
    return sorted(pieces & english_texts())


def no_english(page: str, allowed: Iterable[str] = ("Creditflow", "English")) -> None:
    left = [text for text in left_in_english(page) if text not in allowed]
    assert left == [], left
