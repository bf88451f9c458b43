"""The room as a library: what it may import, what it offers, how fast it is."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from app import feel
from app.feel import bench

ROOM = Path(feel.__file__).parent
OUTSIDE = {"lxml", "re2"}
MODULES = sorted(ROOM.rglob("*.py"))


def imported(path: Path) -> set[str]:
    """The modules a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def test_it_imports_nothing_of_the_application() -> None:
    for path in MODULES:
        for name in imported(path):
            top = name.split(".")[0]
            own = name == "app" or name.startswith("app.feel")
            assert own or top in sys.stdlib_module_names or top in OUTSIDE, (path, name)
            assert top != "pickle"


def test_nothing_in_it_can_run_pythons_own_code() -> None:
    forbidden = {"eval", "exec", "compile", "__import__", "open", "globals", "getattr"}
    allowed = {"getattr": {"compiler.py", "inference.py", "paths.py", "tck.py", "xml.py"}}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in forbidden:
                assert path.name in allowed.get(node.func.id, set()), (path, node.func.id)


def test_modules_and_functions_keep_their_size() -> None:
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 350, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                assert (node.end_lineno or 0) - node.lineno < 30, (path, node.name)


def test_every_public_name_is_documented() -> None:
    for name in feel.__all__:
        assert getattr(feel, name).__doc__, name


@pytest.fixture(scope="module")
def figures() -> list[bench.Figure]:
    """One run of the benchmark."""
    return bench.figures()


def test_the_promised_speed_is_reached_twofold_at_worst_on_a_busy_machine(figures: list[bench.Figure]) -> None:
    for found in figures:
        assert found.micros < 2 * found.target, found.label


def test_the_benchmark_prints_each_figure_beside_its_target(
    figures: list[bench.Figure], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "figures", lambda: [*figures, bench.Figure("slow", 2, 1)])
    assert bench.main() == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(figures) + 1
    assert lines[-1].endswith("missed")


def test_the_examples_of_the_readme_are_true() -> None:
    import doctest

    failed, tried = doctest.testfile(str(ROOM / "README.md"), module_relative=False, encoding="utf-8")
    assert tried > 10
    assert failed == 0
