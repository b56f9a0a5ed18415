"""One image from the web; a file of its own, so that nobody else pays for the import of an HTTP client."""

from __future__ import annotations

import base64
import http.client
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timezone

from edge.errors import FrameError, SourceError
from edge.sources.files import decode_image
from edge.sources.frame import Frame
from edge.sources.stream import without_password

_TIMEOUT_S = 10.0
_MAX_IMAGE_BYTES = 64 * 2**20


class ImageUrlSource:
    """One image from the web (see `edge.sources.frame.Source`)."""

    is_stream = False

    def __init__(self, url: str) -> None:
        """Fetch and decode it.

        Raises:
            SourceError: out of reach, too large or no image.
        """
        self.name = without_password(url)
        self.skipped = 0
        try:
            with urllib.request.urlopen(_request(url), timeout=_TIMEOUT_S) as answer:  # noqa: S310  # http(s), see choose
                content = answer.read(_MAX_IMAGE_BYTES + 1)
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise SourceError(f"can't fetch {self.name}: {getattr(error, 'reason', error)}") from error
        if len(content) > _MAX_IMAGE_BYTES:
            raise SourceError(f"{self.name} is larger than {_MAX_IMAGE_BYTES:,} bytes")
        try:
            self._image = decode_image(content)
        except FrameError as error:
            raise SourceError(f"{self.name}: {error}") from error

    def frames(self) -> Iterator[Frame]:
        """Yield the image once."""
        yield Frame(self._image, 0, self.name, datetime.now(timezone.utc))

    def close(self) -> None:
        """Nothing is held open."""


def _request(url: str) -> urllib.request.Request:
    """A request for the URL; urllib takes a user name and password as a header only, not in the URL."""
    parts = urllib.parse.urlsplit(url)
    login, _, host = parts.netloc.rpartition("@")
    request = urllib.request.Request(parts._replace(netloc=host).geturl())  # noqa: S310  # http(s) only, see choose
    if login:
        token = base64.b64encode(urllib.parse.unquote(login).encode()).decode()
        request.add_unredirected_header("Authorization", f"Basic {token}")
    return request
