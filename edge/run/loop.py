"""Settings of a run, and its loop: frames in, decisions to the sinks, until the source or a limit ends it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, NamedTuple

from edge.artifact.input_spec import ModelOptions
from edge.artifact.spec import STALE_LABEL
from edge.errors import FrameError
from edge.health import ENDED, LIVE, STALE, STARTING, Health

if TYPE_CHECKING:
    from pathlib import Path

    from edge.classify.classifier import Classifier
    from edge.classify.decision import Decider
    from edge.classify.results import Decision, Prediction
    from edge.sinks import Sink
    from edge.sources import Frame, Source
    from edge.vision.region import Region


class RunConfig(NamedTuple):  # as all values of a start: Python would compile a dataclass anew each time
    """Model, frames, thresholds and limits; each field is the flag of its name, see `edge.run.flags`.

    None stands for the built-in model, for the model file's own labels, thresholds and times, and for no limit.
    """

    camera: str | None = None
    """Camera to read from; None: `source`."""
    source: str = "demo"
    model: Path | None = None
    store: Path | None = None
    """Folder of `edge-classify update`, whose model is run; None: `model`."""
    model_options: ModelOptions = ModelOptions()
    """Labels and input of a model file that carries no specification."""
    runtime: str = "auto"
    threads: int = 1
    roi: Region | None = None
    background: str = "border"
    top_k: int = 3
    max_frames: int | None = None
    duration_s: float | None = None
    explain: Path | None = None
    """Picture that explains the first frame, after which the run ends."""
    json: bool = False
    quiet: bool = False
    size: tuple[int, int] = (640, 480)
    """Width and height to ask a camera for, in pixels."""
    fps: float | None = None
    """Frames a second: to ask a camera for, and of a film that states no times."""
    rotate: int | None = None
    """Degrees clockwise by which every frame is turned: 90, 180 or 270."""
    mirror: bool = False
    every_s: float | None = None
    """Seconds between two pictures of a web address that gives one for each request; None: one."""
    ca_file: Path | None = None
    """PEM file of certificates that are trusted besides the system's, for web addresses and streams."""
    insecure: bool = False
    """True takes any certificate."""
    start_timeout_s: float = 0.0
    """Seconds in which a camera that can't be opened at the start is tried again."""
    stale_after_s: float | None = None
    freeze_timeout_s: float = 10.0
    """Seconds of identical frames after which a camera is reopened; 0: never."""
    give_up_after_s: float | None = None
    threshold: float | None = None
    hold_frames: int | None = None
    smoothing_s: float | None = None


_LOGGER = logging.getLogger(__name__)


class Tally(NamedTuple):
    """Counts of a run."""

    frames: int = 0
    skipped: int = 0
    known: int = 0
    """Frames with a true label."""
    right: int = 0
    """Frames whose decision was the true label."""
    dropped: int = 0
    """Frames of a live source that a newer one overtook."""
    duration_s: float = 0.0

    def summary(self) -> str:
        """Return the counts in one line."""
        parts = [f"{self.frames} frame{'s' * (self.frames != 1)} in {self.duration_s:.1f} s"]
        if self.known:
            parts.append(f"{self.right} of {self.known} drawn frames named rightly")
        if self.dropped:
            parts.append(f"{self.dropped} dropped for newer ones")
        if self.skipped:
            parts.append(f"{self.skipped} unreadable, skipped")
        return "; ".join(parts)


def run(
    config: RunConfig,
    source: Source,
    classifier: Classifier,
    sinks: Sequence[Sink],
    *,
    decider: Decider,
    health: Health | None = None,
    on_wait: Callable[[], None] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Tally:
    """Classify frames until the source ends or a limit is reached; sinks and source are closed in any case.

    `on_wait` is called about once a second while no frame comes, for whoever watches that the loop is alive.

    Raises:
        SourceError: the source can't be opened.
        SourceLostError: a live source stopped giving frames, and is given up.
        OSError: a sink can't write.
    """
    loop = _Loop(config, classifier, sinks, decider, health or Health())
    started_s = clock()
    try:
        for frame in source.frames():
            now_s = clock()
            if frame is None:
                loop.write_stale(now_s)
                if on_wait is not None:
                    on_wait()
            else:
                loop.take(frame, now_s)
            loop.health.skipped = loop.skipped + source.skipped
            if loop.frames == config.max_frames:
                break
            if config.duration_s is not None and now_s - started_s >= config.duration_s:
                break
    finally:
        loop.health.state = ENDED
        with ExitStack() as closing:  # all of them, even if one fails
            for sink in reversed(sinks):
                closing.callback(sink.close)
            closing.callback(source.close)
    skipped, dropped = loop.skipped + source.skipped, loop.health.dropped
    return Tally(loop.frames, skipped, loop.known, loop.right, dropped, clock() - started_s)


class _Loop:
    """Parts of a run, its counts, and the newest frame."""

    def __init__(
        self, config: RunConfig, classifier: Classifier, sinks: Sequence[Sink], decider: Decider, health: Health
    ) -> None:
        self.config = config
        self.classifier = classifier
        self.sinks = sinks
        self.decider = decider
        self.health = health
        self.frames = self.skipped = self.known = self.right = 0  # see `Tally`
        self.newest: Frame | None = None
        self.is_region_outside = False

    def take(self, frame: Frame, now_s: float) -> None:
        """Classify a frame, decide, and write to the sinks."""
        self.newest = frame
        try:
            prediction = self.classifier.classify(frame.picture, top_k=self.config.top_k)
        except FrameError as error:
            self.skipped += 1
            _LOGGER.warning("skipped frame %d of %s: %s", frame.number, frame.source, error)
            return
        self._check_region(frame, prediction)
        decision = self._decide(frame, prediction)
        self._count(frame, decision, now_s)
        for sink in self.sinks:
            sink.write(frame, prediction, decision)

    def _check_region(self, frame: Frame, prediction: Prediction) -> None:
        """Say once that a region holds no pixel of a frame: `nothing` alone wouldn't tell why."""
        if prediction.region is None or 0 not in prediction.region[2:] or self.is_region_outside:
            return
        self.is_region_outside = True
        rows, columns = frame.picture.shape[:2]
        _LOGGER.warning(
            "--roi lies outside frame %d of %s, which has %d x %d pixels: nothing is looked at in such frames",
            frame.number, frame.source, columns, rows,
        )  # fmt: skip

    def _decide(self, frame: Frame, prediction: Prediction) -> Decision:
        """Decide on a frame among those before it, or on its own where it is the only one."""
        if not frame.is_single:
            return self.decider.decide(prediction, frame.time, frame.clock_s)
        from edge.classify.decision import decide_alone

        return decide_alone(prediction, frame.time)

    def write_stale(self, now_s: float) -> None:
        """Write `stale` to the sinks once the newest frame is too old for the last decision."""
        if self.health.state != STALE:
            return
        moment, clock_s = datetime.now(timezone.utc), None
        if self.newest is not None and self.newest.captured_s is not None:
            # A board without a battery sets its clock while it runs; the monotonic one just goes on.
            moment, clock_s = self.newest.time + timedelta(seconds=now_s - self.newest.captured_s), now_s
        decision = self.decider.at(moment, clock_s)
        if decision.label == STALE_LABEL:
            for sink in self.sinks:
                sink.idle(decision._replace(reason=self.health.reason))

    def _count(self, frame: Frame, decision: Decision, now_s: float) -> None:
        self.frames += 1
        if frame.true_label is not None:
            self.known += 1
            self.right += decision.label == frame.true_label
        if self.health.state == STARTING:  # a live source has said so itself
            self.health.state = LIVE
        self.health.frames = self.frames
        self.health.captured_s = now_s if frame.captured_s is None else frame.captured_s
