"""Opens the source that --source or --camera names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from edge.artifact.spec import FASHION_MNIST_LABELS
from edge.health import Health
from edge.sources.camera import CSI_PREFIX, CameraSettings
from edge.sources.frame import Source
from edge.system import process
from edge.system.urls import is_url

if TYPE_CHECKING:
    from edge.sources.live import LiveTimeouts
    from edge.sources.readers import Opener

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
    labels: Sequence[str] = FASHION_MNIST_LABELS,
) -> Source:
    """Open a source; a live one and a video open with their first frame.

    Imports lazily, because import time dominates the start on a Pi. The text is demo, demo-video, an image, a folder, a
    glob, a video, a URL or - (MJPEG on standard input), or with `is_camera` a camera's number, device path or csi:0.
    `least` is of images, as in `edge.images.decode.decode_image`; `labels` are the model's, which name what is drawn.

    Raises:
        RuntimeMissingError: a library is missing.
        SourceError: the source doesn't exist, can't be opened, or holds nothing to classify.
    """
    if is_camera or text == "-" or (is_url(text) and _is_live_url(text)):
        return _open_live(text, health, timeouts, settings, is_camera=is_camera)
    if text in ("demo", "demo-video"):
        from edge.sources.demo import DemoSource, DemoVideoSource, drawn_names

        names = drawn_names(labels) or FASHION_MNIST_LABELS
        return DemoSource(names=names) if text == "demo" else DemoVideoSource(names=names)
    from edge.sources import files

    if not is_url(text):
        return files.open_path(text, least=least, expected=_EXPECTED)
    if not _is_web_image(text):
        return files.open_video(text)
    from edge.sources.images import ImageUrlSource

    return ImageUrlSource(text, least=least)


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


def _is_web_image(url: str) -> bool:
    from edge.images.folders import has_image_suffix

    return url.startswith(("http://", "https://")) and has_image_suffix(url.partition("?")[0])


def _is_live_url(url: str) -> bool:
    """Return whether a URL is that of a camera: over HTTP any that isn't named like an image or video file."""
    may_end = url.startswith(("http://", "https://", "file://"))
    is_video = may_end and url.partition("?")[0].lower().endswith(_VIDEO_SUFFIXES)
    return not is_video and not _is_web_image(url)
