"""The built-in camera: drawn garments, endless, the same at every run; needs no device, file or network."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from itertools import count

from edge.artifact.labels import FASHION_MNIST_LABELS
from edge.demo import draw_frame
from edge.sources.frame import Frame


class DemoSource:
    """Another drawn garment in every frame (see `edge.sources.frame.Source`)."""

    name = "demo"
    is_stream = False
    is_live = False

    def __init__(self, *, seed: int = 0) -> None:
        """Prepare the drawing.

        Args:
            seed: of the garments and scenes.
        """
        self.skipped = 0
        self._seed = seed

    def frames(self) -> Iterator[Frame]:
        """Yield drawn frames with their true labels, without end."""
        for number in count():
            drawn = draw_frame(number, seed=self._seed)
            label = FASHION_MNIST_LABELS[drawn.label_index]
            yield Frame(drawn.image, number, self.name, datetime.now(timezone.utc), true_label=label)

    def close(self) -> None:
        """Nothing is held open."""


class DemoVideoSource:
    """A drawn video: garments that sway, with a sensor's noise, each for a while (see `edge.sources.frame.Source`).

    Its frames come as fast as they are drawn; their times say when a camera would have taken them.
    """

    name = "demo-video"
    is_stream = True
    is_live = False

    def __init__(self, *, seed: int = 0, fps: float = 30.0, seconds_per_garment: float = 2.0) -> None:
        """Prepare the drawing.

        Args:
            seed: of the garments and scenes.
            fps: frames a second, above 0.
            seconds_per_garment: how long each stays in view; at least one frame.
        """
        self.skipped = 0
        self._seed = seed
        self._fps = fps
        self._hold = max(1, round(fps * seconds_per_garment))

    def frames(self) -> Iterator[Frame]:
        """Yield drawn frames with their true labels, without end."""
        started = datetime.now(timezone.utc)
        for number in count():
            drawn = draw_frame(number, seed=self._seed, hold=self._hold)
            time = started + timedelta(seconds=number / self._fps)
            yield Frame(drawn.image, number, self.name, time, true_label=FASHION_MNIST_LABELS[drawn.label_index])

    def close(self) -> None:
        """Nothing is held open."""
