"""Runs the OMG technology compatibility kit: `python -m app.feel.tck DIR` prints the rate by level and folder.

DIR holds folders with a model and its `*-test-*.xml` files, or folders of such folders. Each expected result is one
case; a miss is printed with its reason. Numbers must agree to eight decimals, everything else exactly.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from lxml import etree

from app.feel.dmn import DecisionModel, load_dmn
from app.feel.errors import FeelError
from app.feel.iso import parse_date, parse_date_time, parse_duration, parse_time
from app.feel.temporal import DateTime, Days, Months, Time
from app.feel.values import from_feel, kind, number

_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_TOLERANCE = Decimal("1e-8")


@dataclass(frozen=True, slots=True)
class Case:
    """One expected result. `reason` is empty when it was met."""

    folder: str
    name: str
    reason: str


def run_folder(folder: Path) -> Iterator[Case]:
    """All cases of one folder."""
    documents = {path.name: path.read_bytes() for path in sorted(folder.glob("*.dmn"))}
    for tests in sorted(folder.glob("*test*.xml")):
        root = etree.fromstring(tests.read_bytes())
        name = (root.findtext("{*}modelName") or "").strip()
        try:
            model = load_dmn(documents[name], imports=[xml for other, xml in documents.items() if other != name])
        except (FeelError, KeyError) as error:
            yield Case(folder.name, "load", str(error))
            continue
        for case in root.iterfind("{*}testCase"):
            yield from _run_case(folder.name, model, case)


def run_tree(root: Path) -> Iterator[Case]:
    """All cases of a folder and the folders in it."""
    folders = sorted({path.parent for path in root.rglob("*test*.xml")})
    for folder in folders:
        yield from run_folder(folder)


def _run_case(folder: str, model: DecisionModel, case: Any) -> Iterator[Case]:
    inputs = {node.get("name"): read_value(node) for node in case.iterfind("{*}inputNode")}
    for node in case.iterfind("{*}resultNode"):
        name = f"{case.get('id')}/{node.get('name')}"
        expected = node.find("{*}expected")
        wanted = read_value(expected) if expected is not None else None
        try:
            got = _answer(model, case, node, inputs)
        except FeelError as error:
            yield Case(folder, name, "" if wanted is None else f"expected {show(wanted)}, error: {error}")
            continue
        yield Case(folder, name, "" if same(got, wanted) else f"expected {show(wanted)}, got {show(got)}")


def _answer(model: DecisionModel, case: Any, node: Any, inputs: dict[str, Any]) -> Any:
    if (node.get("type") or case.get("type")) == "decisionService":
        value = model.call_service(case.get("invocableName") or node.get("name"), inputs).value
        return value[node.get("name")] if type(value) is dict and node.get("name") in value else value
    return model.evaluate(node.get("name"), inputs).value


def read_value(node: Any) -> Any:
    """The value an element of a test case describes."""
    if node.get(_NIL) == "true":
        return None
    items = node.find("{*}list")
    if items is not None:
        return None if items.get(_NIL) == "true" else [read_value(item) for item in items.iterfind("{*}item")]
    components = node.findall("{*}component")
    if components:
        return {component.get("name"): read_value(component) for component in components}
    value = node.find("{*}value")
    return None if value is None or value.get(_NIL) == "true" else _scalar(value)


def _scalar(value: Any) -> Any:
    wanted = (value.get(_TYPE) or "string").rpartition(":")[2]
    text = value.text or ""
    if wanted == "string":
        return text
    text = text.strip()
    if wanted == "boolean":
        return text in ("true", "1")
    if wanted in ("decimal", "double", "integer", "float", "int", "long"):
        return number(text)
    readers: dict[str, Any] = {
        "date": parse_date,
        "time": parse_time,
        "dateTime": parse_date_time,
        "duration": parse_duration,
    }
    return readers[wanted](text) if wanted in readers else text


def same(got: Any, wanted: Any) -> bool:
    """Whether an answer is the expected one."""
    if isinstance(got, Decimal) and isinstance(wanted, Decimal):
        return abs(got - wanted) <= _TOLERANCE * max(Decimal(1), abs(wanted))
    if isinstance(got, list) and isinstance(wanted, list):
        return len(got) == len(wanted) and all(same(a, b) for a, b in zip(got, wanted, strict=True))
    if isinstance(got, dict) and isinstance(wanted, dict):
        return got.keys() == wanted.keys() and all(same(got[key], wanted[key]) for key in got)
    if isinstance(got, Time | DateTime | Days | Months) and type(got) is type(wanted):
        return bool(got.key == wanted.key) and getattr(got, "offset", None) == getattr(wanted, "offset", None)
    return type(got) is type(wanted) and bool(got == wanted)


def show(value: Any) -> str:
    """A value and its type, short."""
    try:
        return f"{str(from_feel(value))[:70]} ({kind(value)})"
    except FeelError as error:
        return str(error)


def report(root: Path) -> list[str]:
    """The lines of the report: one a folder, one a level, then each miss with its reason."""
    levels: dict[str, list[Case]] = {}
    for level in sorted(path for path in root.iterdir() if path.is_dir()) or [root]:
        cases = list(run_tree(level))
        if cases:
            levels[level.name] = cases
    lines: list[str] = []
    for name, cases in levels.items():
        folders = sorted({case.folder for case in cases})
        lines += [_rate(folder, [case for case in cases if case.folder == folder]) for folder in folders]
        lines.append(_rate(f"{name} in all", cases))
    misses = [case for cases in levels.values() for case in cases if case.reason]
    return lines + [f"{case.folder} {case.name}: {case.reason}" for case in misses]


def _rate(label: str, cases: list[Case]) -> str:
    met = sum(not case.reason for case in cases)
    return f"{label:45} {met:5} of {len(cases):5}  {100 * met / len(cases):6.2f} %"


def main(arguments: list[str]) -> int:
    """The command: exit 0 when every case is met, 1 otherwise, 2 without a folder."""
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        print("usage: python -m app.feel.tck DIR", file=sys.stderr)
        return 2
    lines = report(Path(arguments[0]))
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
