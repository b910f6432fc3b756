"""`sort` and `sorted`: Python's own where what is compared is known now, refused by name where data decide."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from snek_strategies.staging.refusal import StagingStopped, refuse


def in_order(items: list[Any], key: Callable[[Any], Any] | None, reverse: bool, what: str) -> list[Any]:
    """Return the items in their order; `key` gives what is compared. Refuses an order that data decide."""
    keys = items if key is None else [key(one) for one in items]
    try:
        places = sorted(range(len(items)), key=keys.__getitem__, reverse=bool(reverse))
    except StagingStopped as stopped:
        if stopped.error.code != "SNK0201":
            raise
        # Which order Python gives to NaN depends on its algorithm: no staged sort could promise the same.
        refuse(
            f"{what} by values known only in the next stage; sort an array of them with np.sort, or take rows by "
            "np.argsort",
            code="SNK0204",
        )
    return [items[at] for at in places]
