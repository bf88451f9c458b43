"""Every sentence that products, customers and applications can say is there in both Chinese scripts."""

import ast
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

APP = Path(__file__).parents[2] / "app"
ROOMS = ("products", "customers", "credit_applications")
CALLS = re.compile(r"""(?:\b_|gettext|ngettext)\(\s*(?:"([^"]+)"|'([^']+)')""")
PLACES = re.compile(r"\{\w+\}|%\(\w+\)s")
SIMPLIFIED_ONLY = set("们这个户为产业务贷条线电话时间额请选择机构号码录")


def catalogue(room: str, locale: str):
    path = APP / room / "translations" / locale / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as file:
        return {
            message.id if isinstance(message.id, str) else message.id[0]: message
            for message in read_po(file)
            if message.id
        }


def sentences_in_code(room: str) -> set[str]:
    """String constants that read like sentences to people, without docstrings; labels of menus."""
    found = set()
    for path in (APP / room).glob("*.py"):
        if path.name == "catalogue.py":
            continue
        tree = ast.parse(path.read_text())
        documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
        docstrings = {ast.get_docstring(node, clean=False) for node in ast.walk(tree) if isinstance(node, documented)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "MenuEntry":
                found.add(node.args[1].value)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value not in docstrings:
                found |= {node.value} if re.fullmatch(r"[A-Z][^{]* .*[.]", node.value, re.DOTALL) else set()
    return found


def texts_in_calls(room: str) -> set[str]:
    """What templates and code hand to gettext."""
    files = (path for pattern in ("*.html", "*.py") for path in (APP / room).rglob(pattern))
    found = (pair for path in files for pair in CALLS.findall(path.read_text()))
    return {double or single for double, single in found}


def help_of_delegates(room: str) -> set[str]:
    """The first lines of what a room offers to diagrams; the modeler shows them as help."""
    path = APP / room / "delegates.py"
    if not path.exists():
        return set()
    functions = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef))
    return {doc.splitlines()[0] for node in functions if (doc := ast.get_docstring(node))}


def all_texts(room: str) -> set[str]:
    return sentences_in_code(room) | texts_in_calls(room) | help_of_delegates(room)


@pytest.mark.parametrize("locale", ["zh_Hans", "zh_Hant"])
@pytest.mark.parametrize("room", ROOMS)
def test_every_text_of_a_room_is_translated(room, locale):
    """In its own catalogue, or in that of a room that says the same; all are read as one."""
    known = catalogue(room, locale)
    elsewhere = {text for path in APP.glob("*/translations") for text in catalogue(path.parent.name, locale)}
    assert sorted(all_texts(room) - elsewhere) == []
    assert all(all(m.string) if isinstance(m.string, tuple) else m.string for m in known.values())


@pytest.mark.parametrize("room", ROOMS)
def test_no_catalogue_holds_texts_that_nobody_says(room):
    assert sorted(set(catalogue(room, "zh_Hans")) - all_texts(room)) == []


@pytest.mark.parametrize("locale", ["zh_Hans", "zh_Hant"])
@pytest.mark.parametrize("room", ROOMS)
def test_translations_fill_the_same_places(room, locale):
    for text, message in catalogue(room, locale).items():
        translated = message.string if isinstance(message.string, str) else message.string[0]
        assert sorted(PLACES.findall(text)) == sorted(PLACES.findall(translated)), text


@pytest.mark.parametrize("room", ROOMS)
def test_traditional_texts_hold_no_simplified_characters(room):
    for text, message in catalogue(room, "zh_Hant").items():
        translated = message.string if isinstance(message.string, str) else message.string[0]
        assert not set(translated) & SIMPLIFIED_ONLY, text
