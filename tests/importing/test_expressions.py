"""Conditions of other engines as FEEL."""

from __future__ import annotations

import pytest

from app import feel
from app.workflow.importing.expressions import condition, script
from app.workflow.importing.names import Names, slug


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("${approved}", "approved"),
        ("#{ !approved }", "not(approved)"),
        ("${!(a && b)}", "not(a and b)"),
        ("${vacationApproved == 'true'}", 'vacation_approved = "true"'),
        ("${money<10000}", "money < 10000"),
        ("${money le 10000 and rating ne 'C'}", 'money <= 10000 and rating != "C"'),
        ("${a == 'x' || b == \"y\"}", 'a = "x" or b = "y"'),
        ("${nrOfCompletedInstances/nrOfInstances > 0.5 }", "nrOfCompletedInstances / nrOfInstances > 0.5"),
        ("${execution.getVariable('loanAmount') >= 5}", "loan_amount >= 5"),
        ('${decision.equals("APPROVE")}', '(decision = "APPROVE")'),
        ("${empty reason}", "(reason = null)"),
        ("${list.size() > 2}", "count(list) > 2"),
        ("${a > 5 ? true : false}", "if a > 5 then true else false"),
        ("= approved", "approved"),
        ('=value="declined"', 'value = "declined"'),
        ("=not(hasMissingData)", "not(has_missing_data)"),
        ('= some risk in levels satisfies risk = "red"', 'some risk in levels satisfies risk = "red"'),
        ("not approved", "not(approved)"),
        ("x in ['a', 'b']", 'x in ("a", "b")'),
        ("x not in ('a', 'b')", 'not(x in ("a", "b"))'),
        ("x is not None", "x != null"),
        ('last_outcome == "nai" or last_outcome == "rej"', 'last_outcome = "nai" or last_outcome = "rej"'),
        ("bpmn:getDataObject('clarified') = 'no'", 'clarified = "no"'),
        ("Service Level == 'Premium'", 'service_level = "Premium"'),
        ("order['customer']['vip']", "order.customer.vip"),
        ("${items[0].price > 5}", "items[1].price > 5"),
        ('form_outcome=="同意"', 'form_outcome = "同意"'),
        ("a === 'x' && b !== 3", 'a = "x" and b != 3'),
    ],
)
def test_a_condition_is_told_in_feel(given: str, told: str) -> None:
    read = condition(given, Names())
    assert read is not None
    assert read.text == told
    feel.parse(read.text)


@pytest.mark.parametrize(
    "given",
    [
        "", "0.2", "'text'", "${service.decide(execution)}", "amount is too high", "Yes", "是", "${a} and ${b}", "a ==",
        "__import__('os').system('x')", "${" + "(" * 90 + "a}", "x" * 3000, "=1 + 1", "java.lang.System.exit(0)",
    ],
)  # fmt: skip
def test_what_is_no_plain_condition_is_left_to_a_person(given: str) -> None:
    assert condition(given, Names()) is None


def test_a_name_gets_one_key_and_no_two_names_the_same() -> None:
    names = Names()
    assert names.key("loanAmount") == names.key("loanAmount") == "loan_amount"
    assert names.key("LoanAmount") == "loan_amount_2"
    assert names.key("outcome") == "outcome_value"
    assert names.key("金额") == "value"
    assert names.key("nrOfInstances") == "nrOfInstances"
    assert slug("2nd Check!") == "v_2nd_check"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("approved = True", "approved = true"),
        ("var totalSum = price * 2;\n// done", "total_sum = price * 2"),
        ("execution.setVariable('level', 'high');", 'level = "high"'),
        ("println 'hello'", ""),
        ("for x in y: pass", None),
        ("os.remove('x')", None),
    ],
)
def test_a_script_of_assignments_is_told_in_feel_and_nothing_else_is(given: str, told: str | None) -> None:
    assert script(given, Names()) == told
