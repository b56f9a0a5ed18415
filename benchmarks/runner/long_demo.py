"""The demo for a million frames: drawing takes most of its time, so most frames are shown again."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import count, islice

from edge.sources.demo import DemoSource
from edge.sources.frame import Frame

KEPT = 100
"""Frames that are shown again and again; for every hundred shown a new one is drawn in place of the oldest."""


class LongDemo:
    """Drawn garments, each in an array of its own (see `edge.sources.frame.Source`)."""

    name = "demo"
    is_stream = False
    skipped = 0

    def frames(self) -> Iterator[Frame]:
        """Yield frames with their true labels, without end."""
        drawn = DemoSource().frames()
        kept = deque(islice(drawn, KEPT), maxlen=KEPT)
        for number in count():
            if number and number % KEPT == 0:
                kept.append(next(drawn))
            shown = kept[number % KEPT]
            yield shown._replace(image=shown.image.copy(), number=number)

    def close(self) -> None:
        """Nothing is held open."""
