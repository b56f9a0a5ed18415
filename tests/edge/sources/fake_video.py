"""A video that isn't there: a fake cv2.VideoCapture that gives two frames, and claims what it is told to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np


class FakeCapture:
    """Stands for cv2.VideoCapture: gives two frames, then none."""

    left = 2
    claims: ClassVar[dict[int, float]] = {}

    def __init__(self, location: str = "", backend: int = 0, parameters: Sequence[int] = ()) -> None:
        self.released = False

    def isOpened(self) -> bool:  # noqa: N802  # OpenCV's name
        return True

    def read(self, _into: Any = None) -> tuple[bool, Any]:
        self.left -= 1
        return self.left >= 0, np.zeros((2, 2, 3), np.uint8)

    def get(self, property_id: int) -> float:
        return self.claims.get(property_id, 0.0)

    def release(self) -> None:
        self.released = True
