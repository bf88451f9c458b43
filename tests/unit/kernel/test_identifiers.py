"""Identity, company and telephone numbers: every reason for refusal, and the published test numbers."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from app.kernel import identifiers
from app.kernel.identifiers import IdentifierRefused

TODAY = date(2026, 3, 2)
CHECKS = {
    "cn_resident_id": identifiers.resident_id,
    "cn_uscc": identifiers.credit_code,
    "tw_ubn": identifiers.taiwan_business_number,
    "tw_national_id": identifiers.taiwan_id,
    "hk_id": identifiers.hong_kong_id,
}


def _is_accepted(kind: str, value: str) -> bool:
    try:
        CHECKS[kind](value)
    except IdentifierRefused:
        return False
    return True


def test_all_published_numbers_are_judged_as_published(shared: Path) -> None:
    with (shared / "inputs" / "id-numbers.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    wrong = [row for row in rows if _is_accepted(row["kind"], row["value"]) != (row["expected"] == "valid")]
    assert wrong == []
    assert len(rows) == 212


def test_every_example_of_every_telephone_region_is_read_with_and_without_country_code(shared: Path) -> None:
    with (shared / "inputs" / "phone-formats-cn-tw-hk-mo-sg.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    for row in rows:
        for written in (
            row["example_national"],
            row["example_e164"],
            row["national_prefix"] + row["example_national"],
        ):
            assert identifiers.phone(written, (row["region"],)) == row["example_e164"], row


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("11010519000127893x", "11010519000127893X"),
        (" 110105 19000127 893X ", "11010519000127893X"),
        ("110105-19000127-893X", "11010519000127893X"),
    ],
)
def test_a_resident_id_is_brought_to_one_form(written: str, canonical: str) -> None:
    assert identifiers.resident_id(written, today=TODAY) == canonical


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "length"),
        ("1101051900012789", "length"),
        ("110105000127893", "first_generation"),
        ("99010519000127893X", "area"),
        ("00010519000127893X", "area"),
        ("11010519001327893X", "birth_date"),
        ("110105190001278930", "check"),
        ("1X010519000127893X", "characters"),
        ("11010519000127893Χ", "characters"),
        ("１1010519000127893X", "full_width"),
        ("110101209901010092", "birth_future"),
        ("١10105190001278930", "characters"),
    ],
)
def test_a_wrong_resident_id_is_refused_for_its_reason(written: str, reason: str) -> None:
    with pytest.raises(IdentifierRefused) as refused:
        identifiers.resident_id(written, today=TODAY)
    assert refused.value.code == reason


def test_a_person_born_today_is_accepted_and_one_born_tomorrow_is_not() -> None:
    number = _with_check_digit("11010120260302001")
    assert identifiers.resident_id(number, today=TODAY) == number
    with pytest.raises(IdentifierRefused):
        identifiers.resident_id(number, today=date(2026, 3, 1))


def test_permanent_residence_cards_of_foreigners_follow_the_same_rule() -> None:
    assert identifiers.resident_id(_with_check_digit("91115619900101001"), today=TODAY)


def test_the_birth_date_is_read_from_the_number() -> None:
    assert identifiers.birth_date("11010519000127893X") == date(1900, 1, 27)


@pytest.mark.parametrize(
    ("written", "canonical"),
    [("a000016(a)", "A000016(A)"), ("A000016A", "A000016(A)"), ("XA 000006 (7)", "XA000006(7)")],
)
def test_hong_kong_numbers_get_their_brackets(written: str, canonical: str) -> None:
    assert identifiers.hong_kong_id(written) == canonical


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("91110101MO01ABCD5M", "characters"),
        ("91110101MA01ABCD5", "length"),
        ("91110101MA0157130R", "organisation_check"),
        ("91110000600037341N", "check"),
        ("B1110000600037341L", "authority"),
        ("9111A000600037341L", "area"),
    ],
)
def test_a_wrong_credit_code_is_refused_for_its_reason(code: str, reason: str) -> None:
    with pytest.raises(IdentifierRefused) as refused:
        identifiers.credit_code(code)
    assert refused.value.code == reason


def test_taiwanese_companies_founded_since_2023_are_accepted() -> None:
    # Digit sum divisible by 5 but not by 10, which the rule before April 2023 refused.
    assert identifiers.taiwan_business_number("00000005") == "00000005"


@pytest.mark.parametrize(
    ("number", "kinds"),
    [
        ("11010519000127893X", ("cn",)),
        ("J100000027", ("cn", "tw")),
        ("A000016(A)", ("cn", "tw", "hk")),
        ("XA000006(7)", ("hk", "cn")),
    ],
)
def test_an_id_number_of_any_allowed_kind_is_recognised(number: str, kinds: tuple[str, ...]) -> None:
    assert identifiers.id_number(number, kinds, today=TODAY) == number


def test_an_id_number_of_another_place_is_refused() -> None:
    with pytest.raises(IdentifierRefused):
        identifiers.id_number("J100000027", ("cn",), today=TODAY)


@pytest.mark.parametrize(
    ("written", "regions", "canonical"),
    [
        ("138 0013 8000", ("CN",), "+8613800138000"),
        ("１３８００１３８０００", ("CN",), "+8613800138000"),
        ("(010) 6552-9988", ("CN",), "+861065529988"),
        ("+852 5123 4567", ("CN", "HK"), "+85251234567"),
        ("0912-345-678", ("TW",), "+886912345678"),
    ],
)
def test_telephone_numbers_become_e164(written: str, regions: tuple[str, ...], canonical: str) -> None:
    assert identifiers.phone(written, regions) == canonical


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("12345", "phone"),
        ("hello", "phone"),
        ("", "phone"),
        ("+1 202 555 0123", "phone_region"),
        ("13800138000 ext. 5", "phone"),
        ("+85251234567", "phone_region"),
    ],
)
def test_what_is_no_telephone_number_of_the_place_is_refused(written: str, reason: str) -> None:
    with pytest.raises(IdentifierRefused) as refused:
        identifiers.phone(written, ("CN",))
    assert refused.value.code == reason


def test_mainland_numbers_are_shown_nationally_and_others_with_their_country_code() -> None:
    assert identifiers.phone_for_display("+8613800138000") == "138 0013 8000"
    assert identifiers.phone_for_display("+85251234567") == "+852 5123 4567"


@pytest.mark.parametrize("locale", ["en", "zh_Hans", "zh_Hant"])
def test_every_reason_is_a_finished_sentence_in_every_language(locale: str) -> None:
    facts = {"found": "7", "wanted": "18"}
    for code in identifiers._REASONS:
        sentence = IdentifierRefused(code, **facts).message(locale)
        assert sentence.endswith((".", "。"))
        assert "{" not in sentence


def test_the_reason_names_the_region_in_the_readers_language() -> None:
    with pytest.raises(IdentifierRefused) as refused:
        identifiers.phone("12345", ("HK",))
    assert "香港" in refused.value.message("zh_Hant")
    assert "Hong Kong" in str(refused.value)


def test_narrow_folds_full_width_ascii_and_nothing_else() -> None:
    assert identifiers.narrow("ＡＢｃ１２（　）－") == "ABc12( )-"
    assert identifiers.narrow("①㈱ﬁ½") == "①㈱ﬁ½"


def _with_check_digit(first_17: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(weight * int(digit) for weight, digit in zip(weights, first_17, strict=True))
    return first_17 + "10X98765432"[total % 11]
