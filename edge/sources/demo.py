"""The built-in camera: drawn garments, endless, the same at every run; needs no device, file or network."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from itertools import count

from edge.demo import draw_frame
from edge.sources.frame import Frame
from edge.spec import FASHION_MNIST_LABELS


class DemoSource:
    """Drawn garments (see `edge.sources.frame.Source`)."""

    name = "demo"

    def __init__(self, *, seed: int = 0, hold: int = 1) -> None:
        """Prepare the drawing.

        Args:
            seed: of the garments and scenes.
            hold: frames each garment stays in view.
        """
        self.skipped = 0
        self._seed = seed
        self._hold = hold

    def frames(self) -> Iterator[Frame]:
        """Yield drawn frames with their true labels, without end."""
        for number in count():
            drawn = draw_frame(number, seed=self._seed, hold=self._hold)
            label = FASHION_MNIST_LABELS[drawn.label_index]
            yield Frame(drawn.image, number, self.name, datetime.now(timezone.utc), true_label=label)

    def close(self) -> None:
        """Nothing is held open."""
