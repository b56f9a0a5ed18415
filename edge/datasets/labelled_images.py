"""Images with their class indices, as training hands them over and benchmarks count on them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class LabelledImages:
    """Grey images and the class of each."""

    images: NDArray[np.uint8]
    """uint8 grey, shape (N, height, width), 0-255, bright on black."""
    labels: NDArray[np.uint8]
    """uint8 class indices, shape (N,)."""

    @property
    def sha256(self) -> str:
        """SHA-256 of the images' and the labels' bytes, hexadecimal: different images can't be compared."""
        return hashlib.sha256(self.images.tobytes() + self.labels.tobytes()).hexdigest()
