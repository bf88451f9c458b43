"""Diagrams that are ours already come back as they went out: what is exported here can be brought in again, here or elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.demo import staff
from app.workflow import difference
from app.workflow.importing.bringing import MOST_FILES, bring
from app.workflow.importing.values import Bank, Fate
from tests.importing.kit import BANK, brought, errors, file, flow, item, why

ROOT = Path(__file__).resolve().parents[2]
SHELVES = sorted(folder.name for folder in (ROOT / "bpmn").iterdir() if any(folder.glob("*.bpmn")))
HERE = Bank({team.key: team.name for team in staff.TEAMS})
FOREIGN = file(
    '<startEvent id="s"/><userTask id="askUser" name="Ask"/><exclusiveGateway id="g"/><userTask id="b" name="Again"/>',
    '<endEvent id="e"/>',
    flow("s", "askUser"), flow("askUser", "g"), flow("g", "b"), flow("g", "e", "${amountDue &gt; 5}"), flow("b", "e"),
)  # fmt: skip


def bundle(folder: str) -> dict[str, bytes]:
    """All files of one of the bank's own routes."""
    files = {path.name: path.read_bytes() for path in (ROOT / "bpmn" / folder).glob("*.[bd][pm][mn]*")}
    return files | {
        f"{path.parent.name}-{path.name}": path.read_bytes() for path in (ROOT / "forms" / folder).glob("*")
    }


@pytest.mark.parametrize("folder", SHELVES)
def test_a_route_of_the_bank_comes_back_byte_for_byte_and_nothing_is_asked(folder: str) -> None:
    files = bundle(folder)
    made = bring(files, {}, HERE)
    assert made.questions == ()
    for report in made.reports:
        assert report.refused is None
        assert {one.fate for one in report.items} <= {Fate.KEPT}
        assert made.files[report.became or ""] == files[report.name]


def test_what_an_import_made_is_brought_in_again_without_a_change() -> None:
    made = brought(FOREIGN)
    again = bring(made.files, {}, BANK)
    assert made.questions
    assert again.questions == ()
    assert difference.between(made.files, again.files) == ()


def test_the_name_of_a_form_that_did_not_come_along_is_taken_off_and_told() -> None:
    files = {name: content for name, content in bundle("expense_declaration").items() if not name.endswith(".form")}
    made = bring(files, {}, HERE)
    assert made.questions == ()
    told = [one for report in made.reports for one in report.items if one.fate is Fate.CHANGED]
    assert told
    assert all("form" in one.why[0]["en"] for one in told)
    assert b"form=" not in next(content for name, content in made.files.items() if name.endswith(".bpmn"))


def test_a_group_that_this_bank_does_not_have_stays_and_is_named_by_the_check() -> None:
    made = brought(FOREIGN, bank=Bank())
    content = next(content for name, content in made.files.items() if name.endswith(".bpmn"))
    named = content.replace(b'name="Again">', b'name="Again"><bpmn:extensionElements><credit:step><credit:candidates '
                            b'rule="group" value="elsewhere"/></credit:step></bpmn:extensionElements>', 1)  # fmt: skip
    assert named != content
    again = bring({"f.bpmn": named}, {}, BANK)
    assert again.questions == ()
    assert [error.partition(":")[0] for error in errors(again)] == ["group_unknown"]


def test_ids_that_two_files_share_are_kept_in_ours_and_changed_in_the_other() -> None:
    content = next(c for n, c in bundle("expense_declaration").items() if n.endswith(".bpmn"))
    shared = re.search(r'<bpmn:userTask id="(\w+)"', content.decode())
    assert shared is not None
    foreign = FOREIGN.replace(b'"askUser"', f'"{shared.group(1)}"'.encode())
    made = bring({"a.bpmn": foreign, **bundle("expense_declaration")}, {}, BANK)
    assert content in made.files.values()
    assert "used twice" in why(made, shared.group(1))
    assert item(made, shared.group(1)).fate is not Fate.LOST


def test_two_diagrams_whose_names_come_to_the_same_are_two_files() -> None:
    inside = '<startEvent id="{0}s"/><endEvent id="{0}e"/><sequenceFlow id="{0}f" sourceRef="{0}s" targetRef="{0}e"/>'
    one, two = (
        file(inside.format(letter), process=f'id="{name}" isExecutable="true"')
        for letter, name in (("a", "loanCheck"), ("b", "Loan-Check"))
    )
    made = bring({"a.bpmn": one, "b.bpmn": two}, {}, BANK)
    assert len({report.became for report in made.reports}) == 2
    assert {report.became for report in made.reports} == set(made.files)


def test_files_beyond_the_number_that_is_taken_are_told_of() -> None:
    made = bring({f"{number}.bpmn": b"" for number in range(MOST_FILES + 2)}, {}, BANK)
    assert len(made.reports) == MOST_FILES + 2
    assert all("at once" in report.refused["en"] for report in made.reports[-2:] if report.refused)
