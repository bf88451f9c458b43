"""Decision tables: cells, hit policies, defaults, the record of what fired."""

from __future__ import annotations

import datetime

import pytest

from app import feel
from tests.feel.kit import codes, decision, literal, model, table

GRADES = [["< 500", '"C"'], ["[500..700)", '"B"'], [">= 700", '"A"']]


def answer(loaded: feel.DecisionModel, inputs: dict, **keywords: object) -> object:
    """The value of the one decision `d` as JSON."""
    return feel.from_feel(loaded.evaluate("d", inputs, **keywords).value)  # type: ignore[arg-type]


def one(
    rows: list[list[str]], policy: str = "UNIQUE", aggregation: str = "", outputs: list | None = None
) -> feel.DecisionModel:
    """A model of one table over `x`."""
    return model(decision("d", table(["x"], outputs or ["r"], rows, policy, aggregation)))


@pytest.mark.parametrize(
    ("score", "grade"), [(0, "C"), (499.99, "C"), (500, "B"), (699, "B"), (700, "A"), (None, None)]
)
def test_a_unique_table_answers_with_its_one_row(score: object, grade: object) -> None:
    assert answer(one(GRADES), {"x": score}) == grade


def test_the_result_names_the_rule_and_what_it_saw() -> None:
    result = one(GRADES).evaluate("d", {"x": 650, "other": 1})
    assert [(rule.decision, rule.index, rule.rule_id) for rule in result.rules] == [("d", 2, "rule_2")]
    assert dict(result.rules[0].inputs) == {"x": feel.to_feel(650)}
    assert feel.from_feel(dict(result.inputs)) == {"x": 650}
    assert result.as_json() == {
        "value": "B",
        "rules": [{"decision": "d", "rule": 2, "id": "rule_2", "inputs": {"x": 650}}],
        "inputs": {"x": 650},
    }


def test_two_rules_of_a_unique_table_that_apply_are_an_error_that_names_them() -> None:
    loaded = one([["> 1", '"a"'], ["> 2", '"b"']])
    assert answer(loaded, {"x": 2}) == "a"
    with pytest.raises(feel.FeelError, match="rules 1, 2 all apply") as caught:
        loaded.evaluate("d", {"x": 3})
    assert caught.value.code == "overlap"
    assert "规则 1, 2 同时命中" in caught.value.message("zh_Hans")


def test_first_takes_the_first_and_records_only_it() -> None:
    result = one([["> 1", '"a"'], ["> 2", '"b"']], "FIRST").evaluate("d", {"x": 3})
    assert result.value == "a"
    assert [rule.index for rule in result.rules] == [1]


def test_any_wants_equal_results() -> None:
    loaded = one([["> 1", '"a"'], ["> 2", '"a"'], ["> 3", '"b"']], "ANY")
    assert answer(loaded, {"x": 3}) == "a"
    with pytest.raises(feel.FeelError, match="different results"):
        loaded.evaluate("d", {"x": 4})


def test_priority_takes_the_output_that_stands_first_in_the_list() -> None:
    outputs = [("r", '"high", "middle", "low"')]
    rows = [["> 1", '"low"'], ["> 2", '"high"'], ["> 3", '"middle"']]
    assert answer(one(rows, "PRIORITY", outputs=outputs), {"x": 4}) == "high"
    assert answer(one(rows, "OUTPUT ORDER", outputs=outputs), {"x": 4}) == ["high", "middle", "low"]
    assert answer(one(rows, "RULE ORDER", outputs=outputs), {"x": 4}) == ["low", "high", "middle"]


def test_priority_over_several_outputs_weighs_the_first_most() -> None:
    outputs = [("r", '"a", "b"'), ("s", "2, 1")]
    rows = [["> 0", '"b"', "2"], ["> 0", '"a"', "1"], ["> 0", '"a"', "2"]]
    assert answer(one(rows, "PRIORITY", outputs=outputs), {"x": 1}) == {"r": "a", "s": 2}


@pytest.mark.parametrize(
    ("aggregation", "several", "none"),
    [("", [10, 30, 20], []), ("SUM", 60, None), ("MIN", 10, None), ("MAX", 30, None), ("COUNT", 3, 0)],
)
def test_collect_gathers_or_aggregates(aggregation: str, several: object, none: object) -> None:
    rows = [["> 0", "10"], ["> 1", "30"], ["> 2", "20"]]
    assert answer(one(rows, "COLLECT", aggregation), {"x": 3}) == several
    assert answer(one(rows, "COLLECT", aggregation), {"x": 0}) == none


@pytest.mark.parametrize(
    ("short", "value"), [("U", "b"), ("F", "a"), ("C", ["a", "b"]), ("R", ["a", "b"]), ("A", "b"), ("C#", 2)]
)
def test_hit_policies_are_read_by_their_letters_too(short: str, value: object) -> None:
    rows = [["1", '"a"'], ["[1..2]", '"b"']]
    x = 2 if short in ("U", "A") else 1
    assert answer(one(rows, short), {"x": x}) == value


def test_an_unknown_hit_policy_is_a_finding() -> None:
    assert "hit_policy" in codes(one(GRADES, "BEST"))


def test_a_default_output_answers_when_no_rule_does() -> None:
    box = table(["x"], ["r"], [["1", '"a"']]).replace(
        '<output name="r"></output>',
        '<output name="r"><defaultOutputEntry><text>"none"</text></defaultOutputEntry></output>',
    )
    loaded = model(decision("d", box))
    assert answer(loaded, {"x": 2}) == "none"
    assert "gap" not in codes(loaded)


def test_several_outputs_make_a_context() -> None:
    loaded = one([["1", '"a"', "x * 2"]], outputs=["grade", "limit"])
    assert answer(loaded, {"x": 1}) == {"grade": "a", "limit": 2}
    assert loaded.decisions["d"].outputs == ("grade", "limit")


def test_cells_may_read_other_variables_and_the_value_itself() -> None:
    rows = [["> limit", '"over"'], ["? + 1 <= limit", '"under"'], ["limit", '"exact"']]
    loaded = one(rows)
    assert [answer(loaded, {"x": x, "limit": 5}) for x in (6, 4, 5)] == ["over", "under", "exact"]
    assert loaded.decisions["d"].names == {"x", "limit"}


def test_dates_and_texts_and_booleans_are_tested_by_their_kind() -> None:
    rows = [
        ['< date("2024-03-01")', '"甲", "乙"', "true", "1"],
        ['>= date("2024-03-01")', "-", "-", "2"],
        ["-", 'not("甲", "乙")', "false", "3"],
    ]
    loaded = model(decision("d", table(["day", "name", "ok"], ["r"], rows, "FIRST")))
    early, late = datetime.date(2024, 2, 29), datetime.date(2024, 3, 1)
    assert answer(loaded, {"day": early, "name": "乙", "ok": True}) == 1
    assert answer(loaded, {"day": late, "name": "乙", "ok": False}) == 2
    assert answer(loaded, {"day": early, "name": "丙", "ok": False}) == 3
    assert answer(loaded, {"day": early, "name": "丙", "ok": True}) is None


def test_an_unreadable_cell_is_a_finding_with_row_and_column_and_never_an_answer() -> None:
    loaded = one([["> 1", '"a"'], ["== 2", '"b"'], ["3", "'c'"]])
    found = [item for item in loaded.findings if item.code == "unreadable"]
    assert [(item.element, item.where.row, item.where.column) for item in found] == [("d", 2, "x"), ("d", 3, "r")]
    assert found[0].severity == "error"
    assert found[0].place == "rule 2, column “x”"
    assert found[0].message("zh_Hans").startswith("第 2 条规则，“x”列：无法解析“== 2”")
    with pytest.raises(feel.FeelError, match="can’t be read"):
        loaded.evaluate("d", {"x": 0})


def test_strict_evaluation_refuses_an_input_without_a_value_and_names_it() -> None:
    loaded = one([["> y", '"over"']])
    assert answer(loaded, {"x": None}) is None
    with pytest.raises(feel.FeelError) as caught:
        loaded.evaluate("d", {"x": None, "y": 7}, strict=True)
    assert caught.value.code == "null_input"
    assert "“x” has no value" in str(caught.value)
    assert "y = 7" in str(caught.value)


def test_strict_evaluation_allows_null_in_a_column_that_speaks_of_it() -> None:
    loaded = one([["null", '"none"'], ["> 0", '"some"']])
    assert answer(loaded, {"x": None}, strict=True) == "none"


def test_an_input_that_can_not_be_worked_out_is_refused_when_strict() -> None:
    loaded = model(decision("d", table(["a / b"], ["r"], [["-", "1"]])))
    with pytest.raises(feel.FeelError, match="a / b"):
        loaded.evaluate("d", {"a": 1, "b": 0}, strict=True)


def test_allowed_values_of_an_input_are_kept() -> None:
    box = table(["x"], ["r"], [["-", "1"]]).replace(
        "</input>", '<inputValues><text>"A","B"</text></inputValues></input>'
    )
    loaded = model(decision("d", box))
    assert answer(loaded, {"x": "B"}) == 1
    with pytest.raises(feel.FeelError, match="not an allowed value"):
        loaded.evaluate("d", {"x": "C"})


def test_declared_types_convert_what_they_can_and_null_the_rest() -> None:
    loaded = model(decision("d", table([("x", "number")], ["r"], [["5", '"five"'], ["null", '"none"']])))
    assert answer(loaded, {"x": [5]}) == "five"
    assert answer(loaded, {"x": "5"}) == "none"


def test_a_rule_with_too_few_cells_is_a_finding() -> None:
    assert "cell_count" in codes(model(decision("d", table(["x", "y"], ["r"], [["1"]]))))


def test_a_column_without_expression_is_a_finding() -> None:
    assert "no_input" in codes(model(decision("d", table([""], ["r"], [["1", "2"]]))))


def test_an_empty_cell_accepts_everything_and_an_empty_output_is_null() -> None:
    loaded = one([["", ""]])
    assert answer(loaded, {"x": 1}) is None
    assert len(loaded.evaluate("d", {"x": 1}).rules) == 1


def test_the_input_variable_of_camunda_names_the_value_in_a_cell() -> None:
    box = table(["x"], ["r"], [["amount > 5", "1"], ["cellInput < 0", "2"]]).replace(
        "<input>", '<input xmlns:camunda="http://camunda.org/schema/1.0/dmn" camunda:inputVariable="amount">'
    )
    loaded = model(decision("d", box))
    assert [answer(loaded, {"x": x}) for x in (6, -1, 1)] == [1, 2, None]
    assert loaded.decisions["d"].names == {"x"}


def test_a_foreign_expression_language_is_noted_once_an_element() -> None:
    box = table(["x"], ["r"], [["1", "2"]]).replace("<inputEntry>", '<inputEntry expressionLanguage="groovy">')
    box = box.replace("<outputEntry>", '<outputEntry expressionLanguage="groovy">')
    assert codes(model(decision("d", box))).count("language") == 1


@pytest.mark.parametrize("language", ["feel", "https://www.omg.org/spec/DMN/20191111/FEEL/"])
def test_feel_itself_is_no_foreign_language(language: str) -> None:
    loaded = model(decision("d", literal("1")), extra=f'expressionLanguage="{language}"')
    assert codes(loaded) == []


def test_the_same_inputs_always_give_the_same_decision() -> None:
    loaded = one(GRADES)
    results = [loaded.evaluate("d", {"x": 650}).as_json() for _ in range(3)]
    assert results[0] == results[1] == results[2]


def test_an_input_that_no_decision_reads_is_not_even_looked_at() -> None:
    assert answer(one(GRADES), {"x": 1, "connection": object()}) == "C"
    with pytest.raises(feel.FeelError):
        one(GRADES).evaluate("d", {"x": object()})


def test_members_of_rows_and_outer_names_are_both_found_in_a_filter() -> None:
    loaded = model(decision("d", literal("count(rows[amount > limit])")))
    rows = [{"amount": 1}, {"amount": 9}]
    assert answer(loaded, {"rows": rows, "limit": 5}) == 1
    assert answer(loaded, {"rows": [{}], "limit": 5, "amount": 9}) == 1
    assert loaded.decisions["d"].names == {"rows"}
    assert loaded.decisions["d"].reads >= {"rows", "amount", "limit"}
