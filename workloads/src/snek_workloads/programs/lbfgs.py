"""L-BFGS on an auto-encoder with tied weights: a history in arrays, and two loops over what it holds by then."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from snek_workloads.programs.classifier import digits
from snek_workloads.workload import Arguments, Workload

SIZES = {
    "tiny": {"images": 6, "side": 2, "hidden": 3, "steps": 5},
    "small": {"images": 50, "side": 8, "hidden": 16, "steps": 10},
    "medium": {"images": 100, "side": 8, "hidden": 50, "steps": 20},
    "paper": {"images": 100, "side": 28, "hidden": 100, "steps": 20},
}
"""The paper keeps 100 corrections and makes at most 20 steps, so that 20 corrections are all there are."""
FLAT = 1e-5
NUDGE = 1e-6


def lbfgs(xp, images, parameters, flat, reach, hidden: int, steps: int):  # type: ignore[no-untyped-def]
    """Descend the reconstruction's mean squared error over `images` (images, pixels); return parameters and loss.

    `parameters` are the weights (pixels, hidden), the hidden biases and the pixels' biases in one array. The first step
    moves them by at most `reach` in all. Ends after `steps` steps, or where no slope exceeds `flat`.
    """
    loss, slope = reconstruction(xp, images, parameters, hidden)
    direction = -slope * (reach / xp.maximum(xp.sum(xp.abs(slope)), reach))
    moves = xp.zeros((steps, parameters.shape[0]), dtype=parameters.dtype)
    turns = xp.zeros((steps, parameters.shape[0]), dtype=parameters.dtype)
    inverse = xp.zeros((steps,), dtype=parameters.dtype)
    share = xp.zeros((steps,), dtype=parameters.dtype)
    count = 0
    while count < steps and xp.max(xp.abs(slope)) > flat:
        before = slope
        parameters = parameters + direction
        loss, slope = reconstruction(xp, images, parameters, hidden)
        moves[count] = direction
        turns[count] = slope - before
        curvature = xp.sum(moves[count] * turns[count])
        inverse[count] = 1 / curvature
        direction = -slope
        k = count
        while k >= 0:
            share[k] = inverse[k] * xp.sum(moves[k] * direction)
            direction = direction - share[k] * turns[k]
            k = k - 1
        direction = direction * (curvature / xp.sum(turns[count] * turns[count]))
        while k < count:
            k = k + 1
            direction = direction + (share[k] - inverse[k] * xp.sum(turns[k] * direction)) * moves[k]
        count = count + 1
    return parameters, loss


def reconstruction(xp, images, parameters, hidden: int):  # type: ignore[no-untyped-def]
    """Return the mean squared error of the auto-encoder, and its slope by each parameter, derived by hand."""
    pixels = images.shape[1]
    weights = xp.reshape(parameters[: pixels * hidden], (pixels, hidden))
    code = 1 / (1 + xp.exp(-(images @ weights + parameters[pixels * hidden : pixels * hidden + hidden])))
    off = code @ xp.matrix_transpose(weights) + parameters[pixels * hidden + hidden :] - images
    by_off = 2 * off / (images.shape[0] * pixels)
    by_code = (by_off @ weights) * code * (1 - code)
    by_weights = xp.matrix_transpose(images) @ by_code + xp.matrix_transpose(by_off) @ code
    slope = xp.concat([xp.reshape(by_weights, (-1,)), xp.sum(by_code, axis=0), xp.sum(by_off, axis=0)])
    return xp.mean(off * off), slope


def arguments(rng: np.random.Generator, size: str) -> Arguments:
    """Draw images and small weights; what counts as flat is next to nothing or, half the time, is reached on the way.

    Without a line search some ways are wild: one that a start moved by `NUDGE` would leave is drawn again.
    """
    s = SIZES[size]
    hidden, (every, _) = s["hidden"], digits()
    early = rng.random() < 0.5
    while True:
        images = _scaled(every[rng.choice(len(every), s["images"], replace=False)], s["side"])
        weights = rng.standard_normal((images.shape[1], hidden)) / np.sqrt(images.shape[1])
        parameters = np.concatenate([weights.ravel(), np.zeros(hidden + images.shape[1])]).astype(np.float32)
        flat = FLAT
        if early:
            _, slope = reconstruction(np, images, parameters, hidden)
            flat = float(np.max(np.abs(slope))) * 10 ** rng.uniform(-1.5, -0.3)
        drawn = (images, parameters, np.float32(flat), np.float32(1), hidden, s["steps"])
        moved = parameters + NUDGE * rng.standard_normal(parameters.shape)
        with np.errstate(over="ignore"):
            ends = [lbfgs(np, images.astype(np.float64), start, *drawn[2:])[0] for start in (parameters * 1.0, moved)]
        if np.max(np.abs(ends[0] - ends[1])) < 100 * NUDGE:
            return drawn


def _scaled(images: np.ndarray, side: int) -> np.ndarray:
    """Return images of 8 x 8 pixels at another side: blocks joined, or pixels repeated and a margin around them."""
    square = images.reshape(-1, 8, 8)
    if side < 8:
        square = square.reshape(-1, side, 8 // side, side, 8 // side).mean(axis=(2, 4))
    else:
        margin = (side - side // 8 * 8) // 2
        square = np.pad(square.repeat(side // 8, 1).repeat(side // 8, 2), ((0, 0), (margin, margin), (margin, margin)))
    return square.reshape(len(images), side * side)


def witness(
    images: np.ndarray, parameters: np.ndarray, flat: np.float32, reach: np.float32, hidden: int, steps: int
) -> tuple[np.ndarray, np.float64]:
    """Multiply by the inverse Hessian's compact form instead of running two loops."""
    point, loss, _ = _descend(images, parameters, flat, reach, hidden, steps)
    return point, np.float64(loss)


def _descend(
    images: np.ndarray, parameters: np.ndarray, flat: np.float32, reach: np.float32, hidden: int, steps: int
) -> tuple[np.ndarray, float, int]:
    """Return the parameters, the loss and the number of steps.

    Byrd, Nocedal and Schnabel, Representations of quasi-Newton matrices, Mathematical Programming 63 (1994), eq. 3.13.
    """
    wide = np.asarray(images, np.float64)
    point = np.asarray(parameters, np.float64)
    loss, slope = _loss(wide, point, hidden)
    step = -slope * min(1.0, float(reach) / np.abs(slope).sum())
    moves: list[np.ndarray] = []
    turns: list[np.ndarray] = []
    while len(moves) < steps and np.abs(slope).max() > flat:
        point = point + step
        before, (loss, slope) = slope, _loss(wide, point, hidden)
        moves.append(step)
        turns.append(slope - before)
        s, y = np.stack(moves, axis=1), np.stack(turns, axis=1)
        scale = (moves[-1] @ turns[-1]) / (turns[-1] @ turns[-1])
        upper = np.linalg.inv(np.triu(s.T @ y))
        middle = np.diag(np.diag(s.T @ y)) + scale * y.T @ y
        along, across = upper @ (s.T @ slope), scale * (y.T @ slope)
        step = -(scale * slope + s @ (upper.T @ (middle @ along - across)) - scale * (y @ along))
    return point, loss, len(moves)


def _loss(images: np.ndarray, parameters: np.ndarray, hidden: int) -> tuple[float, np.ndarray]:
    """Return the error and its slope, image by image."""
    weights, bias, shown = np.split(parameters, np.cumsum([images.shape[1] * hidden, hidden]))
    matrix = weights.reshape(-1, hidden)
    total, slopes = 0.0, [np.zeros_like(matrix), np.zeros(hidden), np.zeros(images.shape[1])]
    for image in images:
        code = expit(matrix.T @ image + bias)
        off = 2 * (matrix @ code + shown - image)
        total += off @ off / 4
        by_code = matrix.T @ off * code * (1 - code)
        parts = (np.outer(image, by_code) + np.outer(off, code), by_code, off)
        slopes = [slope + part for slope, part in zip(slopes, parts, strict=True)]
    return float(total / images.size), np.concatenate([slope.ravel() for slope in slopes]) / images.size


def flops(images: np.ndarray, parameters: np.ndarray, *rest: np.float32 | int) -> float:
    """Count an evaluation's five products and elementwise steps, and four sums of products a pair in two loops."""
    flat, reach, hidden, steps = rest
    _, _, made = _descend(images, parameters, np.float32(flat), np.float32(reach), int(hidden), int(steps))
    # A hidden unit of an image: bias, logistic of 4, and 3 for its slope; a pixel: 6; both are summed once.
    evaluation = 10 * images.size * int(hidden) + len(images) * (9 * int(hidden) + 7 * images.shape[1])
    pairs = made * (made + 1) // 2
    return float((made + 1) * evaluation + parameters.size * (8 * pairs + 8 * made))


def bytes_moved(images: np.ndarray, parameters: np.ndarray, *rest: np.float32 | int) -> float:  # noqa: ARG001
    """Count the images and the parameters read, and parameters and loss written."""
    return float(images.nbytes + 2 * parameters.nbytes + parameters.itemsize)


WORKLOAD = Workload(
    program=lbfgs,
    arguments=arguments,
    sizes=SIZES,
    witness=witness,
    flops=flops,
    bytes_moved=bytes_moved,
    # Products sum up to 784 float32 terms; twenty steps amplify what rounding changes up to 100 times, by the choice
    # of `arguments`.
    relative_tolerance=1e-4,
    absolute_tolerance=4e-4,
    why="an optimiser's loops: stores into a history, two inner loops as long as it is",
    experts={
        "jax": "snek_workloads.experts.lbfgs:with_jax",
        "numba": "snek_workloads.experts.lbfgs:with_numba",
    },
)
