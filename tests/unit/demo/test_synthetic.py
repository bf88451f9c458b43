"""Customers who do not exist pass every check and can't be meant for anybody."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.demo import synthetic
from app.kernel import identifiers

SEEDS = st.text(max_size=20)


@given(SEEDS)
def test_every_person_has_a_valid_identity_number(seed: str) -> None:
    number = synthetic.individual(seed).number
    assert identifiers.id_number(number) == number


@given(SEEDS)
def test_nobody_alive_is_born_then(seed: str) -> None:
    assert 1900 <= int(synthetic.individual(seed).number[6:10]) <= 1905


@given(SEEDS)
def test_every_company_has_a_valid_code_that_is_never_issued(seed: str) -> None:
    code = synthetic.enterprise(seed).number
    assert identifiers.credit_code(code) == code
    assert code[8:11] == "DEM"


@given(SEEDS)
def test_telephones_are_valid_and_of_the_reserved_range(seed: str) -> None:
    for customer in (synthetic.individual(seed), synthetic.enterprise(seed)):
        assert identifiers.phone(customer.phone)
        assert customer.phone.startswith("1349")


@given(SEEDS)
def test_the_same_seed_is_the_same_customer(seed: str) -> None:
    assert synthetic.individual(seed) == synthetic.individual(seed)
    assert synthetic.enterprise(seed) == synthetic.enterprise(seed)


def test_the_same_number_never_comes_with_two_names() -> None:
    names: dict[str, set[str]] = {}
    for number in range(20_000):
        person = synthetic.individual(f"many {number}")
        names.setdefault(person.number, set()).add(person.name)
    assert max(map(len, names.values())) == 1
    assert len(names) > 19_900


def test_chance_is_the_same_on_every_machine() -> None:
    assert synthetic.random_of("fixed").randrange(10**6) == 646374
    assert synthetic.individual("fixed").number == "350102190005264936"


@pytest.mark.parametrize("number", range(20))
def test_names_are_chinese_and_short_enough_for_the_form(number: int) -> None:
    assert re.fullmatch(r"[一-鿿]{2,3}", synthetic.individual(f"n{number}").name)
    assert re.fullmatch(r"[一-鿿]{8,30}", synthetic.enterprise(f"n{number}").name)


def test_an_industry_may_be_asked_for() -> None:
    assert synthetic.individual("x", industry="farming").industry == "farming"
