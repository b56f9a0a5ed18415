"""The loop: frames in, answers to the sinks, until the source or the limit ends it. Nothing else."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edge.classifier import Classifier
from edge.decision import Decide
from edge.errors import FrameError
from edge.sinks import Sink
from edge.sources import Source

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
    duration_s: float = 0.0

    def sentence(self) -> str:
        """Say it in one line."""
        parts = [f"{self.frames} frame{'s' * (self.frames != 1)} in {self.duration_s:.1f} s"]
        if self.known:
            parts.append(f"{self.right} of {self.known} drawn frames named rightly")
        if self.skipped:
            parts.append(f"{self.skipped} unreadable, skipped")
        return "; ".join(parts)


def run(
    source: Source,
    classifier: Classifier,
    sinks: Sequence[Sink],
    *,
    decide: Decide,
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
        top_k: classes to name in each prediction.
        max_frames: stop after so many; None: no limit.
        duration_s: stop after so many seconds; None: no limit.
        clock: monotonic seconds; tests bring their own.

    Raises:
        SourceLostError: a live source stopped giving frames.
        OSError: a sink can't write.
    """
    tally = Tally()
    started = clock()
    try:
        for frame in source.frames():
            try:
                prediction = classifier.classify(frame.image, top_k=top_k)
            except FrameError as error:
                tally.skipped += 1
                _LOGGER.warning("skipped frame %d of %s: %s", frame.number, frame.source, error)
            else:
                decision = decide(prediction, frame.time)
                for sink in sinks:
                    sink.write(frame, prediction, decision)
                tally.frames += 1
                if frame.true_label is not None:
                    tally.known += 1
                    tally.right += decision.label == frame.true_label
            if tally.frames == max_frames or (duration_s is not None and clock() - started >= duration_s):
                break
    finally:
        source.close()
        for sink in sinks:
            sink.close()
        tally.skipped += source.skipped
        tally.duration_s = clock() - started
    return tally
