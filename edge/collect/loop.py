"""Loop of a session: frames of a source at the pace of a person who looks at them, or as fast as they come."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from edge.collect.session import Session
from edge.health import ENDED, LIVE, STARTING, Health
from edge.sources.frame import Frame, Source

_LOOK_S = 0.05  # from one look whether a single image was answered to the next


class Limits(NamedTuple):
    """End of a session that its source doesn't end."""

    images: int | None = None
    """Images to save."""
    frames: int | None = None
    """Frames to look at."""
    duration_s: float | None = None


def collect(
    source: Source,
    session: Session,
    *,
    health: Health,
    limits: Limits,
    is_watched: bool,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Give a session the frames of a source until one of them or a limit ends it; the source is closed in any case.

    Where somebody watches, a video plays at its own speed, and each image of a folder waits for its class.

    Raises:
        SourceError: the source can't be opened.
        SourceLostError: a live source stopped giving frames, and is given up.
        ToolkitError: the region has no pixels, or, where nobody watches, an image can't be saved.
        OSError: as well.
    """
    loop = _Loop(source, session, health, limits, clock=clock, sleep=sleep)
    try:
        for frame in source.frames():
            if frame is not None:
                loop.count(frame)
                if not is_watched:
                    loop.take(frame)
                elif source.is_stream:
                    loop.play(frame)
                else:
                    loop.wait_for_answer(frame)
            if loop.is_over():
                break
    finally:
        health.state = ENDED
        source.close()


class _Loop:
    def __init__(
        self,
        source: Source,
        session: Session,
        health: Health,
        limits: Limits,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._source = source
        self._session = session
        self._health = health
        self._limits = limits
        self._clock = clock
        self._sleep = sleep
        self._began_s = clock()
        self._ahead_s: float | None = None  # of a video's own time before the clock

    def count(self, frame: Frame) -> None:
        """Count a frame for the page."""
        if self._health.state == STARTING:  # a live source has said so itself
            self._health.state = LIVE
        self._health.frames += 1
        self._health.skipped = self._source.skipped
        self._health.captured_s = self._clock() if frame.captured_s is None else frame.captured_s

    def take(self, frame: Frame) -> None:
        """Show a frame and save it when it is its time."""
        self._session.take(frame, moment_s=self._moment_s(frame))

    def play(self, frame: Frame) -> None:
        """Show a video's frame when it is its time."""
        if not self._source.is_live:
            moment_s = self._moment_s(frame)
            if self._ahead_s is None:
                self._ahead_s = moment_s - self._clock()
            self._sleep(max(0.0, moment_s - self._ahead_s - self._clock()))
        self.take(frame)

    def wait_for_answer(self, frame: Frame) -> None:
        """Show an image until it was saved, or passed on; one that is undone meanwhile comes before it again."""
        waiting = [frame]
        while waiting:
            shown = waiting[-1]
            is_answered = self._session.take(shown, moment_s=self._clock()) or self._session.was_passed()
            if is_answered:
                waiting.pop()
                self._session.end_press()  # a button that is held a moment longer says nothing of the next image
            if self.is_over():
                self._session.end_press()
                return
            if (undone := self._session.undone_frame()) is not None:
                waiting.append(undone)
            elif not is_answered:
                self._health.captured_s = self._clock()
                self._sleep(_LOOK_S)

    def is_over(self) -> bool:
        """Return True at a limit."""
        images, frames, duration_s = self._limits
        if duration_s is not None and self._clock() - self._began_s >= duration_s:
            return True
        if frames is not None and self._health.frames >= frames:
            return True
        return images is not None and self._session.added >= images

    def _moment_s(self, frame: Frame) -> float:
        return frame.clock_s
