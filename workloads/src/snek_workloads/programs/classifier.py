"""In-graph training: every step of stochastic gradient descent on handwritten digits stands inside the program."""

from __future__ import annotations

import functools

import numpy as np
from scipy.special import log_softmax

from snek_workloads.workload import Arguments, Workload

SIZES = {
    "tiny": {"steps": 5, "batch": 20, "batches": 4, "held_out": 40},
    "small": {"steps": 100, "batch": 100, "batches": 14, "held_out": 360},
    "medium": {"steps": 1000, "batch": 200, "batches": 7, "held_out": 360},
    "paper": {"steps": 1000, "batch": 200, "batches": 7, "held_out": 360},
}
RATE = 0.5
CLASSES = 10


def classifier(xp, images, targets, order, test_images, test_targets, weights, bias, rate):  # type: ignore[no-untyped-def]
    """Train a linear softmax classifier, a step for each minibatch that `order` names, and judge it on held-out images.

    `images` (batches, batch, pixels) and one-hot `targets` (batches, batch, classes) come cut into minibatches.
    Return weights and bias, and the mean cross-entropy and the accuracy on the test images.
    """
    for k in order:
        scores = images[k] @ weights + bias
        likelihood = xp.exp(scores - xp.max(scores))
        probability = likelihood / xp.sum(likelihood, axis=1)[:, None]
        error = (probability - targets[k]) / images.shape[1]
        weights = weights - rate * (xp.matrix_transpose(images[k]) @ error)
        bias = bias - rate * xp.sum(error, axis=0)
    scores = test_images @ weights + bias
    likelihood = xp.exp(scores - xp.max(scores))
    probability = likelihood / xp.sum(likelihood, axis=1)[:, None]
    loss = -xp.mean(xp.log(xp.sum(probability * test_targets, axis=1)))
    hit = xp.argmax(scores, axis=1) == xp.argmax(test_targets, axis=1)
    accuracy = xp.mean(xp.astype(hit, scores.dtype))
    return weights, bias, loss, accuracy


@functools.cache
def digits() -> tuple[np.ndarray, np.ndarray]:
    """Return scikit-learn's handwritten digits (1797, 64), in [0, 1], and their classes one-hot."""
    from sklearn.datasets import load_digits  # here: listing and staging need no second's wait for it

    images, labels = load_digits(return_X_y=True)
    return (images / 16).astype(np.float32), np.eye(CLASSES, dtype=np.float32)[labels]


def arguments(rng: np.random.Generator, size: str) -> Arguments:
    """Draw a split of the digits into minibatches and held-out images, an order of training, and small weights."""
    s = SIZES[size]
    images, targets = digits()
    chosen = rng.permutation(len(images))[: s["batches"] * s["batch"] + s["held_out"]]
    test, train = chosen[: s["held_out"]], chosen[s["held_out"] :].reshape(s["batches"], s["batch"])
    epochs = -(-s["steps"] // s["batches"])
    order = np.concatenate([rng.permutation(s["batches"]) for _ in range(epochs)])[: s["steps"]]
    return (
        images[train],
        targets[train],
        order.astype(np.int64),
        images[test],
        targets[test],
        (0.01 * rng.standard_normal((images.shape[1], CLASSES))).astype(np.float32),
        np.zeros(CLASSES, np.float32),
        np.float32(RATE),
    )


def mean_loss(images: np.ndarray, targets: np.ndarray, weights: np.ndarray, bias: np.ndarray) -> float:
    """Compute the mean cross-entropy in float64, through SciPy's log-softmax."""
    scores = np.einsum("np,pc->nc", np.asarray(images, np.float64), weights) + bias
    labels = np.argmax(targets, axis=1)
    return float(-log_softmax(scores, axis=1)[np.arange(len(labels)), labels].mean())


def witness(
    images: np.ndarray,
    targets: np.ndarray,
    order: np.ndarray,
    test_images: np.ndarray,
    test_targets: np.ndarray,
    weights: np.ndarray,
    bias: np.ndarray,
    rate: np.float32,
) -> tuple[np.ndarray, np.ndarray, float, float]:
    """Train class by class on integer labels, the bias a weight of a constant pixel, through SciPy's log-softmax."""
    labels = np.argmax(targets, axis=2)
    joined = np.vstack([np.asarray(weights, np.float64), np.asarray(bias, np.float64)])
    for k in order:
        pixels = np.hstack([np.asarray(images[k], np.float64), np.ones((len(images[k]), 1))])
        probability = np.exp(log_softmax(np.einsum("np,pc->nc", pixels, joined), axis=1))
        # The mean over the batch of what the model expects of each pixel and class, less what the labels show.
        expected = np.einsum("np,nc->pc", pixels, probability) / len(pixels)
        seen = np.stack([pixels[labels[k] == c].sum(axis=0) for c in range(CLASSES)], axis=1) / len(pixels)
        joined = joined - float(rate) * (expected - seen)
    weights, bias = joined[:-1], joined[-1]
    scores = np.einsum("np,pc->nc", np.asarray(test_images, np.float64), weights) + bias
    right = sum(int(row.argmax() == target.argmax()) for row, target in zip(scores, test_targets, strict=True))
    return weights, bias, mean_loss(test_images, test_targets, weights, bias), right / len(scores)


def flops(images: np.ndarray, targets: np.ndarray, order: np.ndarray, test_images: np.ndarray, *_: object) -> float:
    """Count two products a step and one at the end, and the softmax and the update elementwise."""
    _, batch, pixels = images.shape
    classes = targets.shape[2]
    # Elementwise a score: bias, shift, maximum, exp, sum, quotient, difference, mean, bias sum. A weight: two.
    step = 4 * batch * pixels * classes + 9 * batch * classes + 2 * (pixels + 1) * classes
    judged = len(test_images)
    return float(len(order) * step + 2 * judged * pixels * classes + 10 * judged * classes)


def bytes_moved(images: np.ndarray, targets: np.ndarray, order: np.ndarray, *rest: np.ndarray) -> float:
    """Count every minibatch that `order` names once, the other arguments once, and the weights and bias written."""
    batches = len(np.unique(order)) * (images[0].nbytes + targets[0].nbytes)
    *_, weights, bias, _rate = rest
    return float(batches + order.nbytes + sum(array.nbytes for array in rest) + weights.nbytes + bias.nbytes)


WORKLOAD = Workload(
    program=classifier,
    arguments=arguments,
    sizes=SIZES,
    witness=witness,
    flops=flops,
    bytes_moved=bytes_moved,
    # The loss is convex, so that rounding (about 1e-7 of a step's gradient, which is below 1) adds up over 1000 steps
    # but is not amplified: 1e-4 at worst. The accuracy is a multiple of 1 / held_out, 2.7e-3 at the finest: it must be
    # exact to pass.
    relative_tolerance=1e-4,
    absolute_tolerance=1e-4,
    why="a training loop as one program: AutoGraph's in-graph training, on real handwritten digits",
    experts={
        "jax": "snek_workloads.experts.classifier:with_jax",
        "numba": "snek_workloads.experts.classifier:with_numba",
    },
)
