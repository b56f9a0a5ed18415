"""Video files, network streams, and single images from the web: whatever OpenCV's video reader opens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.errors import FrameError, SourceError
from edge.sources.ahead import Ahead
from edge.sources.files import decode_image
from edge.sources.frame import Frame
from edge.sources.names import is_url, without_password
from edge.sources.reader import EndOfStream

if TYPE_CHECKING:
    import urllib.request

_TIMEOUT_S = 10.0
_MAX_IMAGE_BYTES = 64 * 2**20
_LONGEST_MS = 86_400_000 * 365  # of a video file; beyond it a damaged file speaks


class Stream:
    """Opens a camera in the network (see `edge.sources.live.Opener`)."""

    skipped = 0

    def __init__(self, url: str, *, read_timeout_s: float) -> None:
        """Remember which.

        Args:
            url: RTSP, HTTP or whatever else FFmpeg takes.
            read_timeout_s: seconds without a frame after which a read fails.
        """
        self.name = without_password(url)
        self._url = url
        self._timeouts = [
            *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, round(1000 * _TIMEOUT_S)),
            *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, round(1000 * read_timeout_s)),
        ]

    def open(self) -> StreamCapture:
        """Connect.

        Raises:
            SourceError: out of reach, refused, or no stream.
        """
        capture = cv2.VideoCapture(self._url, cv2.CAP_FFMPEG, self._timeouts)
        if not capture.isOpened():
            raise SourceError(f"can't open {self.name}: not a stream that OpenCV can read, or out of reach")
        has_end = self._url.startswith("http") and capture.get(cv2.CAP_PROP_FRAME_COUNT) > 0
        return StreamCapture(capture, has_end=has_end)


class StreamCapture:
    """An open connection (see `edge.sources.reader.Capture`)."""

    def __init__(self, capture: cv2.VideoCapture, *, has_end: bool) -> None:
        """Take over what OpenCV opened.

        Args:
            capture: the connection.
            has_end: whether it turned out to be a video file, which is rightly over at some time.
        """
        self._capture = capture
        self._has_end = has_end

    def read(self) -> NDArray[np.uint8]:
        """Wait for the next picture: uint8 BGR, shape (H, W, 3), 0-255.

        Raises:
            SourceError: it broke off.
            EndOfStream: it is over.
        """
        has_frame, image = self._capture.read()
        if not has_frame:
            raise EndOfStream if self._has_end else SourceError("the stream broke off")
        return np.asarray(image, np.uint8)

    def close(self) -> None:
        """Hang up."""
        self._capture.release()


class VideoSource:
    """A video file, here or behind a URL, every frame in order (see `edge.sources.frame.Source`)."""

    is_stream = True

    def __init__(self, location: str) -> None:
        """Open it.

        Raises:
            SourceError: OpenCV can't open it or it is no video.
        """
        self.name = without_password(location)
        self.skipped = 0
        self._is_local = not is_url(location)
        self._ahead: Ahead[Frame] | None = None
        self._capture = cv2.VideoCapture(location, cv2.CAP_FFMPEG)
        if not self._capture.isOpened():
            kind = "an image or video" if self._is_local else "a video"
            raise SourceError(f"can't open {self.name}: not {kind} that OpenCV can read, or out of reach")

    def frames(self) -> Iterator[Frame]:
        """Yield frames until the video ends.

        Raises:
            SourceError: it holds no frame at all.
        """
        self._ahead = Ahead(self._read())
        yield from self._ahead

    def _read(self) -> Iterator[Frame]:
        """The frames one after the other; the video is let go at the end."""
        number = 0
        opened = datetime.now(timezone.utc)
        try:
            while True:
                has_frame, image = self._capture.read()
                if not has_frame:
                    break
                yield Frame(np.asarray(image, np.uint8), number, self.name, self._time(opened))
                number += 1
        finally:
            self._capture.release()
        if number == 0:
            raise SourceError(f"{self.name} holds no frame that OpenCV can read")

    def _time(self, opened: datetime) -> datetime:
        """When the frame just read was taken: a file is read faster or slower than it was filmed."""
        if self._is_local:
            position_ms = self._capture.get(cv2.CAP_PROP_POS_MSEC)
            return opened + timedelta(milliseconds=position_ms if 0 <= position_ms < _LONGEST_MS else 0)
        return datetime.now(timezone.utc)

    def close(self) -> None:
        """Release the file or connection."""
        if self._ahead is None:
            self._capture.release()
        else:
            self._ahead.close()  # the thread that reads it lets it go


class ImageUrlSource:
    """One image from the web (see `edge.sources.frame.Source`)."""

    is_stream = False

    def __init__(self, url: str) -> None:
        """Fetch and decode it.

        Raises:
            SourceError: out of reach, too large or no image.
        """
        import http.client
        import urllib.request

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
    import base64
    import urllib.parse
    import urllib.request

    parts = urllib.parse.urlsplit(url)
    login, _, host = parts.netloc.rpartition("@")
    request = urllib.request.Request(parts._replace(netloc=host).geturl())  # noqa: S310  # http(s) only, see choose
    if login:
        token = base64.b64encode(urllib.parse.unquote(login).encode()).decode()
        request.add_unredirected_header("Authorization", f"Basic {token}")
    return request
