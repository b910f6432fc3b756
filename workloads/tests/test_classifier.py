import math

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from snek_workloads import registry
from snek_workloads.argument_sets import argument_sets, as_float64
from snek_workloads.programs.classifier import classifier, mean_loss

WORKLOAD = registry.load("classifier")


def test_the_first_steps_gradient_agrees_with_finite_differences_of_the_loss():
    images, targets, order, test_images, test_targets, weights, bias, _ = as_float64(
        argument_sets(WORKLOAD, "tiny", seed=0)[0]
    )
    bias = np.random.default_rng(0).standard_normal(bias.shape)
    after_w, after_b, *_ = classifier(
        np, images, targets, order[:1], test_images, test_targets, weights, bias, np.float64(1)
    )

    def loss(flat):
        w, b = np.split(flat, [weights.size])
        return mean_loss(images[order[0]], targets[order[0]], w.reshape(weights.shape), b)

    expected = approx_fprime(np.concatenate([weights.ravel(), bias]), loss, 1e-6)
    np.testing.assert_allclose(np.concatenate([(weights - after_w).ravel(), bias - after_b]), expected, atol=1e-6)


@pytest.mark.parametrize("size", ["small", "medium"])
def test_training_learns_the_held_out_digits(size):
    for arguments in argument_sets(WORKLOAD, size, seed=0):
        images, targets, order, test_images, test_targets, weights, bias, rate = arguments
        *_, loss, accuracy = classifier(np, *arguments)
        *_, first_loss, first_accuracy = classifier(
            np, images, targets, order[:0], test_images, test_targets, weights, bias, rate
        )
        assert first_loss == pytest.approx(math.log(10), abs=0.1)
        assert first_accuracy < 0.3
        assert loss < 0.5
        assert accuracy > 0.9


def test_the_loss_falls_as_steps_are_made():
    images, targets, order, *rest = argument_sets(WORKLOAD, "small", seed=0)[0]
    losses = [classifier(np, images, targets, order[:steps], *rest)[2] for steps in (0, 10, 30, 100)]
    assert losses == sorted(losses, reverse=True)


def test_held_out_images_are_not_trained_on():
    images, _, _, test_images, *_ = argument_sets(WORKLOAD, "small", seed=0)[0]
    seen = {image.tobytes() for image in images.reshape(-1, images.shape[-1])}
    assert len(seen) == images.shape[0] * images.shape[1]
    assert not seen & {image.tobytes() for image in test_images}
