"""The page of approval rules can't rot: every test it names exists, every rule names one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest

from config import ROOT

PAGE = ROOT / "docs" / "approval-rules.md"
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
HEAD = "| rule | where it is tested |"


def rows() -> Iterator[tuple[str, str, str]]:
    """Each line of a table: the section it stands in, the rule, where it is tested."""
    section, inside = "", False
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            section, inside = line.removeprefix("## ").strip(), False
        elif line.strip() == HEAD:
            inside = True
        elif not line.startswith("|"):
            inside = False
        elif inside and not set(line) <= set("|- :"):
            # A "|" inside backticks would be one of the text; none of the names has one.
            rule, _, tests = line.strip("| ").partition(" | ")
            yield section, rule, tests


@cache
def functions(path: str) -> frozenset[str]:
    """The test functions of a file; of one that is parametrized its own name."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, kinds) and node.name.startswith("test"))


def test_every_rule_names_a_test_of_its_own() -> None:
    assert [f"{section}: {rule}" for section, rule, tests in rows() if not TEST.search(tests)] == []


def test_every_test_that_is_named_exists() -> None:
    named = {match for _, _, tests in rows() for match in TEST.findall(tests)}
    assert sorted(f"{path}::{name}" for path, name in named if not (ROOT / path).is_file()) == []
    assert sorted(f"{path}::{name}" for path, name in named if name not in functions(path)) == []


def test_nothing_stands_beside_the_tests_in_their_column() -> None:
    """A name that is written another way would not be looked for."""
    assert [tests for _, _, tests in rows() if TEST.sub("", tests).strip(" ,|")] == []


@pytest.mark.parametrize(
    "section",
    [
        "One table of moves",
        "The two invariants",
        "Completing",
        "Refusing and sending back",
        "Across branches",
        "After the fix",
        "Taking back",
        "Handing over",
        "Claiming",
    ],
)
def test_every_section_has_its_rules(section: str) -> None:
    assert [rule for found, rule, _ in rows() if found == section]
