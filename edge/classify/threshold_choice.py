"""Choice of the threshold of `unknown` by the confidence scores of held-out images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

KEPT = 0.95
"""Share of the known images that a threshold keeps at least."""


def choose_threshold(known: NDArray[np.float32], unknown: NDArray[np.float32], *, lowest: float = 0.0) -> float:
    """Return the threshold that 95 % of further known images should reach.

    It lies between the ordered scores of the known images where a share of 5 % of N + 1 falls, the least score that an
    image can have being before the first of them. So it falls toward that with few images, whose smallest score says
    little: of one image more, 1 of N + 1 is expected below it. Counter-examples may lower it, to the middle of the gap
    where most of them lie below and more of the known ones above.

    Args:
        known: float32 scores of images of a class that weren't learned from, shape (N,), N at least 1.
        unknown: float32 scores of counter-examples, shape (M,), which may be none.
        lowest: least score that an image can have.
    """
    ordered = np.sort(known.astype(np.float64))
    place = (1 - KEPT) * (len(ordered) + 1)
    highest = float(np.interp(place, np.arange(len(ordered) + 1), np.concatenate([[min(lowest, ordered[0])], ordered])))
    if not len(unknown):
        return highest
    # Between two neighbouring scores every threshold has the same effect.
    others = np.sort(unknown.astype(np.float64))
    every = np.unique(np.concatenate([ordered, others]))
    middles = (every[:-1] + every[1:]) / 2
    candidates = np.concatenate([[highest], middles[middles <= highest]])
    kept = 1 - np.searchsorted(ordered, candidates) / len(ordered)
    balance = np.round(kept + np.searchsorted(others, candidates) / len(others), 9)
    return float(candidates[balance == balance.max()][-1])
