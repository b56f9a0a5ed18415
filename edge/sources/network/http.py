"""What Python's own HTTP client fetches: a single image, and a camera that sends one JPEG after the other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import TYPE_CHECKING, BinaryIO, cast

from edge.errors import FrameError, SourceError
from edge.images import limits
from edge.images.decode import decode_image
from edge.sources.frame import Frame
from edge.sources.live.latest_frame import EndOfStreamError
from edge.sources.network.mjpeg import MjpegInput
from edge.system import http
from edge.system.urls import redact_url

if TYPE_CHECKING:
    from http.client import HTTPResponse

    import numpy as np
    from numpy.typing import NDArray

_TIMEOUT_S = 10.0  # without a byte
_LONGEST_S = 60.0  # until the last byte: a server may send one every nine seconds
_MJPEG_TYPE = "multipart/x-mixed-replace"


class ImageUrlSource:
    """One image from the web (see `edge.sources.frame.Source`)."""

    is_stream = False
    is_live = False

    def __init__(self, url: str) -> None:
        """Fetch and decode it.

        Raises:
            SourceError: out of reach, too slow, too large or no image.
        """
        self.name = redact_url(url)
        self.skipped = 0
        try:
            content = http.fetch_bytes(url, limit_bytes=limits.MOST_BYTES, timeout_s=_TIMEOUT_S, total_s=_LONGEST_S)
            self._image = decode_image(content)
        except FrameError as error:
            raise SourceError(f"{self.name}: {error}") from error
        except http.HttpError as error:
            raise SourceError(str(error)) from error

    def frames(self) -> Iterator[Frame]:
        """Yield the image once."""
        yield Frame(self._image, 0, self.name, datetime.now(timezone.utc))

    def close(self) -> None:
        """Nothing is held open."""


class MjpegConnection:
    """A camera that sends one JPEG after the other over HTTP (see `edge.sources.live.latest_frame.Capture`).

    Found by the pictures' own bytes, for what stands between them says less than it claims. FFmpeg would read
    them too, but takes gigabytes for a picture that claims to be large.
    """

    def __init__(self, response: HTTPResponse, *, timeout_s: float) -> None:
        """Take over a connection.

        Args:
            response: to be read.
            timeout_s: seconds without a whole picture after which a read fails.
        """
        self._response = response
        self._pictures = MjpegInput(cast(BinaryIO, response), timeout_s=timeout_s)

    @property
    def skipped(self) -> int:
        """Pictures that could not be decoded."""
        return self._pictures.skipped

    def read(self) -> NDArray[np.uint8]:
        """Wait for the next whole picture: uint8 BGR, shape (H, W, 3), 0-255.

        Raises:
            SourceError: it broke off, or none came in time.
        """
        try:
            return self._pictures.read()
        except EndOfStreamError:
            raise SourceError("the stream broke off") from None
        except http.TRANSPORT_ERRORS as error:
            raise SourceError(str(error) or type(error).__name__) from error

    def close(self) -> None:
        """Hang up."""
        self._response.close()


def open_mjpeg(url: str, *, timeout_s: float) -> MjpegConnection | None:
    """Ask for a URL, and keep the connection if JPEG pictures come over it.

    Args:
        url: http:// or https://.
        timeout_s: seconds without a byte or without a whole picture after which opening or reading fails.

    Returns:
        The connection; None: it is something else, or nothing, and FFmpeg may know more of it.
    """
    try:
        response = http.open_url(url, timeout_s=timeout_s)
    except http.HttpError:
        return None
    if response.headers.get_content_type() == _MJPEG_TYPE:
        return MjpegConnection(response, timeout_s=timeout_s)
    response.close()
    return None
