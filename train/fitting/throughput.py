"""How fast training is with and without augmentation: whether the images arrive as fast as the network takes them."""

from __future__ import annotations

import time
from dataclasses import replace

import keras
import numpy as np

from train.data.batches import Batches
from train.presets import Preset

_PILOT_STEPS = 5
_MEASURED_S = 0.5  # a turn


def measure_throughput(model: keras.Model, batches: Batches, unchanged: Batches) -> dict[str, float]:
    """Train a little more on both; the model is of no use afterwards.

    Args:
        model: compiled and trained, so that nothing is compiled now.
        batches: augmented.
        unchanged: the same without augmentation.

    Returns:
        Images a second: training with augmentation, training without it, and the augmentation alone.
    """
    _separate(model.optimizer)
    # The better of two turns each: what else this machine does only ever makes it slower.
    rates = [(_training_rate(model, batches), _training_rate(model, unchanged)) for _ in range(2)]
    return {
        "with_augmentation": max(rate for rate, _ in rates),
        "without_augmentation": max(rate for _, rate in rates),
        "augmentation_alone": _making_rate(batches),
    }


def without_augmentation(preset: Preset) -> Preset:
    """The preset with every image left as it is."""
    return replace(preset, shift=0, flip=False, erase=0.0, mixup=0.0, cutmix=0.0)


def _training_rate(model: keras.Model, batches: Batches) -> float:
    pilot_s = _fit_s(model, batches, _PILOT_STEPS)
    steps = max(_PILOT_STEPS, round(_PILOT_STEPS * _MEASURED_S / pilot_s))
    return round(steps * batches.batch_size / _fit_s(model, batches, steps), 1)


def _fit_s(model: keras.Model, batches: Batches, steps: int) -> float:
    started = time.monotonic()
    model.fit(batches, steps_per_epoch=steps, epochs=1, shuffle=False, verbose=0)
    _separate(model.optimizer)
    return time.monotonic() - started


def _separate(optimizer: keras.optimizers.Optimizer) -> None:
    """Give averaged weights memory of their own: `fit` leaves them in the network's, which JAX can't train on."""
    for variable in optimizer.variables:
        variable.assign(np.array(keras.ops.convert_to_numpy(variable)))


def _making_rate(batches: Batches) -> float:
    started = time.monotonic()
    number = 0
    while time.monotonic() < started + _MEASURED_S:
        batches[number]
        number += 1
    return round(number * batches.batch_size / (time.monotonic() - started), 1)
