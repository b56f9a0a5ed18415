"""What a camera that doesn't move sees when nothing lies there, and what differs from that."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from edge.vision.background import band, in_spreads

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEARNING_FRAMES = 30  # a second of most cameras

_LOGGER = logging.getLogger(__name__)
_LEAST_SPREAD = 2.0  # levels of 255: JPEG and 8-bit steps, also where the learned frames were all the same
_ROUNDS = 3  # of the robust fit of the light
_FIRST_SPREAD = 12.0  # levels: how far the light may have drifted from what the border's median says
_STEADY = 25.0  # levels², per pixel: an even scene doesn't show how much brighter it got, so its gain stays 1


class EmptyScene:
    """Learns from the first frames; from then on says what has been put into the scene.

    Light that changes evenly (a cloud, the camera's exposure) is fitted anew in every frame: a gain and an offset a
    channel. A frame of another size starts the learning again.
    """

    def __init__(self, frames: int = LEARNING_FRAMES) -> None:
        """Start without knowledge.

        Args:
            frames: how many to learn from, 1 or more; nothing but the scene may be in view meanwhile.

        Raises:
            ValueError: fewer than one.
        """
        if frames < 1:
            raise ValueError(f"an empty scene is learned from 1 frame or more, got {frames}")
        self.frames = frames
        self.learned = 0
        self._mean = np.zeros((0, 0, 3), np.float32)
        self._scatter = np.zeros((0, 0, 3), np.float32)  # sum of squared differences from the mean

    @property
    def is_ready(self) -> bool:
        """Whether enough frames were learned."""
        return self.learned >= self.frames

    def distance(self, lab: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """Learn from a picture, or say how foreign each pixel is to the learned scene.

        Args:
            lab: Lab picture, shape (H, W, 3), 0-255.

        Returns:
            float32, shape (H, W), 0-7 spreads; None while learning.
        """
        if lab.shape != self._mean.shape:
            self.learned = 0
            _LOGGER.info("learning the empty scene: keep it clear for %d frames", self.frames)
            self._mean, self._scatter = np.zeros_like(lab), np.zeros_like(lab)
        if not self.is_ready:
            self._learn(lab)
            if self.learned == self.frames:
                _LOGGER.info("the empty scene is learned")
            return None
        spread = np.sqrt(self._scatter / self.learned) + np.float32(_LEAST_SPREAD)
        return in_spreads((lab - self._in_light_of(lab)) / spread, np.zeros(3, np.float32))

    def _learn(self, lab: NDArray[np.float32]) -> None:
        """One step of Welford's running mean and variance."""
        self.learned += 1
        off = lab - self._mean
        self._mean += off / np.float32(self.learned)
        self._scatter += off * (lab - self._mean)

    def _in_light_of(self, lab: NDArray[np.float32]) -> NDArray[np.float32]:
        """The learned scene in this picture's light: where they differ much, something lies there and has no say."""
        scene, now = self._mean.reshape(-1, 3), lab.reshape(-1, 3)
        border = band(*lab.shape[:2]).ravel()
        gain, offset = np.ones(3, np.float32), np.median(now[border] - scene[border], axis=0)
        spread = np.full(3, _FIRST_SPREAD, np.float32)
        for _ in range(_ROUNDS):
            away = (now - scene * gain - offset) / spread
            weight = np.square(1 / (1 + (away * away) @ np.full(3, 1 / 3, np.float32)))
            total = weight.sum()
            scene_mean, now_mean = weight @ scene / total, weight @ now / total
            scene_off = scene - scene_mean
            weighted = scene_off * weight[:, np.newaxis]
            steady = _STEADY * total
            shared, own = (weighted * (now - now_mean)).sum(axis=0), (weighted * scene_off).sum(axis=0)
            gain = (shared + steady) / (own + steady)
            offset = now_mean - gain * scene_mean
            spread = np.maximum(spread / 2, 2 * _LEAST_SPREAD)
        return np.asarray(self._mean * gain + offset, np.float32)
