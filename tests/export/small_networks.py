"""Small Keras networks that tell colours apart, and folders of such images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

COLOURS = ("red", "green", "blue")


def image(colour: int, seed: int) -> NDArray[np.uint8]:
    """Draw noise in which one colour is stronger: uint8 BGR, shape (32, 32, 3)."""
    noise = np.random.default_rng([colour, seed]).integers(0, 120, (32, 32, 3)).astype(np.uint8)
    noise[..., 2 - colour] += 90
    return noise


def write_images(folder: Path, count: int) -> Path:
    """Write a folder of PNG files for each colour, and return the folder of them all."""
    for number, colour in enumerate(COLOURS):
        (folder / colour).mkdir(parents=True)
        for seed in range(count):
            cv2.imwrite(str(folder / colour / f"{seed:03}.png"), image(number, seed))
    return folder


def colour_network(*begin: Any, scale: float = 1 / 255, end: str | None = "softmax") -> keras.Model:
    """Build a network whose logits are the mean colours times ten, in the order R, G, B.

    Args:
        begin: layers in front of the others.
        scale: factor that makes 0-1 of what these put out.
        end: activation of the last layer.
    """
    network = keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            *begin,
            layers.DepthwiseConv2D(3, use_bias=False),
            layers.BatchNormalization(),
            keras.Sequential([layers.GlobalAveragePooling2D(), layers.Dense(3, activation=end)]),
        ]
    )
    depthwise, dense = network.layers[-3], network.layers[-1].layers[-1]
    depthwise.set_weights([np.full((3, 3, 3, 1), 1 / 9, np.float32)])
    dense.set_weights([10 * scale * np.eye(3, dtype=np.float32), np.zeros(3, np.float32)])
    return network


def older_network() -> Any:
    """Build a network of Keras 2 with what Keras 3 refuses or computes otherwise; its logits tell R, G and B apart.

    It takes pixels of 0-255 and scales them with operators instead of a layer, as the tutorials did. A network within
    it has names with a slash and `groups` of a SeparableConv2D, and Keras 3 has another `hard_sigmoid`.
    """
    import tf_keras
    from tf_keras import layers

    taken = tf_keras.Input((32, 32, 3))
    inner = layers.DepthwiseConv2D(3, use_bias=False, name="block/depthwise")(taken)
    inner = layers.BatchNormalization(name="block/norm")(layers.SeparableConv2D(3, 1, use_bias=False)(inner))
    backbone = tf_keras.Model(taken, layers.Activation("hard_sigmoid")(inner), name="backbone")
    backbone.set_weights(
        [
            np.full((3, 3, 3, 1), 1 / 9),
            np.ones((1, 1, 3, 1)),
            np.eye(3)[None, None],
            *np.array([[1.0], [0.0], [0.0], [1.0]]) * np.ones(3),
        ]
    )
    image = tf_keras.Input((32, 32, 3))
    head = tf_keras.Sequential([layers.GlobalAveragePooling2D(), layers.Dense(3, activation="softmax")])
    network = tf_keras.Model(image, head(backbone(image / 127.5 - 1.0)))
    head.set_weights([20 * np.eye(3), np.zeros(3)])
    return network
