"""Opens the source that --source or --camera names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from edge.artifact.spec import FASHION_MNIST_LABELS
from edge.errors import ConfigError
from edge.health import Health
from edge.sources.camera import CSI_PREFIX, CameraSettings
from edge.sources.frame import Source
from edge.sources.orientation import Orientation, TurnedSource
from edge.system import process
from edge.system.connection import Access
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
    orientation: Orientation = Orientation(),  # noqa: B008  # immutable
    access: Access = Access(),  # noqa: B008
    every_s: float | None = None,
    is_camera: bool = False,
    least: int | None = None,
    labels: Sequence[str] = FASHION_MNIST_LABELS,
) -> Source:
    """Open a source; a live one and a video open with their first frame.

    Imports lazily, because import time dominates the start on a Pi. The text is demo, demo-video, an image, a folder, a
    glob, a video, a URL or - (MJPEG on standard input), or with `is_camera` a camera's number, device path or csi:0.
    `least` is of images, as in `edge.images.decode.decode_image`; `labels` are the model's, which name what is drawn.
    Every frame is turned as `orientation` says. `access` is of URLs, and `every_s` makes a live source of an address
    that gives one picture: seconds between two.

    Raises:
        RuntimeMissingError: a library is missing.
        SourceError: the source doesn't exist, can't be opened, or holds nothing to classify.
        ConfigError: `every_s` is given for what is no web address.
    """
    is_web = not is_camera and text.startswith(("http://", "https://"))
    if every_s is not None and not is_web:
        raise ConfigError("--every is of an http:// or https:// address that gives a picture: leave it out")
    if is_camera and text.startswith(CSI_PREFIX):
        from edge.sources.camera.csi import CsiCamera

        camera = CsiCamera(text, settings, read_timeout_s=_read_timeout_s(timeouts), orientation=orientation)
        return _live(camera, timeouts, health)
    if every_s is not None:
        source = _open_snapshots(text, health, timeouts, access, every_s=every_s)
    else:
        source = _open(text, health, timeouts, settings, access, is_camera=is_camera, least=least, labels=labels)
    return source if orientation == Orientation() else TurnedSource(source, orientation)


def _open_snapshots(url: str, health: Health, timeouts: LiveTimeouts, access: Access, *, every_s: float) -> Source:
    """Open an address that gives a picture for each request; far apart, each is decided on its own."""
    from edge.sources.live.http_stream import Snapshots

    opener = Snapshots(url, every_s=every_s, read_timeout_s=_read_timeout_s(timeouts), access=access)
    later = timeouts._replace(stall_s=every_s + _read_timeout_s(timeouts))
    return _live(opener, later, health, is_stream=every_s < timeouts.stall_s)


def _open(
    text: str,
    health: Health,
    timeouts: LiveTimeouts,
    settings: CameraSettings,
    access: Access,
    *,
    is_camera: bool,
    least: int | None,
    labels: Sequence[str],
) -> Source:
    """Open a source whose frames are as they come."""
    if is_camera or text == "-" or (is_url(text) and _is_live_url(text)):
        return _open_live(text, health, timeouts, settings, access, is_camera=is_camera)
    if text in ("demo", "demo-video"):
        from edge.sources.demo import DemoSource, DemoVideoSource, drawn_names

        names = drawn_names(labels) or FASHION_MNIST_LABELS
        return DemoSource(names=names) if text == "demo" else DemoVideoSource(names=names)
    from edge.sources import files

    if not is_url(text):
        return files.open_path(text, least=least, expected=_EXPECTED, fps=settings.fps)
    if not _is_web_image(text):
        return files.open_video(text, fps=settings.fps, access=access)
    from edge.sources.images import ImageUrlSource, NotOneImageError

    try:
        return ImageUrlSource(text, least=least, access=access)
    except NotOneImageError:  # it is only named like an image
        return _open_live(text, health, timeouts, settings, access, is_camera=False)


def _open_live(
    text: str, health: Health, timeouts: LiveTimeouts, settings: CameraSettings, access: Access, *, is_camera: bool
) -> Source:
    """Open a camera, a stream, or standard input, which is no live source if a file is redirected to it."""
    read_timeout_s = _read_timeout_s(timeouts)
    opener: Opener
    if is_camera:
        from edge.sources.camera.usb import Camera

        opener = Camera(text, settings, read_timeout_s=read_timeout_s)
    elif text == "-":
        from edge.sources.live.mjpeg import MjpegFileSource, MjpegInput

        opener = MjpegInput()
        if opener.is_file():
            return MjpegFileSource(opener, fps=settings.fps)
    else:
        from edge.sources.live.stream import Stream

        opener = Stream(text, read_timeout_s=read_timeout_s, access=access)
    return _live(opener, timeouts, health)


def _live(opener: Opener, timeouts: LiveTimeouts, health: Health, *, is_stream: bool = True) -> Source:
    from edge.sources.live.reconnecting import LiveSource

    process.use_mmap_for_frames()
    return LiveSource(opener, timeouts=timeouts, health=health, is_stream=is_stream)


def _read_timeout_s(timeouts: LiveTimeouts) -> float:
    return max(timeouts.stall_s, _LEAST_READ_TIMEOUT_S)


def _is_web_image(url: str) -> bool:
    from edge.images.kinds import has_image_suffix

    return url.startswith(("http://", "https://")) and has_image_suffix(url.partition("?")[0])


def _is_live_url(url: str) -> bool:
    """Return whether a URL is that of a camera: over HTTP any that isn't named like an image or video file."""
    may_end = url.startswith(("http://", "https://", "file://"))
    is_video = may_end and url.partition("?")[0].lower().endswith(_VIDEO_SUFFIXES)
    return not is_video and not _is_web_image(url)
