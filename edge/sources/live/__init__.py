"""Live sources: the newest frame of a camera or stream, opened again until it is back."""

from __future__ import annotations

import math
from typing import NamedTuple


class LiveTimeouts(NamedTuple):
    """For how long a live source is waited for."""

    stall_s: float
    """Seconds without a new frame after which the newest is too old."""
    frozen_s: float
    """Seconds of the very same bytes after which a camera is taken to hang; 0: never."""
    give_up_s: float = math.inf
    """Seconds without a new frame after which it is given up."""
