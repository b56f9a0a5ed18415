"""Small Keras networks that tell colours apart, and folders of such images."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import h5py
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


def save_as_older_keras(network: keras.Model, path: Path) -> None:
    """Write an .h5 as Keras 2 did: short class names, `groups` in a DepthwiseConv2D, a list for a batch norm's axis."""
    network.save(path)
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        file.attrs["model_config"] = json.dumps(_older(config))
        file.attrs["keras_version"] = "2.4.0"


def _older(entry: Any) -> Any:
    if isinstance(entry, list):
        return [_older(inner) for inner in entry]
    if not isinstance(entry, dict):
        return entry
    dropped = ("module", "registered_name", "build_config", "dtype", "synchronized", "quantization_config")
    older = {key: _older(value) for key, value in entry.items() if key not in dropped}
    change = _CHANGES.get(older.get("class_name", ""))
    if change is not None:
        change(older["config"])
    return older


def _input(config: dict[str, Any]) -> None:
    config["batch_input_shape"] = config.pop("batch_shape")


_CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "InputLayer": _input,
    "DepthwiseConv2D": lambda config: config.update(groups=1),
    "BatchNormalization": lambda config: config.update(axis=[3]),
}
