"""An annotated video of constant size and frame rate, in real time."""

from __future__ import annotations

import errno
import logging
import os
import shutil
from contextlib import suppress
from pathlib import Path

import cv2

from edge.classify.results import Decision, Prediction
from edge.errors import ConfigError
from edge.sinks.images.drawing import Canvas, Image
from edge.sinks.protocol import Sink
from edge.sources.frame import Frame
from edge.system import atomic_file

_LOGGER = logging.getLogger(__name__)
VIDEO_CODECS = {".mp4": "mp4v", ".avi": "MJPG"}
"""Suffix -> codec that every OpenCV can write; after a power cut an .avi can be played up to its last half MB."""
FPS = 25
_DIGITS = 4  # of a clock that counts seconds from 1970
_LONGEST_GAP_S = 1.0  # a longer one is cut out, so that a camera's absence adds nothing to the video
_KEPT_FREE_BYTES = 64 * 2**20  # OpenCV doesn't report a full disk, and other files need space too


class VideoSink(Sink):
    """Draws frames into a video.

    A stream plays as fast as it was filmed. Images that were decided one by one are shown for a 25th of a second or
    more, and none is left out.

    Until it is finished, the file is called NAME-unfinished, and the old NAME stays as it was. After a kill the next
    sink of that name keeps an .avi as NAME-cut and removes an .mp4, which can't be played without its end.
    """

    def __init__(self, path: Path) -> None:
        """Check the path, .mp4 or .avi, and keep or remove what a killed run left.

        Raises:
            ConfigError: another suffix.
            OSError: the folder can't be made or written to, or another run is writing this video.
        """
        if path.suffix.lower() not in VIDEO_CODECS:
            raise ConfigError(f"can't write a video to {path}: its name must end in {' or '.join(VIDEO_CODECS)}")
        path.parent.mkdir(parents=True, exist_ok=True)
        if not os.access(path.parent, os.W_OK):
            raise PermissionError(errno.EACCES, "no permission to write a video there", str(path.parent))
        self._path = path
        self._unfinished = path.with_stem(f"{path.stem}-unfinished")
        self._lock = -1  # of the file that is being written
        self._require_free()
        self._keep_cut_video()
        self._part = 1
        self._writer: cv2.VideoWriter | None = None
        self._canvas: Canvas | None = None
        self._picture: Image | None = None
        self._started_s: float | None = None
        self._written = 0

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:
        """Draw a frame into its place in time."""
        self._canvas = self._canvas or Canvas.of(frame.image)
        due = self._due(frame.clock_s, at_least=int(decision.changed))
        if due or self._picture is None:
            self._picture = self._canvas.draw(frame, prediction, decision)
        self._repeat(self._picture, due)

    def idle(self, decision: Decision) -> None:
        """Write a new caption below the last frame, for a second."""
        if self._canvas is not None and self._picture is not None and decision.changed:
            self._canvas.caption(self._picture, decision)
            self._repeat(self._picture, FPS)

    def close(self) -> None:
        """Finish the file and give it its name; after an error the next part gets a name of its own."""
        if self._writer is None:
            return
        self._writer.release()
        self._writer = None
        path = self._path if self._part == 1 else self._path.with_stem(f"{self._path.stem}-{self._part}")
        self._part += 1
        # The name first: forcing a long video to a slow disk takes longer than the end of a run may.
        try:
            self._unfinished.replace(path)
        finally:
            os.close(self._lock)
        atomic_file.flush(path)
        atomic_file.flush(path.parent)

    def _require_free(self) -> None:
        """Raise if another run is writing this video: two would leave none."""
        with suppress(FileNotFoundError):
            try:
                os.close(atomic_file.lock(self._unfinished))
            except BlockingIOError:
                message = "another run is writing this video: choose another name"
                raise OSError(errno.EBUSY, message, str(self._path)) from None

    def _keep_cut_video(self) -> None:
        """Keep a killed run's .avi under a name that this run doesn't overwrite, and remove an .mp4."""
        if not self._unfinished.exists():
            return
        if self._path.suffix.lower() == ".avi" and self._unfinished.stat().st_size:
            cut = self._path.with_stem(f"{self._path.stem}-cut")
            self._unfinished.replace(cut)
            _LOGGER.warning("the last video was cut short: %s holds it up to there", cut)
        else:
            self._unfinished.unlink()
            _LOGGER.warning("the last video was cut short and can't be played: removed %s", self._unfinished)

    def _due(self, clock_s: float, *, at_least: int) -> int:
        """Return the number of video frames up to this time, counted from the last gap."""
        if self._started_s is None:
            self._started_s, self._written = clock_s, 0
        due = int(round((clock_s - self._started_s) * FPS, _DIGITS)) + 1 - self._written
        if abs(due) > _LONGEST_GAP_S * FPS:
            self._started_s, self._written = clock_s, 0
            due = 1
        return max(due, at_least)

    def _repeat(self, picture: Image, count: int) -> None:
        writer = self._writer or self._open(picture)
        free = shutil.disk_usage(self._path.parent).free if self._written % FPS == 0 else _KEPT_FREE_BYTES
        if free < _KEPT_FREE_BYTES:
            self.close()
            raise OSError(errno.ENOSPC, f"less than {_KEPT_FREE_BYTES >> 20} MB are free there", str(self._path))
        for _ in range(count):
            writer.write(picture)
        self._written += count

    def _open(self, picture: Image) -> cv2.VideoWriter:
        self._require_free()
        height, width = picture.shape[:2]
        codec = cv2.VideoWriter.fourcc(*VIDEO_CODECS[self._path.suffix.lower()])
        writer = cv2.VideoWriter(str(self._unfinished), codec, FPS, (width, height))
        if not writer.isOpened():
            raise OSError(errno.EIO, f"OpenCV can't write a video of {width}x{height} pixels there", str(self._path))
        self._lock = atomic_file.lock(self._unfinished)
        self._writer = writer
        return writer
