"""Amounts of money in the capitals (大写) that bank paper in Chinese uses, so that no figure can be altered by a stroke, and the
sizes of files in words."""

from __future__ import annotations

from decimal import Decimal

from flask_babel import ngettext

DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")


def capitals(amount: Decimal | str | None) -> str:
    """An amount in capitals: 1200000.50 → 壹佰贰拾万元伍角整. Empty for nothing, negative, and from 10^16 on.

    `amount` may be text with separators. Wording: 正确填写票据和结算凭证的基本规定 (People's Bank of China).
    """
    if isinstance(amount, str):
        amount = Decimal(amount.replace(",", "")) if amount else None
    if amount is None or amount < 0 or amount >= 10**16:
        return ""
    cents = int((amount * 100).to_integral_value())
    yuan, jiao, fen = _whole(cents // 100), cents // 10 % 10, cents % 10
    if not jiao and not fen:
        return f"{yuan or '零'}元整"
    tenths = f"{DIGITS[jiao]}角" if jiao else "零" if yuan else ""
    return (f"{yuan}元" if yuan else "") + tenths + (f"{DIGITS[fen]}分" if fen else "整")


def _whole(number: int) -> str:
    """A whole number in capitals without unit; "" for 0."""
    for unit, name in ((10**8, "亿"), (10**4, "万")):
        if number >= unit:
            high, low = divmod(number, unit)
            gap = "零" if 0 < low < unit // 10 else ""
            return _whole(high) + name + gap + _whole(low)
    return _four(number)


def _four(number: int) -> str:
    """A number below 10,000 in capitals: 1020 → 壹仟零贰拾."""
    text, zero = "", False
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if not digit:
            zero = bool(text)
            continue
        text += ("零" if zero else "") + DIGITS[digit] + PLACES[place]
        zero = False
    return text


def file_size(size: int) -> str:
    """The size of a file in the reader's language: 686 bytes, 12 KB, 3.4 MB."""
    if size < 1000:
        return ngettext("%(num)s byte", "%(num)s bytes", size)
    return f"{size / 1000:.0f} KB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"
