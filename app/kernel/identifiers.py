"""Numbers that identify people and companies: checked by rule, brought to one written form, refused with a reason.

Every function takes what somebody typed and gives the canonical text that is stored and searched (upper case, no
blanks), or raises `IdentifierRefused` with a sentence in three languages. Blanks and hyphens are dropped; full-width
characters are refused here, so that nothing else than the canonical text is ever compared (`narrow` turns them into
plain ones where a person types by input method).

Rules are the public standards: GB 11643-1999 (resident identity number), GB 32100-2015 with GB 11714 (unified social
credit code), the Taiwanese Ministry of the Interior's and of Finance's rules (identity number; business number by 5
since April 2023, which released python-stdnum does not know), the Hong Kong Immigration Department's check digit;
telephone numbers are Google's libphonenumber.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from zoneinfo import ZoneInfo

import phonenumbers

from app.kernel import clock

PHONE_REGIONS = ("CN", "TW", "HK", "MO", "SG")

# GB/T 2260 provinces; 81-83 stand on the residence permits of people from Hong Kong, Macau and Taiwan. Counties are not
# looked up: abolished ones stay on the cards of the living, and refusing a real customer is worse than accepting a
# number whose check fits.
_PROVINCES = frozenset(
    f"{code}"
    for code in (*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66))
) | {"71", "81", "82", "83"}
_RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_TAIWAN_LETTERS = dict(zip("ABCDEFGHJKLMNPQRSTUVXYWZIO", range(10, 36), strict=True))
_TIME_ZONE = ZoneInfo("Asia/Shanghai")

_REASONS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "characters": {
            "en": "Contains a character that this number can't have: “{found}”.",
            "zh_Hans": "含有该号码不允许的字符“{found}”。",
            "zh_Hant": "含有該號碼不允許的字元「{found}」。",
        },
        "full_width": {
            "en": "Contains full-width characters; type it in half-width.",
            "zh_Hans": "含有全角字符，请改用半角输入。",
            "zh_Hant": "含有全形字元，請改用半形輸入。",
        },
        "length": {
            "en": "Must have {wanted} characters, this has {found}.",
            "zh_Hans": "应为{wanted}位，现为{found}位。",
            "zh_Hant": "應為{wanted}位，現為{found}位。",
        },
        "first_generation": {
            "en": "15-digit numbers of the first generation are no longer valid; enter the 18-digit number.",
            "zh_Hans": "这是已停用的15位一代身份证号码，请输入18位号码。",
            "zh_Hant": "這是已停用的15位一代身分證號碼，請輸入18位號碼。",
        },
        "shape": {
            "en": "Is not written like {wanted}.",
            "zh_Hans": "格式不符，应如{wanted}。",
            "zh_Hant": "格式不符，應如{wanted}。",
        },
        "area": {
            "en": "The first digits “{found}” name no area.",
            "zh_Hans": "开头的地区代码“{found}”不存在。",
            "zh_Hant": "開頭的地區代碼「{found}」不存在。",
        },
        "birth_date": {
            "en": "The birth date in it, {found}, does not exist.",
            "zh_Hans": "其中的出生日期{found}不存在。",
            "zh_Hant": "其中的出生日期{found}不存在。",
        },
        "birth_future": {
            "en": "The birth date in it, {found}, is in the future.",
            "zh_Hans": "其中的出生日期{found}晚于今天。",
            "zh_Hant": "其中的出生日期{found}晚於今天。",
        },
        "check": {
            "en": "The check digit does not fit: one of the characters is wrong.",
            "zh_Hans": "校验码不符：其中有字符输错。",
            "zh_Hant": "檢查碼不符：其中有字元輸錯。",
        },
        "organisation_check": {
            "en": "The organisation code in it (characters 9 to 17) has a wrong check character.",
            "zh_Hans": "其中的组织机构代码（第9至17位）校验码不符。",
            "zh_Hant": "其中的組織機構代碼（第9至17位）檢查碼不符。",
        },
        "authority": {
            "en": "The first character “{found}” names no registration authority.",
            "zh_Hans": "首位登记管理部门代码“{found}”不存在。",
            "zh_Hant": "首位登記管理部門代碼「{found}」不存在。",
        },
        "phone": {
            "en": "Is not a telephone number of {wanted}; write numbers of other places with + and the country code.",
            "zh_Hans": "不是{wanted}的电话号码；其他地区请加“+”和国家代码。",
            "zh_Hant": "不是{wanted}的電話號碼；其他地區請加「+」和國碼。",
        },
        "phone_region": {
            "en": "Numbers of country code +{found} are not accepted here.",
            "zh_Hans": "此处不接受国家代码为+{found}的号码。",
            "zh_Hant": "此處不接受國碼為+{found}的號碼。",
        },
    }
)
_REGION_NAMES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "CN": {"en": "mainland China", "zh_Hans": "中国内地", "zh_Hant": "中國內地"},
        "TW": {"en": "Taiwan", "zh_Hans": "台湾", "zh_Hant": "台灣"},
        "HK": {"en": "Hong Kong", "zh_Hans": "香港", "zh_Hant": "香港"},
        "MO": {"en": "Macau", "zh_Hans": "澳门", "zh_Hant": "澳門"},
        "SG": {"en": "Singapore", "zh_Hans": "新加坡", "zh_Hant": "新加坡"},
    }
)


class IdentifierRefused(ValueError):
    """The text is not such a number. `code` names the reason; `message` says it in the reader's language."""

    def __init__(self, code: str, **values: object) -> None:
        self.code = code
        self.values: Mapping[str, object] = values
        super().__init__(self.message("en"))

    def message(self, locale: str) -> str:
        """One sentence; English where the language is not one of ours."""
        sentences = _REASONS[self.code]
        named = {key: _localised(value, locale) for key, value in self.values.items()}
        return sentences.get(locale, sentences["en"]).format(**named)


def narrow(text: str) -> str:
    """Full-width letters, digits, signs and blanks as plain ones; NFKC would fold far more, so it is not used."""
    return "".join(_half_width(character) for character in text)


def resident_id(text: str, *, today: date | None = None) -> str:
    """A mainland resident identity number: 18 characters, existing province, possible birth date up to `today`.

    Permanent residence cards of foreigners (9, province, three digits of nationality) follow the same rule.
    """
    number = _compact(text)
    _must_be(number, "0123456789X")
    if len(number) == 15:
        raise IdentifierRefused("first_generation")
    _must_have_length(number, 18)
    if "X" in number[:17]:
        raise IdentifierRefused("characters", found="X")
    province = number[1:3] if number[0] == "9" else number[:2]
    if province not in _PROVINCES:
        raise IdentifierRefused("area", found=number[:3] if number[0] == "9" else province)
    _check_birth_date(number[6:14], today or clock.now().astimezone(_TIME_ZONE).date())
    total = sum(weight * int(digit) for weight, digit in zip(_RESIDENT_WEIGHTS, number, strict=False))
    if "10X98765432"[total % 11] != number[17]:
        raise IdentifierRefused("check")
    return number


def birth_date(resident_number: str) -> date:
    """The birth date in a canonical resident identity number."""
    return date(int(resident_number[6:10]), int(resident_number[10:12]), int(resident_number[12:14]))


def taiwan_id(text: str) -> str:
    """A Taiwan national identity number: a letter, 1 or 2, eight digits of which the last is the check digit."""
    number = _compact(text)
    _must_have_length(number, 10)
    if not re.fullmatch(r"[A-Z][12][0-9]{8}", number):
        raise IdentifierRefused("shape", wanted="A123456789")
    digits = [*map(int, str(_TAIWAN_LETTERS[number[0]])), *map(int, number[1:])]
    if sum(weight * digit for weight, digit in zip((1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1), digits, strict=True)) % 10:
        raise IdentifierRefused("check")
    return number


def hong_kong_id(text: str) -> str:
    """A Hong Kong identity card number, brackets optional; canonical with brackets: A123456(3)."""
    number = _compact(text)
    match = re.fullmatch(r"([A-Z]{1,2})([0-9]{6})(?:\(([0-9A])\)|([0-9A]))", number)
    if match is None:
        raise IdentifierRefused("shape", wanted="A123456(3)")
    letters, serial, check = match[1], match[2], match[3] or match[4]
    values = [36 if letter == " " else ord(letter) - 55 for letter in letters.rjust(2)] + [
        int(digit) for digit in serial
    ]
    total = sum(weight * value for weight, value in zip(range(9, 1, -1), values, strict=True))
    if "0A987654321"[total % 11] != check:
        raise IdentifierRefused("check")
    return f"{letters}{serial}({check})"


def credit_code(text: str) -> str:
    """A unified social credit code: 18 characters, both check characters right."""
    code = _compact(text)
    _must_have_length(code, 18)
    _must_be(code, _CREDIT_ALPHABET)
    if code[0] not in "123456789ANY":
        raise IdentifierRefused("authority", found=code[0])
    if not code[2:8].isdigit():
        raise IdentifierRefused("area", found=code[2:8])
    total = sum(pow(3, place, 31) * _CREDIT_ALPHABET.index(character) for place, character in enumerate(code[:17]))
    if _CREDIT_ALPHABET[-total % 31] != code[17]:
        raise IdentifierRefused("check")
    if not _organisation_code_fits(code[8:17]):
        raise IdentifierRefused("organisation_check")
    return code


def taiwan_business_number(text: str) -> str:
    """A Taiwan unified business number: eight digits, weighted digit sum divisible by 5 (rule since April 2023)."""
    number = _compact(text)
    _must_be(number, "0123456789")
    _must_have_length(number, 8)
    products = [weight * int(digit) for weight, digit in zip((1, 2, 1, 2, 1, 2, 4, 1), number, strict=True)]
    total = sum(product // 10 + product % 10 for product in products)
    # 7 x 4 = 28 gives 2 + 8 = 10, which may count as 1 or as 0.
    if total % 5 and not (number[6] == "7" and (total + 1) % 5 == 0):
        raise IdentifierRefused("check")
    return number


def id_number(text: str, kinds: Iterable[str] = ("cn",), *, today: date | None = None) -> str:
    """A personal identity number of one of the `kinds` ("cn", "tw", "hk"), refused as the kind it looks most like."""
    checks: dict[str, Callable[[str], str]] = {
        "cn": lambda number: resident_id(number, today=today),
        "tw": taiwan_id,
        "hk": hong_kong_id,
    }
    wanted = [kind for kind in ("cn", "tw", "hk") if kind in set(kinds)]
    return checks[_likely_kind(_compact(text), wanted)](text)


def phone(text: str, regions: Iterable[str] = ("CN",)) -> str:
    """A telephone number as E.164 ("+8613800138000"). Without a country code it is read as one of the first region."""
    allowed = tuple(regions)
    try:
        number = phonenumbers.parse(narrow(text), allowed[0])
    except phonenumbers.NumberParseException as refused:
        raise IdentifierRefused("phone", wanted=_REGION_NAMES[allowed[0]]) from refused
    if number.extension or not phonenumbers.is_valid_number(number):
        raise IdentifierRefused("phone", wanted=_REGION_NAMES[allowed[0]])
    if phonenumbers.region_code_for_number(number) not in allowed:
        raise IdentifierRefused("phone_region", found=number.country_code)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def phone_for_display(number: str, *, home: str = "CN") -> str:
    """A stored E.164 number as people write it: those of the `home` region nationally, others with country code."""
    parsed = phonenumbers.parse(number)
    formats = phonenumbers.PhoneNumberFormat
    is_home = parsed.country_code == phonenumbers.country_code_for_region(home)
    return phonenumbers.format_number(parsed, formats.NATIONAL if is_home else formats.INTERNATIONAL)


def _compact(text: str) -> str:
    if any(_half_width(character) != character for character in text):
        raise IdentifierRefused("full_width")
    # Only ASCII is folded: str.upper turns other scripts' letters and ligatures into look-alikes.
    return re.sub(r"[a-z]", lambda letter: letter[0].upper(), re.sub(r"[\s-]", "", text))


def _half_width(character: str) -> str:
    if character == "\u3000":
        return " "
    return chr(ord(character) - 0xFEE0) if "\uff01" <= character <= "\uff5e" else character


def _must_be(number: str, alphabet: str) -> None:
    for character in number:
        if character not in alphabet:
            raise IdentifierRefused("characters", found=_printable(character))


def _printable(character: str) -> str:
    return character if unicodedata.category(character)[0] not in "CZ" else f"U+{ord(character):04X}"


def _must_have_length(number: str, wanted: int) -> None:
    if len(number) != wanted:
        raise IdentifierRefused("length", wanted=wanted, found=len(number))


def _check_birth_date(digits: str, today: date) -> None:
    written = f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"
    try:
        born = date.fromisoformat(written)
    except ValueError:
        raise IdentifierRefused("birth_date", found=written) from None
    if born > today:
        raise IdentifierRefused("birth_future", found=written)


def _organisation_code_fits(code: str) -> bool:
    total = sum(weight * int(character, 36) for weight, character in zip(_ORGANISATION_WEIGHTS, code[:8], strict=True))
    return "0X987654321"[total % 11] == code[8]


def _likely_kind(number: str, kinds: Sequence[str]) -> str:
    if "hk" in kinds and ("(" in number or re.match(r"[A-Z]{2}", number)):
        return "hk"
    if number[:1].isalpha():
        by_length = "tw" if len(number) >= 10 or "hk" not in kinds else "hk"
        return by_length if by_length in kinds else kinds[-1]
    return kinds[0]


def _localised(value: object, locale: str) -> object:
    return value.get(locale, value["en"]) if isinstance(value, Mapping) else value
