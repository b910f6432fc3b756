"""Says of programs on JAX what they are made of, and whether calls of them begin at the beginning."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from snek_strategies.snek_jax import SnekJax


def halved(n: Any) -> Any:
    while n > 1:
        n = n // 2 if n % 2 == 0 else n - 1
    return n


def either(x: Any, large: Any) -> Any:
    return x @ x if large else x + 1


def cell(x: Any, w: Any, h: Any, n: Any) -> Any:
    t = 0 * n
    while t < n:
        h = np.tanh(x[t] @ w + h)
        t = t + 1
    return h


def held(x: Any, w: Any, live: Any) -> Any:
    c = np.where(live, x * w, x)
    return np.where(live, np.tanh(c), w), c


def divided(x: Any, narrow: Any, bare: Any) -> Any:
    return x // 4, x % 4, x // 3, x % 3, narrow // 16, narrow % 7, bare // 5, bare % 8, x // -2, x % -3


def furthest(x: Any, n: Any, live: Any) -> Any:
    return np.argmax(x, axis=1), np.argmin(x), np.argmax(n), np.argmin(n, axis=0), np.argmax(live), np.argmin(live)


def extremes(x: Any, odd: Any, few: Any, flawed: Any) -> Any:
    return np.max(x), np.max(odd), np.max(few), np.min(flawed), np.argmin(flawed)


X, W, H = np.linspace(0, 1, 60).reshape(5, 6, 2), np.linspace(-1, 1, 4).reshape(2, 2), np.ones((6, 2))
WHOLE = np.array([-129, -16, -7, -4, -1, 0, 1, 4, 7, 127])
FAR = np.array([[1.0, np.nan, 3.0, np.nan], [2.0, 2.0, -np.inf, 1.0], [-np.inf] * 4, [0.0, -0.0, 5.0, 5.0]])
LINE = np.sin(np.arange(961.0))
PROGRAMS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "halved": (halved, (np.int64(37),)),
    "either": (either, (np.ones((3, 3)), np.bool_(True))),
    "cell": (cell, (X, W, H, np.int64(4))),
    "held": (held, (H, H * 2, H > 0)),
    "divided": (divided, (WHOLE, WHOLE.astype(np.int8), WHOLE.astype(np.uint8))),
    "extremes": (extremes, (LINE[:960], LINE, LINE[:8].reshape(2, 4), np.where(LINE[:64] > 0.9, np.nan, LINE[:64]))),
    "furthest": (furthest, (FAR, WHOLE.reshape(2, 5), WHOLE == 1)),
}


def said(function: Any, args: tuple[Any, ...]) -> dict[str, Any]:
    """Stage, run and run again for JAX's own arrays."""
    strategy = SnekJax()
    staged = strategy.stage(function, args)
    run = staged.compile()
    begun = 0
    begin = run.call_staged  # type: ignore[attr-defined]

    def call_staged(*given: object) -> object:
        nonlocal begun
        begun += 1
        return begin(*given)

    run.call_staged = call_staged  # type: ignore[attr-defined]
    native = tuple(map(strategy.from_host, args))
    made = [strategy.to_host(run(*native)) for _ in range(3)]
    wanted = function(*args)
    narrow = tuple(strategy.from_host(one.astype(np.float32) if one.dtype.kind == "f" else one) for one in args)
    other = strategy.to_host(run(*narrow))
    several = isinstance(wanted, tuple)
    return {
        "right": all(np.allclose(x, y, equal_nan=True) for one in made for x, y in _pairs(one, wanted, several)),
        "begun": begun,
        "dtypes": [str(one.dtype) for one in (other if several else (other,))],
        "stablehlo": staged.dump()["stablehlo"],
    }


def changing() -> dict[str, Any]:
    """Call a program with arrays, a changed variable, other arrays, a number for one, and without the variable."""
    factor = 2

    def scaled(x: Any, y: Any) -> Any:
        return x * factor + y  # noqa: F821 - deleted below, which is the point

    strategy = SnekJax()
    x, y = (strategy.from_host(np.arange(3.0)) for _ in range(2))
    run = strategy.stage(scaled, (np.arange(3.0), np.arange(3.0))).compile()
    made = [strategy.to_host(run(x, y)).tolist() for _ in range(2)]
    factor = 3
    made += [strategy.to_host(run(x, y)).tolist() for _ in range(2)]
    made.append(strategy.to_host(run(x, x)).tolist())
    wide = strategy.from_host(np.arange(2.0))
    made += [strategy.to_host(run(wide, wide)).tolist(), strategy.to_host(run(x, y)).tolist()]
    made.append(strategy.to_host(run(x, 1)).tolist())
    del factor
    try:
        made.append(strategy.to_host(run(x, y)).tolist())
    except NameError as error:
        made.append(type(error).__name__)
    return {"made": made}


def static() -> dict[str, Any]:
    """Call a program with a number that is static: the same again, others, and a truth that equals one of them."""

    def power(x: Any, n: Any) -> Any:
        return x if n == 1 else x * power(x, n - 1)

    strategy = SnekJax()
    x = strategy.from_host(np.arange(3.0))
    run = strategy.stage(power, (np.arange(3.0), 1)).compile()
    begun: list[object] = []
    begin = run.call_staged  # type: ignore[attr-defined]
    run.call_staged = lambda *given: [begun.append(given[1]), begin(*given)][1]  # type: ignore[attr-defined]
    made = [strategy.to_host(run(x, n)).tolist() for n in (1, 1, 1, True, 2, 2, 1)]
    return {"made": made, "begun": begun}


def _pairs(left: Any, right: Any, several: bool) -> Any:
    return zip(left, right, strict=True) if several else [(left, right)]


if __name__ == "__main__":
    print(
        json.dumps({**{name: said(*one) for name, one in PROGRAMS.items()}, "changing": changing(), "static": static()})
    )
