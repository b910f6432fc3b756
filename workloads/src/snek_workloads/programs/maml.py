"""MAML on sinusoids: the loss of a small network after it has made a step of descent on each task of a meta-batch."""

from __future__ import annotations

import numpy as np

from snek_workloads.workload import Arguments, Workload

SIZES: dict[str, dict[str, int | float]] = {
    "tiny": {"tasks": 3, "examples": 4, "hidden": 5, "rate": 1e-2},
    "small": {"tasks": 25, "examples": 10, "hidden": 40, "rate": 1e-3},
    "medium": {"tasks": 100, "examples": 20, "hidden": 80, "rate": 1e-3},
    "paper": {"tasks": 25, "examples": 10, "hidden": 40, "rate": 1e-3},
}


def maml(xp, order, x, y, query_x, query_y, w1, b1, w2, b2, w3, b3, rate):  # type: ignore[no-untyped-def]
    """Return the mean loss on the queries of the tasks `order`, each after one step on the task's own examples.

    `x`, `y`, `query_x`, `query_y` are (tasks, examples, 1); the network is 1-hidden-hidden-1 with relu.
    """
    total = 0 * rate
    for k in order:
        # The step's gradient is written by hand, so that the text needs no differentiation of its own.
        z1 = x[k] @ w1 + b1
        live1 = xp.astype(z1 > 0, z1.dtype)
        h1 = live1 * z1
        z2 = h1 @ w2 + b2
        live2 = xp.astype(z2 > 0, z2.dtype)
        h2 = live2 * z2
        d3 = 2 * (h2 @ w3 + b3 - y[k]) / x.shape[1]
        d2 = live2 * (d3 @ xp.matrix_transpose(w3))
        d1 = live1 * (d2 @ xp.matrix_transpose(w2))
        v1 = w1 - rate * (xp.matrix_transpose(x[k]) @ d1)
        v2 = w2 - rate * (xp.matrix_transpose(h1) @ d2)
        v3 = w3 - rate * (xp.matrix_transpose(h2) @ d3)
        a1 = b1 - rate * xp.sum(d1, axis=0)
        a2 = b2 - rate * xp.sum(d2, axis=0)
        a3 = b3 - rate * xp.sum(d3, axis=0)
        z1 = query_x[k] @ v1 + a1
        h1 = xp.astype(z1 > 0, z1.dtype) * z1
        z2 = h1 @ v2 + a2
        h2 = xp.astype(z2 > 0, z2.dtype) * z2
        error = h2 @ v3 + a3 - query_y[k]
        total = total + xp.mean(error * error)
    return total / order.shape[0]


def arguments(rng: np.random.Generator, size: str) -> Arguments:
    """Draw sinusoids of amplitude 0.1 to 5 and phase 0 to pi at points of [-5, 5], and weights in He's range."""
    s = SIZES[size]
    tasks, examples, hidden = (int(s[name]) for name in ("tasks", "examples", "hidden"))
    amplitude, phase = rng.uniform(0.1, 5, (tasks, 1, 1)), rng.uniform(0, np.pi, (tasks, 1, 1))
    x, query_x = rng.uniform(-5, 5, (2, tasks, examples, 1)).astype(np.float32)

    def dense(inputs: int, outputs: int) -> tuple[np.ndarray, np.ndarray]:
        weights = np.sqrt(2 / inputs) * rng.standard_normal((inputs, outputs))
        return weights.astype(np.float32), (0.1 * rng.standard_normal(outputs)).astype(np.float32)

    return (
        rng.permutation(tasks),
        x,
        (amplitude * np.sin(x + phase)).astype(np.float32),
        query_x,
        (amplitude * np.sin(query_x + phase)).astype(np.float32),
        *dense(1, hidden),
        *dense(hidden, hidden),
        *dense(hidden, 1),
        np.float32(s["rate"]),
    )


def witness(
    order: np.ndarray, x: np.ndarray, y: np.ndarray, query_x: np.ndarray, query_y: np.ndarray, *network: np.ndarray
) -> np.float64:
    """Adapt to all tasks at once, example by example, the biases being weights of a constant input."""
    w1, b1, w2, b2, w3, b3, rate = (np.asarray(part, np.float64) for part in network)
    layers = [np.vstack([w, b]) for w, b in ((w1, b1), (w2, b2), (w3, b3))]
    losses = []
    for task in order:
        steps = [np.zeros_like(layer) for layer in layers]
        for point, value in zip(x[task], y[task], strict=True):
            inputs, output = _run(layers, point)
            slope = 2 * (output - value) / len(x[task])
            for depth in (2, 1, 0):
                steps[depth] += np.outer(inputs[depth], slope)
                slope = (layers[depth][:-1] @ slope) * (inputs[depth][:-1] > 0)
        adapted = [layer - rate * step for layer, step in zip(layers, steps, strict=True)]
        queries = zip(query_x[task], query_y[task], strict=True)
        losses.append(np.mean([(_run(adapted, point)[1] - value) ** 2 for point, value in queries]))
    return np.float64(np.mean(losses))


def _run(layers: list[np.ndarray], point: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """Return each layer's input, with the constant, and the network's output at one point."""
    inputs, value = [], np.asarray(point, np.float64)
    for layer in layers:
        inputs.append(np.append(value, 1.0))
        value = inputs[-1] @ layer
        if layer is not layers[-1]:
            value = np.maximum(value, 0)
    return inputs, value


def flops(order: np.ndarray, x: np.ndarray, *rest: np.ndarray) -> float:
    """Count a task's products, forward twice and backward once, and the elementwise steps between them."""
    examples, hidden = x.shape[1], rest[3].shape[1]
    forward = 2 * examples * (hidden + hidden * hidden + hidden)
    # Backward: the weights' gradients cost what forward does; the slopes pass through two layers.
    backward = forward + 2 * examples * (hidden * hidden + hidden)
    weights = hidden * hidden + 4 * hidden + 1
    # A hidden unit of an example: bias, test and mask, twice a layer and pass, and the mask of its slope.
    elementwise = examples * hidden * (2 * 2 * 3 + 2 * 2) + 3 * weights
    return float(len(order) * (2 * forward + backward + elementwise))


def bytes_moved(order: np.ndarray, *rest: np.ndarray) -> float:
    """Count the tasks that `order` names, the network and the rate read once, and the loss written."""
    *tasks, _rate = rest
    return float(order.nbytes + sum(array.nbytes for array in tasks) + 2 * _rate.nbytes)


WORKLOAD = Workload(
    program=maml,
    arguments=arguments,
    sizes=SIZES,
    witness=witness,
    flops=flops,
    bytes_moved=bytes_moved,
    # Sums of up to 80 float32 products in each of three layers, forward and back (relative error about 1e-6 each); a
    # unit near zero whose side rounding changes contributes next to nothing to the loss.
    relative_tolerance=2e-4,
    absolute_tolerance=1e-5,
    why="meta-learning: a loop of small products, whose gradient goes through the inner step",
    objective=maml,
    by=("w1", "b1", "w2", "b2", "w3", "b3"),
    experts={"jax": "snek_workloads.experts.maml:with_jax"},
)
