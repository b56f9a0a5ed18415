"""What the page is told, as JSON: once about the model, then many times a second about the run."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any

from edge import __version__
from edge.classify.classifier import Classifier
from edge.sinks.delivery.failure_log import Fallible
from edge.sinks.text.jsonl import as_record
from edge.sinks.web.live_state import Board


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


def hello(board: Board, identity: Identity) -> dict[str, Any]:
    """The first message to a viewer.

    Returns:
        model (the fields of `Identity`) and history: a list of [frames, latency_ms, age_ms], one a second, oldest
        first, as in `Second`; and seconds, how many are over.
    """
    model = {name: getattr(identity, name) for name in Identity.__slots__}
    history = [astuple(second) for second in board.history()]
    return {"model": model, "history": history, "seconds": board.seconds}


def news(board: Board, fallible: Sequence[Fallible], *, model_sha256: str) -> dict[str, Any]:
    """What is the case right now.

    Returns:
        run (state, reason, frames, skipped, dropped, reopened), age_ms (of the newest frame, null before the first),
        seconds (how many are over), second (the last of them, as in `hello`), sinks (name, dropped, trouble of each
        that can fail), and, once there was a frame, answer (as a line of --json) and eye: height, width and pixels,
        base64 of one byte each.
    """
    health, sight, history = board.health, board.newest, board.history()
    told: dict[str, Any] = {
        "run": {
            "state": health.state,
            "reason": health.reason,
            "frames": health.frames,
            "skipped": health.skipped,
            "dropped": health.dropped,
            "reopened": health.reconnects,
        },
        "age_ms": board.age_ms(board.clock()),
        "seconds": board.seconds,
        "second": astuple(history[-1]) if history else None,
        "sinks": [
            {"name": sink.trouble.name, "dropped": sink.trouble.dropped, "trouble": sink.trouble.sentence}
            for sink in fallible
        ],
    }
    if sight is not None:
        pixels = sight.prediction.pixels
        told["answer"] = as_record(sight.frame, sight.prediction, sight.decision, model_sha256=model_sha256)
        told["eye"] = {
            "height": pixels.shape[0],
            "width": pixels.shape[1],
            "pixels": base64.b64encode(pixels.tobytes()).decode("ascii"),
        }
    return told


def event(name: str, told: dict[str, Any]) -> bytes:
    """A server-sent event (html.spec.whatwg.org, 9.2)."""
    return f"event: {name}\ndata: {json.dumps(told, ensure_ascii=False, allow_nan=False)}\n\n".encode()
