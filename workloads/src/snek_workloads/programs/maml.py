"""MAML on sinusoids: Adam on the loss of a small network after it has made a step of descent on each of many tasks."""

from __future__ import annotations

import numpy as np

from snek_workloads.workload import Arguments, Workload

SIZES: dict[str, dict[str, int | float]] = {
    "tiny": {"meta_steps": 1, "tasks": 2, "examples": 4, "hidden": 5, "rate": 1e-2},
    "small": {"meta_steps": 1, "tasks": 25, "examples": 10, "hidden": 40, "rate": 1e-3},
    "medium": {"meta_steps": 2, "tasks": 100, "examples": 20, "hidden": 80, "rate": 1e-3},
    "paper": {"meta_steps": 1, "tasks": 25, "examples": 10, "hidden": 40, "rate": 1e-3},
    "paper_10": {"meta_steps": 10, "tasks": 25, "examples": 10, "hidden": 40, "rate": 1e-3},
}
"""Meta-steps draw their meta-batches from twice as many tasks. One is long enough where systems write loops out."""
PACE, KEEP, KEEP_SQUARE, LEAST = 1e-3, 0.9, 0.999, 1e-8
"""Adam's numbers, as its authors give them."""
MADE = 10
"""How many meta-steps have been made before."""


def maml(  # type: ignore[no-untyped-def]
    xp, order, x, y, query_x, query_y, network, mean, square, weight, weight_square,
    rate, pace, keep, add, keep_square, add_square, least, hidden: int
):  # fmt: skip
    """Make a meta-step of Adam for each row of `order` (meta-steps, tasks); return the network, Adam's means, the loss.

    `x`, `y`, `query_x`, `query_y` are (tasks, examples, 1). `network` are the weights and biases of 1-hidden-hidden-1
    with relu, `mean` and `square` Adam's means of their slopes and of these squared, in one array each. The means began
    as zeros: `weight` and `weight_square` are the shares that slopes have in them by now. A mean keeps the share `keep`
    and adds `add` of what is new. `rate` is the inner step's, `pace` Adam's.
    """
    loss = 0 * rate
    for tasks in order:
        loss, slope = meta_slope(xp, tasks, x, y, query_x, query_y, network, rate, hidden)
        weight = keep * weight + add
        weight_square = keep_square * weight_square + add_square
        mean = keep * mean + add * slope
        square = keep_square * square + add_square * slope * slope
        network = network - pace * (mean / weight) / (xp.sqrt(square / weight_square) + least)
    return network, mean, square, loss


def meta_slope(xp, tasks, x, y, query_x, query_y, network, rate, hidden: int):  # type: ignore[no-untyped-def]
    """Return the mean loss on the queries of `tasks`, each after a step on the task's own examples, and its slope.

    Slopes are written by hand, so that the text needs no differentiation of its own. The slope by the network before
    the step is the one after it, less `rate` times the product of the examples' Hessian with that.
    """
    w1, b1, w2, b2, w3, b3 = layers(xp, network, hidden)
    loss = 0 * rate
    slope = 0 * network
    for k in tasks:
        _, live1, h1, live2, h2, d1, d2, d3 = passed(xp, x[k], y[k], w1, b1, w2, b2, w3, b3)  # type: ignore[no-untyped-call]
        s1, r1, s2, r2, s3, r3 = slopes(xp, x[k], h1, h2, d1, d2, d3)  # type: ignore[no-untyped-call]
        v1, a1, v2, a2 = w1 - rate * s1, b1 - rate * r1, w2 - rate * s2, b2 - rate * r2
        v3, a3 = w3 - rate * s3, b3 - rate * r3
        off, _, i1, _, i2, e1, e2, e3 = passed(xp, query_x[k], query_y[k], v1, a1, v2, a2, v3, a3)  # type: ignore[no-untyped-call]
        s1, r1, s2, r2, s3, r3 = slopes(xp, query_x[k], i1, i2, e1, e2, e3)  # type: ignore[no-untyped-call]
        turn = turned(xp, x[k], live1, h1, live2, h2, d2, d3, w2, w3, s1, r1, s2, r2, s3, r3)  # type: ignore[no-untyped-call]
        loss = loss + xp.mean(off * off)
        slope = slope + packed(xp, s1, r1, s2, r2, s3, r3) - rate * turn  # type: ignore[no-untyped-call]
    return loss / tasks.shape[0], slope / tasks.shape[0]


def layers(xp, network, hidden: int):  # type: ignore[no-untyped-def]
    """Return the weights and biases of the three layers."""
    second = 2 * hidden
    third = second + hidden * hidden
    w1 = xp.reshape(network[:hidden], (1, hidden))
    w2 = xp.reshape(network[second:third], (hidden, hidden))
    w3 = xp.reshape(network[third + hidden : third + 2 * hidden], (hidden, 1))
    return w1, network[hidden:second], w2, network[third : third + hidden], w3, network[third + 2 * hidden :]


def packed(xp, w1, b1, w2, b2, w3, b3):  # type: ignore[no-untyped-def]
    """Return weights and biases in one array."""
    return xp.concat([xp.reshape(w1, (-1,)), b1, xp.reshape(w2, (-1,)), b2, xp.reshape(w3, (-1,)), b3])


def passed(xp, x, y, w1, b1, w2, b2, w3, b3):  # type: ignore[no-untyped-def]
    """Run the network forward and back: return how far it is off, which units live, their values, slopes by layer."""
    z1 = x @ w1 + b1
    live1 = xp.astype(z1 > 0, z1.dtype)
    h1 = live1 * z1
    z2 = h1 @ w2 + b2
    live2 = xp.astype(z2 > 0, z2.dtype)
    h2 = live2 * z2
    off = h2 @ w3 + b3 - y
    d3 = 2 * off / x.shape[0]
    d2 = live2 * (d3 @ xp.matrix_transpose(w3))
    d1 = live1 * (d2 @ xp.matrix_transpose(w2))
    return off, live1, h1, live2, h2, d1, d2, d3


def slopes(xp, x, h1, h2, d1, d2, d3):  # type: ignore[no-untyped-def]
    """Return the mean squared error's slope by each weight and bias."""
    s1, s2, s3 = xp.matrix_transpose(x) @ d1, xp.matrix_transpose(h1) @ d2, xp.matrix_transpose(h2) @ d3
    return s1, xp.sum(d1, axis=0), s2, xp.sum(d2, axis=0), s3, xp.sum(d3, axis=0)


def turned(xp, x, live1, h1, live2, h2, d2, d3, w2, w3, t1, a1, t2, a2, t3, a3):  # type: ignore[no-untyped-def]
    """Return how the slopes change as weights and biases move along `t1, a1, ...`: a Hessian's product, in one array.

    Pearlmutter, Fast exact multiplication by the Hessian, Neural Computation 6 (1994).
    """
    g1 = live1 * (x @ t1 + a1)
    g2 = live2 * (g1 @ w2 + h1 @ t2 + a2)
    r3 = 2 * (g2 @ w3 + h2 @ t3 + a3) / x.shape[0]
    r2 = live2 * (r3 @ xp.matrix_transpose(w3) + d3 @ xp.matrix_transpose(t3))
    r1 = live1 * (r2 @ xp.matrix_transpose(w2) + d2 @ xp.matrix_transpose(t2))
    s1 = xp.matrix_transpose(x) @ r1
    s2 = xp.matrix_transpose(g1) @ d2 + xp.matrix_transpose(h1) @ r2
    s3 = xp.matrix_transpose(g2) @ d3 + xp.matrix_transpose(h2) @ r3
    return packed(xp, s1, xp.sum(r1, axis=0), s2, xp.sum(r2, axis=0), s3, xp.sum(r3, axis=0))  # type: ignore[no-untyped-call]


def maml_loss(  # type: ignore[no-untyped-def]
    xp, order, x, y, query_x, query_y, network, mean, square, weight, weight_square,  # noqa: ARG001 - as the program
    rate, pace, keep, add, keep_square, add_square, least, hidden: int  # noqa: ARG001 - as the program
):  # fmt: skip
    """Return the loss that the first meta-step descends; its gradient goes through the inner steps."""
    w1, b1, w2, b2, w3, b3 = layers(xp, network, hidden)
    total = 0 * rate
    for k in order[0]:
        _, _, h1, _, h2, d1, d2, d3 = passed(xp, x[k], y[k], w1, b1, w2, b2, w3, b3)  # type: ignore[no-untyped-call]
        s1, r1, s2, r2, s3, r3 = slopes(xp, x[k], h1, h2, d1, d2, d3)  # type: ignore[no-untyped-call]
        z1 = query_x[k] @ (w1 - rate * s1) + (b1 - rate * r1)
        h1 = xp.astype(z1 > 0, z1.dtype) * z1
        z2 = h1 @ (w2 - rate * s2) + (b2 - rate * r2)
        h2 = xp.astype(z2 > 0, z2.dtype) * z2
        off = h2 @ (w3 - rate * s3) + (b3 - rate * r3) - query_y[k]
        total = total + xp.mean(off * off)
    return total / order.shape[1]


def arguments(rng: np.random.Generator, size: str) -> Arguments:
    """Draw sinusoids of amplitude 0.1 to 5 and phase 0 to pi at points of [-5, 5], and weights in He's range.

    Adam's means are those of slopes about as large as this work's are.
    """
    s = SIZES[size]
    meta_steps, batch, examples, hidden = (int(s[name]) for name in ("meta_steps", "tasks", "examples", "hidden"))
    tasks = 2 * batch
    amplitude, phase = rng.uniform(0.1, 5, (tasks, 1, 1)), rng.uniform(0, np.pi, (tasks, 1, 1))
    x, query_x = rng.uniform(-5, 5, (2, tasks, examples, 1)).astype(np.float32)

    def dense(inputs: int, outputs: int) -> list[np.ndarray]:
        weights = np.sqrt(2 / inputs) * rng.standard_normal((inputs, outputs))
        return [weights.ravel(), 0.1 * rng.standard_normal(outputs)]

    network = np.concatenate(dense(1, hidden) + dense(hidden, hidden) + dense(hidden, 1))
    weights = (1 - KEEP**MADE, 1 - KEEP_SQUARE**MADE)
    adam = (*weights, s["rate"], PACE, KEEP, 1 - KEEP, KEEP_SQUARE, 1 - KEEP_SQUARE, LEAST)
    return (
        np.stack([rng.permutation(tasks)[:batch] for _ in range(meta_steps)]),
        x,
        (amplitude * np.sin(x + phase)).astype(np.float32),
        query_x,
        (amplitude * np.sin(query_x + phase)).astype(np.float32),
        network.astype(np.float32),
        (0.1 * rng.standard_normal(network.shape)).astype(np.float32),
        (rng.uniform(0.1, 1, network.shape) * (1 - KEEP_SQUARE**MADE)).astype(np.float32),
        *(np.float32(number) for number in adam),
        hidden,
    )


def witness(
    order: np.ndarray, x: np.ndarray, y: np.ndarray, query_x: np.ndarray, query_y: np.ndarray, *state: np.ndarray | int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.float64]:
    """Adapt example by example, the biases being weights of a constant input; Hessians by a step off the real axis."""
    *numbers, hidden = state
    network, mean, square, weight, weight_square, rate, pace, keep, add, keep_square, add_square, least = (
        np.asarray(part, np.float64) for part in numbers
    )
    loss = np.float64(0)
    for tasks in order:
        slope, loss = np.zeros_like(network), np.float64(0)
        for task in tasks:
            _, examples = _descent(network, x[task], y[task], int(hidden))
            one, after = _descent(network - rate * examples.real, query_x[task], query_y[task], int(hidden))
            _, beside = _descent(network + 1e-30j * after.real, x[task], y[task], int(hidden))
            loss += one / len(tasks)
            slope += (after.real - rate * beside.imag / 1e-30) / len(tasks)
        # A mean and its zeros' correction as one weighted sum of all slopes.
        mean, weight = (keep * old + add * new for old, new in ((mean, slope), (weight, 1)))
        square, weight_square = (
            keep_square * old + add_square * new for old, new in ((square, slope**2), (weight_square, 1))
        )
        network = network - pace * mean / weight / (np.sqrt(square / weight_square) + least)
    return network, mean, square, loss


def _descent(network: np.ndarray, x: np.ndarray, y: np.ndarray, hidden: int) -> tuple[np.float64, np.ndarray]:
    """Return the mean squared error at the examples, and its slope by the network, example by example."""
    shapes = ((2, hidden), (hidden + 1, hidden), (hidden + 1, 1))
    ends = np.cumsum([rows * columns for rows, columns in shapes])[:-1]
    matrices = [part.reshape(shape) for part, shape in zip(np.split(network, ends), shapes, strict=True)]
    steps, error = [np.zeros_like(matrix) for matrix in matrices], np.float64(0)
    for point, value in zip(x, y, strict=True):
        inputs, output = _run(matrices, point)
        error += ((output - value).real ** 2).sum() / len(x)
        slope = 2 * (output - value) / len(x)
        for depth in (2, 1, 0):
            steps[depth] += np.outer(inputs[depth], slope)
            slope = (matrices[depth][:-1] @ slope) * (inputs[depth][:-1].real > 0)
    return error, np.concatenate([step.ravel() for step in steps])


def _run(matrices: list[np.ndarray], point: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """Return each layer's input, with the constant, and the network's output at one point."""
    inputs, value = [], np.asarray(point, matrices[0].dtype)
    for matrix in matrices:
        inputs.append(np.append(value, 1))
        value = inputs[-1] @ matrix
        if matrix is not matrices[-1]:
            value = np.where(value.real > 0, value, 0)
    return inputs, value


def flops(order: np.ndarray, x: np.ndarray, *rest: np.ndarray | int) -> float:
    """Count a task's products, forward and backward twice, a Hessian's, and the elementwise steps between them."""
    examples, hidden = x.shape[1], int(rest[-1])
    square = examples * hidden * hidden
    forward = 2 * (square + 2 * examples * hidden)
    # Backward: the weights' gradients cost what forward does; the slopes pass through two layers.
    backward = forward + 2 * (square + examples * hidden)
    # Along a direction: forward but for its first layer has two products for each, so have slopes and gradients back.
    turned = 2 * (2 * square + 3 * examples * hidden) + 2 * (2 * square + 2 * examples * hidden)
    turned += 2 * (2 * square + 3 * examples * hidden)
    weights = hidden * hidden + 4 * hidden + 1
    # A hidden unit of an example: bias, test and mask, twice a layer and pass, masks of slopes, and the direction's.
    elementwise = examples * hidden * (2 * 2 * 3 + 4 + 8) + 6 * weights
    steps, tasks = order.shape
    return float(steps * (tasks * (2 * (forward + backward) + turned + elementwise) + 16 * weights))


def bytes_moved(order: np.ndarray, *rest: np.ndarray | int) -> float:
    """Count the tasks that `order` names, the network and Adam's means read and written, and the numbers."""
    *data, network, mean, square = (part for part in rest[:7] if isinstance(part, np.ndarray))
    numbers = [part for part in rest[7:] if isinstance(part, np.generic)]
    named = len(np.unique(order)) / len(data[0])
    state = network.nbytes + mean.nbytes + square.nbytes
    return float(
        order.nbytes + named * sum(part.nbytes for part in data) + 2 * state + sum(one.nbytes for one in numbers) + 4
    )


WORKLOAD = Workload(
    program=maml,
    arguments=arguments,
    sizes=SIZES,
    witness=witness,
    flops=flops,
    bytes_moved=bytes_moved,
    # Sums of up to 80 float32 products in each of three layers, forward and back (relative error about 1e-6 each); a
    # unit near zero whose side rounding changes contributes next to nothing to the loss, and to a mean of slopes one
    # example's share.
    relative_tolerance=2e-4,
    absolute_tolerance=1e-4,
    why="meta-learning: loops of small products around Adam, whose gradient goes through the inner step",
    objective=maml_loss,
    by=("network",),
    experts={"jax": "snek_workloads.experts.maml:with_jax"},
)
