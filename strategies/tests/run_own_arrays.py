"""Says what staged programs give for arrays of a framework's own: SYSTEM BACKEND [DEVICE]."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

import snek

SYSTEM, BACKEND, DEVICE = (*sys.argv[1:], "cpu")[:3]


def shrunk(x, w):
    n = 0
    while (x * x).sum() > 1.0:
        x = x @ w
        n += 1
    return x, n


def loss(w, x):
    return shrunk(x, w)[0].sum()


def stored(x):
    x[0] = 1.0
    return x


def made(x):
    return x * 2, x.sum() > 0, x.shape[0], x.astype(np.int64).sum()


def counted(x):
    kept = []
    while x.sum() < 10:
        x = x + 1
        kept.append(x)
    return kept


def divided(x):
    return 1 // int(0 * x.sum())


def own(value: np.ndarray) -> Any:
    if SYSTEM == "jax":
        import jax.numpy

        return jax.numpy.asarray(value)
    if SYSTEM == "tensorflow":
        import tensorflow as tf

        return tf.constant(value)
    import torch

    return torch.tensor(value, device=DEVICE)


def host(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return [host(one) for one in value]
    if isinstance(value, dict):
        return {name: host(one) for name, one in value.items()}
    value = value.cpu() if SYSTEM == "torch" and hasattr(value, "cpu") else value
    return np.asarray(value).tolist()


def kinds(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return [kinds(one) for one in value]
    where = f" {value.device}" if SYSTEM == "torch" and hasattr(value, "cpu") else ""
    return f"{type(value).__module__.partition('.')[0].partition('lib')[0]}{where}"


def outcome(call: Callable[[], Any]) -> dict[str, Any]:
    try:
        value = call()
    except Exception as error:  # noqa: BLE001 - what is raised is what is asked
        return {"error": type(error).__name__, "text": str(error)}
    return {"value": host(value), "kinds": kinds(value)}


random = np.random.default_rng(0)
X, W = random.normal(size=(3, 4)).astype("f"), (random.normal(size=(4, 4)) * 0.2).astype("f")
x, w = own(X), own(W)
OUTSIDE = own(W)


def outside(x):
    return x @ OUTSIDE


sizes = snek.stage(made, backend=BACKEND)
for rows in (3, 2, 1):
    sizes(own(X[:rows]))
compiled = snek.stage(shrunk, backend=BACKEND).trace(x, w).lower().compile()
said = {
    "shrunk": outcome(lambda: snek.stage(shrunk, backend=BACKEND)(x, w)),
    "verified": outcome(lambda: snek.stage(shrunk, backend=BACKEND, verify=True)(x, w)),
    "beside NumPy's": outcome(lambda: snek.stage(shrunk, backend=BACKEND)(x, W)),
    "compiled": outcome(lambda: compiled(x, w)),
    "gradient": outcome(lambda: snek.grad(loss, backend=BACKEND)(w, x)),
    "made": outcome(lambda: snek.stage(made, backend=BACKEND)(x)),
    "in a dict": outcome(lambda: snek.stage(lambda held: held["x"] * 2, backend=BACKEND)({"x": x})),
    "one twice": outcome(lambda: snek.stage(lambda a, b: a + b, backend=BACKEND)(x, x)),
    "given back": outcome(lambda: snek.stage(lambda a: (a, a + 1), backend=BACKEND)(x)),
    "outside": outcome(lambda: snek.stage(outside, backend=BACKEND)(x)),
    "stored": outcome(lambda: snek.stage(stored, backend=BACKEND)(x)),
    "counted": outcome(lambda: snek.stage(counted, backend=BACKEND)(own(np.ones(3, "f")))),
    "divided": outcome(lambda: snek.stage(divided, backend=BACKEND)(x)),
    "again": outcome(lambda: [sizes(own(X[:rows]))[0] for rows in (3, 2, 3)]),
}
if DEVICE != "cpu":
    said["on two devices"] = outcome(lambda: snek.stage(shrunk, backend=BACKEND)(x, w.cpu()))
    said["elsewhere"] = outcome(lambda: snek.stage(shrunk, backend="lantern")(x, w))
print(json.dumps(said))
