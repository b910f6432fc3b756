"""AutoGraph's dynamic RNN: a basic cell run as long as the batch's longest sequence, every step's output kept."""

from __future__ import annotations

import math

import numpy as np

from snek_workloads.workload import Arguments, Workload

SIZES = {
    "tiny": {"time": 6, "batch": 3, "features": 4, "hidden": 5},
    "small": {"time": 64, "batch": 8, "features": 50, "hidden": 64},
    "medium": {"time": 64, "batch": 32, "features": 50, "hidden": 256},
    "paper": {"time": 128, "batch": 64, "features": 50, "hidden": 256},
    **{
        f"paper_{time}x{batch}": {"time": time, "batch": batch, "features": 50, "hidden": 256}
        for time in (64, 128)
        for batch in (32, 64, 128)
    },
}
"""AutoGraph's table has six settings, `paper_TIMExBATCH`; `paper` is the one in the middle."""


def dynamic_rnn(xp, x, lengths, wx, wh, b, h):  # type: ignore[no-untyped-def]
    """Run a basic RNN cell over `x` (time, batch, features); return the outputs (time, batch, hidden) and the state.

    Past its length, a row's state stands still and its outputs are zero.
    """
    outputs = xp.zeros((x.shape[0], x.shape[1], h.shape[1]), dtype=h.dtype)
    nothing = xp.zeros_like(h)
    longest = xp.max(lengths)
    t = 0 * longest  # a counter of the lengths' own dtype: a literal 0 is int32 in TensorFlow's loops
    while t < longest:
        live = (t < lengths)[:, None]
        new = xp.tanh(x[t] @ wx + h @ wh + b)
        outputs[t] = xp.where(live, new, nothing)
        h = xp.where(live, new, h)
        t = t + 1
    return outputs, h


def dynamic_rnn_loss(xp, x, lengths, wx, wh, b, h):  # type: ignore[no-untyped-def]
    """Return the mean square of the outputs, summed over time as they come: a gradient needs them one by one only."""
    nothing = xp.zeros_like(h)
    total = nothing
    longest = xp.max(lengths)
    t = 0 * longest
    while t < longest:
        live = (t < lengths)[:, None]
        new = xp.tanh(x[t] @ wx + h @ wh + b)
        total = total + xp.where(live, new * new, nothing)
        h = xp.where(live, new, h)
        t = t + 1
    return xp.mean(total)


def arguments(rng: np.random.Generator, size: str) -> Arguments:
    """Draw inputs, lengths uniform in [time / 2, time], weights in Glorot's range, and a random first state."""
    s = SIZES[size]
    time, batch, features, hidden = s["time"], s["batch"], s["features"], s["hidden"]
    bound = math.sqrt(6 / (features + 2 * hidden))

    def normal(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape).astype(np.float32)

    return (
        normal(time, batch, features),
        rng.integers(time // 2, time, size=batch, endpoint=True, dtype=np.int64),
        rng.uniform(-bound, bound, (features, hidden)).astype(np.float32),
        rng.uniform(-bound, bound, (hidden, hidden)).astype(np.float32),
        0.1 * normal(hidden),
        0.1 * normal(batch, hidden),
    )


def witness(
    x: np.ndarray, lengths: np.ndarray, wx: np.ndarray, wh: np.ndarray, b: np.ndarray, h: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Run each sequence alone, over exactly its own length, input and state in one product: no mask and no batch."""
    joined = np.vstack([wx, wh, b]).astype(np.float64).T
    outputs, last = np.zeros((*x.shape[:2], h.shape[1])), np.array(h, np.float64)
    for row, length in enumerate(lengths):
        for step in range(length):
            last[row] = np.tanh(joined @ np.concatenate([x[step, row], last[row], [1.0]]))
            outputs[step, row] = last[row]
    return outputs, last


def flops(_: np.ndarray, lengths: np.ndarray, wx: np.ndarray, wh: np.ndarray, *rest: np.ndarray) -> float:  # noqa: ARG001
    """Count what the live steps need: two products, two sums and a tanh a hidden unit."""
    features, hidden = wx.shape[0], wh.shape[0]
    return float(int(np.sum(lengths)) * hidden * (2 * (features + hidden) + 3))


def bytes_moved(x: np.ndarray, lengths: np.ndarray, *rest: np.ndarray) -> float:
    """Count the live frames, the lengths, the weights and the first state once, and outputs and last state written."""
    frames = int(np.sum(lengths)) * x.shape[2] * x.itemsize
    h = rest[-1]
    return float(frames + lengths.nbytes + sum(array.nbytes for array in rest) + (x.shape[0] + 1) * h.nbytes)


WORKLOAD = Workload(
    program=dynamic_rnn,
    arguments=arguments,
    sizes=SIZES,
    witness=witness,
    flops=flops,
    bytes_moved=bytes_moved,
    # A product sums up to 306 float32 terms (relative error about 1e-6); with weights in Glorot's range the state's
    # error is passed on with a factor near 1, over up to 128 steps.
    relative_tolerance=1e-4,
    absolute_tolerance=5e-5,
    why="AutoGraph's dynamic RNN: a data-dependent loop that fills an array, step by step",
    objective=dynamic_rnn_loss,
    by=("wx", "wh", "b"),
    experts={
        "jax": "snek_workloads.experts.dynamic_rnn:with_jax",
        "tensorflow": "snek_workloads.experts.dynamic_rnn:with_tensorflow",
    },
)
