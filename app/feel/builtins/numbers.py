"""Built-in functions on numbers (DMN 1.3 clause 10.3.4.5). Results have 34 digits."""

from __future__ import annotations

from collections.abc import Callable
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
)

from app.feel.builtins.registry import builtin
from app.feel.limits import Run
from app.feel.operators import ARITHMETIC_ERRORS
from app.feel.temporal import Days, Months
from app.feel.values import NUMBERS, ZERO

_MIN_SCALE, _MAX_SCALE = -6111, 6176
_SQRT_STEPS, _EXP_STEPS, _LOG_STEPS = 5, 80, 150


def rounded(value: Decimal, scale: Decimal, mode: str) -> Decimal | None:
    """The number with so many decimals; null for a scale outside decimal128 or not whole."""
    if not _MIN_SCALE <= scale <= _MAX_SCALE:
        return None
    places = int(scale)
    if value.as_tuple().exponent >= -places:  # type: ignore[operator]
        return value
    try:
        exact = value.quantize(Decimal((0, (1,), -places)), rounding=mode, context=_WIDE)
    except ARITHMETIC_ERRORS:
        return None
    return NUMBERS.plus(exact)


_WIDE = NUMBERS.copy()
_WIDE.prec = 70


def _rounding(name: str, mode: str) -> None:
    builtin(name, "n: number, scale: number")(lambda n, scale: rounded(n, scale, mode))


for _name, _mode in {
    "decimal": ROUND_HALF_EVEN,
    "round up": ROUND_UP,
    "round down": ROUND_DOWN,
    "round half up": ROUND_HALF_UP,
    "round half down": ROUND_HALF_DOWN,
}.items():
    _rounding(_name, _mode)


@builtin("floor", "n: number, [scale: number]")
def floor(n: Decimal, scale: Decimal | None = ZERO) -> Decimal | None:
    """The largest number of so many decimals that is not above n."""
    return None if scale is None else rounded(n, scale, ROUND_FLOOR)


@builtin("ceiling", "n: number, [scale: number]")
def ceiling(n: Decimal, scale: Decimal | None = ZERO) -> Decimal | None:
    """The smallest number of so many decimals that is not below n."""
    return None if scale is None else rounded(n, scale, ROUND_CEILING)


@builtin("abs", "n: measure")
def absolute(n: Decimal | Days | Months) -> Decimal | Days | Months:
    """The number or duration without its sign."""
    if isinstance(n, Decimal):
        return NUMBERS.abs(n)
    return Days(abs(n.nanoseconds)) if isinstance(n, Days) else Months(abs(n.months))


@builtin("modulo", "dividend: number, divisor: number")
def modulo(dividend: Decimal, divisor: Decimal) -> Decimal | None:
    """`dividend - divisor * floor(dividend / divisor)`: the sign is the divisor's."""
    try:
        rest = NUMBERS.remainder(dividend, divisor)
    except ARITHMETIC_ERRORS:
        return None
    return NUMBERS.add(rest, divisor) if rest and (rest < 0) != (divisor < 0) else rest


@builtin("sqrt", "number: number", wants_run=True)
def sqrt(run: Run, number: Decimal) -> Decimal | None:
    """The square root, null for a negative number."""
    return _computed(run, _SQRT_STEPS, NUMBERS.sqrt, number)


@builtin("log", "number: number", wants_run=True)
def log(run: Run, number: Decimal) -> Decimal | None:
    """The natural logarithm, null unless the number is positive."""
    return _computed(run, _LOG_STEPS, NUMBERS.ln, number) if number > 0 else None


@builtin("exp", "number: number", wants_run=True)
def exp(run: Run, number: Decimal) -> Decimal | None:
    """Euler's number to that power."""
    return _computed(run, _EXP_STEPS, NUMBERS.exp, number)


@builtin("odd", "number: number")
def odd(number: Decimal) -> bool | None:
    """Whether a whole number is odd; null for one with decimals."""
    parity = _parity(number)
    return None if parity is None else parity == 1


@builtin("even", "number: number")
def even(number: Decimal) -> bool | None:
    """Whether a whole number is even; null for one with decimals."""
    parity = _parity(number)
    return None if parity is None else parity == 0


def _parity(number: Decimal) -> int | None:
    """0 or 1; null for a number with decimals. A number of more than 34 digits ends in zeros, so it is even."""
    if number != number.to_integral_value():
        return None
    return int(number) % 2 if number.adjusted() <= NUMBERS.prec else 0


def _computed(run: Run, steps: int, operation: Callable[[Decimal], Decimal], number: Decimal) -> Decimal | None:
    run.spend(steps)
    try:
        return operation(number)
    except ARITHMETIC_ERRORS:
        return None
