"""The demo for a million frames: drawing takes most of its time, so a few are drawn and shown again and again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, islice

from edge.sources.demo import DemoSource
from edge.sources.frame import Frame

DRAWN = 100
"""Frames; memory that grows is the loop's then, not the drawing's."""


class LongDemo:
    """Drawn garments, each in an array of its own (see `edge.sources.frame.Source`)."""

    name = "demo"
    is_stream = False
    is_live = False
    skipped = 0

    def frames(self) -> Iterator[Frame]:
        """Yield frames with their true labels, without end."""
        drawn = list(islice(DemoSource().frames(), DRAWN))
        for number in count():
            shown = drawn[number % DRAWN]
            yield shown._replace(picture=shown.image.copy(), number=number)

    def close(self) -> None:
        """Nothing is held open."""
