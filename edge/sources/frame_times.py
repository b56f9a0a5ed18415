"""Places of a video's frames in time: those that its file states, and those of its frame rate where it states none."""

from __future__ import annotations

import math
from dataclasses import dataclass

DEFAULT_FPS = 25.0
"""Frames a second of a recording that states neither times nor a rate: FFmpeg's assumption for raw H.264 too."""
_MOST_FPS = 500.0  # a rate above it is a file's unit of time, or damage
_LONGEST_S = 86_400 * 365  # a time beyond it is damage
_SMALLEST_STEP_S = 1e-4  # a clock that moves by less stands still
_JUMP_S = 1.0  # backwards by more than this: another recording follows, with a clock of its own


@dataclass(slots=True)
class VideoClock:
    """Seconds from a video's first frame, which always move on.

    A file's own times count while they grow, at whatever rate. Where they stand still, run backwards or aren't there,
    as in raw H.264, each frame comes a frame's duration after the one before.
    """

    fps: float
    """Frames a second; any other number stands for `DEFAULT_FPS`."""
    position_s: float = math.nan
    """Place of the last frame, seconds from the first one."""
    stated_s: float = 0.0
    """Largest time that the file stated, whatever its zero."""
    from_rate: int = 0
    """Number of frames whose times came from the rate."""
    _zero_s: float = math.nan  # stated time that is place 0

    def place(self, stated_s: float) -> float:
        """Return the place of the next frame, in seconds from the first one.

        Args:
            stated_s: time that the file states, from any zero; NaN or an absurd number where it states none.
        """
        is_stated = abs(stated_s) < _LONGEST_S
        if is_stated:
            self.stated_s = max(self.stated_s, stated_s)
        if math.isnan(self.position_s):
            self._zero_s, self.position_s = (stated_s if is_stated else math.nan), 0.0
            return self.position_s
        if is_stated and math.isnan(self._zero_s):
            self._zero_s = stated_s - self.position_s - self.frame_s
        place_s = stated_s - self._zero_s if is_stated else math.nan
        if not place_s >= self.position_s + _SMALLEST_STEP_S:
            is_other = place_s < self.position_s - _JUMP_S
            place_s = self.position_s + self.frame_s
            self.from_rate += 1
            if is_other:
                self._zero_s = stated_s - place_s
        self.position_s = place_s
        return place_s

    @property
    def frame_s(self) -> float:
        """Seconds that a frame lasts by the rate."""
        return 1 / (self.fps if 0 < self.fps <= _MOST_FPS else DEFAULT_FPS)

    @property
    def lasted_s(self) -> float:
        """Seconds up to the end of the last frame; 0 before the first."""
        return 0.0 if math.isnan(self.position_s) else self.position_s + self.frame_s
