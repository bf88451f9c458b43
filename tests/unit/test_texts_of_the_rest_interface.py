"""Every sentence that the REST interface can answer with is there in both Chinese scripts."""

import ast
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOM = Path(__file__).parents[2] / "app" / "workflow"
SPEAKERS = {
    "BadRequest",
    "Forbidden",
    "KeyReused",
    "MismatchingMessage",
    "NotFound",
    "Refusal",
    "WrongMediaType",
    "gettext",
}
PLACES = re.compile(r"\{\w+\}")


def catalogue(folder: Path, locale: str) -> dict[str, str]:
    with (folder / "translations" / locale / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return {message.id: message.string for message in read_po(file) if message.id}


def sentences() -> set[str]:
    """What is said by a refusal or through gettext."""
    found = set()
    for path in (ROOM / "api").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            name = getattr(getattr(node, "func", None), "id", "") or getattr(getattr(node, "func", None), "attr", "")
            if isinstance(node, ast.Call) and name in SPEAKERS and isinstance(node.args[0], ast.Constant):
                found.add(node.args[0].value)
    return found


@pytest.mark.parametrize("locale", ["zh_Hans", "zh_Hant"])
def test_every_sentence_is_translated_with_the_same_places(locale):
    known = catalogue(ROOM.parent / "documents", locale) | catalogue(ROOM, locale) | catalogue(ROOM / "api", locale)
    assert sorted(sentences() - {text for text, said in known.items() if said}) == []
    for text in sentences():
        assert set(PLACES.findall(text)) == set(PLACES.findall(known[text]))


def test_the_catalogue_holds_no_sentence_that_nobody_says():
    assert sorted(set(catalogue(ROOM / "api", "zh_Hans")) - sentences()) == []
    assert set(catalogue(ROOM / "api", "zh_Hans")) == set(catalogue(ROOM / "api", "zh_Hant"))
