"""Tells a store that the model on trial is good, once it has classified frames for a minute."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from edge.classify.results import Decision, Prediction
from edge.sources.frame import Frame

TRIAL_S = 60.0
"""Of classified frames: twice the WatchdogSec of the unit, so that a loop that hangs is killed before."""
_LONGEST_GAP_S = 1.0  # between two frames: whatever is longer counts as this, for a camera may be away for an hour

_LOGGER = logging.getLogger(__name__)


class TrialSink:
    """Counts the time in which frames are classified (see `edge.sinks.protocol.Sink`)."""

    def __init__(self, confirm: Callable[[], None], *, clock: Callable[[], float] = time.monotonic) -> None:
        """Remember whom to tell.

        Args:
            confirm: says that the model is good; may raise an OSError, and is then called again a minute later.
            clock: monotonic seconds; tests bring their own.
        """
        self._confirm = confirm
        self._clock = clock
        self._good_s = 0.0
        self._last_s: float | None = None
        self._is_over = False

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:  # noqa: ARG002  # the protocol's
        """Count a frame."""
        if self._is_over:
            return
        now_s = self._clock()
        if self._last_s is not None:
            self._good_s += min(now_s - self._last_s, _LONGEST_GAP_S)
        self._last_s = now_s
        if self._good_s >= TRIAL_S:
            self._say_good()

    def idle(self, decision: Decision) -> None:
        """A moment without a frame doesn't count."""

    def close(self) -> None:
        """Nothing is kept back."""

    def _say_good(self) -> None:
        try:
            self._confirm()
        except Exception as error:  # noqa: BLE001  # whatever happens to the store, classification goes on
            _LOGGER.warning("update: can't note that the model is good (%s): it stays on trial", error)
            self._good_s = 0.0
        else:
            self._is_over = True
