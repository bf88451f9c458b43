"""The house itself: one commit, one reader of the environment, sizes, texts in three languages."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from config import ROOT

APP = ROOT / "app"
LONGEST_MODULE = 500
LONGEST_FUNCTION = 50
LANGUAGES = ("zh_Hans", "zh_Hant")
SPOKEN = re.compile(r"""\b(?:_|ngettext)\(\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
REFUSALS = {"Refusal", "NotFound", "Forbidden", "Conflict"}


def modules() -> list[Path]:
    return [*APP.glob("**/*.py"), ROOT / "run.py", ROOT / "config.py"]


@cache
def trees() -> tuple[tuple[Path, ast.Module], ...]:
    return tuple((path, ast.parse(path.read_text(encoding="utf-8"))) for path in modules())


def test_only_one_place_commits() -> None:
    found = [
        path.relative_to(ROOT).as_posix()
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
    ]
    assert found == ["app/kernel/db.py"]


def test_only_the_settings_read_the_environment() -> None:
    found = {
        path.relative_to(ROOT).as_posix()
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv")
    }
    assert found == {"config.py"}


def test_modules_and_functions_stay_small() -> None:
    long_modules = [
        p.relative_to(ROOT).as_posix() for p in modules() if len(p.read_text().splitlines()) > LONGEST_MODULE
    ]
    long_functions = [
        f"{path.relative_to(ROOT)}:{node.name}"
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.end_lineno and node.end_lineno - node.lineno >= LONGEST_FUNCTION
    ]
    assert (long_modules, long_functions) == ([], [])


def test_every_module_says_what_it_is_for() -> None:
    assert [path.relative_to(ROOT).as_posix() for path, tree in trees() if not ast.get_docstring(tree)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_has_its_translation(language: str) -> None:
    known = {message for path in APP.glob(f"**/translations/{language}/**/*.po") for message in translated(path)}
    assert sorted(spoken() - known) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_catalogue_says_a_text_twice(language: str) -> None:
    """Which of the two would be shown is an accident."""
    twice = []
    for path in APP.glob(f"**/translations/{language}/**/*.po"):
        entries = Counter(re.findall(r'^msgid "(.+)"$', path.read_text(), flags=re.MULTILINE))
        twice += [f"{path.relative_to(APP)}: {text}" for text, times in entries.items() if times > 1]
    assert twice == []


def translated(path: Path) -> Iterator[str]:
    """The texts of a catalogue that have a translation."""
    with path.open("rb") as file:
        for message in read_po(file):
            if message.id and message.string:
                yield message.id[0] if isinstance(message.id, tuple) else message.id


@cache
def spoken() -> frozenset[str]:
    """Every text that a template prints or that a refusal, a message or a menu entry says."""
    return frozenset(_spoken())


def _spoken() -> Iterator[str]:
    for path in APP.glob("**/*.html"):
        for match in SPOKEN.finditer(path.read_text(encoding="utf-8")):
            yield ast.literal_eval(match.group(1))
    speakers = {"gettext", *refusals()}
    for _, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node.args:
                yield from said(node, speakers)


def said(node: ast.Call, speakers: set[str]) -> Iterator[str]:
    name = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
    place = 1 if name == "MenuEntry" else 0
    if (name in speakers or name == "MenuEntry") and len(node.args) > place:
        text = node.args[place]
        if isinstance(text, ast.Constant) and isinstance(text.value, str):
            yield text.value


def refusals() -> set[str]:
    """Names of all kinds of refusal, the rooms' own included."""
    found = set(REFUSALS)
    for _ in range(3):
        found |= {
            node.name
            for _, tree in trees()
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef)
            and any(getattr(base, "id", getattr(base, "attr", "")) in found for base in node.bases)
        }
    return found
