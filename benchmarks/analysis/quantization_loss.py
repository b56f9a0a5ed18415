"""What every variant lost against its float artifact on the same images, and whether that is more than chance."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Any

import numpy as np

from benchmarks.analysis.accuracy_summary import describe_accuracy
from benchmarks.analysis.rows import Row
from benchmarks.measure.job import BASIS_POINTS
from benchmarks.stats.accuracy import confusion_matrix, paired
from benchmarks.stats.calibration import mean_drift
from benchmarks.stats.proportions import Pairs, paired_loss_interval, wilson_interval
from benchmarks.stats.significance import SIGNIFICANT, holm, is_non_inferior, mcnemar_p

# What the verdict on a loss can be, best first.
GAIN, NO_LOSS, SMALL_LOSS, UNDECIDED, LOSS = "real gain", "no loss shown", "small loss", "undecided", "real loss"


def judge_rows(rows: Sequence[Row], labels: Sequence[int], class_names: Sequence[str], *, margin_pp: float) -> None:
    """Fill in `accuracy` of every measured row, and `against_float` of those whose float artifact was measured too.

    Args:
        rows: all rows of a report, with `reference` filled in.
        labels: true class index of each image.
        class_names: in index order.
        margin_pp: largest loss that doesn't matter, in percentage points.
    """
    by_id = {row["id"]: row for row in rows}
    for row in rows:
        row["accuracy"] = row["against_float"] = None
    for row in answered(rows):
        raw = row["raw"]
        row["accuracy"] = describe_accuracy(
            raw["predictions"],
            labels,
            class_names=class_names,
            confidence_bp=raw.get("confidence_bp"),
            untempered_confidence_bp=raw.get("untempered_confidence_bp"),
        )
        if row["reference"] not in (None, row["id"]):
            row["against_float"] = compare_answers(row, by_id[row["reference"]], labels, class_names)
    compared = [(row, row["against_float"]) for row in rows if row["against_float"]]
    correct_and_judge([(_kind(row, found), found) for row, found in compared], margin_pp)


def answered(rows: Sequence[Row]) -> Iterator[Row]:
    """Yield the rows whose answers are known: not those that failed, nor a tool that only times a file."""
    return (row for row in rows if row["raw"] and row["raw"].get("predictions"))


def count_pairs(predictions: Sequence[int], reference: Sequence[int], labels: Sequence[int]) -> Pairs:
    """Count how two variants did on the same images; all are class indices, shape (N,)."""
    ours, theirs = paired(predictions, labels), paired(reference, labels)
    return Pairs(
        both_right=int(np.count_nonzero(ours & theirs)),
        lost=int(np.count_nonzero(theirs & ~ours)),
        gained=int(np.count_nonzero(ours & ~theirs)),
        both_wrong=int(np.count_nonzero(~ours & ~theirs)),
    )


def compare_answers(row: Row, reference: Row, labels: Sequence[int], class_names: Sequence[str]) -> dict[str, Any]:
    """Compare a row's answers with another's on the same images, as a JSON object; points are percentage points.

    Args:
        row: the variant, with its raw answers.
        reference: what it is compared with, likewise.
        labels: true class index of each image, at least one.
        class_names: in index order.
    """
    ours, theirs = row["raw"]["predictions"], reference["raw"]["predictions"]
    pairs = count_pairs(ours, theirs, labels)
    same = int(paired(ours, theirs).sum())
    classes = len(class_names)
    change = confusion_matrix(ours, labels, classes=classes) - confusion_matrix(theirs, labels, classes=classes)
    return {
        "reference": reference["id"],
        **_loss(pairs),
        "mcnemar_p": mcnemar_p(pairs),
        "agreement": same / len(labels),
        "agreement_interval": list(wilson_interval(same, len(labels))),
        "confidence_drift": _drift(row, reference),
        "classes": [
            {"label": name, **_loss(_pairs_of_class(ours, theirs, labels, index))}
            for index, name in enumerate(class_names)
            if index in labels
        ],
        "confusion_change": change.tolist(),
    }


def _loss(pairs: Pairs) -> dict[str, Any]:
    low, high = paired_loss_interval(pairs)
    return {
        "images": pairs.images,
        "lost": pairs.lost,
        "gained": pairs.gained,
        # From counts, so that half a point isn't 0.5000000000000004.
        "loss_pp": 100 * (pairs.lost - pairs.gained) / pairs.images,
        "interval_pp": [100 * low, 100 * high],
    }


def _pairs_of_class(ours: Sequence[int], theirs: Sequence[int], labels: Sequence[int], index: int) -> Pairs:
    of_class = np.asarray(labels) == index
    return count_pairs(np.asarray(ours)[of_class], np.asarray(theirs)[of_class], np.asarray(labels)[of_class])


def _drift(row: Row, reference: Row) -> dict[str, float] | None:
    ours, theirs = row["raw"].get("confidence_bp"), reference["raw"].get("confidence_bp")
    if ours is None or theirs is None:
        return None
    points = BASIS_POINTS / 100
    mean, size = mean_drift(np.asarray(ours) / points, np.asarray(theirs) / points)
    return {"mean_pp": mean, "mean_absolute_pp": size}


def correct_and_judge(comparisons: Sequence[tuple[Hashable, dict[str, Any]]], margin_pp: float) -> None:
    """Fill in holm_p, family, margin_pp, is_non_inferior and verdict of the comparisons of one report.

    Args:
        comparisons: what makes it one of a kind, and the comparison from `compare_answers`; those of equal kind, such
            as one file with the same answers on two runtimes, count once in Holm's family.
        margin_pp: largest loss that doesn't matter, in percentage points.
    """
    family = {kind: found["mcnemar_p"] for kind, found in comparisons}
    corrected = dict(zip(family, holm(list(family.values())), strict=True))
    for kind, found in comparisons:
        found["holm_p"], found["family"] = corrected[kind], len(family)
        found["margin_pp"] = margin_pp
        found["is_non_inferior"] = is_non_inferior(tuple(found["interval_pp"]), margin=margin_pp)
        found["verdict"] = verdict(found)


def _kind(row: Row, found: dict[str, Any]) -> Hashable:
    return row["sha256"], row["source_sha256"], found["lost"], found["gained"], found["agreement"]


def verdict(found: dict[str, Any]) -> str:
    """GAIN, NO_LOSS, SMALL_LOSS, UNDECIDED or LOSS: by the corrected p-value and by the margin."""
    if found["holm_p"] < SIGNIFICANT:
        if found["loss_pp"] < 0:
            return GAIN
        return SMALL_LOSS if found["is_non_inferior"] else LOSS
    return NO_LOSS if found["is_non_inferior"] else UNDECIDED


def verdict_sentence(found: dict[str, Any]) -> str:
    """Say in plain words what was lost, within which bounds, and what that means; no capital, no full stop.

    Args:
        found: `against_float` of a row.
    """
    loss, (low, high) = found["loss_pp"], found["interval_pp"]
    amount = "nothing lost" if not loss else f"{abs(loss):.2f} points {'lost' if loss > 0 else 'gained'}"
    if loss < 0:
        low, high = -high, -low  # of the gain, as the sentence speaks of it
    margin, nothing = f"{found['margin_pp']:g}", "no gain" if loss < 0 else "no loss"
    meaning = {
        GAIN: "a real gain",
        NO_LOSS: f"not distinguishable from {nothing}, and a loss of {margin} is excluded",
        SMALL_LOSS: f"a real loss, smaller than {margin}",
        UNDECIDED: f"not distinguishable from {nothing}, but a loss of {margin} isn't excluded either",
        LOSS: f"a real loss, and one of {margin} isn't excluded",
    }[found["verdict"]]
    return f"{amount}, 95 % interval {_plain(low)} to {_plain(high)}: {meaning}"


def _plain(points: float) -> str:
    """Two digits, without a minus in front of zero."""
    return f"{round(points, 2) + 0.0:.2f}"
