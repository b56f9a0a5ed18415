"""The training batches, each of which depends on nothing but the seed and its number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, cast

import keras
import numpy as np
from numpy.typing import NDArray

from edge.artifact.quantization import pixels_to_real
from train.data import augment
from train.presets import Preset

_ORDER, _AUGMENTATION, _TURN = range(3)  # what a random generator is for, so that no two are the same


class Batches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras is not type-checked here
    """An endless row of augmented batches; batch number b is the same whenever and wherever it is asked for.

    Behind it stands one row of images, all of them in a new order, again and again; every batch is full, and now and
    then one holds the end of one round and the start of the next. `steps_per_epoch` batches are about one round.
    Of images that are only taken in turn, a round holds so many, and the next round the ones that follow.
    """

    def __init__(
        self,
        pixels: NDArray[np.uint8],
        targets: NDArray[np.float32],
        preset: Preset,
        *,
        seed: int,
        weights: NDArray[np.float32] | None = None,
        first_epoch: int = 0,
        part: tuple[int, int] = (0, 1),
        always: int | None = None,
        in_turn: int = 0,
    ) -> None:
        """Remember the images.

        Args:
            pixels: uint8 grey, shape (N, height, width), 0-255.
            targets: float32, shape (N, classes), or (N, kinds, classes) where there are several kinds of target.
            preset: batch size and strengths of the augmentation.
            seed: of order and augmentation.
            weights: float32 weight of each image in the loss, shape (N,); None: all alike.
            first_epoch: epochs done before: batch number 0 is the first that follows them.
            part: which part of each batch this process computes, and of how many: (0, 1) is all of it.
            always: how many of the images, the first ones, every round holds; None: all of them.
            in_turn: how many of the others a round holds.
        """
        super().__init__()
        self._pixels, self._targets, self._weights = pixels, targets, weights
        self._preset, self._seed, self._part = preset, seed, part
        self.batch_size = preset.batch_size
        self._always = len(pixels) if always is None else always
        self._in_turn = in_turn
        self.steps_per_epoch = max(1, round((self._always + in_turn) / preset.batch_size))
        self._first = first_epoch * self.steps_per_epoch
        self._rounds: dict[int, NDArray[np.int64]] = {}  # of the last rounds: drawing one takes as long as a batch

    @property
    def num_batches(self) -> None:
        """Endless (Keras asks)."""
        return

    def __getitem__(self, number: int) -> tuple[NDArray[np.float32], ...]:
        """Return a batch: images in 0-1 and targets, and weights if there are any."""
        number += self._first
        chosen = self._chosen(number)
        # Every process draws for the whole batch and keeps its part: together they see what one alone would.
        rng = np.random.default_rng([self._seed, _AUGMENTATION, number])
        images, targets = _augmented(self._pixels[chosen], self._targets[chosen], self._preset, rng)
        own = _slice(len(chosen), *self._part)
        if self._weights is None:
            return images[own], targets[own]
        return images[own], targets[own], self._weights[chosen[own]]

    def _chosen(self, number: int) -> NDArray[np.int64]:
        """Indices of the images in a batch, shape (batch_size,)."""
        places = number * self.batch_size + np.arange(self.batch_size)
        return _from_rounds(places, self._always + self._in_turn, self._round)

    def _round(self, number: int) -> NDArray[np.int64]:
        """The images of a round, in its order."""
        if number not in self._rounds:
            members = np.concatenate([np.arange(self._always), self._always + self._next_others(number)])
            order = np.random.default_rng([self._seed, _ORDER, number]).permutation(members)
            self._rounds = {known: self._rounds[known] for known in list(self._rounds)[-1:]} | {number: order}
        return self._rounds[number]

    def _next_others(self, number: int) -> NDArray[np.int64]:
        """Which of the images that are taken in turn a round holds, counted from the first of them."""
        others = len(self._pixels) - self._always
        if not self._in_turn:
            return np.arange(0)
        places = number * self._in_turn + np.arange(self._in_turn)
        return _from_rounds(
            places, others, lambda turn: np.random.default_rng([self._seed, _TURN, turn]).permutation(others)
        )


def _from_rounds(places: NDArray[np.int64], size: int, order: Callable[[int], NDArray[np.int64]]) -> NDArray[np.int64]:
    """What stands at these places of an endless row of rounds, each of `size` and in its own order."""
    rounds, within = np.divmod(places, size)
    return np.concatenate([order(int(this))[within[rounds == this]] for this in np.unique(rounds)])


def one_hot(labels: NDArray[np.uint8], classes: int, *, smoothing: float = 0.0) -> NDArray[np.float32]:
    """Targets of a cross-entropy.

    Args:
        labels: class indices, shape (N,).
        classes: how many there are.
        smoothing: share that all classes get alike, 0-1.

    Returns:
        float32, shape (N, classes), rows that sum to 1.
    """
    return smoothed(np.eye(classes, dtype=np.float32)[labels], smoothing)


def smoothed(targets: NDArray[np.float32], smoothing: float) -> NDArray[np.float32]:
    """Targets, float32 (N, classes), of which all classes get this share alike."""
    return np.asarray((1 - smoothing) * targets + smoothing / targets.shape[1], np.float32)


def _augmented(
    pixels: NDArray[np.uint8], targets: NDArray[np.float32], preset: Preset, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    if preset.shift:
        padding = cast(Literal["constant", "reflect"], preset.shift_padding)
        pixels = augment.shift(pixels, preset.shift, rng, padding=padding)
    if preset.flip:
        pixels = augment.flip(pixels, rng)
    if preset.erase:
        pixels = augment.erase(pixels, preset.erase, rng)
    images = pixels_to_real(pixels)[..., np.newaxis]
    mixers: list[tuple[Any, float]] = [(augment.mixup, preset.mixup), (augment.cutmix, preset.cutmix)]
    mixers = [(mixer, alpha) for mixer, alpha in mixers if alpha]
    if mixers:
        mixer, alpha = mixers[rng.integers(len(mixers))]
        images, targets = mixer(images, targets, alpha, rng)
    return images, targets


def _slice(count: int, index: int, parts: int) -> slice:
    return slice(index * count // parts, (index + 1) * count // parts)
