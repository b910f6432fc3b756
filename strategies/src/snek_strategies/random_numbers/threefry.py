"""Threefry-2x32 with twenty rounds: a key and a counter, each of two words, give two words of random bits.

J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, *Parallel Random Numbers: As Easy as 1, 2, 3*, SC 2011. A word of 32
bits is an int32: every back-end computes on those, and NumPy's arrays of them wrap around.
"""

from __future__ import annotations

from typing import Any

ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
"""By how many bits the rounds of one group of four rotate; groups take turns."""
PARITY = 0x1BD11BDA
"""What makes a third key word of the other two."""
GROUPS = 5

Words = tuple[Any, Any]
"""Two int32 arrays of rank 1 or more: NumPy's own, or of the next stage."""


def threefry(key: Words, counter: Words) -> Words:
    """Return the two words that a key gives for a counter; all four arrays broadcast."""
    schedule = (*key, key[0] ^ key[1] ^ PARITY)
    left, right = counter[0] + schedule[0], counter[1] + schedule[1]
    for group in range(GROUPS):
        for bits in ROTATIONS[group % 2]:
            left = left + right
            right = _rotated(right, bits) ^ left
        left = left + schedule[(group + 1) % 3]
        right = right + schedule[(group + 2) % 3] + (group + 1)
    return left, right


def _rotated(word: Any, bits: int) -> Any:
    return (word << bits) | upper_bits(word, bits)


def upper_bits(word: Any, bits: int) -> Any:
    """Return the uppermost bits of an int32 as a number that is not negative; fewer than 32 of them."""
    return (word >> (32 - bits)) & ((1 << bits) - 1)
