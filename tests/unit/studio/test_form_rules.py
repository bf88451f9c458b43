"""Rules of a form, and what follows when a field gets another key."""

from __future__ import annotations

import pytest

from app.studio.forms import form_rules
from app.studio.forms.form_design import NoSuchPlace, at
from tests.form_files import component, three


def document():
    """A form with two fields, two rules and rights."""
    return {
        "key": "loan/intake",
        "components": [
            component("number", "amount"),
            component(
                "number", "fee", visible='amount > 5 and "amount" != null', calculated="sum(items.amount) + amount"
            ),
        ],
        "access": {"*": "read", "amount": "required"},
        "rules": [
            {"check": "amount < 10", "field": "amount", "message": three("Less")},
            {"check": "fee > 0", "message": three("More")},
        ],
    }


def checks(form):
    return [rule["check"] for rule in form_rules.rules_of(form)]


def test_rules_are_added_copied_moved_and_taken_away():
    form, made = form_rules.add_rule(document(), {"check": "true"})
    assert (checks(form), made) == (["amount < 10", "fee > 0", "true"], 2)
    form, made = form_rules.duplicate_rule(form, 0)
    assert (checks(form), made) == (["amount < 10", "amount < 10", "fee > 0", "true"], 1)
    form, there = form_rules.shift_rule(form, 3, -1)
    assert (checks(form), there) == (["amount < 10", "amount < 10", "true", "fee > 0"], 2)
    form, near = form_rules.remove_rule(form, 3)
    assert (checks(form), near) == (["amount < 10", "amount < 10", "true"], 2)


def test_a_rule_at_the_end_stays_and_the_last_one_takes_the_list_with_it():
    assert form_rules.shift_rule(document(), 1, 1) == (document(), 1)
    form, _ = form_rules.remove_rule({"rules": [{"check": "true"}]}, 0)
    assert form == {}


def test_properties_of_a_rule_are_given_and_taken_away():
    form, _ = form_rules.change_rule(document(), 0, {"field": None, "check": "amount < 20"})
    assert form["rules"][0] == {"check": "amount < 20", "message": three("Less")}


@pytest.mark.parametrize("number", [2, -1])
def test_a_rule_that_is_gone_is_a_conflict(number):
    for act in (form_rules.remove_rule, form_rules.duplicate_rule):
        with pytest.raises(NoSuchPlace):
            act(document(), number)


def test_whatever_names_a_field_follows_its_new_key():
    form = form_rules.rename(document(), (0,), "loan_amount")
    assert at(form, (0,))["key"] == "loan_amount"
    assert form["access"] == {"*": "read", "loan_amount": "required"}
    assert form["rules"][0]["check"] == "loan_amount < 10"
    assert form["rules"][0]["field"] == "loan_amount"
    assert at(form, (1,))["visible"] == 'loan_amount > 5 and "amount" != null'
    assert at(form, (1,))["calculated"] == "sum(items.amount) + loan_amount"


def test_a_column_s_key_is_known_in_its_table_only():
    form = {
        "components": [component("table", "t", columns=[component("number", "amount")])],
        "rules": [{"check": "amount > 1"}],
    }
    changed = form_rules.rename(form, (0, 0), "cost")
    assert at(changed, (0, 0))["key"] == "cost"
    assert changed["rules"] == form["rules"]


@pytest.mark.parametrize("text", ["amount >", "items[amount > 3]", "other + 1"])
def test_an_expression_that_can_not_be_rewritten_safely_stays(text):
    assert form_rules.renamed(text, "amount", "sum") == text or "amount" not in form_rules.renamed(
        text, "amount", "sum"
    )
    assert form_rules.renamed("amount >", "amount", "cost") == "amount >"
