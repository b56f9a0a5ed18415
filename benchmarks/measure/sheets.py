"""Sheets of photographs with their answers, drawn by a child process: loading a model file may crash.

`python -m benchmarks.measure.sheets` reads a `SheetJob` as JSON and writes the PNG that it names.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.measure.child_process import ask, own_environment
from benchmarks.measure.photograph_answers import FrameClassifier
from benchmarks.measure.photographs import read_photograph
from benchmarks.records import from_record, to_record
from edge.artifact.input_spec import ModelOptions
from edge.classify.classifier import Classifier
from edge.classify.decision import decide_alone
from edge.datasets.folder_labels import LabelledFolder
from edge.errors import ToolkitError
from edge.sinks.images.stills import draw_sheet, draw_tile
from edge.sources.frame import Frame
from edge.system import atomic_file

_COMMAND = (sys.executable, "-m", "benchmarks.measure.sheets")
_CAPTION_HEIGHT = 54  # pixels, two lines
_BACKGROUND, _TEXT, _MUTED = (52, 46, 43), (235, 235, 235), (165, 165, 165)  # BGR, 0-255
_FONT = cv2.FONT_HERSHEY_DUPLEX
_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DrawnPhotograph:
    """Photograph on a sheet."""

    path: str
    """Absolute."""
    kind: LabelledFolder


@dataclass(frozen=True, slots=True)
class SheetJob:
    """Model file, and the photographs that it is shown with."""

    artifact: str
    """Absolute path of the model file."""
    runtime: str
    options: ModelOptions
    photographs: tuple[DrawnPhotograph, ...]
    """At least one."""
    out: str
    """Path of the PNG."""


def sheet_png(job: SheetJob, *, timeout_s: float, command: Sequence[str] = _COMMAND) -> bytes | None:
    """Let a child process draw a sheet, and return the PNG; None, with a warning, where it couldn't."""
    reply = ask(command, json.dumps(to_record(job)), timeout_s=timeout_s, environment=own_environment())
    if reply.reason or not Path(job.out).exists():
        _LOGGER.warning("no sheet of photographs: %s", reply.reason or reply.text)
        return None
    return Path(job.out).read_bytes()


def main() -> int:
    """Read a job from stdin and draw; without a sheet, the exit code is 1."""
    job = from_record(SheetJob, json.load(sys.stdin))
    try:
        classifier = Classifier.load(Path(job.artifact), runtime=job.runtime, options=job.options)
        tiles = [draw_photograph(classifier, photograph) for photograph in job.photographs]
    except (ToolkitError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    _, encoded = cv2.imencode(".png", draw_sheet(tiles))
    atomic_file.write_bytes(Path(job.out), encoded.tobytes())
    return 0


def draw_photograph(classifier: FrameClassifier, photograph: DrawnPhotograph) -> NDArray[np.uint8]:
    """Draw frame, input and likeliest labels below a caption that says what is right and what was answered: uint8 BGR.

    Raises:
        OSError: the photograph has gone since it was measured.
        FrameError: it has changed since it was measured.
    """
    path, kind = Path(photograph.path), photograph.kind
    image = read_photograph(path, classifier.spec.input)
    prediction = classifier.classify(image)
    is_right = prediction.label in kind.labels if kind.is_known else prediction.label not in classifier.spec.labels
    frame = Frame(
        np.ascontiguousarray(image[..., :3]),
        number=0,
        source=path.name,
        time=datetime.now(timezone.utc),
        # The tile knows one truth: where several labels are right, the one that was given.
        true_label=prediction.label if is_right else kind.truth,
    )
    tile = draw_tile(frame, prediction, decide_alone(prediction, frame.time))
    caption = np.full((_CAPTION_HEIGHT, tile.shape[1], 3), _BACKGROUND, np.uint8)
    words = "right" if is_right else f"right is {kind.truth}"
    _write(caption, f"{kind.folder}: answered {prediction.label}, {words}", 22, 0.5, _TEXT)
    _write(caption, path.name, 43, 0.4, _MUTED)
    return np.vstack([caption, tile])


def _write(picture: NDArray[np.uint8], text: str, row: int, scale: float, colour: tuple[int, int, int]) -> None:
    # Hershey fonts know ASCII alone; names of folders and files may hold more.
    plain = text.encode("ascii", "replace").decode("ascii")
    cv2.putText(picture, plain, (16, row), _FONT, scale, colour, 1, cv2.LINE_AA)


if __name__ == "__main__":
    raise SystemExit(main())
