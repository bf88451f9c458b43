"""How pages say amounts, moments and spans of time.

Amounts are grouped and have two decimals; moments stand in the bank's time zone; ages and deadlines are said relatively
("3 days ago", "2 hours late") with the exact moment beside them for the tooltip. Everything follows the reader's language.
"""

from datetime import datetime, timedelta
from decimal import Decimal

from flask import Flask
from flask_babel import format_datetime, format_timedelta, gettext

SOON = timedelta(hours=8)
"""A deadline this near is shown in the warning colour."""

CHINESE_DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")


def install(app: Flask) -> None:
    """Offer the functions to the templates as filters."""
    for function in (money, moment, day, ago, span, due_words, capitals):
        app.add_template_filter(function)
    app.add_template_filter(due_state)


def money(amount: Decimal | None) -> str:
    """An amount with grouped thousands and two decimals, or a dash: 1200000 → 1,200,000.00."""
    return "—" if amount is None else f"{amount:,.2f}"


def moment(when: datetime | None, pattern: str = "yyyy-MM-dd HH:mm") -> str:
    """A moment in the bank's time zone, to the minute; the pattern is CLDR's."""
    return "" if when is None else format_datetime(when, pattern)


def day(when: datetime | None) -> str:
    """The day of a moment in the bank's time zone: 2026-11-22."""
    return moment(when, "yyyy-MM-dd")


def ago(when: datetime | None, now: datetime) -> str:
    """How long ago something was: "3 days ago"."""
    return "" if when is None else format_timedelta(when - now, add_direction=True, threshold=1.2)


def span(start: datetime | None, end: datetime | None) -> str:
    """How long something took: "2 hours"."""
    return "" if start is None or end is None else format_timedelta(end - start, threshold=1.2)


def due_state(due: datetime | None, now: datetime) -> str:
    """Where a deadline stands: "" (there is none), overdue, soon, ok."""
    if due is None:
        return ""
    if due < now:
        return "overdue"
    return "soon" if due - now <= SOON else "ok"


def due_words(due: datetime | None, now: datetime) -> str:
    """A deadline in words: "in 2 days", "3 hours late"."""
    if due is None:
        return ""
    if due < now:
        return gettext("%(time)s late", time=format_timedelta(now - due, threshold=1.2))
    return format_timedelta(due - now, add_direction=True, threshold=1.2)


def capitals(amount: Decimal | None) -> str:
    """An amount in the capitals of bank paper: 1200000.50 → 壹佰贰拾万元伍角整. Empty for None, negative and from 10^16 on.

    Wording of GB/T 15835 and the rules for filling in negotiable instruments (正确填写票据和结算凭证的基本规定).
    """
    if amount is None or amount < 0 or amount >= 10**16:
        return ""
    cents = int((amount * 100).to_integral_value())
    yuan = _whole(cents // 100)
    jiao, fen = cents // 10 % 10, cents % 10
    if not jiao and not fen:
        return f"{yuan or '零'}元整"
    text = f"{yuan}元" if yuan else ""
    text += f"{CHINESE_DIGITS[jiao]}角" if jiao else "零" if yuan else ""
    return text + (f"{CHINESE_DIGITS[fen]}分" if fen else "整")


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
        text += ("零" if zero else "") + CHINESE_DIGITS[digit] + PLACES[place]
        zero = False
    return text
