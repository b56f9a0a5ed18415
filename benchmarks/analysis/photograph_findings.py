"""Sentences on a row's answers to photographs, for people to quote."""

from __future__ import annotations

from benchmarks.analysis.photograph_tally import PhotographTally, Proportion
from benchmarks.analysis.row import Row, known

_SIZES_SHOWN = 3


def headline(row: Row) -> list[str]:
    """Return the sentences that matter most on a row that was judged on photographs, first the accuracy."""
    tally, caveat = known(row.photographs), row.time_caveat("frame_to_decision")
    totals, found, total = tally.totals, tally.rejection, tally.stages[-1]
    sentences = []
    if totals.known.top1:
        sentences.append(f"Top-1: the likeliest label is right for {_of(totals.known.top1, 'known photographs')}.")
    sentences.append(f"Answered: the answer is right for {_of(known(totals.all.answered), 'all photographs')}.")
    if found:
        sentences += [
            f"Known against unknown: area under the ROC curve {found.auroc:.3f}; the threshold that keeps "
            f"{found.keep:.0%} of the known, {found.threshold:.3f}, rejects "
            f"{found.at_threshold.unknown_rejected.share:.1%} of the unknown.",
            f"With its own threshold the model keeps {found.answered.known_kept.share:.1%} of the known and "
            f"rejects {found.answered.unknown_rejected.share:.1%} of the unknown.",
        ]
    else:
        sentences.append("No ROC curve: it needs known and unknown photographs; --map FOLDER=unknown tells which are.")
    size = tally.frames[0]
    return [
        *sentences,
        f"From frame to answer: {total.median_ns / 1e6:.2f} ms in the median{f' ({caveat})' if caveat else ''}; the "
        f"most frequent size of a frame is {size.width}x{size.height}.",
    ]


def photograph_caveats(tally: PhotographTally, *, skipped: int) -> list[str]:
    """Return what a reader must know before quoting a number on photographs, one sentence each."""
    found = []
    if tally.rejection:
        found.append(
            f"The threshold that keeps {tally.rejection.keep:.0%} was chosen on these very photographs: on "
            "others it will keep a little more or less."
        )
    if skipped:
        found.append(f"Could not be read, in no figure: {skipped} of the photographs.")
    found.append("The figures hold for photographs like these: other cameras, rooms and people give others.")
    return found


def mistakes_sentence(tally: PhotographTally, *, shown: int) -> str:
    """Say which of the mistakes are drawn."""
    wrong = tally.totals.all.count - known(tally.totals.all.answered).right
    if shown == wrong:
        return (
            f"All {wrong} wrong answers, those with the highest score first." if wrong > 1 else "The only wrong answer."
        )
    return f"The {shown} of {wrong} wrong answers with the highest score, the highest first; report.json lists all."


def hits_sentence(tally: PhotographTally, *, shown: int) -> str:
    """Say which of the right answers are drawn."""
    right = known(tally.totals.all.answered).right
    return f"{shown} of {right} right answer{'s' * (right != 1)}: of each folder the first by file name, none chosen."


def frames_sentence(tally: PhotographTally, *, threads: int) -> str:
    """Say how large the frames were that the times are of."""
    sizes = [f"{size.width}x{size.height} ({size.count})" for size in tally.frames[:_SIZES_SHOWN]]
    rest = len(tally.frames) - len(sizes)
    more = f" and {rest} other size{'s' * (rest > 1)}" if rest else ""
    return (
        f"Each photograph was classified once, on {threads} thread{'s' * (threads > 1)}; frames, in pixels: "
        f"{', '.join(sizes)}{more}."
    )


def _of(share: Proportion, what: str) -> str:
    return (
        f"{share.share:.1%} of {what} ({share.right} of {share.count}, 95 % interval {share.low:.1%} to "
        f"{share.high:.1%})"
    )
