"""The last layer that a training of the pretrained network begins with: a regression on what it computes already.

Drawn weights would tear at the layers before them until they are learned, and with few images for longer than that
(Kumar et al., 2022, arXiv:2202.10054).
"""

from __future__ import annotations

import keras
import numpy as np

from edge.teach.logistic import fit
from train.fitting.batch_pipeline import TrainingImages, one_hot
from train.network.predict import predict

_MOST_IMAGES = 3000  # more change the first guess little, and take longer than an epoch
_MOST_CLASSES = 200
_PENALTY = 0.1  # on features whose mean square is 1; from 0.03 to 1 the accuracy is the same within two points
_TOLERANCE = 3e-2  # of the gradient's length: what follows adapts every weight


def begin_with_regression(network: keras.Model, images: TrainingImages) -> bool:
    """Set the last layer to a logistic regression on the features of the training images, in place.

    Args:
        network: EfficientNet-Lite0, in any form that has the layers `features` and `classes`.
        images: with class indices as targets.

    Returns:
        False if there are too many classes for it; the layer stays as it was drawn.
    """
    if images.classes > _MOST_CLASSES:
        return False
    chosen = np.sort(np.random.default_rng(0).permutation(len(images.pixels))[:_MOST_IMAGES])
    body = keras.Model(network.inputs, network.get_layer("features").output)
    features = predict(body, images.pixels, images.spec, chosen=chosen)
    mean = features.mean(axis=0)
    length = np.sqrt(np.square(features - mean).sum(axis=1).mean()) or np.float32(1)  # 0: images all alike
    head = fit(
        (features - mean) / length, one_hot(images.targets[chosen], images.classes), penalty=_PENALTY,
        weights=None if images.weights is None else images.weights[chosen], tolerance=_TOLERANCE,
    )  # fmt: skip
    kernel = head.weights / length
    network.get_layer("classes").set_weights([kernel, head.bias - mean @ kernel])
    return True
