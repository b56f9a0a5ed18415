"""Drawn images of fruit in folders, a second of a network's time for fifty of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

KINDS = ("ripe", "unripe", "blue")
Draw = Callable[..., Path]


def fruit(kind: str, seed: int) -> np.ndarray:
    """A red disc, a green bar or blue rings before blotches, or these alone: uint8 BGR, shape (120, 160, 3)."""
    rng = np.random.default_rng(seed)
    ground = cv2.resize(rng.integers(90, 170, (4, 5, 3), dtype=np.uint8), (160, 120), interpolation=cv2.INTER_CUBIC)
    x, y = int(rng.integers(60, 100)), int(rng.integers(50, 70))
    size = int(rng.integers(30, 45))
    if kind == "ripe":
        cv2.circle(ground, (x, y), size, (40, 40, 210), thickness=-1, lineType=cv2.LINE_AA)
    elif kind == "unripe":
        cv2.rectangle(ground, (x - size, y - size // 3), (x + size, y + size // 3), (60, 190, 60), thickness=-1)
    elif kind == "blue":
        for radius in range(6, size, 9):
            cv2.circle(ground, (x, y), radius, (230, 80, 20), thickness=3, lineType=cv2.LINE_AA)
    return ground


@pytest.fixture
def draw(tmp_path: Path) -> Draw:
    """Draw so many images into the folder of each class; names of no kind are grounds alone."""

    def draw_folders(name: str = "photos", *, seed: int = 0, **counts: int) -> Path:
        for number, (kind, count) in enumerate(counts.items()):
            folder = tmp_path / name / kind
            folder.mkdir(parents=True, exist_ok=True)
            for image in range(count):
                drawn = fruit(kind, 1000 * (number + 1) + image + 100_000 * seed)
                cv2.imwrite(str(folder / f"{seed}_{image}.png"), drawn)
        return tmp_path / name

    return draw_folders
