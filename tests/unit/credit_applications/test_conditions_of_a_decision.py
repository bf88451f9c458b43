"""Which rows of a decision's table of conditions the money waits for, and what an approval becomes while one is open."""

from datetime import date

import pytest

from app.credit_applications.rules import concluded, conditions_of_decision


def test_what_is_due_after_the_pay_out_holds_nothing_up() -> None:
    rows = [
        {"condition": "办妥抵押登记", "stage": "before_contract", "due": "2026-04-01"},
        {"condition": "追加保证人", "stage": "before_payout", "due": None},
        {"condition": "每季报送报表", "stage": "after_payout"},
    ]
    assert conditions_of_decision(rows) == [
        ("办妥抵押登记", date(2026, 4, 1), True),
        ("追加保证人", None, True),
        ("每季报送报表", None, False),
    ]


def test_a_day_is_taken_as_a_text_or_a_date() -> None:
    assert conditions_of_decision([{"condition": "x", "due": date(2026, 5, 1)}]) == [("x", date(2026, 5, 1), True)]
    assert conditions_of_decision([]) == []


@pytest.mark.parametrize(
    ("decision", "is_open", "becomes"),
    [
        ("approved", False, "approved"),
        ("approved", True, "conditional"),
        ("conditional", False, "conditional"),
        ("conditional", True, "conditional"),
        ("refused", True, "refused"),
    ],
)
def test_an_approval_is_outright_only_where_no_condition_is_open(decision, is_open, becomes) -> None:
    assert concluded(decision, conditions_open=is_open) == becomes
