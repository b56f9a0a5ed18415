"""Built-in sources of drawn garments, endless and the same at every run, without device, file or network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from itertools import count

from edge.artifact.spec import FASHION_MNIST_LABELS, UNKNOWN_LABEL
from edge.demo import draw_frame
from edge.sources.frame import Frame

_CLOTHES = (
    "T-shirt",
    "Trousers",
    "Longsleeve",
    "Dress",
    "Outerwear",
    "Shoes",
    "Shirt",
    "Shoes",
    UNKNOWN_LABEL,
    "Shoes",
)
"""Answers of the built-in model `clothes`, in the order of Fashion-MNIST's labels; it knows no bags."""


def drawn_names(labels: Sequence[str]) -> tuple[str, ...] | None:
    """Return the right answers of a model with these labels to drawn garments, in the order of Fashion-MNIST's labels.

    None if the model knows no garments, or calls them otherwise.
    """
    for names in (FASHION_MNIST_LABELS, _CLOTHES):
        if set(names) <= {*labels, UNKNOWN_LABEL}:
            return names
    return None


class DemoSource:
    """A new drawn garment in every frame (see `edge.sources.frame.Source`)."""

    name = "demo"
    is_stream = False
    is_live = False

    def __init__(self, *, seed: int = 0, names: Sequence[str] = FASHION_MNIST_LABELS) -> None:
        """Draw with this seed; `names` are the true labels, in the order of Fashion-MNIST's."""
        self.skipped = 0
        self._seed, self._names = seed, names

    def frames(self) -> Iterator[Frame]:
        """Yield drawn frames with their true labels, without end."""
        for number in count():
            drawn = draw_frame(number, seed=self._seed)
            label = self._names[drawn.label_index]
            yield Frame(drawn.image, number, self.name, datetime.now(timezone.utc), true_label=label)

    def close(self) -> None:
        """Do nothing: no file or device is open."""


class DemoVideoSource(DemoSource):
    """A drawn video of garments that sway, with a sensor's noise (see `edge.sources.frame.Source`).

    Frames come as fast as they are drawn. Their positions are those at which a camera would have taken them.
    """

    name = "demo-video"
    is_stream = True

    def __init__(
        self, *, seed: int = 0, names: Sequence[str] = FASHION_MNIST_LABELS, fps: float = 30.0,
        seconds_per_garment: float = 2.0,
    ) -> None:  # fmt: skip
        super().__init__(seed=seed, names=names)
        self._fps = fps
        self._hold = max(1, round(fps * seconds_per_garment))

    def frames(self) -> Iterator[Frame]:
        """Yield drawn frames with their true labels, without end."""
        for number in count():
            drawn = draw_frame(number, seed=self._seed, hold=self._hold)
            label = self._names[drawn.label_index]
            yield Frame(drawn.image, number, self.name, datetime.now(timezone.utc), true_label=label,
                        position_s=number / self._fps)  # fmt: skip
