"""What the page is told, as JSON: once about the model, then many times a second about the run."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any

from edge import __version__
from edge.classify.classifier import Classifier
from edge.sinks.delivery import MonitoredSink
from edge.sinks.text.jsonl import as_record
from edge.sinks.web.live_state import LiveState


@dataclass(frozen=True, slots=True)
class Identity:
    """Which model it is that speaks, and by which rule."""

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
    presence_threshold: float
    version: str = __version__
    """Of edge-classify."""

    @classmethod
    def of(cls, classifier: Classifier) -> Identity:
        """The identity of a loaded model."""
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
            presence_threshold=spec.decision.presence_threshold,
        )


def initial_event(live_state: LiveState, identity: Identity) -> dict[str, Any]:
    """The first message to a viewer.

    Returns:
        model (the fields of `Identity`) and history: a list of [frames, latency_ms, age_ms], one a second, oldest
        first, as in `SecondStats`; and seconds, how many are over.
    """
    model = {name: getattr(identity, name) for name in Identity.__slots__}
    history = [astuple(second) for second in live_state.history()]
    return {"model": model, "history": history, "seconds": live_state.seconds}


def update_event(live_state: LiveState, monitored: Sequence[MonitoredSink], *, model_sha256: str) -> dict[str, Any]:
    """What is the case right now.

    Returns:
        run (state, reason, frames, skipped, dropped, reopened), age_ms (of the newest frame, null before the first),
        seconds (how many are over), second (the last of them, as in `hello`), sinks (name, dropped, trouble of each
        that can fail), and, once there was a frame, answer (as a line of --json) and eye: height, width and pixels,
        base64 of one byte each.
    """
    health, live_frame, history = live_state.health, live_state.newest, live_state.history()
    told: dict[str, Any] = {
        "run": {
            "state": health.state,
            "reason": health.reason,
            "frames": health.frames,
            "skipped": health.skipped,
            "dropped": health.dropped,
            "reopened": health.reconnects,
        },
        "age_ms": live_state.age_ms(live_state.clock()),
        "seconds": live_state.seconds,
        "second": astuple(history[-1]) if history else None,
        "sinks": [
            {"name": sink.failures.name, "dropped": sink.failures.dropped, "failure": sink.failures.message}
            for sink in monitored
        ],
    }
    if live_frame is not None:
        pixels = live_frame.prediction.pixels
        told["answer"] = as_record(
            live_frame.frame, live_frame.prediction, live_frame.decision, model_sha256=model_sha256
        )
        told["eye"] = {
            "height": pixels.shape[0],
            "width": pixels.shape[1],
            "pixels": base64.b64encode(pixels.tobytes()).decode("ascii"),
        }
    return told


def event(name: str, told: dict[str, Any]) -> bytes:
    """A server-sent event (html.spec.whatwg.org, 9.2)."""
    return f"event: {name}\ndata: {json.dumps(told, ensure_ascii=False, allow_nan=False)}\n\n".encode()
