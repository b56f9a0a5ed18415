"""The soak of the loop alone: as many frames of the demo as are asked for, and what the process holds after them."""

from __future__ import annotations

import logging
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.overhead.inputs import DRAWN, LongDemo
from benchmarks.progress import Note
from edge.classify.classifier import Classifier
from edge.classify.decision import Decider
from edge.classify.results import Decision, Prediction
from edge.run.loop import RunConfig, run
from edge.sinks.text.jsonl import JsonLinesSink
from edge.sources.frame import Frame
from tests.hardening.figures import Figure
from tests.hardening.soak.samples import Sample, of_growth, take

SETTLED_FRAMES = 1000
_LOOK_EVERY = 10_000
_NOTE_EVERY = 100
_LOGGER = logging.getLogger(__name__)


@dataclass(slots=True)
class LongRun:
    """Result of a run, whose sink is `_Looker`."""

    asked_frames: int
    frames: int = 0
    samples: list[Sample] = field(default_factory=list)
    """Samples after the first thousand frames, at intervals, and with the last frame."""
    is_interrupted: bool = False


def soak(*, frames: int, classifier: Classifier, note: Note) -> LongRun:
    """Classify so many frames. Ctrl-C ends it early; what was counted is returned.

    Args:
        frames: how many; at least a thousand.
        classifier: names the frames.
        note: is told now and then what goes on and how many frames are done and left.
    """
    result = LongRun(frames)
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        lines = JsonLinesSink(nowhere, model_sha256=classifier.artifact.sha256)
        decider = Decider(classifier.spec, is_stream=False)
        try:
            run(RunConfig(max_frames=frames), LongDemo(), classifier, [lines, _Looker(result, note)], decider=decider)
        except KeyboardInterrupt:
            result.is_interrupted = True
            _LOGGER.warning("interrupted: the report holds what was counted until now")
    return result


def figures(result: LongRun) -> list[Figure]:
    """Frames, and what the process holds."""
    return [Figure("frames of the demo", result.frames), *of_growth(result.samples)]


def settings(result: LongRun) -> dict[str, Any]:
    """Settings that the figures depend on."""
    return {"frames": result.asked_frames, "drawn": DRAWN, "interrupted": result.is_interrupted}


class _Looker:
    """Counts frames and looks at this process (see `edge.sinks.protocol.Sink`)."""

    def __init__(self, result: LongRun, note: Note) -> None:
        self._found, self._note, self._started_s = result, note, time.monotonic()

    def write(self, _frame: Frame, _prediction: Prediction, _decision: Decision) -> None:
        """Look where it is due."""
        result = self._found
        result.frames += 1
        if result.frames in (SETTLED_FRAMES, result.asked_frames) or result.frames % _LOOK_EVERY == 0:
            now_s = time.monotonic() - self._started_s
            result.samples.append(take("self", time_s=now_s, frames=result.frames))
        if result.frames % _NOTE_EVERY == 0:
            self._note("frames", result.frames, result.asked_frames - result.frames)

    def idle(self, _decision: Decision) -> None:
        """Do nothing without a frame."""

    def close(self) -> None:
        """Do nothing: no frame is held."""
