"""Frames, and the protocol of what yields them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol

from edge.vision import YuvPicture

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Frame(NamedTuple):
    """Pixels and where they come from."""

    picture: NDArray[np.uint8] | YuvPicture
    """uint8 BGR (OpenCV's order), shape (height, width, 3), 0-255; or BGRA, whose colours lie on a ground already and
    whose alpha is an outline; or a video's planes."""
    number: int
    """Number within the source, from 0."""
    source: str
    """Path, URL or camera, without passwords."""
    time: datetime
    """Time of capture or of reading, UTC."""
    true_label: str | None = None
    """Class name, if the source provides it (drawn garments)."""
    is_single: bool = False
    """True if it is the only frame of a video or pipe, which is decided as an image."""
    captured_s: float | None = None
    """time.monotonic() at the capture by a live source; None for a frame without age, as in a file."""
    position_s: float | None = None
    """Seconds from a video's first frame, which is read faster or slower than it was filmed; None: no video."""

    @property
    def clock_s(self) -> float:
        """Seconds on a clock that goes on from frame to frame: the video's, the capture's, or else that of `time`."""
        if self.position_s is not None:
            return self.position_s
        return self.time.timestamp() if self.captured_s is None else self.captured_s

    @property
    def image(self) -> NDArray[np.uint8]:
        """Image in BGR, uint8, shape (height, width, 3), 0-255; planes are converted on first access."""
        if isinstance(self.picture, YuvPicture):
            return self.picture.to_bgr()
        return self.picture if self.picture.shape[2:] != (4,) else self.picture[..., :3].copy()


def mark_single(frames: Iterator[Frame]) -> Iterator[Frame]:
    """Yield frames, the first once the second or the end is known, so that a frame without a second is marked."""
    first, second = next(frames, None), next(frames, None)
    if first is not None:
        yield first._replace(is_single=second is None)
    del first  # its pixels' memory is read into again
    if second is not None:
        yield second
        del second
        yield from frames


class Source(Protocol):
    """An open source of frames."""

    name: str
    """Path, URL or camera, without passwords."""
    is_stream: bool
    """True if frames follow on one another, as in a video; False if each is decided on its own."""
    is_live: bool
    """True if frames come at their own pace and late ones are skipped; False if the source waits for its reader."""

    @property
    def skipped(self) -> int:
        """Number of unreadable frames so far."""
        ...

    def frames(self) -> Iterator[Frame | None]:
        """Yield frames until the source ends; None about once a second while a live one has nothing new.

        Raises:
            SourceError: it can't be opened, or holds nothing to classify.
            SourceLostError: a live source gave no frame for longer than its timeout.
        """
        ...

    def close(self) -> None:
        """Release the device or file; calling it again does nothing."""
        ...
