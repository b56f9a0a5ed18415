"""What a report on several machines says first: what to use on each, what int8 cost, whether answers are the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.analysis.accuracy_findings import accuracy_sentence
from benchmarks.analysis.quantization_loss import answered, judge_rows
from benchmarks.analysis.recommendation import recommend
from benchmarks.analysis.rows import Row
from benchmarks.stats.accuracy import top1_agreement
from edge.artifact.labels import FASHION_MNIST_LABELS


def advise(
    machines: Mapping[str, list[Row]], rows: Sequence[Row], labels: Sequence[int], *, margin_pp: float
) -> list[str]:
    """Return the sentences: one a machine, then what is true of all.

    Args:
        machines: name -> its rows, as they are called there; they are judged here.
        rows: all of them, as the report calls them, judged.
        labels: true class index of each image.
        margin_pp: largest loss that doesn't matter, in percentage points.
    """
    for own in machines.values():
        judge_rows(own, labels, FASHION_MNIST_LABELS, margin_pp=margin_pp)
    first = [f"{machine}: {recommend(own)[0]}" for machine, own in machines.items()]
    return [*first, *filter(None, (accuracy_sentence(rows), agreement_sentence(machines)))]


def agreement_sentence(machines: Mapping[str, Sequence[Row]]) -> str:
    """Say which files answer alike on all machines that ran them; empty where no file ran on two.

    Args:
        machines: name -> its rows, as they are called there.
    """
    same: list[str] = []
    other: list[str] = []
    for name, answers in _by_file(machines).items():
        images = len(answers[0])
        agreed = min(round(top1_agreement(found, answers[0]) * images) for found in answers[1:])
        if agreed == images:
            same.append(name)
        else:
            other.append(f"{name}: {agreed:,} of {images:,}")
    parts = [
        f"The same answers on every machine: {', '.join(same)}." if same else "",
        f"Not quite the same (images with the answer of the first machine): {', '.join(other)}." if other else "",
    ]
    return " ".join(filter(None, parts))


def _by_file(machines: Mapping[str, Sequence[Row]]) -> dict[str, list[list[int]]]:
    """Name and runtime of each file that ran on several machines -> its answers on each, class indices, shape (N,)."""
    found: dict[tuple[str, str], list[tuple[str, list[int]]]] = {}
    for rows in machines.values():
        for row in answered(rows):
            name = f"{row['variant']} ({row['runtime']})"
            found.setdefault((row["sha256"], row["runtime"]), []).append((name, row["raw"]["predictions"]))
    return {runs[0][0]: [answers for _, answers in runs] for runs in found.values() if len(runs) > 1}
