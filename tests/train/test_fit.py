"""What a network is judged by besides its answers."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("tensorflow")

import keras

from train.fit import logits
from train.network.networks import NETWORKS


@pytest.mark.parametrize("name", ["baseline", "edge"])
def test_the_softmax_of_the_logits_is_what_the_network_says(name: str) -> None:
    keras.utils.set_random_seed(0)
    network = NETWORKS[name](height=28, width=28, classes=10)
    images = np.random.default_rng(0).random((6, 28, 28, 1), np.float32)
    found = logits(network, images)
    assert found.shape == (6, 10)
    np.testing.assert_allclose(np.asarray(keras.ops.softmax(found)), np.asarray(network(images)), atol=1e-6)
