"""Opens the source that --source or --camera names."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from edge.errors import SourceError
from edge.health import Health
from edge.images import kinds, limits
from edge.images.folders import first_image_below, has_image_suffix, kind_of_file, list_images, sort_files
from edge.images.frames import has_more_frames
from edge.sources.camera import CSI_PREFIX, CameraSettings
from edge.sources.frame import Source
from edge.sources.images import ImageSource, ImageUrlSource
from edge.system import process
from edge.system.urls import is_url

if TYPE_CHECKING:
    from edge.sources.live import LiveTimeouts
    from edge.sources.readers import Opener

_LOGGER = logging.getLogger(__name__)
_GLOB_CHARACTERS = frozenset("*?[")
_EXPECTED = "an image, a folder, a glob, a video, a URL, - or demo"
_VIDEO_SUFFIXES = (".mp4", ".m4v", ".mkv", ".webm", ".avi", ".mov", ".mpg", ".mpeg", ".ogv")
_LEAST_READ_TIMEOUT_S = 5.0  # a camera may take its time to start, and a connection to go on


def open_source(
    text: str,
    *,
    health: Health,
    timeouts: LiveTimeouts,
    settings: CameraSettings,
    is_camera: bool = False,
    least: int | None = None,
) -> Source:
    """Open a source; a live one and a video open with their first frame.

    Imports lazily, because import time dominates the start on a Pi. The text is demo, demo-video, an image, a folder, a
    glob, a video, a URL or - (MJPEG on standard input), or with `is_camera` a camera's number, device path or csi:0.
    `least` is of images, as in `edge.images.decode.decode_image`.

    Raises:
        RuntimeMissingError: a library is missing.
        SourceError: the source doesn't exist, can't be opened, or holds nothing to classify.
    """
    if is_camera or text == "-" or _is_live_url(text):
        return _open_live(text, health, timeouts, settings, is_camera=is_camera)
    if text in ("demo", "demo-video"):
        from edge.sources.demo import DemoSource, DemoVideoSource

        return DemoSource() if text == "demo" else DemoVideoSource()
    if is_url(text):
        return ImageUrlSource(text, least=least) if _is_web_image(text) else _open_video(text)
    return _open_path(text, least)


def _open_live(
    text: str, health: Health, timeouts: LiveTimeouts, settings: CameraSettings, *, is_camera: bool
) -> Source:
    """Open a camera, a stream, or standard input, which is no live source if a file is redirected to it."""
    from edge.sources.live.reconnecting import LiveSource

    read_timeout_s = max(timeouts.stall_s, _LEAST_READ_TIMEOUT_S)
    opener: Opener
    if is_camera and text.startswith(CSI_PREFIX):
        from edge.sources.camera.csi import CsiCamera

        opener = CsiCamera(text, settings, read_timeout_s=read_timeout_s)
    elif is_camera:
        from edge.sources.camera.usb import Camera

        opener = Camera(text, settings, read_timeout_s=read_timeout_s)
    elif text == "-":
        from edge.sources.live.mjpeg import MjpegFileSource, MjpegInput

        opener = MjpegInput()
        if opener.is_file():
            return MjpegFileSource(opener)
    else:
        from edge.sources.live.stream import Stream

        opener = Stream(text, read_timeout_s=read_timeout_s)
    process.use_mmap_for_frames()
    return LiveSource(opener, timeouts=timeouts, health=health)


def _open_path(text: str, least: int | None) -> Source:
    """Open files of this machine."""
    if not text:
        raise SourceError(f"--source is empty: expected {_EXPECTED}")
    path = Path(text)
    if path.is_dir():
        return ImageSource(text, _images_in(path), least=least)
    if path.is_file():
        return ImageSource(text, [path], least=least) if _is_image(path) else _open_video(text)
    if _GLOB_CHARACTERS & set(text):
        return ImageSource(text, _images_matching(text), least=least)
    is_device = text.isdecimal() or text.startswith(("/dev/", CSI_PREFIX))
    hint = f" (a camera? then: --camera {text})" if is_device else ""
    raise SourceError(f"no source {text!r}: expected {_EXPECTED}{hint}")


def _open_video(location: str) -> Source:
    from edge.sources.video import VideoSource

    return VideoSource(location)


def _images_in(folder: Path) -> Sequence[Path]:
    found, deeper = list_images(folder), first_image_below(folder)
    hint = (
        f"its sub-folders hold some: --source '{folder}/{'*/' * (len(deeper.relative_to(folder).parts) - 1)}*'"
        if deeper
        else ""
    )
    found.log_left_out(folder)
    if not found.images:
        reasons = "; ".join([*(each.sentence() for each in found.left_out), *([hint] if hint else [])])
        raise SourceError(f"no image in folder {folder}{': ' if reasons else ''}{reasons}")
    if hint:
        _LOGGER.warning("left out of %s: %s", folder, hint)
    return found.images


def _images_matching(pattern: str) -> Sequence[Path]:
    import glob

    paths = [Path(name) for name in glob.glob(pattern, recursive=True)]  # noqa: PTH207  # Path.glob takes no absolute pattern
    found = sort_files(path for path in paths if not path.is_dir())
    found.log_left_out(pattern)
    if not found.images:
        raise SourceError(f"no image matches {pattern!r} ({len(paths)} other files do): check the pattern")
    return found.images


def _is_image(path: Path) -> bool:
    """Return whether a file is an image by its bytes, and not a video, an animation or MJPEG.

    Raises:
        SourceError: an image of a kind that can't be read.
    """
    try:
        kind = kind_of_file(path)
    except OSError:
        kind = None
    if kind is None or kind is kinds.EMPTY:
        return has_image_suffix(path)  # damaged
    if kind is kinds.VIDEO or (kind is kinds.GIF and not kinds.is_readable(kind)):
        return False  # FFmpeg reads a GIF where OpenCV's images don't
    if not kinds.is_readable(kind):
        raise SourceError(f"{path}: {kinds.refusal(kind)}")
    if kind is kinds.GIF or (kind is kinds.JPEG and not has_image_suffix(path)):
        with path.open("rb") as file:
            return not has_more_frames(file.read(limits.MOST_BYTES))
    return True


def _is_web_image(url: str) -> bool:
    return url.startswith(("http://", "https://")) and has_image_suffix(url.partition("?")[0])


def _is_live_url(text: str) -> bool:
    """Return whether a text is the URL of a camera: over HTTP any URL that isn't named like an image or video file."""
    may_end = text.startswith(("http://", "https://", "file://"))
    is_video = may_end and text.partition("?")[0].lower().endswith(_VIDEO_SUFFIXES)
    return is_url(text) and not is_video and not _is_web_image(text)
