"""Advice on the data: which classes need more images, and what more of them would bring."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edge.classify.interval import wilson_interval
from train.report.learning_curve import LearningCurve
from train.report.record import ClassAdvice

FEW = 20
"""Different images below which a class is said to have few."""
_WORTH = 0.01  # gain of accuracy by a doubling that is worth the work
_FEW_JUDGED = 10  # held-out images of a class that say next to nothing


def advise(
    names: Sequence[str],
    *,
    training: NDArray[np.int64],
    different: NDArray[np.int64],
    labels: NDArray[np.int64],
    answers: NDArray[np.int64],
    curve: LearningCurve | None,
) -> tuple[ClassAdvice, ...]:
    """Return the advice on each class, in order of the names.

    A class needs images if it has fewer than twenty different ones, if it is surely less often right than all of them
    together, or if the last doubling of the images surely helped it.

    Args:
        names: of the classes.
        training: number of training images of each class, shape (classes,).
        different: number of images of each class without near copies, shape (classes,).
        labels: right classes of the held-out images, shape (N,), at least one.
        answers: classes that the network answered, shape (N,).
        curve: learning curve; None if there is none.
    """
    is_right = labels == answers
    overall = float(is_right.mean())
    rows = []
    for label, name in enumerate(names):
        held_out, distinct = int((labels == label).sum()), int(different[label])
        right = int(is_right[labels == label].sum())
        interval = wilson_interval(right, held_out) if held_out else None
        gain = curve.doubling_by_class[label] if curve else None
        reasons = []
        if distinct < FEW:
            reasons.append(f"only {distinct} different image{'s' * (distinct != 1)}")
        if interval and interval[1] < overall:
            reasons.append(
                f"{right} of {held_out} right, {_percent(right / held_out)} against {_percent(overall)} of all"
            )
        if gain and gain.interval[0] > 0 and gain.gain >= _WORTH:
            reasons.append(f"the last doubling of images brought {points(gain.gain)}")
        rows.append(
            ClassAdvice(name, int(training[label]), distinct, right, held_out, interval, gain,
                        tuple(reasons))
        )  # fmt: skip
    return tuple(rows)


def class_sentence(rows: Sequence[ClassAdvice]) -> str:
    """Name the classes that need images, those with the lowest share of right answers first."""
    needy = sorted(
        (row for row in rows if row.reasons), key=lambda row: row.right / row.held_out if row.held_out else 0
    )
    if needy:
        return f"Add images to {listed([row.name for row in needy])}: see the reasons below"
    unsure = [row.name for row in rows if row.held_out < _FEW_JUDGED]
    if unsure:
        return f"No class stands out, but {listed(unsure)} can't be judged by fewer than {_FEW_JUDGED} held-out images"
    return "No class stands out as one that needs more images than the others"


def curve_sentence(curve: LearningCurve) -> str:
    """Answer "have I done enough?" by the last doubling of the images."""
    gain, (low, high) = curve.doubling.gain, curve.doubling.interval
    half, whole = curve.points[-2].images_per_class, curve.points[-1].images_per_class
    found = (
        f"going from {half:.0f} to {whole:.0f} images a class changed the accuracy by {points(gain)} "
        f"(95 % interval {points(low, unit=False)} to {points(high, unit=False)}) on {curve.judged:,} "
        f"image{'s' * (curve.judged != 1)}"
    )
    if low > 0 and gain >= _WORTH:
        return f"Twice as many images would still help: {found}"
    if high < _WORTH:
        return f"More images of the same kind will hardly help: {found}"
    return f"These images can't tell whether more of them would help: {found}"


def points(share: float, *, unit: bool = True) -> str:
    """Return a change of accuracy in percentage points, such as "+1.2 points"."""
    number = f"{100 * share:+.1f}".replace("-", "\N{MINUS SIGN}")
    return f"{number} points" if unit else number


def listed(names: Sequence[str], *, most: int = 5) -> str:
    """Return names in a row, as in "a, b and 3 more"."""
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _percent(share: float) -> str:
    return f"{share:.0%}"
