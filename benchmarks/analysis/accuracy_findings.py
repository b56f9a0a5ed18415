"""Sentences on what quantization cost, for people to quote."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.analysis.quantization_loss import GAIN, LOSS, NO_LOSS, SMALL_LOSS, UNDECIDED
from benchmarks.analysis.row import Comparison, Row, known


def accuracy_sentence(rows: Sequence[Row]) -> str:
    """Say in one sentence whether quantization cost accuracy; empty where nothing could be compared."""
    compared = [(row, row.against_float) for row in rows if row.against_float]
    if not compared:
        return ""
    margin = f"{compared[0][1].margin_pp:g}"
    lossy = [loss_sentence(row) for row, loss in compared if loss.verdict in (LOSS, SMALL_LOSS)]
    unsure = [row.title for row, loss in compared if loss.verdict in (UNDECIDED, LOSS)]
    if lossy:
        sentence = f"A real loss of accuracy: {'; '.join(lossy)}."
    else:
        count = f"{len(compared)} quantized row{'s' * (len(compared) != 1)}"
        sentence = f"None of {count} shows a real loss of accuracy (McNemar's exact test, Holm)."
    if unsure:
        return f"{sentence} A loss of {margin} points isn't excluded for {', '.join(unsure)}."
    return f"{sentence} A loss of {margin} points is excluded for {'it' if len(compared) == 1 else 'all of them'}."


def loss_sentence(row: Row) -> str:
    """Name a row that has `against_float`, and what it lost; no full stop."""
    return f"{row.title}: {verdict_sentence(known(row.against_float))}"


def verdict_sentence(loss: Comparison) -> str:
    """Say how much was lost, within which bounds, and the verdict on it; no capital, no full stop."""
    low, high = loss.interval_pp
    amount = "nothing lost" if not loss.loss_pp else f"{abs(loss.loss_pp):.2f} points "
    if loss.loss_pp:
        amount += "lost" if loss.loss_pp > 0 else "gained"
    if loss.loss_pp < 0:
        low, high = -high, -low  # of the gain, which the sentence is about
    margin, nothing = f"{loss.margin_pp:g}", "no gain" if loss.loss_pp < 0 else "no loss"
    meaning = {
        GAIN: "a real gain",
        NO_LOSS: f"not distinguishable from {nothing}, and a loss of {margin} is excluded",
        SMALL_LOSS: f"a real loss, smaller than {margin}",
        UNDECIDED: f"not distinguishable from {nothing}, but a loss of {margin} isn't excluded either",
        LOSS: f"a real loss, and one of {margin} isn't excluded",
    }[loss.verdict]
    return f"{amount}, 95 % interval {_two_digits(low)} to {_two_digits(high)}: {meaning}"


def _two_digits(points: float) -> str:
    """Format without a minus in front of zero."""
    return f"{round(points, 2) + 0.0:.2f}"


def kernel_sentence(row: Row) -> str:
    """Say that an int8 ONNX kernel and its file's arithmetic disagree on this processor; empty where they agree."""
    if not row.answer_caveat:
        return ""
    agreement = known(known(row.runtime_settings).kernel_agreement)
    return (
        f"{row.id}: on this processor {agreement.images - agreement.same:,} of {agreement.images:,} predictions differ "
        "from the file's own arithmetic, because ONNX Runtime's int8 kernel saturates without VNNI: export the file "
        "again."
    )


def change_sentence(row: Row) -> str:
    """Say how many predictions of a row that has `against_float` changed, and the largest shift between two classes."""
    accuracy, loss = known(row.accuracy), known(row.against_float)
    images = accuracy.images
    changed = images - round(loss.agreement * images)
    if not changed:
        return (
            f"All {images:,} predictions are those of float." if images > 1 else "The only prediction is that of float."
        )
    counts = f"{changed:,} of {images:,} predictions changed; right before: {loss.lost:,}, right now: {loss.gained:,}."
    cells = [
        (count, label, prediction)
        for label, line in enumerate(loss.confusion_change)
        for prediction, count in enumerate(line)
        if label != prediction and count
    ]
    if not cells:
        return counts
    count, label, prediction = max(cells, key=lambda cell: abs(cell[0]))
    names = [share.label for share in accuracy.classes]
    more = "more often" if count > 0 else "less often"
    return f"{counts} Most: {names[label]} taken for {names[prediction]}, {abs(count):,} {more}."
