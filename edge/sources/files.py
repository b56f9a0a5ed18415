"""Opens what lies in files: images, folders and globs of them, and videos."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from edge.errors import ConfigError, SourceError
from edge.images import kinds, limits
from edge.images.kinds import has_image_suffix, kind_of_file
from edge.sources.camera import CSI_PREFIX
from edge.sources.frame import Source
from edge.sources.images import ImageSource
from edge.system.connection import Access
from edge.system.urls import redact_url

_LOGGER = logging.getLogger(__name__)
_GLOB_CHARACTERS = frozenset("*?[")


def open_path(text: str, *, least: int | None = None, expected: str, fps: float | None = None) -> Source:
    """Open a file, a folder or a glob; `expected` ends the message about what is none of them.

    `fps` is as in `open_video`.

    Raises:
        SourceError: it doesn't exist, can't be read, or holds nothing to classify.
        ConfigError: it is empty, an address with a slip, a camera, or a pipe.
    """
    if not text:
        raise ConfigError(f"--source is empty: expected {expected}")
    path = Path(text)
    if path.is_dir():
        return ImageSource(text, _images_in(path), least=least)
    if path.is_file():
        return ImageSource(text, [path], least=least) if _is_image(path) else open_video(text, fps=fps)
    if _GLOB_CHARACTERS & set(text):
        return ImageSource(text, _images_matching(text), least=least)
    if re.match(rf"\d{{1,3}}\Z|{CSI_PREFIX}|/dev/(video\d+\Z|v4l/)", text):
        raise ConfigError(f"no source {text!r}: expected {expected} (a camera? then: --camera {text})")
    if re.match(r"/dev/(stdin\Z|fd/)", text):
        raise ConfigError(f"no source {text!r}: expected {expected} (a pipe? then on standard input: --source -)")
    if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]+:/", text) or redact_url(text) != text:
        raise ConfigError(f"no source {redact_url(text)!r}: an address begins like rtsp:// or http://")
    with suppress(FileNotFoundError, NotADirectoryError, ValueError):
        path.stat()  # raises what is_file() may not tell: a folder on the way is closed to us
    raise SourceError(f"no source {redact_url(text)!r}: expected {expected}")


def open_video(location: str, *, fps: float | None = None, access: Access = Access()) -> Source:  # noqa: B008
    """Open a video file, or one behind a URL, with its first frame; it was filmed at `fps` if it states no times."""
    from edge.sources.video import VideoSource

    return VideoSource(location, fps=fps, access=access)


def _images_in(folder: Path) -> Sequence[Path]:
    from edge.images.folders import first_image_below, list_images

    found, deeper = list_images(folder), first_image_below(folder)
    hint = (
        f"its sub-folders hold some: give '{folder}/{'*/' * (len(deeper.relative_to(folder).parts) - 1)}*'"
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

    from edge.images.folders import sort_files

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
        from edge.images.frames import has_more_frames

        with path.open("rb") as file:
            return not has_more_frames(file.read(limits.MOST_BYTES))
    return True
