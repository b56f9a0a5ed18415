"""Inputs of both sides, drawn alike at every run: an image, frames in memory, a video, a long demo."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.artifact.file import default_model
from edge.demo import draw_frame
from edge.errors import ToolkitError
from edge.sources.demo import DemoSource
from edge.sources.frame import Frame

VIDEO_HEIGHT, VIDEO_WIDTH = 1080, 1920  # what phones film
_VIDEO_FRAMES, _TIMES = 150, 6  # drawn once, filmed six times: half a minute, so that opening hardly counts
_HOLD = 15  # frames that a garment stays in the video
_FRAMES = 20  # different ones in memory
_FPS = 30.0
_PHOTO_HEIGHT, _PHOTO_WIDTH = 3000, 4000  # twelve megapixels
_PHOTO_NOISE = 3.0  # levels of standard deviation: a file of 2 MB, as phones write them
_PHOTO_QUALITY = 90


@dataclass(frozen=True, slots=True)
class InputFiles:
    """Paths of the inputs."""

    image: Path
    """PNG, 640x480."""
    frames: Path
    """.npy, uint8 BGR, shape (20, 480, 640, 3)."""
    own_model: Path
    """Copy of the built-in model, which is no more trusted than any other file."""
    video: Path
    photograph: Path
    """JPEG, 4000x3000."""


def write_inputs(folder: Path, video: Path | None = None) -> InputFiles:
    """Draw the inputs; a video of the user's own is taken as it is.

    Raises:
        ToolkitError: the video isn't there, or this OpenCV writes none.
    """
    if video is not None and not video.is_file():
        raise ToolkitError(f"no video file {video}: leave --video out to have one drawn")
    files = InputFiles(
        folder / "frame.png",
        folder / "frames.npy",
        folder / "own.tflite",
        video or folder / "drawn.mp4",
        folder / "photograph.jpg",
    )
    frames = [draw_frame(number).image for number in range(_FRAMES)]
    cv2.imwrite(str(files.image), frames[0])
    np.save(files.frames, np.stack(frames))
    shutil.copyfile(default_model(), files.own_model)
    _write_photograph(files.photograph, frames[0])
    if video is None:
        _write_video(files.video)
    return files


def _write_photograph(path: Path, frame: NDArray[np.uint8]) -> None:
    noise = np.random.default_rng(0).normal(0, _PHOTO_NOISE, (_PHOTO_HEIGHT, _PHOTO_WIDTH, 1)).astype(np.float32)
    large = cv2.resize(frame, (_PHOTO_WIDTH, _PHOTO_HEIGHT), interpolation=cv2.INTER_CUBIC)
    cv2.imwrite(str(path), np.clip(large + noise, 0, 255).astype(np.uint8), (cv2.IMWRITE_JPEG_QUALITY, _PHOTO_QUALITY))


def _write_video(path: Path) -> None:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), _FPS, (VIDEO_WIDTH, VIDEO_HEIGHT))
    if not writer.isOpened():
        raise ToolkitError(f"OpenCV can't write a video to {path}: give one with --video")
    drawn = [draw_frame(number, hold=_HOLD).image for number in range(_VIDEO_FRAMES)]
    for _ in range(_TIMES):
        for image in drawn:
            writer.write(cv2.resize(image, (VIDEO_WIDTH, VIDEO_HEIGHT)))
    writer.release()


DRAWN = 100
"""Frames; memory that grows is the loop's then, not the drawing's."""


class LongDemo:
    """Drawn garments, each in an array of its own (see `edge.sources.frame.Source`)."""

    name = "demo"
    is_stream = False
    is_live = False
    skipped = 0

    def frames(self) -> Iterator[Frame]:
        """Yield frames with their true labels, without end."""
        drawn = list(islice(DemoSource().frames(), DRAWN))
        for number in count():
            shown = drawn[number % DRAWN]
            yield shown._replace(picture=shown.image.copy(), number=number)

    def close(self) -> None:
        """Nothing is held open."""
