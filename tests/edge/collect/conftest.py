"""Frames of different scenes, and a session with a clock that is set by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.collect.session import Session
from edge.sinks.images.class_folders import COLLECTED, ClassFolders
from edge.sources.frame import Frame

NOON = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)


@pytest.fixture
def scene() -> Callable[..., Frame]:
    """Make a frame of a scene; two scenes differ everywhere."""

    def make(seed: int, *, seconds: float = 0.0) -> Frame:
        cells = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), dtype=np.uint8)
        image = np.kron(cells, np.ones((10, 10, 1), np.uint8))
        return Frame(image, seed, "camera 0", NOON + timedelta(seconds=seconds))

    return make


class Clock:
    """Seconds that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def open_session(tmp_path: Path, clock: Clock) -> Callable[..., Session]:
    """Open a session of two classes in the folder `fruit`."""

    def make(*, limit_bytes: int = 10**7, **options: Any) -> Session:
        folders = ClassFolders(tmp_path / "fruit", limit_bytes=limit_bytes, ending=COLLECTED)
        return Session(folders, {"ripe": 3, "unripe": 0}, **{"interval_s": 0.25, "clock": clock, **options})

    return make
