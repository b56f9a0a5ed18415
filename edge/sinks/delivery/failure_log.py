"""What goes wrong at one sink: said once when it begins and once when it is over, counted in between."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Protocol

from edge.errors import ToolkitError

_LOGGER = logging.getLogger(__name__)
FIRST_DELAY_S, LONGEST_DELAY_S = 0.5, 10.0
"""After a failure the next attempt waits so long, then twice as long, up to the second."""
_QUIET_S = 60.0  # what comes and goes more often would fill a disk with words


class Trouble:
    """The state of a sink that can fail; its fields are single values that any thread may read."""

    def __init__(self, name: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin without trouble.

        Args:
            name: of the sink, as people call it: csv, video, mqtt.
            clock: monotonic seconds; tests bring their own.
        """
        self.name = name
        self.dropped = 0
        """Answers that never arrived."""
        self.sentence = ""
        """What is wrong; empty while all is well."""
        self.delay_s = FIRST_DELAY_S
        """How long to wait before the next attempt."""
        self._clock = clock
        self._said_s = float("-inf")
        self._is_said = False

    def failed(self, error: Exception) -> None:
        """Remember a failure; a person is told of the first of a row, unless the last row has only just been told."""
        if self.sentence:
            self.delay_s = min(2 * self.delay_s, LONGEST_DELAY_S)
            return
        self.sentence = _one_line(error)
        now_s = self._clock()
        self._is_said = now_s - self._said_s >= _QUIET_S
        if self._is_said:
            self._said_s = now_s
            _LOGGER.warning("%s: %s; classification goes on, and it is tried again", self.name, self.sentence)

    def worked(self) -> None:
        """Remember a success; a person is told if they were told of trouble before."""
        if not self.sentence:
            return
        self.sentence, self.delay_s = "", FIRST_DELAY_S
        if self._is_said:
            _LOGGER.info("%s: works again; %d answers were not written", self.name, self.dropped)

    def over(self) -> None:
        """The sink is closed: a person is told what it lost."""
        if self.dropped:
            _LOGGER.warning("%s: %d answers were not written", self.name, self.dropped)


class Fallible(Protocol):
    """A sink that others may ask how it is."""

    @property
    def trouble(self) -> Trouble:
        """What goes wrong at it."""
        ...


def _one_line(error: Exception) -> str:
    text = str(error)
    if isinstance(error, OSError) and not isinstance(error, ToolkitError) and error.strerror:
        text = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return " ".join(text.split())[:200] or type(error).__name__
