"""Settings of a run; each field is the flag of its name, see `edge.run.flags`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from edge.vision.prepared_input import Region


@dataclass(frozen=True, kw_only=True, slots=True)
class RunConfig:
    """Model, frames, thresholds and limits; the other sinks than standard output have `edge.sinks.open.SinkConfig`."""

    camera: str | None = None
    """Camera to read from; None: `source`."""
    source: str = "demo"
    model: Path | None = None
    """Model file; None: the built-in one."""
    store: Path | None = None
    """Folder of `edge-classify update`, whose model is run; None: `model`."""
    require_sha256: str | None = None
    require_signature: str | None = None
    labels: Path | None = None
    """File of class names, for a model file that has none."""
    runtime: str = "auto"
    threads: int = 1
    """Number of inference threads."""
    roi: Region | None = None
    """Part of the frame that is classified; None: all of it."""
    background: str = "border"
    """Model of the background: border, or learn."""
    top_k: int = 3
    """Classes to name in each prediction."""
    max_frames: int | None = None
    """Frames after which the run ends; None: no limit."""
    duration_s: float | None = None
    """Seconds after which the run ends; None: no limit."""
    explain: Path | None = None
    """Picture that explains the first frame, after which the run ends."""
    json: bool = False
    """True writes JSON lines to standard output."""
    quiet: bool = False
    size: tuple[int, int] = (640, 480)
    """Width and height to ask a camera for, in pixels."""
    fps: float | None = None
    """Frames a second to ask a camera for; None: its own default."""
    stale_after_s: float | None = None
    """Seconds without a frame after which the decision is `stale`; None: the model file's value."""
    freeze_timeout_s: float = 10.0
    """Seconds of identical frames after which a camera is reopened; 0: never."""
    give_up_after_s: float | None = None
    """Seconds without a frame after which the run ends; None: never."""
    threshold: float | None = None
    """Confidence score below which the answer is `unknown`; None: the model file's value."""
    hold_frames: int | None = None
    """Frames in a row that change a stream's decision; None: the model file's value."""
    smoothing_s: float | None = None
    """Seconds over which a stream is averaged; None: the model file's value."""
