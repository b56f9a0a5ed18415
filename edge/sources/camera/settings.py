"""What is asked of a live source: how its pictures should be, and for how long it is waited for."""

from __future__ import annotations

from typing import NamedTuple


class CameraSettings(NamedTuple):
    """What to ask of a camera; it may grant something else."""

    height: int
    width: int
    fps: float | None = None
    """Frames a second; None: whatever it likes."""
