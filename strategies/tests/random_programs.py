"""Programs that draw random numbers: what each back-end must give bit for bit, and what within some units."""

from __future__ import annotations

import numpy as np

from snek import random


def exact(key, low, weights):
    """Draw what is made of whole numbers and powers of two."""
    first, second, third = random.split(key, 3)
    return (
        first,
        random.fold_in(key, low),
        random.bits(first, (5,)),
        random.uniform(second, (2, 3)),
        random.uniform(third, (7,), "float32"),
        random.uniform(third, (2,), "float32", minval=-3.0, maxval=weights[1]),
        random.randint(first, (4,), -3, 12),
        random.randint(second, (3,), low, low + 10**13),
        random.randint(third, (2,), -5, 7, "int32"),
        random.bernoulli(first, weights),
        random.permutation(second, 9),
        random.choice(third, weights, (2,), replace=False),
        random.choice(third, 4, (6,), p=weights),
    )


def rounded(key):
    """Draw what takes a logarithm."""
    return random.normal(key, (200,)), random.normal(key, (200,), "float32")


def walk(key, steps):
    """Draw in a loop, with keys that the trips make, and on either side of a choice that was drawn."""
    at, turns = np.float64(0.0), 0
    for step in range(steps):
        here = random.fold_in(key, step)
        if random.bernoulli(here):
            at = at + random.uniform(here)
        else:
            key, mine = random.split(key)
            at = at - random.uniform(mine, (), "float64")
            turns += 1
    return at, turns, key


def descend(key, depth):
    """Draw in a recursive function whose depth is drawn too."""
    here, below = random.split(key)
    if depth == 0 or random.uniform(here) < 0.1:
        return random.randint(here, (), 0, 100)
    return random.randint(here, (), 0, 100) + descend(below, depth - 1)
