"""The loop: frames in, answers to the sinks, until the source or the limit ends it. Nothing else."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from edge.artifact.labels import STALE_LABEL
from edge.classify.classifier import Classifier
from edge.classify.decision import Decide
from edge.classify.results import Decision
from edge.errors import FrameError
from edge.health import ENDED, LIVE, STALE, STARTING, Health
from edge.sinks import Sink
from edge.sources import Frame, Source

_LOGGER = logging.getLogger(__name__)


@dataclass(slots=True)
class Tally:
    """What a run came to."""

    frames: int = 0
    """Classified."""
    skipped: int = 0
    """Unreadable, or no picture at all."""
    known: int = 0
    """Frames whose true label the source knew."""
    right: int = 0
    """Of those, named rightly."""
    dropped: int = 0
    """Of a live source: overtaken by a newer frame."""
    duration_s: float = 0.0

    def sentence(self) -> str:
        """Say it in one line."""
        parts = [f"{self.frames} frame{'s' * (self.frames != 1)} in {self.duration_s:.1f} s"]
        if self.known:
            parts.append(f"{self.right} of {self.known} drawn frames named rightly")
        if self.dropped:
            parts.append(f"{self.dropped} dropped for newer ones")
        if self.skipped:
            parts.append(f"{self.skipped} unreadable, skipped")
        return "; ".join(parts)


def run(
    source: Source,
    classifier: Classifier,
    sinks: Sequence[Sink],
    *,
    decide: Decide,
    at: Callable[[datetime], Decision] | None = None,
    health: Health | None = None,
    top_k: int = 3,
    max_frames: int | None = None,
    duration_s: float | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Tally:
    """Classify frames until the source ends or a limit is reached; sinks and source are closed in any case.

    Args:
        source: where frames come from.
        classifier: what names them.
        sinks: where answers go.
        decide: what makes a prediction an answer.
        at: the answer at a moment (UTC) without a frame, for live sources; None: nobody is told.
        health: written here, frame by frame; None: nobody asks.
        top_k: classes to name in each prediction.
        max_frames: stop after so many; None: no limit.
        duration_s: stop after so many seconds; None: no limit.
        clock: monotonic seconds; tests bring their own.

    Raises:
        SourceError: the source can't be opened.
        SourceLostError: a live source stopped giving frames, and is given up.
        OSError: a sink can't write.
    """
    loop = _Loop(classifier, sinks, decide=decide, at=at, health=health or Health(), top_k=top_k)
    tally, started_s = loop.tally, clock()
    try:
        for frame in source.frames():
            now_s = clock()
            if frame is None:
                loop.say_stale(now_s)
            else:
                loop.take(frame, now_s)
            loop.health.skipped = tally.skipped + source.skipped
            if tally.frames == max_frames or (duration_s is not None and now_s - started_s >= duration_s):
                break
    finally:
        loop.health.state = ENDED
        with ExitStack() as closing:  # all of them, even if one can't
            for sink in reversed(sinks):
                closing.callback(sink.close)
            closing.callback(source.close)
        tally.skipped += source.skipped
        tally.dropped, tally.duration_s = loop.health.dropped, clock() - started_s
    return tally


class _Loop:
    """What stays the same from frame to frame, what is counted, and the newest frame."""

    def __init__(
        self,
        classifier: Classifier,
        sinks: Sequence[Sink],
        *,
        decide: Decide,
        at: Callable[[datetime], Decision] | None,
        health: Health,
        top_k: int,
    ) -> None:
        self.classifier = classifier
        self.sinks = sinks
        self.decide = decide
        self.at = at
        self.health = health
        self.top_k = top_k
        self.tally = Tally()
        self.newest: Frame | None = None

    def take(self, frame: Frame, now_s: float) -> None:
        """Classify a frame, decide, and tell the sinks."""
        self.newest = frame
        try:
            prediction = self.classifier.classify(frame.picture, top_k=self.top_k)
        except FrameError as error:
            self.tally.skipped += 1
            _LOGGER.warning("skipped frame %d of %s: %s", frame.number, frame.source, error)
            return
        decision = self.decide(prediction, frame.time)
        self._count(frame, decision, now_s)
        for sink in self.sinks:
            sink.write(frame, prediction, decision)

    def say_stale(self, now_s: float) -> None:
        """Tell the sinks that there is no answer, once the newest frame is too old for the last one."""
        if self.at is None or self.health.state != STALE:
            return
        moment = datetime.now(timezone.utc)
        if self.newest is not None and self.newest.captured_s is not None:
            # A board without a battery sets its clock while it runs; the monotonic one just goes on.
            moment = self.newest.time + timedelta(seconds=now_s - self.newest.captured_s)
        decision = self.at(moment)
        if decision.label == STALE_LABEL:
            for sink in self.sinks:
                sink.idle(decision._replace(reason=self.health.reason))

    def _count(self, frame: Frame, decision: Decision, now_s: float) -> None:
        self.tally.frames += 1
        if frame.true_label is not None:
            self.tally.known += 1
            self.tally.right += decision.label == frame.true_label
        if self.health.state == STARTING:  # a live source has said so itself
            self.health.state = LIVE
        self.health.frames = self.tally.frames
        self.health.captured_s = now_s if frame.captured_s is None else frame.captured_s
