"""What every source gives."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol

from edge.vision import YuvPicture

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Frame(NamedTuple):
    """One picture and where it comes from."""

    picture: NDArray[np.uint8] | YuvPicture
    """uint8 BGR (OpenCV's order), shape (height, width, 3), 0-255; or a video's planes."""
    number: int
    """Counted from 0, within its source."""
    source: str
    """Path, URL or camera, without passwords."""
    time: datetime
    """UTC, when the picture was taken or read; in a video file, as though it had been played from its opening on."""
    true_label: str | None = None
    """Class name, where the source knows it (drawn garments)."""
    captured_s: float | None = None
    """time.monotonic() when a live source gave it, for its age; None: of no age, as in a file."""

    @property
    def image(self) -> NDArray[np.uint8]:
        """What is to be seen: uint8 BGR, shape (height, width, 3), 0-255. Made of planes when it is first asked for."""
        return self.picture.to_bgr() if isinstance(self.picture, YuvPicture) else self.picture


class Source(Protocol):
    """An open source of frames."""

    name: str
    """Path, URL or camera, without passwords."""
    is_stream: bool
    """Whether each frame follows on the one before, as in a video; otherwise each is decided on its own."""
    is_live: bool
    """True if frames come at their own pace and late ones are skipped; False if the source waits for its reader."""

    @property
    def skipped(self) -> int:
        """Pictures that could not be read, so far."""
        ...

    def frames(self) -> Iterator[Frame | None]:
        """Yield frames until the source ends; None about once a second while a live one has nothing new.

        Raises:
            SourceError: it can't be opened, or holds nothing to classify.
            SourceLostError: a live source stopped giving frames, for longer than it was to be waited for.
        """
        ...

    def close(self) -> None:
        """Release the device or file; calling it again does nothing."""
        ...
