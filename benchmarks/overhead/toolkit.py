"""The same as `benchmarks.overhead.baseline`, done by the toolkit.

Also `video-opencv MODEL VIDEO`, as where PyAV isn't installed, and `growth MODEL COUNT`, a long run of the demo.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from edge.cli.libraries import prepare_libraries

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edge.artifact.input_spec import InputSpec
    from edge.classify.results import Decision, Prediction
    from edge.sources import Frame
    from edge.vision import PreparedInput

_UNTIMED = 50  # calls before the timed ones
_SETTLED = 1000  # frames after which memory may not grow any more


def first(model: str, image: str) -> dict[str, float]:
    """One image, one answer, by the command itself."""
    from edge.run.main import main

    main(["--model", model, "--source", image, "--json", "--quiet"])
    from edge.system.host import process_memory_bytes

    return {"memory_bytes": process_memory_bytes("VmHWM")}


def loop(model: str, frames_file: str, count: str) -> dict[str, float]:
    """Many frames that are in memory already, all that the runner does with them but finding the garment."""
    from datetime import datetime, timezone

    import numpy as np

    from edge.classify.classifier import Classifier
    from edge.classify.decision import Decider
    from edge.sinks.text.jsonl import JsonLinesSink
    from edge.sources import Frame

    classifier = Classifier.load(Path(model), prepare=_without_vision)
    frames, latencies_ns = list(np.load(frames_file)), []
    decider = Decider(classifier.spec)
    with Path(os.devnull).open("w", encoding="utf-8") as out:
        sink = JsonLinesSink(out, model_sha256=classifier.artifact.sha256)
        for number in range(_UNTIMED + int(count)):
            started = time.perf_counter_ns()
            frame = Frame(frames[number % len(frames)], number, "memory", datetime.now(timezone.utc))
            prediction = classifier.classify(frame.image)
            sink.write(frame, prediction, decider.decide(prediction, frame.time, frame.clock_s))
            latencies_ns.append(time.perf_counter_ns() - started)
    return {"latency_ns": float(np.median(latencies_ns[_UNTIMED:]))}


def video(model: str, path: str) -> dict[str, float]:
    """Classify every frame of a video, as the command does."""
    from edge.classify.classifier import Classifier
    from edge.classify.decision import Decider
    from edge.run.loop import RunConfig, run
    from edge.sinks.text.jsonl import JsonLinesSink
    from edge.sources.video import VideoSource

    classifier = Classifier.load(Path(model))
    with Path(os.devnull).open("w", encoding="utf-8") as out:
        sink = JsonLinesSink(out, model_sha256=classifier.artifact.sha256)
        tally = run(RunConfig(), VideoSource(path), classifier, [sink], decider=Decider(classifier.spec))
    return {"fps": tally.frames / tally.duration_s}


def video_opencv(model: str, path: str) -> dict[str, float]:
    """Classify the frames of a video without PyAV."""
    sys.modules["edge.sources.pyav"] = None  # type: ignore[assignment]  # importing it fails
    return video(model, path)


def growth(model: str, count: str) -> dict[str, float]:
    """Run the demo for so many frames: memory at the end less memory after the first thousand."""
    from benchmarks.overhead.inputs import LongDemo
    from edge.classify.classifier import Classifier
    from edge.classify.decision import Decider
    from edge.run.loop import RunConfig, run

    sink = _MemorySink(int(count))
    classifier = Classifier.load(Path(model))
    decider = Decider(classifier.spec, is_stream=False)
    run(RunConfig(max_frames=int(count)), LongDemo(), classifier, [sink], decider=decider)
    return {"growth_bytes": sink.at_end_bytes - sink.settled_bytes}


class _MemorySink:
    """Looks at this process's memory twice (see `edge.sinks.protocol.Sink`)."""

    def __init__(self, last: int) -> None:
        self.settled_bytes = self.at_end_bytes = 0
        self._last = last

    def write(self, frame: Frame, _prediction: Prediction, _decision: Decision) -> None:
        """Note the memory where it is due."""
        from edge.system.host import process_memory_bytes

        if frame.number + 1 == _SETTLED:
            self.settled_bytes = process_memory_bytes("VmRSS")
        if frame.number + 1 == self._last:
            self.at_end_bytes = process_memory_bytes("VmRSS")

    def idle(self, _decision: Decision) -> None:
        """Nothing happens without a frame."""

    def close(self) -> None:
        """Nothing is kept back."""


def _without_vision(frame: NDArray[np.uint8], spec: InputSpec) -> PreparedInput:
    """Prepare a frame as the baseline does."""
    import cv2
    import numpy as np

    from edge.vision import PreparedInput

    grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    pixels = cv2.resize(grey, (spec.width, spec.height), interpolation=cv2.INTER_AREA)
    return PreparedInput(np.asarray(pixels, np.uint8), np.zeros((0, 2), np.int32), 1.0)


if __name__ == "__main__":
    prepare_libraries()  # as the command does, before they are imported
    parts: dict[str, Callable[..., dict[str, float]]] = {
        "first": first, "loop": loop, "video": video, "video-opencv": video_opencv, "growth": growth
    }  # fmt: skip
    print(json.dumps(parts[sys.argv[1]](*sys.argv[2:])), file=sys.stderr)
