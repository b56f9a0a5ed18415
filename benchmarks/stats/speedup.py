"""How many times as fast a variant is as another, with an interval; pure functions, no clock."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Speedup:
    """The ratio of two latencies, and where it lies with 95 % confidence."""

    ratio: float
    """Above 1: faster than the reference."""
    low: float | None
    """Lower end of the interval; None of a single repeat, from which no interval follows."""
    high: float | None
    """Upper end."""

    @property
    def is_significant(self) -> bool | None:
        """Whether the interval leaves out 1; None where there is no interval."""
        return None if self.low is None or self.high is None else not self.low <= 1.0 <= self.high


def speedup(medians_ns: Sequence[float], reference_ns: Sequence[float]) -> Speedup:
    """Compare two variants that took turns.

    The unit is the repeat, not the call: calls of one process share its memory layout and its moment, so thousands of
    them are no thousands of opinions (Kalibera and Jones, "Rigorous benchmarking in reasonable time", 2013). Each
    repeat gives one ratio of medians; their geometric mean is the speed-up, and Student's t on their logarithms gives
    its interval.

    Args:
        medians_ns: median of each repeat of the variant, above 0.
        reference_ns: the same of the reference, of the same rounds.

    Raises:
        ValueError: the lists are empty or of different length.
    """
    if len(medians_ns) != len(reference_ns) or not len(medians_ns):
        raise ValueError(f"expected as many medians of both, got {len(medians_ns)} and {len(reference_ns)}")
    logarithms = np.log(np.asarray(reference_ns, np.float64) / np.asarray(medians_ns, np.float64))
    centre = float(logarithms.mean())
    if len(logarithms) == 1:
        return Speedup(math.exp(centre), None, None)
    from scipy.stats import t  # a device that only measures hasn't got it

    error = float(logarithms.std(ddof=1)) / math.sqrt(len(logarithms))
    half = float(t.ppf((1 + CONFIDENCE) / 2, len(logarithms) - 1)) * error
    return Speedup(math.exp(centre), math.exp(centre - half), math.exp(centre + half))


def sentence(found: Speedup) -> str:
    """Say it: "1.53 times as fast (95 % interval 1.41 to 1.66)", or that the difference isn't significant."""
    if found.low is None or found.high is None:
        return f"{found.ratio:.2f} times as fast, from a single repeat"
    interval = f"(95 % interval {found.low:.2f} to {found.high:.2f})"
    if not found.is_significant:
        return f"not significantly faster or slower: {found.ratio:.2f} times as fast {interval}"
    return f"{found.ratio:.2f} times as fast {interval}"
