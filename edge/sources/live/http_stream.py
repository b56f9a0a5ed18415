"""Cameras over HTTP: MJPEG and single pictures, known by their type or their first bytes, read by ourselves."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, BinaryIO, cast

from edge.errors import SourceError, SourceRefusedError
from edge.images import kinds
from edge.sources.live.mjpeg import START, MjpegInput, other_kind
from edge.sources.readers import EndOfStreamError
from edge.system import http
from edge.system.connection import Access, web_page
from edge.system.urls import redact_url

if TYPE_CHECKING:
    from http.client import HTTPResponse

    import numpy as np
    from numpy.typing import NDArray

_FINAL = (401, 403)  # asking again changes nothing
_SHOWN_AS = {"image/jpeg", "image/jpg", "image/pjpeg", "image/png", "image/webp", "image/gif"}


def open_http(url: str, *, timeout_s: float, access: Access = Access()) -> MjpegConnection | None:  # noqa: B008
    """Request a URL, and keep the connection if pictures come over it.

    Opening or reading fails after `timeout_s` seconds without a byte or without a whole image. Pictures may come
    without a head, as some cameras send them.

    Returns:
        The connection; None: what comes is neither pictures nor a web page, and FFmpeg may read it.

    Raises:
        SourceRefusedError: it is a web page, or the server refuses the login.
        SourceError: it is out of reach, refuses, or doesn't speak HTTP.
    """
    try:
        response = http.open_url(url, timeout_s=timeout_s, access=access, needs_head=False)
    except http.HttpError as error:
        raise (SourceRefusedError if error.status in _FINAL else SourceError)(str(error)) from error
    content_type = response.headers.get_content_type()
    if content_type.startswith("multipart/"):
        return MjpegConnection(cast(BinaryIO, response), timeout_s=timeout_s)
    head = _first_bytes(response, url).lstrip(b"\r\n")
    if content_type in _SHOWN_AS or head.startswith((START, b"--")) or other_kind(head) is not None:
        is_single = not head.startswith(b"--")
        return MjpegConnection(cast(BinaryIO, response), timeout_s=timeout_s, head=head, is_single=is_single)
    response.close()
    if not response.has_head:
        raise SourceError(f"can't open {redact_url(url)}: {http.NO_HTTP}")
    if page := web_page(content_type, head):
        raise SourceRefusedError(f"{redact_url(url)} is {page}")
    return None


def _first_bytes(response: HTTPResponse, url: str) -> bytes:
    head = b""
    try:
        while len(head) < kinds.HEAD_BYTES and (chunk := response.read1(kinds.HEAD_BYTES - len(head))):
            head += chunk
        return head
    except http.TRANSPORT_ERRORS as error:
        response.close()
        raise SourceError(f"{redact_url(url)}: {error or type(error).__name__}") from error


class MjpegConnection(MjpegInput):
    """JPEG images over HTTP, whose end is an error unless one was all (see `edge.sources.readers.Capture`).

    Images are found by their own bytes, because boundaries and lengths may be wrong. FFmpeg would read them too, but
    takes gigabytes for an image that claims to be large.
    """

    def __init__(self, stream: BinaryIO, *, timeout_s: float, head: bytes = b"", is_single: bool = False) -> None:
        """Take a response; `head` is what was read of it, and `is_single` is True if it may be a single picture."""
        super().__init__(stream, timeout_s=timeout_s)
        self.may_be_single = is_single
        self.images = 0
        """Number of images so far."""
        self._pending += head

    def read(self) -> NDArray[np.uint8]:
        """Wait for the next whole image, as `MjpegInput.read`; the end comes after the only one."""
        try:
            image = super().read()
        except EndOfStreamError:
            if self.images == 0:
                raise SourceError("it gives no picture, or half of one") from None
            raise
        self.images += 1
        self.may_be_single = self.may_be_single and self.images == 1
        return image

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def _read_chunk(self) -> bytes:
        try:
            chunk = super()._read_chunk()
        except http.TRANSPORT_ERRORS as error:
            raise SourceError(str(error) or type(error).__name__) from error
        if not chunk and not self.may_be_single:
            raise SourceError("the stream broke off")
        return chunk


class Snapshots:
    """Opens an address that gives one picture for each request, again and again (see `edge.sources.readers.Opener`)."""

    can_be_opened_twice = True
    may_be_single = False

    def __init__(self, url: str, *, every_s: float, read_timeout_s: float, access: Access) -> None:
        """Store the address; a picture is fetched every `every_s` seconds."""
        self.name = redact_url(url)
        self.skipped = 0
        self._url = url
        self._every_s = every_s
        self._read_timeout_s = read_timeout_s
        self._access = access
        self._due_s = 0.0
        self._fetched: NDArray[np.uint8] | None = None

    def open(self) -> Snapshots:
        """Fetch a picture, and return itself: each one is a request of its own.

        Raises:
            SourceError: it can't be had, or is none.
        """
        self._fetched = self._fetch()
        return self

    def read(self) -> NDArray[np.uint8]:
        """Wait until the next picture is due, and fetch it: uint8 BGR, shape (H, W, 3), 0-255.

        Raises:
            SourceError: it can't be had, or is none.
        """
        image, self._fetched = self._fetched, None
        if image is None:
            time.sleep(max(0.0, self._due_s - time.monotonic()))
            image = self._fetch()
        return image

    def close(self) -> None:
        """Do nothing: no connection is kept."""

    def _fetch(self) -> NDArray[np.uint8]:
        self._due_s = time.monotonic() + self._every_s
        connection = open_http(self._url, timeout_s=self._read_timeout_s, access=self._access)
        if connection is None:
            raise SourceRefusedError(f"{self.name} gives no picture: --every is of addresses that do")
        try:
            return connection.read()
        finally:
            connection.close()
