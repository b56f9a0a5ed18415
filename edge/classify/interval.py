"""Interval of an accuracy, so that "100 % of 2" doesn't pass for a result."""

from __future__ import annotations

import math

_Z = 1.959963984540054  # 97.5 % of a normal distribution lie below it


def wilson_interval(right: int, count: int) -> tuple[float, float]:
    """Return the 95 % interval of a share, 0-1, by Wilson's method, which holds for few images too.

    Args:
        right: number of images that were right.
        count: number of images, at least 1.
    """
    share, doubt = right / count, _Z**2 / count
    middle = share + doubt / 2
    half = _Z * math.sqrt(share * (1 - share) / count + doubt / (4 * count))
    # At the ends, rounding would leave the range by a bit.
    return max(0.0, (middle - half) / (1 + doubt)), min(1.0, (middle + half) / (1 + doubt))


def is_chance_level(right: int, count: int, classes: int) -> bool:
    """Return True if guessing may be right as often: the 95 % interval of the share doesn't lie above 1 / classes.

    Args:
        right: number of images that were right.
        count: number of images, at least 1.
        classes: number of classes, at least 1.
    """
    return wilson_interval(right, count)[0] * classes <= 1
