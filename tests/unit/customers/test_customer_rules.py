"""Who may see a customer, what a record must hold, how numbers are shown."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.customers import rules
from app.customers.rules import Identity, Rating, clean, faults, identity_of, mask_id_number, mask_phone, may_see
from app.identity.rules import Person, permissions_of
from tests.identity_numbers import credit_code, resident_id

LI = {"kind": "individual", "name": "李明", "id_number": resident_id(1), "phone": "+8613800138000"}
ACME = {"kind": "enterprise", "name": "安杰精密有限公司", "credit_code": credit_code(12345678)}


@dataclass
class ACustomer:
    created_by: int | None = 1
    branch_id: int | None = 10


def a_person(user_id=2, branch=20, roles=("staff",)):
    return Person(
        id=user_id,
        username=f"u{user_id}",
        name="某某",
        branch_id=branch,
        roles=tuple(roles),
        permissions=permissions_of(roles),
        group_ids=(),
        language="zh_Hans",
    )


def fields_at_fault(values):
    return [fault.field for fault in faults(clean(values))]


def test_whoever_entered_a_customer_sees_him_from_any_branch():
    assert may_see(a_person(user_id=1, branch=99), ACustomer())


def test_a_colleague_of_the_branch_sees_the_customer():
    assert may_see(a_person(branch=10), ACustomer())


def test_somebody_of_another_branch_does_not_see_the_customer():
    assert not may_see(a_person(), ACustomer())


def test_a_person_without_a_branch_does_not_see_customers_without_one():
    assert not may_see(a_person(branch=None), ACustomer(branch_id=None))


@pytest.mark.parametrize("role", ["supervisor", "auditor"])
def test_who_oversees_all_cases_sees_every_customer(role):
    assert may_see(a_person(roles=[role]), ACustomer())


@pytest.mark.parametrize("role", ["employee", "analyst", "administrator"])
def test_without_the_permission_nobody_sees_even_his_own_branch(role):
    assert not may_see(a_person(user_id=1, branch=10, roles=[role]), ACustomer())


def test_a_whole_record_has_no_faults():
    assert faults(clean(LI)) == [] == faults(clean(ACME))


def test_the_kind_comes_first_and_alone():
    assert fields_at_fault(LI | {"kind": "ghost", "name": ""}) == ["kind"]
    assert fields_at_fault({}) == ["kind"]


def test_an_individual_needs_an_identity_number_and_an_enterprise_a_credit_code():
    assert fields_at_fault({"kind": "individual", "name": "李明"}) == ["id_number"]
    assert fields_at_fault({"kind": "enterprise", "name": "安杰"}) == ["credit_code"]


def test_the_name_is_needed_and_not_too_long():
    assert fields_at_fault(LI | {"name": "  "}) == ["name"]
    assert fields_at_fault(LI | {"name": "长" * 101}) == ["name"]


def test_a_wrong_check_digit_is_told_with_its_reason():
    wrong = resident_id(1)[:-1] + ("0" if resident_id(1)[-1] != "0" else "1")
    (fault,) = faults(clean(LI | {"id_number": wrong}))
    assert fault.field == "id_number"
    assert fault.reason is not None
    assert fault.reason.code == "check"
    assert "校验码" in fault.reason.message("zh_Hans")


def test_a_phone_must_be_one():
    assert fields_at_fault(LI | {"phone": "12345"}) == ["phone"]


def test_an_enterprise_may_carry_no_phone():
    assert fields_at_fault(ACME | {"phone": ""}) == []


def test_every_shared_sample_number_is_judged_as_its_source_says(shared):
    import csv

    field_of = {
        "cn_resident_id": "id_number",
        "tw_national_id": "id_number",
        "hk_id": "id_number",
        "cn_uscc": "credit_code",
    }
    with (shared / "inputs" / "id-numbers.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] in field_of]
    assert len(rows) > 100
    for row in rows:
        base = LI if field_of[row["kind"]] == "id_number" else ACME
        found = fields_at_fault(base | {field_of[row["kind"]]: row["value"]})
        # Numbers with full-width signs are brought to plain ones before they are judged, as input methods type them.
        if row["expected"] == "valid" or "full" not in row["why"]:
            assert (found == []) == (row["expected"] == "valid"), row


def test_numbers_are_stored_in_one_form_however_they_are_typed():
    number = resident_id(12)
    typed = clean({"id_number": f" {number[:6]} {number[6:14]}-{number[14:].lower()}", "phone": "138 0013 8000"})
    assert typed == {"id_number": number, "phone": "+8613800138000"}


def test_full_width_digits_are_read():
    assert clean({"phone": "１３８００１３８０００"}) == {"phone": "+8613800138000"}


def test_only_fields_that_were_given_are_cleaned_and_unknown_ones_dropped():
    assert clean({"name": "  李  明 ", "address": "", "is_admin": "yes"}) == {"name": "李 明", "address": None}


def test_the_identity_is_the_number_of_the_kind():
    assert identity_of(LI) == Identity("individual", resident_id(1))
    assert identity_of(LI | {"kind": "enterprise"}) is None
    assert identity_of({"kind": "ghost"}) is None
    assert Identity("enterprise", "9").field == "credit_code"


def test_what_a_complete_file_lacks_is_listed():
    assert rules.missing_fields(LI) == ["address", "industry"]
    assert rules.missing_fields(ACME | {"phone": "1", "address": "x", "industry": "mining"}) == []
    assert rules.missing_fields({"kind": "enterprise", "name": "安杰"})[0] == "credit_code"


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("110101190101011234", "110101********1234"),
        ("A123456789", "A*******89"),
        ("A123456(3)", "A*******3)"),
        (None, ""),
        ("", ""),
    ],
)
def test_identity_numbers_are_masked_in_lists(number, shown):
    assert mask_id_number(number) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+8613800138000", "138****8000"),
        ("+862161234567", "21****4567"),
        ("+85291234567", "+852****4567"),
        ("12", "****12"),
        (None, ""),
    ],
)
def test_phones_are_masked_in_lists(number, shown):
    assert mask_phone(number) == shown


@given(st.text(alphabet="0123456789X", min_size=13, max_size=18))
def test_a_masked_number_keeps_its_length_and_hides_the_birthday(number):
    masked = mask_id_number(number)
    assert len(masked) == len(number)
    assert masked[6:-4] == "*" * (len(number) - 10)


@given(st.dictionaries(st.sampled_from(rules.FIELDS), st.text(max_size=60)))
def test_cleaning_is_done_once_and_never_fails(values):
    once = clean(values)
    assert clean(once) == once
    faults(once)


def test_ratings_are_five_and_named_in_the_banks_words():
    assert [rules.RATINGS[grade]["zh_Hans"] for grade in Rating] == ["优良", "良好", "一般", "较差", "差"]
