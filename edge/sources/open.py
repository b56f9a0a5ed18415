"""Turns what a user typed after --source or --camera into an open source."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from edge.errors import SourceError
from edge.health import Health
from edge.images.decode import IMAGE_SUFFIXES
from edge.sources.camera import CSI_PREFIX, CameraSettings
from edge.sources.frame import Source
from edge.sources.images import ImageSource, ImageUrlSource
from edge.system import process
from edge.system.urls import is_url

if TYPE_CHECKING:
    from edge.sources.live import LiveTimeouts
    from edge.sources.live.reconnecting import Opener

_DEMOS = ("demo", "demo-video")
_GLOB_CHARACTERS = frozenset("*?[")
_EXPECTED = "an image, a folder, a glob, a video, a URL, - or demo"
_VIDEO_SUFFIXES = (".mp4", ".m4v", ".mkv", ".webm", ".avi", ".mov", ".mpg", ".mpeg", ".ogv")
_LEAST_READ_TIMEOUT_S = 5.0  # a camera may take its time to start, and a connection to go on


def open_source(
    text: str, *, health: Health, timeouts: LiveTimeouts, settings: CameraSettings, is_camera: bool = False
) -> Source:
    """Open a source; a live one and a video open with their first frame.

    Only its own code is loaded: a Pi feels the rest at every start.

    Args:
        text: demo, demo-video, an image, a folder, a glob, a video, a URL or - (MJPEG on standard input); or a
            camera's number, device path or csi:0.
        health: where a live source says how it is.
        timeouts: for how long a live source is waited for.
        settings: what is asked of a camera.
        is_camera: whether it was given as a camera.

    Raises:
        RuntimeMissingError: it needs a library that isn't there.
        SourceError: it doesn't exist, can't be opened, or holds nothing to classify.
    """
    if is_camera or text == "-" or _is_live_url(text):
        return _open_live(text, health, timeouts, settings, is_camera=is_camera)
    if text in _DEMOS:
        from edge.sources.demo import DemoSource, DemoVideoSource

        return DemoSource() if text == DemoSource.name else DemoVideoSource()
    if is_url(text) and _is_web_image(text):
        return ImageUrlSource(text)
    return _open_video(text) if is_url(text) else _open_path(text)


def _open_live(
    text: str, health: Health, timeouts: LiveTimeouts, settings: CameraSettings, *, is_camera: bool
) -> Source:
    """A camera, a stream or standard input, which may be a file all the same."""
    from edge.sources.live.reconnecting import LiveSource

    opener = _opener(text, settings, max(timeouts.stall_s, _LEAST_READ_TIMEOUT_S), is_camera=is_camera)
    if text == "-":
        from edge.sources.live.mjpeg import MjpegFileSource, MjpegInput

        if isinstance(opener, MjpegInput) and opener.is_file():
            return MjpegFileSource(opener)
    process.use_mmap_for_frames()
    return LiveSource(opener, timeouts=timeouts, health=health)


def _opener(text: str, settings: CameraSettings, read_timeout_s: float, *, is_camera: bool) -> Opener:
    if is_camera and text.startswith(CSI_PREFIX):
        from edge.sources.camera.csi import CsiCamera

        return CsiCamera(text, settings, read_timeout_s=read_timeout_s)
    if is_camera:
        from edge.sources.camera.usb import Camera

        return Camera(text, settings, read_timeout_s=read_timeout_s)
    if text == "-":
        from edge.sources.live.mjpeg import MjpegInput

        return MjpegInput()
    from edge.sources.live.stream import Stream

    return Stream(text, read_timeout_s=read_timeout_s)


def _open_path(text: str) -> Source:
    """What is on the disk under this name."""
    if not text:
        raise SourceError(f"--source is empty: expected {_EXPECTED}")
    path = Path(text)
    if path.is_dir():
        return ImageSource(text, _images_in(path))
    if path.is_file():
        return ImageSource(text, [path]) if _has_image_suffix(text) else _open_video(text)
    if _GLOB_CHARACTERS & set(text):
        return ImageSource(text, _images_matching(text))
    is_device = text.isdecimal() or text.startswith(("/dev/", CSI_PREFIX))
    hint = f" (a camera? then: --camera {text})" if is_device else ""
    raise SourceError(f"no source {text!r}: expected {_EXPECTED}{hint}")


def _open_video(location: str) -> Source:
    from edge.sources.video import VideoSource

    return VideoSource(location)


def _images_in(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.iterdir() if _has_image_suffix(path) and not path.is_dir())
    if not found:
        deeper = any(_has_image_suffix(path) for path in folder.glob("*/*"))
        hint = f"; its sub-folders hold some: --source '{folder}/*/*'" if deeper else ""
        raise SourceError(f"no image in folder {folder} (looked for {', '.join(IMAGE_SUFFIXES)}){hint}")
    return found


def _images_matching(pattern: str) -> list[Path]:
    import glob

    found = sorted(Path(name) for name in glob.glob(pattern, recursive=True))  # noqa: PTH207  # Path.glob takes no absolute pattern
    images = [path for path in found if _has_image_suffix(path) and path.is_file()]
    if not images:
        raise SourceError(f"no image matches {pattern!r} ({len(found)} other files do): check the pattern")
    return images


def _has_image_suffix(path: Path | str) -> bool:
    return Path(path).suffix.lower() in IMAGE_SUFFIXES


def _is_web_image(url: str) -> bool:
    return url.startswith(("http://", "https://")) and _has_image_suffix(url.partition("?")[0])


def _is_live_url(text: str) -> bool:
    """Return whether a text is the URL of a camera: over HTTP any URL that isn't named like an image or video file."""
    may_end = text.startswith(("http://", "https://", "file://"))
    is_video = may_end and text.partition("?")[0].lower().endswith(_VIDEO_SUFFIXES)
    return is_url(text) and not is_video and not _is_web_image(text)
