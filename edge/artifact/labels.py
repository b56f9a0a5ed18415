"""Labels: Fashion-MNIST's, and those that no class may have."""

from __future__ import annotations

FASHION_MNIST_LABELS = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)  # index order of the data set, arXiv:1708.07747, table 2
UNKNOWN_LABEL = "unknown"
"""Answer to something that is none of the classes."""
NOTHING_LABEL = "nothing"
"""Answer to a frame without anything in it."""
STALE_LABEL = "stale"
"""Answer when there were no new frames."""
RESERVED_LABELS = (UNKNOWN_LABEL, NOTHING_LABEL, STALE_LABEL)
