"""What Python's own HTTP client fetches: a single image, and a camera that sends one JPEG after the other."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from edge.errors import FrameError, SourceError
from edge.images import limits
from edge.images.decode import decode_image
from edge.sources.frame import Frame
from edge.sources.live.latest_frame import EndOfStreamError
from edge.sources.network.mjpeg import MjpegInput
from edge.sources.urls import redact_url

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_TIMEOUT_S = 10.0  # without a byte
_LONGEST_S = 60.0  # until the last byte: a server may send one every nine seconds
_CHUNK = 64 * 1024
_MJPEG_TYPE = "multipart/x-mixed-replace"
_TROUBLE = (OSError, ValueError, http.client.HTTPException)


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
            self._image = decode_image(_fetch(url))
        except FrameError as error:
            raise SourceError(f"{self.name}: {error}") from error
        except _TROUBLE as error:
            raise SourceError(f"can't fetch {self.name}: {getattr(error, 'reason', error)}") from error

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

    def __init__(self, answer: http.client.HTTPResponse, *, timeout_s: float) -> None:
        """Take over a connection.

        Args:
            answer: to be read.
            timeout_s: seconds without a whole picture after which a read fails.
        """
        self._answer = answer
        self._pictures = MjpegInput(cast(BinaryIO, answer), timeout_s=timeout_s)

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
        except _TROUBLE as error:
            raise SourceError(str(error) or type(error).__name__) from error

    def close(self) -> None:
        """Hang up."""
        self._answer.close()


def open_mjpeg(url: str, *, timeout_s: float) -> MjpegConnection | None:
    """Ask for a URL, and keep the connection if JPEG pictures come over it.

    Args:
        url: http:// or https://.
        timeout_s: seconds without a byte or without a whole picture after which opening or reading fails.

    Returns:
        The connection; None: it is something else, or nothing, and FFmpeg may know more of it.
    """
    try:
        answer = _open(url, timeout_s)
    except _TROUBLE:
        return None
    if answer.headers.get_content_type() == _MJPEG_TYPE:
        return MjpegConnection(answer, timeout_s=timeout_s)
    answer.close()
    return None


def _fetch(url: str) -> bytes:
    """All of it, or one byte more than a picture may have.

    Raises:
        OSError, ValueError, http.client.HTTPException: it can't be had, or not in time.
    """
    content, until_s = bytearray(), time.monotonic() + _LONGEST_S
    with _open(url, _TIMEOUT_S) as answer:
        while len(content) <= limits.MOST_BYTES and (chunk := answer.read1(_CHUNK)):
            content += chunk
            if time.monotonic() > until_s:
                raise TimeoutError(f"not done after {_LONGEST_S:g} s")
    return bytes(content)


def _open(url: str, timeout_s: float) -> http.client.HTTPResponse:
    """The answer to a request for a URL; redirects lead to other servers, never to a file."""
    try:
        answer = urllib.request.build_opener(_Http, _Https).open(_request(url), timeout=timeout_s)
    except urllib.error.HTTPError as error:
        error.close()  # it is an open connection too
        raise
    return cast(http.client.HTTPResponse, answer)


class _Answer(http.client.HTTPResponse):
    """An answer whose head must come in time: a server that sends a byte every few seconds is never silent."""

    def __init__(self, connection: socket.socket, *arguments: Any, **more: Any) -> None:
        super().__init__(connection, *arguments, **more)
        self._connection = connection

    def begin(self) -> None:
        timer = threading.Timer(_TIMEOUT_S, self._hang_up)
        timer.start()
        try:
            super().begin()
        finally:
            timer.cancel()

    def _hang_up(self) -> None:
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)  # whoever reads from it is told that it is over


class _HttpConnection(http.client.HTTPConnection):
    response_class = _Answer


class _HttpsConnection(http.client.HTTPSConnection):
    response_class = _Answer


class _Http(urllib.request.HTTPHandler):
    def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_HttpConnection, request)


class _Https(urllib.request.HTTPSHandler):
    def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_HttpsConnection, request)


def _request(url: str) -> urllib.request.Request:
    """A request for the URL; urllib takes a user name and password as a header only, not in the URL."""
    import base64

    parts = urllib.parse.urlsplit(url)
    login, _, host = parts.netloc.rpartition("@")
    request = urllib.request.Request(parts._replace(netloc=host).geturl())  # noqa: S310  # http(s) only, see choose
    if login:
        token = base64.b64encode(urllib.parse.unquote(login).encode()).decode()
        request.add_unredirected_header("Authorization", f"Basic {token}")
    return request
