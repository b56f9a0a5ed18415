"""The optimizer a preset asks for, with its learning rate over the steps."""

from __future__ import annotations

import keras

from train.presets import Preset

_NOT_DECAYED = ["bias", "gamma", "beta"]  # decay is for kernels: shrinking a scale or an offset has no purpose


def build_optimizer(preset: Preset, *, steps_per_epoch: int) -> keras.optimizers.Optimizer:
    """Make the optimizer.

    Args:
        preset: which one, and how.
        steps_per_epoch: batches in an epoch; schedule and averaging are given in epochs.
    """
    rate = _learning_rate(preset, steps_per_epoch)
    average: dict[str, float | bool] = {}
    if preset.average_epochs:
        momentum = max(0.0, 1 - 1 / (preset.average_epochs * steps_per_epoch))
        average = {"use_ema": True, "ema_momentum": momentum}
    decay = preset.weight_decay or None
    if preset.optimizer == "sgd":
        optimizer = keras.optimizers.SGD(rate, momentum=0.9, nesterov=True, weight_decay=decay, **average)
    else:  # Keras' AdamW is its Adam with another default
        optimizer = keras.optimizers.Adam(rate, weight_decay=decay, **average)
    if decay:
        optimizer.exclude_from_weight_decay(var_names=_NOT_DECAYED)
    return optimizer


def _learning_rate(preset: Preset, steps_per_epoch: int) -> float | keras.optimizers.schedules.LearningRateSchedule:
    if preset.schedule == "constant":
        return preset.learning_rate
    warmup_steps = round(preset.warmup_epochs * steps_per_epoch)
    return keras.optimizers.schedules.CosineDecay(
        0.0 if warmup_steps else preset.learning_rate,
        max(1, preset.epochs * steps_per_epoch - warmup_steps),
        warmup_target=preset.learning_rate if warmup_steps else None,
        warmup_steps=warmup_steps,
    )
