"""Plain Python programs for the suite that measures what virtualizing costs: each is one function of one integer.

The suite loads a copy of this file for each system, so that no system meets what another has made of a function.
"""

from __future__ import annotations

from collections.abc import Iterator

SIZES: dict[str, dict[str, int]] = {
    "tiny": {"collatz": 20, "nested_loops": 6, "early_returns": 20, "recursion": 8, "methods": 20, "pipeline": 20},
    "small": {
        "collatz": 300, "nested_loops": 60, "early_returns": 2000, "recursion": 17, "methods": 1500, "pipeline": 2500,
    },
    "medium": {
        "collatz": 300, "nested_loops": 60, "early_returns": 2000, "recursion": 17, "methods": 1500, "pipeline": 2500,
    },
}  # fmt: skip
"""The argument of each program, by size."""


def collatz(limit: int) -> int:
    """Return the longest way to 1 of all starts below `limit`."""
    longest = 0
    for start in range(1, limit):
        n = start
        steps = 0
        while n != 1:
            if n % 2 == 0:  # noqa: SIM108 - a statement is what is measured
                n = n // 2
            else:
                n = 3 * n + 1
            steps += 1
        if steps > longest:
            longest = steps
    return longest


def nested_loops(size: int) -> int:
    """Return a sum over a triangle of pairs, some of them left out."""
    total = 0
    for i in range(size):
        for j in range(size):
            if j > i:
                break
            if (i * j) % 3 == 1:
                continue
            if i == j and i > 2:
                total += i
            elif i - j < 4 or not j:
                total -= j
            else:
                total += 1
    return total


def classify(n: int) -> int:
    """Return a number's kind, by the first test that it passes."""
    if n < 3:
        return 0
    if n % 2 == 0:
        return 1
    for divisor in (3, 5, 7, 11):
        if n == divisor:
            return 2
        if n % divisor == 0:
            return 3
    return 4


def early_returns(limit: int) -> int:
    """Return the sum of the kinds of all numbers below `limit`."""
    total = 0
    for n in range(limit):
        total += classify(n)
    return total


def recursion(n: int) -> int:
    """Return the `n`th Fibonacci number by its definition."""
    if n < 2:
        return n
    return recursion(n - 1) + recursion(n - 2)


class Account:
    """An account with a limit."""

    def __init__(self, limit: int) -> None:
        self.balance = 0
        self.limit = limit
        self.refused = 0

    def is_open(self) -> bool:
        """Tell whether the balance is within the limit."""
        return -self.limit <= self.balance <= self.limit

    def move(self, amount: int) -> bool:
        """Change the balance, unless the account is not open."""
        if not self.is_open():
            self.refused += 1
            self.reset()
            return False
        self.balance += amount
        return True

    def reset(self) -> None:
        """Start anew."""
        self.balance = 0


def methods(moves: int) -> int:
    """Return what is left of two accounts after many moves."""
    first, second = Account(50), Account(90)
    for move in range(moves):
        amount = move % 17
        if first.move(amount) and second.move(-amount):
            first.balance -= 1
    return first.balance + second.balance + first.refused * 1000 + second.refused


def numbers(limit: int) -> Iterator[int]:
    """Give the numbers below `limit`."""
    n = 0
    while n < limit:
        yield n
        n += 1


def odd(source: Iterator[int]) -> Iterator[int]:
    """Give those that are odd."""
    for n in source:
        if n % 2:
            yield n


def scaled(source: Iterator[int], by: int) -> Iterator[int]:
    """Give each one times `by`, large ones left out."""
    for n in source:
        if n * by < 10**6 or n == 1:
            yield n * by


def pipeline(limit: int) -> int:
    """Return the sum over a row of generators."""
    total = 0
    for n in scaled(odd(numbers(limit)), 3):
        total += n
    return total
