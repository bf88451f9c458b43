"""Which rows of a decision's table of conditions are owed before the money is paid out."""

from datetime import date

from app.credit_applications.rules import conditions_before_pay_out


def test_what_is_due_after_the_pay_out_holds_nothing_up() -> None:
    rows = [
        {"condition": "办妥抵押登记", "stage": "before_contract", "due": "2026-04-01"},
        {"condition": "追加保证人", "stage": "before_payout", "due": None},
        {"condition": "每季报送报表", "stage": "after_payout"},
    ]
    assert conditions_before_pay_out(rows) == [("办妥抵押登记", date(2026, 4, 1)), ("追加保证人", None)]


def test_a_day_is_taken_as_a_text_or_a_date() -> None:
    assert conditions_before_pay_out([{"condition": "x", "due": date(2026, 5, 1)}]) == [("x", date(2026, 5, 1))]
    assert conditions_before_pay_out([]) == []
