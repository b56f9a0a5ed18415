"""Turns what a user typed after --source or --camera into an open source."""

from __future__ import annotations

from pathlib import Path

from edge.errors import SourceError
from edge.sources.files import IMAGE_SUFFIXES, ImageSource
from edge.sources.frame import Source
from edge.sources.url import is_url

_DEMOS = ("demo", "demo-video")
_GLOB_CHARACTERS = frozenset("*?[")


def open_source(text: str, *, is_camera: bool = False) -> Source:
    """Open a source; the code of the others stays unloaded, which a Pi feels at every start.

    Args:
        text: demo, demo-video, an image, a folder, a glob, a video or a URL; or a camera's number or device path.
        is_camera: whether it was given as a camera.

    Raises:
        SourceError: it doesn't exist, can't be opened, or holds nothing to classify.
    """
    if is_camera:
        from edge.sources.camera import CameraSource

        return CameraSource(text)
    if text in _DEMOS:
        from edge.sources.demo import DemoSource, DemoVideoSource

        return DemoSource() if text == DemoSource.name else DemoVideoSource()
    if is_url(text):
        return _open_url(text)
    if not text:
        raise SourceError("--source is empty: expected an image, a folder, a glob, a video, a URL or demo")
    path = Path(text)
    if path.is_dir():
        return ImageSource(text, _images_in(path))
    if path.is_file():
        return ImageSource(text, [path]) if _has_image_suffix(text) else _open_video(text)
    if _GLOB_CHARACTERS & set(text):
        return ImageSource(text, _images_matching(text))
    hint = f" (a camera? then: --camera {text})" if text.isdecimal() or text.startswith("/dev/") else ""
    raise SourceError(f"no source {text!r}: expected an image, a folder, a glob, a video, a URL or demo{hint}")


def _open_url(url: str) -> Source:
    if url.startswith(("http://", "https://")) and _has_image_suffix(url.partition("?")[0]):
        from edge.sources.stream import ImageUrlSource

        return ImageUrlSource(url)
    return _open_video(url)


def _open_video(location: str) -> Source:
    from edge.sources.stream import VideoSource

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
