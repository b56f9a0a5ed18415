"""Cameras of this machine, and their settings."""

from __future__ import annotations

from typing import NamedTuple

CSI_PREFIX = "csi:"
"""Prefix of a CSI camera's number in what is given to --camera."""


class CameraSettings(NamedTuple):
    """Settings to ask of a camera, which may grant others."""

    height: int
    width: int
    fps: float | None = None
    """Frames a second; None leaves the choice to the camera."""
