"""Random numbers that are functions of a key: the same in plain Python and in staged programs, on every back-end.

A key (`key(0)`) gives the same numbers whenever it is used; `split` and `fold_in` make others of it. Keys and bounds
may be known only in the next stage; shapes and dtypes are static. The generator is Threefry-2x32 with twenty rounds;
keys, bits, and uniform and normal numbers are those of `jax.random` (its `threefry_partitionable` keys).
"""

from snek_strategies.random_numbers.choices import choice as choice
from snek_strategies.random_numbers.choices import permutation as permutation
from snek_strategies.random_numbers.distributions import bernoulli as bernoulli
from snek_strategies.random_numbers.distributions import normal as normal
from snek_strategies.random_numbers.distributions import randint as randint
from snek_strategies.random_numbers.distributions import uniform as uniform
from snek_strategies.random_numbers.keys import bits as bits
from snek_strategies.random_numbers.keys import fold_in as fold_in
from snek_strategies.random_numbers.keys import key as key
from snek_strategies.random_numbers.keys import split as split

__all__ = ["bernoulli", "bits", "choice", "fold_in", "key", "normal", "permutation", "randint", "split", "uniform"]
