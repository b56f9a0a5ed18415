"""Live sources: the newest frame of a camera or stream, which is opened again until it is back."""

from __future__ import annotations

import math
from typing import NamedTuple


class LiveTimeouts(NamedTuple):
    """Timeouts of a live source."""

    stall_s: float
    """Seconds without a new frame after which the newest is stale."""
    freeze_s: float
    """Seconds of identical frames after which a camera is reopened; 0: never."""
    give_up_s: float = math.inf
    """Seconds without a new frame after which the source is given up."""
    start_s: float = 0.0
    """Seconds that the source may take to give its first frame, in which it is tried again; 0: it must open at once."""
    adapts: bool = False
    """True makes a source stale only after three times the pace of its frames, where that is more than `stall_s`."""
