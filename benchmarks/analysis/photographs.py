"""Answers to photographs -> shares with their intervals, the confusion matrix, rejection and times of each row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.analysis.photograph_tally import (
    Accuracies,
    AnswerMatrix,
    FolderRow,
    FrameSize,
    PhotographTally,
    Proportion,
    Rates,
    Rejection,
    Stage,
    Totals,
)
from benchmarks.analysis.quantization_loss import MOST_CONFUSED
from benchmarks.analysis.row import Row, known
from benchmarks.measure.inputs import EvaluationSet
from benchmarks.measure.job import NOTHING, UNKNOWN
from benchmarks.stats.latency import summarise
from benchmarks.stats.roc import KEEP_KNOWN, auroc, keeping_threshold
from edge.artifact.spec import NOTHING_LABEL, UNKNOWN_LABEL
from edge.classify.interval import wilson_interval
from edge.datasets.folder_labels import REJECTIONS, LabelledFolder


@dataclass(frozen=True, slots=True)
class JudgedPhotograph:
    """Photograph with the answer of one row."""

    name: str
    kind: LabelledFolder
    answer: str
    """A label, `unknown` or `nothing`."""
    top1: str
    """The likeliest label, rejected or not; `nothing` where the network had nothing to look at."""
    score: float
    """Score that separates known from unknown, higher is known."""

    @property
    def is_top1_right(self) -> bool:
        """True if the likeliest label is right; never where the model has none for the kind."""
        return self.top1 in self.kind.labels

    @property
    def is_rejected(self) -> bool:
        """True if the answer was `unknown` or `nothing`."""
        return self.answer in REJECTIONS

    @property
    def is_right(self) -> bool:
        """True if the answer is right: a label of the kind, or a rejection where the model has none for it."""
        return self.answer in self.kind.labels if self.kind.is_known else self.is_rejected


def judge_photographs(row: Row, images: EvaluationSet) -> list[JudgedPhotograph]:
    """Join the photographs of a report with a row's answers, in order; none where the row wasn't judged on any."""
    listed, found = images.photographs, row.raw.photographs if row.raw else None
    if listed is None or found is None:
        return []
    rejections = {NOTHING: NOTHING_LABEL, UNKNOWN: UNKNOWN_LABEL}
    names = [[rejections.get(index) or images.class_names[index] for index in column]
             for column in (found.labels, found.top1)]  # fmt: skip
    kinds = [listed.folders[index] for index in listed.folder_indices]
    return [JudgedPhotograph(*each) for each in zip(listed.names, kinds, *names, found.scores, strict=True)]


def with_tally(row: Row, images: EvaluationSet) -> Row:
    """Return the row with the tally of its answers to photographs, or as it is without any."""
    judged = judge_photographs(row, images)
    if not judged:
        return row
    raw = known(known(row.raw).photographs)
    labels = images.class_names[: images.class_names.index(NOTHING_LABEL)]
    stages = {name: summarise(getattr(raw, f"{name}_ns")) for name in ("vision", "invoke", "decide", "total")}
    sizes = Counter(zip(raw.heights, raw.widths, strict=True))
    tally = PhotographTally(
        folders=folder_rows(judged),
        totals=total_rows(judged),
        answers=answer_matrix(judged, labels),
        rejection=rejection(judged),
        stages=tuple(Stage(name, found.samples, found.median_ns, found.p90_ns) for name, found in stages.items()),
        frames=tuple(
            FrameSize(height, width, count)
            for (height, width), count in sorted(sizes.items(), key=lambda item: (-item[1], item[0]))
        ),
    )
    return replace(row, photographs=tally)


def choose_mistakes(judged: Sequence[JudgedPhotograph], *, most: int) -> list[JudgedPhotograph]:
    """Return the wrong answers that the model was surest of, surest first; of equal ones by their names."""
    wrong = [photograph for photograph in judged if not photograph.is_right]
    return sorted(wrong, key=lambda photograph: (-photograph.score, photograph.name))[:most]


def choose_hits(judged: Sequence[JudgedPhotograph], *, each: int) -> list[JudgedPhotograph]:
    """Return the first right answers of each folder in the order of their names: neither the best nor the worst."""
    hits = []
    for kind in _kinds(judged):
        right = [photograph for photograph in judged if photograph.kind == kind and photograph.is_right]
        hits += sorted(right, key=lambda photograph: photograph.name)[:each]
    return hits


def proportion(hits: Sequence[bool]) -> Proportion:
    """Return the share of right answers among at least one."""
    right, count = sum(hits), len(hits)
    low, high = wilson_interval(right, count)
    return Proportion(right, count, right / count, low, high)


def folder_rows(judged: Sequence[JudgedPhotograph]) -> tuple[FolderRow, ...]:
    """Return one row a folder; those with a label first."""
    return tuple(
        FolderRow(
            folder=kind.folder,
            labels=kind.labels,
            truth=kind.truth,
            **_fields([photograph for photograph in judged if photograph.kind == kind]),
        )
        for kind in _kinds(judged)
    )


def _kinds(judged: Iterable[JudgedPhotograph]) -> list[LabelledFolder]:
    """Return the kinds that occur, those with a label first."""
    return sorted(dict.fromkeys(photograph.kind for photograph in judged), key=lambda kind: not kind.is_known)


def total_rows(judged: Sequence[JudgedPhotograph]) -> Totals:
    """Return the accuracies over the known photographs, the unknown ones and all."""
    return Totals(*(Accuracies(**_fields(group)) for group in (*split(judged), judged)))


def split(judged: Iterable[JudgedPhotograph]) -> tuple[list[JudgedPhotograph], list[JudgedPhotograph]]:
    """Divide into known and unknown: those that the model has a label for and those that it has none for."""
    groups: dict[bool, list[JudgedPhotograph]] = {True: [], False: []}
    for photograph in judged:
        groups[photograph.kind.is_known].append(photograph)
    return groups[True], groups[False]


def answer_matrix(judged: Sequence[JudgedPhotograph], labels: Sequence[str]) -> AnswerMatrix:
    """Count the answers by folder; of very many labels, those that were given or are right for a folder."""
    kinds = _kinds(judged)
    given = Counter((photograph.kind, photograph.answer) for photograph in judged)
    shown = {answer for _, answer in given}.union(*(kind.labels for kind in kinds))
    answers = [label for label in labels if len(labels) <= MOST_CONFUSED or label in shown] + list(REJECTIONS)
    counts = [[given[kind, answer] for answer in answers] for kind in kinds]
    return AnswerMatrix([kind.folder for kind in kinds], answers, counts)


def rejection(judged: Sequence[JudgedPhotograph]) -> Rejection | None:
    """Measure the separation of known and unknown, by score and by answers; None without photographs of both."""
    known, unknown = split(judged)
    if not known or not unknown:
        return None
    known_scores, unknown_scores = ([photograph.score for photograph in group] for group in (known, unknown))
    threshold = keeping_threshold(known_scores)

    def rates(is_rejected: Callable[[JudgedPhotograph], bool]) -> Rates:
        return Rates(
            proportion([not is_rejected(photograph) for photograph in known]),
            proportion([is_rejected(photograph) for photograph in unknown]),
        )

    return Rejection(
        auroc=auroc(known_scores, unknown_scores),
        keep=KEEP_KNOWN,
        threshold=threshold,
        at_threshold=rates(lambda photograph: photograph.score < threshold),
        answered=rates(lambda photograph: photograph.is_rejected),
    )


def _fields(judged: Sequence[JudgedPhotograph]) -> dict[str, Any]:
    """Return the fields of `Accuracies`."""
    # Of unknown photographs no label is right, so that a share over both kinds would say nothing.
    all_known = bool(judged) and all(photograph.kind.is_known for photograph in judged)
    return {
        "count": len(judged),
        "top1": proportion([photograph.is_top1_right for photograph in judged]) if all_known else None,
        "answered": proportion([photograph.is_right for photograph in judged]) if judged else None,
    }
