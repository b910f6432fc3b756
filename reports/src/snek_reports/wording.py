"""How numbers and outcomes read to a person: three significant digits, units, plain words."""

from __future__ import annotations

from math import ceil, isinf, isnan

_DURATIONS = ((1.0, "s", 1.0), (1e-3, "ms", 1e3), (1e-6, "µs", 1e6), (0.0, "ns", 1e9))


def duration(seconds: float) -> str:
    """Return a duration in the unit that suits it, or nothing for NaN.

    >>> duration(0.00123456), duration(12.0), duration(9.9996e-4), duration(float("nan"))
    ('1.23 ms', '12.0 s', '1.00 ms', '')
    """
    if isnan(seconds):
        return ""
    rounded = float(f"{seconds:.3g}")
    unit, scale = next((unit, scale) for least, unit, scale in _DURATIONS if rounded >= least)
    return f"{digits(rounded * scale)} {unit}"


def ratio(value: float) -> str:
    """Return a ratio, or nothing for NaN.

    >>> ratio(12.345), ratio(0.00123), ratio(1234.5)
    ('12.3×', '0.00123×', '1230×')
    """
    return "" if isnan(value) else f"{digits(value)}×"


def ratio_with_interval(value: float, low: float, high: float) -> str:
    """Return a ratio with its interval, where there is one.

    >>> ratio_with_interval(2.0, 1.9, 2.125), ratio_with_interval(2.0, float("nan"), float("nan"))
    ('2.00× [1.90, 2.12]', '2.00×')
    """
    return ratio(value) if isnan(value) or isnan(low) else f"{ratio(value)} [{digits(low)}, {digits(high)}]"


def calls(count: float) -> str:
    """Return a number of calls, rounded up; `never` for infinity.

    >>> calls(12.1), calls(1234567.0), calls(float("inf"))
    ('13', '1,234,567', 'never')
    """
    if isnan(count):
        return ""
    return "never" if isinf(count) else f"{ceil(count):,}"


def mebibytes(count: float) -> str:
    """Return bytes as MiB, or nothing for NaN.

    >>> mebibytes(3 * 2**20)
    '3.00 MiB'
    """
    return "" if isnan(count) else f"{digits(count / 2**20)} MiB"


def digits(value: float) -> str:
    """Return three significant digits, trailing zeros kept, with an exponent where plain notation would be long.

    >>> [digits(value) for value in (0.64, 1.0, 99.96, 123456.0, 2e6, 0.0, 1e-9)]
    ['0.640', '1.00', '100', '123000', '2.00e+06', '0', '1.00e-09']
    """
    if value == 0:
        return "0"
    rounded = float(f"{value:.3g}")
    if abs(rounded) >= 1e6:
        return f"{rounded:.2e}"
    return f"{rounded:.0f}" if abs(rounded) >= 100 else f"{rounded:#.3g}"


def count(number: int, singular: str, plural: str = "") -> str:
    """Return a number with its noun.

    >>> count(1, "cell"), count(2, "cell"), count(1, "cell is", "cells are")
    ('1 cell', '2 cells', '1 cell is')
    """
    return f"{number} {singular if number == 1 else plural or singular + 's'}"


def outcome_word(outcome: str) -> str:
    """Return an outcome as people read it.

    >>> outcome_word("out_of_memory")
    'out of memory'
    """
    return outcome.replace("_", " ")


def printable(text: str) -> str:
    """Replace what could steer a terminal or hide in a file: control characters and directional marks.

    >>> printable("a\\x1b[31mb\\u202ec\\n")
    'a�[31mb�c\\n'
    """
    return "".join(
        letter if letter.isprintable() or letter in "\n\t" else "\N{REPLACEMENT CHARACTER}" for letter in text
    )
