"""What the modeler says stands in three languages, and what it offers while typing is what our FEEL has."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from app.feel.builtins import BUILTINS
from config import ROOT

MODELER = ROOT / "frontend" / "src" / "modeler"
SOURCES = sorted(path for path in MODELER.rglob("*.js*") if path.suffix in (".js", ".jsx"))
# Sentences of ours: they begin with a capital and have a blank in them, or are asked for by name.
SENTENCE = re.compile(r'"([A-Z][^"\\\n]* [^"\\\n]*)"')
ASKED = re.compile(r'\bt\(\s*"((?:[^"\\]|\\.)+)"')
TITLED = re.compile(r'\b(?:label|help|blank): "((?:[^"\\]|\\.)+)"')
NO_WORDS = re.compile(r"^[A-Z][\w-]*=|^M[\d ]|^BPMN")


def texts(language: str) -> dict[str, str]:
    """The dictionary of a language."""
    loaded: dict[str, str] = json.loads((MODELER / "texts" / f"{language}.json").read_text("utf-8"))
    return loaded


def sentences(path: Path) -> set[str]:
    """The English texts that a source file shows."""
    code = "\n".join(line for line in path.read_text("utf-8").splitlines() if not line.lstrip().startswith(("//", "*")))
    found = {*SENTENCE.findall(code), *ASKED.findall(code), *TITLED.findall(code)}
    return {text.replace('\\"', '"') for text in found if not NO_WORDS.match(text)}


@pytest.mark.parametrize("language", ["zh_Hans", "zh_Hant"])
def test_every_text_of_the_modeler_has_its_translation(language: str) -> None:
    known = texts(language)
    missing = {text for path in SOURCES if path.name != "functions.js" for text in sentences(path)} - known.keys()
    assert missing - {"Content-Type"} == set()


def test_both_dictionaries_hold_the_same_texts_with_the_same_places_for_facts() -> None:
    hans, hant = texts("zh_Hans"), texts("zh_Hant")
    assert hans.keys() == hant.keys()
    for text in hans:
        places = set(re.findall(r"\{(\w+)\}", hans[text]))
        assert places == set(re.findall(r"\{(\w+)\}", hant[text])), text
        assert places <= {*re.findall(r"\{(\w+)\}", text)}, text


def test_the_editor_offers_the_functions_that_our_feel_has() -> None:
    listed = (MODELER / "panel" / "functions.js").read_text("utf-8").partition("= [")[2]
    offered = {json.loads(row)[0]: json.loads(row)[1:] for row in re.findall(r"\[[^\]]*\]", listed)}
    assert offered == {name: [p.name for p in b.overloads[0].parameters] for name, b in BUILTINS.items()}
