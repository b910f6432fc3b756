"""What to call the dynamic leaves of a call's arguments: by the parameters that hold them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from itertools import chain, repeat

from snek_strategies.staging.pytrees import leaves_in


def leaf_names(
    function: Callable[..., object], args: tuple[object, ...], kwargs: Mapping[str, object]
) -> tuple[str, ...]:
    """Return the parameter's name for each leaf, numbered where one parameter holds several.

    >>> import numpy as np
    >>> leaf_names(lambda x, pair, n, scale: x, (np.ones(2), [np.ones(1), np.ones(3)], 4), {"scale": np.float64(2)})
    ('x', 'pair_0', 'pair_1', 'scale')
    """
    values: list[object] = []
    names: list[str] = []
    labels = chain(inspect.signature(function).parameters, repeat("argument"))
    for label, value in (*zip(labels, args, strict=False), *kwargs.items()):
        values.append(value)
        count = len(list(leaves_in(tuple(values)))) - len(names)
        names += [label] if count == 1 else [f"{label}_{number}" for number in range(count)]
    return tuple(names)
