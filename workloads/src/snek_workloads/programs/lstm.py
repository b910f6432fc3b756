"""LSTM over sequences of different lengths: a `while` loop that runs as long as the longest sequence of the batch."""

from __future__ import annotations

import math

import numpy as np

from snek_workloads.workload import Arguments, Workload

SIZES = {
    "tiny": {"time": 6, "batch": 3, "features": 4, "hidden": 5},
    "small": {"time": 64, "batch": 8, "features": 64, "hidden": 64},
    "medium": {"time": 64, "batch": 32, "features": 256, "hidden": 256},
    "paper": {"time": 20, "batch": 20, "features": 50, "hidden": 50},
    "single": {"time": 64, "batch": 1, "features": 64, "hidden": 64},
}
"""`paper` is Lantern's recurrent network over characters; `single` is so small that what is not arithmetic shows."""


def lstm(xp, x, lengths, wx, wh, b, h, c):  # type: ignore[no-untyped-def]
    """Run an LSTM over `x` (time, batch, features); a row's state stands still once its length is reached."""
    hidden = h.shape[1]
    longest = xp.max(lengths)
    t = 0 * longest  # a counter of the lengths' own dtype: a literal 0 is int32 in TensorFlow's loops
    while t < longest:
        z = x[t] @ wx + h @ wh + b
        i = 1 / (1 + xp.exp(-z[:, :hidden]))
        f = 1 / (1 + xp.exp(-z[:, hidden : 2 * hidden]))
        g = xp.tanh(z[:, 2 * hidden : 3 * hidden])
        o = 1 / (1 + xp.exp(-z[:, 3 * hidden :]))
        live = (t < lengths)[:, None]
        c = xp.where(live, f * c + i * g, c)
        h = xp.where(live, o * xp.tanh(c), h)
        t = t + 1
    return h, c


def lstm_loss(xp, x, lengths, wx, wh, b, h, c):  # type: ignore[no-untyped-def]
    """Return the last state's mean square."""
    h, c = lstm(xp, x, lengths, wx, wh, b, h, c)  # type: ignore[no-untyped-call]
    return xp.mean(h * h)


def arguments(rng: np.random.Generator, size: str) -> Arguments:
    """Draw inputs, lengths uniform in [time / 2, time], weights in Glorot's range, and a random first state."""
    s = SIZES[size]
    time, batch, features, hidden = s["time"], s["batch"], s["features"], s["hidden"]
    bound = math.sqrt(6 / (features + hidden))

    def normal(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape).astype(np.float32)

    return (
        normal(time, batch, features),
        rng.integers(time // 2, time, size=batch, endpoint=True, dtype=np.int64),
        rng.uniform(-bound, bound, (features, 4 * hidden)).astype(np.float32),
        rng.uniform(-bound, bound, (hidden, 4 * hidden)).astype(np.float32),
        0.1 * normal(4 * hidden),
        0.1 * normal(batch, hidden),
        0.1 * normal(batch, hidden),
    )


def witness(
    x: np.ndarray, lengths: np.ndarray, wx: np.ndarray, wh: np.ndarray, b: np.ndarray, h: np.ndarray, c: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Run each sequence alone, over exactly its own length, gate by gate: no mask and no batch."""
    wxs, whs, bs = (np.split(np.asarray(w, np.float64), 4, axis=-1) for w in (wx, wh, b))
    last_h, last_c = np.array(h, np.float64), np.array(c, np.float64)
    for row, length in enumerate(lengths):
        for frame in np.asarray(x[:length, row], np.float64):
            i, f, g, o = (wxs[k].T @ frame + whs[k].T @ last_h[row] + bs[k] for k in range(4))
            last_c[row] = last_c[row] * _logistic(f) + _logistic(i) * np.tanh(g)
            last_h[row] = _logistic(o) * np.tanh(last_c[row])
    return last_h, last_c


def _logistic(z: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(0.5 * z))


def flops(_: np.ndarray, lengths: np.ndarray, wx: np.ndarray, wh: np.ndarray, *rest: np.ndarray) -> float:  # noqa: ARG001
    """Count what the live steps need: two products a gate, and the elementwise steps of a hidden unit."""
    features, hidden = wx.shape[0], wh.shape[0]
    # A hidden unit: 3 logistic gates of 4 steps (negate, exp, add, divide), 2 tanh, and 3 products and 1 sum; the sum
    # of the two products and the bias are 2 steps for each of its 4 gates.
    step = 2 * (features + hidden) * 4 * hidden + (2 * 4 + 3 * 4 + 2 + 4) * hidden
    return float(int(np.sum(lengths)) * step)


def bytes_moved(x: np.ndarray, lengths: np.ndarray, *rest: np.ndarray) -> float:
    """Count the live frames, the lengths, the weights and the first state once, and the last state written."""
    frames = int(np.sum(lengths)) * x.shape[2] * x.itemsize
    *_, h, c = rest
    return float(frames + lengths.nbytes + sum(array.nbytes for array in rest) + h.nbytes + c.nbytes)


WORKLOAD = Workload(
    program=lstm,
    arguments=arguments,
    sizes=SIZES,
    witness=witness,
    flops=flops,
    bytes_moved=bytes_moved,
    # A product sums up to 512 float32 terms (relative error about sqrt(512) * 6e-8 = 1.4e-6); the forget gate, below
    # 1, keeps 64 steps of it from growing by more than about 1 / (1 - f), some 10 in these ranges.
    relative_tolerance=1e-4,
    absolute_tolerance=2e-5,
    why="a data-dependent while loop over a batch: the workload of AutoGraph's dynamic RNN",
    objective=lstm_loss,
    by=("wx", "wh", "b"),
    experts={
        "jax": "snek_workloads.experts.lstm:with_jax",
        "torch": "snek_workloads.experts.lstm:with_torch",
        "tensorflow": "snek_workloads.experts.lstm:with_tensorflow",
    },
)
