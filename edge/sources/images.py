"""Image files, here or behind a URL; unreadable ones of a folder are skipped, counted and logged."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path

from edge.errors import FrameError, SourceError
from edge.images import kinds, limits
from edge.images.decode import decode_image, read_image
from edge.sources.frame import Frame
from edge.system.connection import Access, web_page
from edge.system.unit import file_hint
from edge.system.urls import redact_url

_TIMEOUT_S = 10.0  # without a byte
_LONGEST_S = 60.0  # until the last byte: a server may send one every nine seconds
_LOGGER = logging.getLogger(__name__)


class ImageSource:
    """Image files, one frame each (see `edge.sources.frame.Source`)."""

    is_stream = False
    is_live = False

    def __init__(self, name: str, paths: Sequence[Path], *, least: int | None = None) -> None:
        """Store the paths, in their order; `least` as in `decode_image`."""
        self.name = name
        self.skipped = 0
        self._paths = paths
        self._least = least

    def frames(self) -> Iterator[Frame]:
        """Yield every readable image."""
        number = 0
        for path in self._paths:
            try:
                image = read_image(path, least=self._least, keeps_alpha=True)
            except (OSError, FrameError) as error:
                self.skipped += 1
                hint = file_hint(error) if isinstance(error, OSError) else ""
                _LOGGER.warning("skipped %s: %s%s", path, getattr(error, "strerror", None) or error, hint)
                continue
            yield Frame(image, number, str(path), datetime.now(timezone.utc))
            number += 1

    def close(self) -> None:
        """Do nothing: no file is kept open."""


class NotOneImageError(SourceError):
    """A stream of images behind a URL that is named like one image."""


class ImageUrlSource:
    """One image behind a URL (see `edge.sources.frame.Source`)."""

    is_stream = False
    is_live = False

    def __init__(self, url: str, *, least: int | None = None, access: Access = Access()) -> None:  # noqa: B008
        """Fetch and decode the image.

        Raises:
            NotOneImageError: a stream of them comes.
            SourceError: out of reach, too slow, too large or no image.
        """
        from edge.system import http

        self.name = redact_url(url)
        self.skipped = 0
        try:
            with http.open_url(url, timeout_s=_TIMEOUT_S, access=access) as response:
                if response.headers.get_content_maintype() == "multipart":
                    raise NotOneImageError(f"{self.name} is a stream")
                content = http.read_bytes(response, url, limit_bytes=limits.MOST_BYTES, total_s=_LONGEST_S)
        except http.HttpError as error:
            raise SourceError(str(error)) from error
        try:
            self._image = decode_image(content, least=least, keeps_alpha=True)
        except FrameError as error:
            page = web_page(response.headers.get_content_type(), content[: kinds.HEAD_BYTES])
            raise SourceError(f"{self.name} is {page}" if page else f"{self.name}: {error}") from error

    def frames(self) -> Iterator[Frame]:
        """Yield the image once."""
        yield Frame(self._image, 0, self.name, datetime.now(timezone.utc))

    def close(self) -> None:
        """Do nothing: no file is kept open."""
