"""Decision tables of two versions beside each other: which rules are the same, and which cells differ."""

from __future__ import annotations

from app.studio.reports.table_pairs import Cell, Line, of_file

NAME = "loan/limit.dmn"


def table(
    *rules: tuple[str, str, str], policy: str = "UNIQUE", inputs: tuple[tuple[str, str], ...] = (("in", "Amount"),)
) -> bytes:
    """A decision of one output; a rule is its id, its input, its output."""
    heads = "".join(f'<input id="{id}" label="{label}"/>' for id, label in inputs)
    rows = "".join(
        f'<rule id="{id}"><inputEntry><text>{one}</text></inputEntry><outputEntry><text>{out}</text></outputEntry></rule>'
        for id, one, out in rules
    )
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"><decision id="limit" name="Limit">'
        f'<decisionTable hitPolicy="{policy}">{heads}<output id="out" name="result"/>{rows}</decisionTable>'
        "</decision></definitions>"
    ).encode()


ONE, TWO, THREE = ("r1", "1", '"a"'), ("r2", "2", '"b"'), ("r3", "3", '"c"')


def lines(before: bytes, after: bytes) -> list[Line]:
    (pair,) = of_file(NAME, {NAME: before}, {NAME: after})
    return list(pair.lines)


def states(before: bytes, after: bytes) -> list[str]:
    return [line.state for line in lines(before, after)]


def test_a_table_that_does_not_differ_has_no_pair() -> None:
    assert of_file(NAME, {NAME: table(ONE)}, {NAME: table(ONE)}) == []
    assert of_file("loan/form.form", {}, {}) == []
    assert of_file(NAME, {NAME: b"<broken"}, {}) == []


def test_a_cell_that_differs_is_marked_on_both_sides() -> None:
    (line,) = lines(table(ONE), table(("r1", "9", '"a"')))
    assert line == Line("changed", (1, (Cell("1", "changed"), Cell('"a"'))), (1, (Cell("9", "changed"), Cell('"a"'))))


def test_a_new_rule_leaves_a_gap_on_the_old_side_and_the_others_stay_pairs() -> None:
    found = lines(table(ONE, THREE), table(ONE, TWO, THREE))
    assert [line.state for line in found] == ["", "added", ""]
    assert found[1].before is None
    assert (found[2].before or (0,))[0], (found[2].after or (0,))[0] == (2, 3)
    assert states(table(ONE, TWO, THREE), table(ONE, THREE)) == ["", "removed", ""]


def test_a_rule_in_another_place_is_told_from_one_that_is_gone() -> None:
    assert sorted(states(table(ONE, TWO), table(TWO, ONE))) == ["", "moved", "moved"]


def test_rules_whose_ids_another_tool_has_made_anew_are_found_again_by_their_cells() -> None:
    assert states(table(ONE, TWO), table(("x", "1", '"a"'), ("y", "2", '"z"'))) == ["", "removed", "added"]


def test_a_column_that_is_gone_and_another_hit_policy_are_marked_in_the_head() -> None:
    before = table(ONE, inputs=(("in", "Amount"), ("gone", "Term")))
    (pair,) = of_file(NAME, {NAME: before}, {NAME: table(ONE, policy="FIRST")})
    assert [head.state for head in pair.before] == ["", "removed", ""]
    assert [cell.text for cell in pair.policies if cell.state] == ["UNIQUE", "FIRST"]


def test_of_a_long_table_only_what_differs_and_its_neighbours_are_shown() -> None:
    many = [(f"r{n}", str(n), '"a"') for n in range(100)]
    found = lines(table(*many), table(*many[:50], ("r50", "50", '"z"'), *many[51:]))
    assert [line.same for line in found if line.same] == [48, 47]
    assert sum(not line.same for line in found) == 5


def test_a_table_of_a_file_that_is_new_is_new_as_a_whole() -> None:
    (pair,) = of_file(NAME, {}, {NAME: table(ONE)})
    assert [line.state for line in pair.lines] == ["added"]
    assert {head.state for head in pair.after} == {"added"}
