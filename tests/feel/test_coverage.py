"""Overlaps, gaps and rules that can never fire, found before a table is used; checked against brute force."""

from __future__ import annotations

import datetime
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import feel
from tests.feel.kit import cell, codes, decision, model, table


def findings(rows: list[list[str]], columns: list | None = None, policy: str = "UNIQUE") -> list[feel.Finding]:
    """What is found in a table over number columns `x` (and `y`)."""
    inputs = columns or [("x", "number")]
    outputs = ["r"] * (len(rows[0]) - len(inputs)) if rows else ["r"]
    return list(model(decision("d", table(inputs, outputs, rows, policy))).findings)


def test_a_table_without_faults_has_no_findings() -> None:
    assert findings([["< 0", "1"], ["[0..10)", "2"], [">= 10", "3"]]) == []


def test_an_overlap_names_both_rules_and_an_example() -> None:
    found = findings([["< 10", "1"], [">= 5", "2"]])
    assert [item.code for item in found] == ["overlaps"]
    assert found[0].severity == "error"
    assert found[0].message("en").startswith("rule 2: rules 1 and 2 both apply, for example to x = ")
    example = float(found[0].message("en").split("x = ")[1].split(",")[0])
    assert 5 <= example < 10


def test_touching_closed_ends_overlap_and_open_ends_leave_a_gap() -> None:
    assert [item.code for item in findings([["<= 5", "1"], [">= 5", "2"]])] == ["overlaps"]
    gap = findings([["< 5", "1"], ["> 5", "2"]])
    assert [item.code for item in gap] == ["gap"]
    assert "x = 5" in gap[0].message("en")
    assert "没有规则适用，例如 x = 5" in gap[0].message("zh_Hans")


def test_whole_numbers_leave_no_gap_between_neighbours() -> None:
    rows = [["<= 5", "1"], [">= 6", "2"]]
    assert [item.code for item in findings(rows)] == ["gap"]
    assert findings(rows, [("x", "integer")]) == []


def test_dates_have_no_gap_between_two_days() -> None:
    rows = [['<= date("2024-01-31")', "1"], ['>= date("2024-02-01")', "2"]]
    assert findings(rows, [("x", "date")]) == []
    assert [item.code for item in findings(rows[:1], [("x", "date")])] == ["gap"]


def test_texts_are_covered_only_when_the_allowed_ones_are_listed() -> None:
    box = table([("x", "string")], ["r"], [['"A"', "1"], ['"B"', "2"]])
    listed = '<inputValues><text>"A","B"</text></inputValues></input>'
    found = model(decision("d", box)).findings
    assert [item.message("en") for item in found] == ["no rule applies, for example to x = any other"]
    assert found[0].message("zh_Hans") == "没有规则适用，例如 x = 其他任何值"
    assert codes(model(decision("d", box.replace("</input>", listed)))) == []
    missing = listed.replace('"B"', '"B","C"')
    found = model(decision("d", box.replace("</input>", missing))).findings
    assert [item.code for item in found] == ["gap"]
    assert 'x = "C"' in found[0].message("en")


def test_booleans_are_true_or_false() -> None:
    assert findings([["true", "1"], ["false", "2"]], [("x", "boolean")]) == []
    assert [item.code for item in findings([["true", "1"]], [("x", "boolean")])] == ["gap"]


def test_not_and_lists_of_tests_are_understood() -> None:
    assert findings([["< 1, > 5", "1"], ["[1..5]", "2"]]) == []
    assert findings([["not([1..5])", "1"], ["[1..5]", "2"]]) == []
    assert findings([['"A", "B"', "1"], ['not("A", "B")', "2"]], [("x", "string")]) == []


def test_two_columns_are_taken_together() -> None:
    columns = [("x", "number"), ("y", "boolean")]
    rows = [["< 5", "true", "1"], ["< 5", "false", "2"], [">= 5", "true", "3"]]
    found = findings(rows, columns)
    assert [item.code for item in found] == ["gap"]
    assert "x = 5, y = false" in found[0].message("en")


def test_a_default_or_a_collecting_policy_needs_no_full_cover() -> None:
    assert findings([["< 5", "1"]], policy="COLLECT") == []
    assert findings([["< 5", "1"]], policy="RULE ORDER") == []


def test_any_may_overlap_with_equal_results_only() -> None:
    assert findings([["< 10", "1"], [">= 5", "1"]], policy="ANY") == []
    assert [item.code for item in findings([["< 10", "1"], [">= 5", "2"]], policy="ANY")] == ["overlaps_any"]


def test_a_rule_below_others_that_take_everything_can_never_fire() -> None:
    found = findings([["< 5", "1"], [">= 5", "2"], ["[1..9]", "3"]], policy="FIRST")
    assert [(item.code, item.where.row) for item in found] == [("shadowed", 3)]


def test_a_cell_that_accepts_nothing_is_found() -> None:
    assert "never_cell" in [item.code for item in findings([["[5..1]", "1"], ["-", "2"]], policy="FIRST")]


def test_a_cell_that_depends_on_more_is_left_out_without_false_alarm() -> None:
    assert findings([["< limit", "1"], [">= limit", "2"]]) == []
    assert findings([["< limit", "1"], ["[1..5]", "2"]]) == []


def test_priorities_need_a_list_of_output_values() -> None:
    assert "no_priorities" in [item.code for item in findings([["-", "1"]], policy="PRIORITY")]


def test_an_output_that_is_not_listed_is_found() -> None:
    loaded = model(decision("d", table(["x"], [("r", '"A","B"')], [["-", '"C"']])))
    assert "output_not_listed" in codes(loaded)


def test_types_that_can_not_fit_are_found_in_cells_and_outputs() -> None:
    box = table([("x", "number")], ["r"], [['"A"', "1"]], "COLLECT").replace('name="r"', 'name="r" typeRef="string"')
    found = model(decision("d", box)).findings
    assert {item.code for item in found} >= {"type_compare", "type_result"}
    assert found[0].place == "rule 1, column “x”"


def test_a_large_table_is_checked_in_reasonable_time() -> None:
    import time

    from app.feel.bench import table_xml

    begun = time.process_time()
    loaded = feel.load_dmn(table_xml(400, 6))
    assert time.process_time() - begun < 5
    assert {item.code for item in loaded.findings} == {"gap"}


def test_a_large_table_that_takes_the_first_match_is_checked_in_reasonable_time() -> None:
    import time

    from app.feel.bench import table_xml

    begun = time.process_time()
    loaded = feel.load_dmn(table_xml(400, 6).replace(b"UNIQUE", b"FIRST"))
    assert time.process_time() - begun < 5
    assert {item.code for item in loaded.findings} == {"gap"}


def test_a_table_too_large_to_search_says_so() -> None:
    columns = [(f"x{i}", "number") for i in range(16)]
    rows = [[f"{'<' if j >> i & 1 else '>='} {j * 7 % 13}" for i in range(16)] + ["1"] for j in range(60)]
    found = [item.code for item in findings(rows, columns, "FIRST")]
    assert "gap" in found or "gap_unknown" in found


NUMBER_CELLS = st.sampled_from(["-", "< 1", "<= 1", "1", "> 1", "[1..2]", "(1..3)", "2, 3", "not(2)", ">= 3", "!= 1"])
TEXT_CELLS = st.sampled_from(["-", '"A"', '"B"', '"A", "B"', 'not("A")', 'not("A", "C")'])
NUMBERS = [0, 1, 1.5, 2, 2.5, 3, 4]
TEXTS = ["A", "B", "C", "D"]


def _matches(row: tuple[str, str], number: float, text: str) -> bool:
    return cell(row[0], number) is True and cell(row[1], text) is True


@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(NUMBER_CELLS, TEXT_CELLS), min_size=1, max_size=5))
def test_what_is_found_agrees_with_trying_every_value(rows: list[tuple[str, str]]) -> None:
    points = list(product(NUMBERS, TEXTS))
    hits = {point: [i for i, row in enumerate(rows, 1) if _matches(row, *point)] for point in points}
    columns = [("x", "number"), ("y", "string")]
    found = findings([[*row, "1"] for row in rows], columns)
    pairs = {(a, b) for fired in hits.values() for a in fired for b in fired if a < b}
    told = {(dict(item.facts)["first"], dict(item.facts)["second"]) for item in found if item.code == "overlaps"}
    assert told == pairs
    assert ("gap" in {item.code for item in found}) is any(not fired for fired in hits.values())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(NUMBER_CELLS, TEXT_CELLS), min_size=2, max_size=5))
def test_a_rule_called_dead_never_fires_and_the_others_do(rows: list[tuple[str, str]]) -> None:
    first = {next((i for i, row in enumerate(rows, 1) if _matches(row, n, t)), 0) for n, t in product(NUMBERS, TEXTS)}
    found = findings([[*row, "1"] for row in rows], [("x", "number"), ("y", "string")], "FIRST")
    dead = {item.where.row for item in found if item.code == "shadowed"}
    assert dead == set(range(1, len(rows) + 1)) - first


@pytest.mark.parametrize("day", [datetime.date(2024, 1, 31), datetime.date(2024, 2, 1)])
def test_the_example_of_a_gap_really_is_one(day: datetime.date) -> None:
    assert (cell('<= date("2024-01-31")', day), cell('>= date("2024-02-01")', day)).count(True) == 1
