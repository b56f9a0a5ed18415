"""Thread-safe latest state, written by the runner and read by the page, and its server-sent events."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any

import cv2

from edge import __version__
from edge.classify.classifier import Classifier
from edge.classify.results import Decision, Prediction
from edge.health import Health
from edge.sinks.delivery import MonitoredSink
from edge.sinks.protocol import Sink
from edge.sinks.text.jsonl import as_record
from edge.sources.frame import Frame

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HISTORY_S = 120
"""Seconds that the charts show."""
_LONGEST_EYE = 160  # pixels


@dataclass(frozen=True, slots=True)
class SecondStats:
    """Worst values of one second, for the charts."""

    frames: int
    latency_ms: float | None
    """Frame to decision; None where no frame was classified."""
    age_ms: float | None
    """Highest age that the newest classified frame reached, when the next one or the second's end came; None before the
    first."""


@dataclass(frozen=True, slots=True)
class LiveFrame:
    """The newest frame with its prediction and decision."""

    number: int
    """Count of the changes, from 1; a later one has a larger number."""
    frame: Frame
    prediction: Prediction
    decision: Decision


@dataclass(frozen=True, slots=True)
class Identity:
    """Model file, runtime and thresholds, as the page shows them."""

    file: str
    sha256: str
    size_bytes: int
    labels: tuple[str, ...]
    quantization: str
    run_name: str
    dataset: str
    runtime: str
    """Library and its version."""
    score: str
    threshold: float
    off_threshold: float
    """Score down to which a decision is kept."""
    presence_threshold: float
    version: str = __version__

    @classmethod
    def of(cls, classifier: Classifier) -> Identity:
        """Return the identity of a loaded model."""
        artifact, spec, runtime = classifier.artifact, classifier.spec, classifier.runtime
        return cls(
            file=artifact.path.name,
            sha256=artifact.sha256,
            size_bytes=artifact.size_bytes,
            labels=spec.labels,
            quantization=spec.provenance.quantization,
            run_name=spec.provenance.run_name,
            dataset=spec.provenance.dataset,
            runtime=f"{runtime.name} {runtime.version}",
            score=spec.decision.score,
            threshold=spec.decision.threshold,
            off_threshold=spec.decision.off_threshold,
            presence_threshold=spec.decision.presence_threshold,
        )


class LiveState(Sink):
    """The newest frame and the last two minutes."""

    def __init__(self, health: Health, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.health = health
        self.newest: LiveFrame | None = None
        self.classified_s: float | None = None
        """Time of the newest frame's decision, by the clock."""
        self.clock = clock
        self.seconds = 0
        """Number of seconds that are over."""
        self._lock = threading.Lock()
        self._history: deque[SecondStats] = deque(maxlen=HISTORY_S)
        self._second = int(clock())
        self._frames = 0
        self._latency_ms: float | None = None
        self._age_ms: float | None = None
        self._captured_s: float | None = None  # of the newest frame that was written

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:
        """Store a frame as the newest."""
        now = self.clock()
        number = self.newest.number + 1 if self.newest else 1
        self.newest = LiveFrame(number, frame, prediction, decision)
        self.classified_s = now
        with self._lock:
            self._complete_seconds(now)
            self._frames += 1
            self._latency_ms = max(self._latency_ms or 0.0, prediction.latency_ns["total"] / 1e6)
            self._note_age(now)  # of the frame before it, which was in view until now
            self._captured_s = self.health.captured_s
            self._note_age(now)

    def idle(self, decision: Decision) -> None:
        """Store a new decision on the newest frame."""
        now = self.clock()
        if self.newest is not None and self.newest.decision != decision:
            newest = self.newest
            self.newest = LiveFrame(newest.number + 1, newest.frame, newest.prediction, decision)
        with self._lock:
            self._complete_seconds(now)
            self._note_age(now)

    def age_ms(self, now: float) -> float | None:
        """Return the milliseconds since the newest classified frame was captured; None before the first."""
        captured_s = self.health.captured_s
        return None if captured_s is None else max(0.0, (now - captured_s) * 1e3)

    def history(self) -> list[SecondStats]:
        """Return the seconds that are over, oldest first."""
        with self._lock:
            self._complete_seconds(self.clock())
            return list(self._history)

    def is_live(self, stall_s: float) -> bool:
        """Return True if a frame was classified within so many seconds."""
        return self.classified_s is not None and self.clock() - self.classified_s <= stall_s

    def _complete_seconds(self, now: float) -> None:
        """Append the second that is over, if one is, and those without a frame since."""
        second, passed = self._second, int(now) - self._second
        if passed <= 0:
            return
        self.seconds += passed
        self._second = int(now)
        if passed > HISTORY_S:  # the second with these is out of the charts
            self._frames, self._latency_ms, self._age_ms = 0, None, None
        for end in range(second + 1, second + passed + 1)[-HISTORY_S:]:
            self._note_age(end)
            self._history.append(SecondStats(self._frames, self._latency_ms, self._age_ms))
            self._frames, self._latency_ms, self._age_ms = 0, None, None

    def _note_age(self, now: float) -> None:
        """Take the age of the newest frame into this second's."""
        if self._captured_s is not None:
            self._age_ms = max(self._age_ms or 0.0, (now - self._captured_s) * 1e3)


def initial_event(live_state: LiveState, identity: Identity, *, classes: Sequence[str] = ()) -> bytes:
    """Return a viewer's first event.

    Its data are model (the fields of `Identity`), history (a list of [frames, latency_ms, age_ms], one a second, oldest
    first, as in `SecondStats`), seconds (how many are over) and corrections (the `classes` that a viewer can give a
    frame, none where corrections aren't taken).
    """
    model = {name: getattr(identity, name) for name in Identity.__slots__}
    history = [astuple(second) for second in live_state.history()]
    return server_event("initial", {"model": model, "history": history, "seconds": live_state.seconds,
                                    "corrections": list(classes)})  # fmt: skip


def update_event(live_state: LiveState, monitored: Sequence[MonitoredSink], *, model_sha256: str) -> bytes:
    """Return the event of this moment.

    Its data are run (the published fields of `Health`), seconds (how many are over), second (the last of them, as in
    `initial_event`), sinks (name, dropped and failure of each), and after the first frame answer (as a line of --json)
    and eye: height, width and, in base64, the pixels of a grey input (a byte each) or a JPEG of a colour one.
    """
    live_frame, history = live_state.newest, live_state.history()
    data: dict[str, Any] = {
        "run": live_state.health.published(),
        "seconds": live_state.seconds,
        "second": astuple(history[-1]) if history else None,
        "sinks": [
            {"name": sink.failures.name, "dropped": sink.failures.dropped, "failure": sink.failures.message}
            for sink in monitored
        ],
    }
    if live_frame is not None:
        frame, prediction, decision = live_frame.frame, live_frame.prediction, live_frame.decision
        data["answer"] = as_record(frame, prediction, decision, model_sha256=model_sha256)
        data["eye"] = _eye(prediction.pixels)
    return server_event("update", data)


def _eye(pixels: NDArray[np.uint8]) -> dict[str, Any]:
    """Return the network's input for the page; a colour one at most 160 pixels long, for it comes with every event."""
    height, width = pixels.shape[:2]
    if pixels.ndim == 2:
        return {"height": height, "width": width, "pixels": base64.b64encode(pixels.tobytes()).decode("ascii")}
    scale = min(1.0, _LONGEST_EYE / max(height, width))
    height, width = max(1, round(height * scale)), max(1, round(width * scale))
    _, encoded = cv2.imencode(".jpg", cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA))
    return {"height": height, "width": width, "jpeg": base64.b64encode(encoded.tobytes()).decode("ascii")}


def server_event(name: str, data: Mapping[str, Any]) -> bytes:
    """Return a server-sent event (html.spec.whatwg.org, 9.2)."""
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False, allow_nan=False)}\n\n".encode()
