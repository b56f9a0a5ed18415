"""Draws ten hand signs of many people: a data set like those that people bring, for a floor that anyone can check.

`python docs/hand_signs.py DIR` writes DIR/train, with 100 images a class, and DIR/test, of people who are not in it.
People differ in skin, in the width and length of fingers and in the hand they show; every image in turn, size, light,
noise and what lies behind. Drawn hands are no photographs: a figure on them says that training works, not how well
it will on real ones.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

# Fingers that are up, from the thumb.
SIGNS = {
    "fist": (0, 0, 0, 0, 0), "one": (0, 1, 0, 0, 0), "two": (0, 1, 1, 0, 0), "three": (0, 1, 1, 1, 0),
    "four": (0, 1, 1, 1, 1), "five": (1, 1, 1, 1, 1), "thumb": (1, 0, 0, 0, 0), "call": (1, 0, 0, 0, 1),
    "horns": (0, 1, 0, 0, 1), "gun": (1, 1, 0, 0, 0),
}  # fmt: skip
_ANGLES = (-62, -22, -5, 12, 28)  # of the fingers, in degrees from upright
_EDGE = 200  # pixels
_PARTS = {"train": (100, range(30)), "test": (40, range(100, 120))}  # images of a class, people


def draw(sign: tuple[int, ...], person: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Draw a hand: uint8 BGR, shape (200, 200, 3)."""
    body = np.random.default_rng([5, person])
    skin = body.uniform((60, 90, 130), (170, 190, 235))
    width, length, is_left = body.uniform(0.8, 1.25), body.uniform(0.85, 1.2), body.random() < 0.5
    hand = _outline(sign, width, length, rng)
    turn = cv2.getRotationMatrix2D((100, 120), rng.uniform(-20, 20), rng.uniform(0.65, 1.05))
    turn[:, 2] += rng.uniform(-18, 18, 2)
    hand = cv2.warpAffine(hand, turn, (_EDGE, _EDGE))
    hand = hand[:, ::-1].copy() if is_left else hand
    cover, shade = (cv2.GaussianBlur(hand, (0, 0), blur)[..., np.newaxis] / 255 for blur in (1.2, 9))
    image = _background(rng) * (1 - cover) + cover * skin * (0.6 + 0.5 * shade)
    image = image * rng.uniform(0.6, 1.25) + rng.normal(0, rng.uniform(2, 9), image.shape)
    return np.asarray(np.clip(image, 0, 255), np.uint8)


def _background(rng: np.random.Generator) -> NDArray[np.float32]:
    image = np.empty((_EDGE, _EDGE, 3), np.float32)
    image[:] = rng.uniform(30, 230, 3)
    for _ in range(rng.integers(0, 5)):
        corner = rng.integers(0, _EDGE, 2)
        colour, other = rng.uniform(20, 240, 3), corner + rng.integers(-90, 90, 2)
        cv2.rectangle(image, corner.tolist(), other.tolist(), colour.tolist(), -1)
    return np.asarray(cv2.GaussianBlur(image, (0, 0), rng.uniform(1, 6)), np.float32)


def _outline(sign: tuple[int, ...], width: float, length: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    hand = np.zeros((_EDGE, _EDGE), np.uint8)
    palm = 34 * width
    cv2.ellipse(hand, (100, 125), (int(palm), int(38 * length)), 0, 0, 360, 255, -1)
    cv2.rectangle(hand, (int(100 - palm * 0.6), 140), (int(100 + palm * 0.6), 230), 255, -1)
    for number, (is_up, angle) in enumerate(zip(sign, _ANGLES, strict=True)):
        base = np.array([100, 125]) + 30 * _direction(angle) * (width, 1)
        shorter = 0.8 if number in {0, 4} else 1
        reach = (rng.uniform(42, 54) if is_up else rng.uniform(4, 9)) * length * shorter
        tip = base + reach * _direction(angle + rng.uniform(-5, 5))
        cv2.line(hand, base.astype(int).tolist(), tip.astype(int).tolist(), 255, int(13 * width))
    return hand


def _direction(degrees: float) -> NDArray[np.float64]:
    return np.array([np.sin(np.deg2rad(degrees)), -np.cos(np.deg2rad(degrees))])


def main() -> None:
    """Write both parts."""
    rng = np.random.default_rng(1)
    for part, (count, people) in _PARTS.items():
        for name, sign in SIGNS.items():
            folder = Path(sys.argv[1]) / part / name
            folder.mkdir(parents=True, exist_ok=True)
            for number in range(count):
                image = draw(sign, int(rng.choice(people)), rng)
                cv2.imwrite(str(folder / f"{number:03}.jpg"), image)


if __name__ == "__main__":
    main()
