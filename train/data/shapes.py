"""Shapes of images that tell classes apart: black bars around them would be learned in place of the things."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_MOST = 0.9  # of a class's images; the few others don't keep a network from learning the bars
_LEAST_STEP = np.log(1.1)  # between the shapes of two classes: less is a bar of a few pixels
_SHOWN = 3  # classes of a kind


def bars_that_tell(aspects: Sequence[float], labels: NDArray[np.int32], names: tuple[str, ...]) -> str | None:
    """Return a warning if the bars of a letterbox alone tell classes apart.

    Args:
        aspects: width / height of each image, N numbers above 0.
        labels: class indices, shape (N,), below len(names).
        names: of the classes.

    Returns:
        One line that names the classes on both sides of a gap; None if there is no gap between the shapes of any two
        classes, a tenth of each class's images left out.
    """
    present = [label for label in range(len(names)) if (labels == label).any()]
    logs = np.log(aspects)
    by_class = [logs[labels == label] for label in present]
    if len(present) < 2:
        return None
    widest = np.array([np.quantile(each, _MOST) for each in by_class])
    narrowest = np.array([np.quantile(each, 1 - _MOST) for each in by_class])
    low, high = widest.min(), narrowest.max()
    if high - low < _LEAST_STEP:
        return None
    middle = (low + high) / 2
    sides = [
        _described([(names[label], float(np.exp(np.median(each)))) for label, each, is_there in
                    zip(present, by_class, side, strict=True) if is_there])
        for side in (widest < middle, narrowest > middle)
    ]  # fmt: skip
    return (
        f"black bars may give classes away: width / height of their images is {sides[0]}, but {sides[1]}; take all "
        "images with one camera, or train with --resize crop"
    )


def _described(classes: list[tuple[str, float]]) -> str:
    shown = ", ".join(f"{aspect:.2f} in {name}" for name, aspect in classes[:_SHOWN])
    return shown + (f" and {len(classes) - _SHOWN} more" if len(classes) > _SHOWN else "")
