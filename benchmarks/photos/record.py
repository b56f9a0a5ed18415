"""Report on photographs as frozen dataclasses with the names of report.json, and the sentences on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.host.environment import Environment, busy_sentence
from benchmarks.photos.measure import SCORE, PhotosConfig, Skipped
from benchmarks.photos.tally import Confusion, FolderRow, Rejection, Share, Totals
from benchmarks.stats.latency import P90_MIN_SAMPLES
from edge.artifact.decision_spec import DecisionSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelIdentity:
    """Identity of the model and settings of its decision."""

    path: Path
    name: str
    sha256: str
    size_bytes: int
    labels: tuple[str, ...]
    decision: DecisionSpec
    vision: str
    quantization: str
    run_name: str
    runtime: str
    runtime_version: str


@dataclass(frozen=True, slots=True)
class Stage:
    """Time of one stage of the classifier."""

    samples: int
    median_ns: int
    p90_ns: int | None
    """None with too few samples."""


@dataclass(frozen=True, slots=True)
class FrameSize:
    """Count of the frames of one size, in pixels."""

    height: int
    width: int
    count: int


@dataclass(frozen=True, slots=True)
class Shown:
    """Names of the photographs that are drawn."""

    mistakes: list[str]
    hits: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoRow:
    """Prediction of one photograph."""

    path: str
    folder: str
    label: str
    right: bool
    top1: str
    top1_right: bool | None
    """None of an unknown photograph."""
    probability: float
    score: float
    probabilities: list[float]
    """Probability of each label of the model, 0-1."""
    height: int
    width: int
    latency_ns: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Facts and sentences of a run."""

    schema_version: int
    kind: str = "photos"
    statement: str
    environment: Environment
    settings: PhotosConfig
    definitions: Mapping[str, str]
    model: ModelIdentity
    folders: list[FolderRow]
    totals: Totals
    confusion: Confusion
    rejection: Rejection | None
    """None unless there are known and unknown photographs."""
    stages: dict[str, Stage]
    frames: list[FrameSize]
    skipped: list[Skipped]
    shown: Shown
    photos: list[PhotoRow]
    headline: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()


_SIZES_SHOWN = 3

DEFINITIONS = {
    "known, unknown": "photographs of folders that the model has a label for, and of those that it has none for",
    "top-1": "share of the known photographs whose likeliest label is right, whether it was then rejected or not: what "
    "the network alone makes of what it is shown; where the answer is nothing it wasn't shown anything, which is wrong",
    "answered": "share of all photographs whose answer is right, as a user gets it: the label after rejection; for an "
    "unknown photograph, unknown and nothing are right",
    "95 %": "Wilson's interval: where the share of ever more such photographs would lie, with 95 % confidence",
    "score": f"what known and unknown are told apart by: {SCORE}",
    "AUROC": "how often a known photograph scores above an unknown one, in all pairs of the two, ties counting half: "
    "0.5 is chance, 1 is perfect",
    "kept, rejected": "answered with a label; answered with unknown or nothing",
    "vision, invoke, decide": "stages of Classifier.classify, called once for each photograph: finding the garment or "
    "fitting the frame, the network, and from its output to the answer; reading and decoding the file is not in them",
    "mistakes": "wrong answers, those with the highest score first; right answers are shown in the order of their "
    "file names, none chosen",
}


def headline(report: Report) -> list[str]:
    """Return the sentences that matter most, first the accuracy."""
    totals, found = report.totals, report.rejection
    sentences = []
    if totals.known.top1:
        sentences.append(f"Top-1: the likeliest label is right for {_of(totals.known.top1, 'known photographs')}.")
    if totals.all.answered:
        sentences.append(f"Answered: the answer is right for {_of(totals.all.answered, 'all photographs')}.")
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
    return [*sentences, _time_sentence(report)]


def caveats(report: Report) -> list[str]:
    """Return what a reader must know before quoting a number, one sentence each."""
    environment, busy = report.environment, busy_sentence(report.environment)
    found = []
    if environment.kind == "host":
        found.append("Timed on a host, not on a Raspberry Pi.")
    if busy:
        found.append(busy)
    if len(report.photos) < P90_MIN_SAMPLES:
        found.append(f"A p90 needs {P90_MIN_SAMPLES} photographs (99 % confidence): with fewer it is left out.")
    if report.rejection:
        found.append(
            f"The threshold that keeps {report.rejection.keep:.0%} was chosen on these very photographs: on "
            "others it will keep a little more or less."
        )
    if report.skipped:
        found.append(f"Could not be read, in no figure: {len(report.skipped)} of the files.")
    found.append("The figures hold for photographs like these: other cameras, rooms and people give others.")
    return found


def mistakes_sentence(report: Report) -> str:
    """Say which of the mistakes are drawn."""
    shown, wrong = len(report.shown.mistakes), sum(not photo.right for photo in report.photos)
    if shown == wrong:
        return f"All {wrong} wrong answers, those with the highest score first."
    return f"The {shown} of {wrong} wrong answers with the highest score, the highest first; report.json lists all."


def hits_sentence(report: Report) -> str:
    """Say which of the right answers are drawn."""
    right = sum(photo.right for photo in report.photos)
    return f"{len(report.shown.hits)} of {right} right answers: of each folder the first by file name, none chosen."


def skipped_lines(report: Report) -> list[str]:
    """Say of each photograph that could not be read why."""
    return [f"{skipped.path}: {skipped.reason}" for skipped in report.skipped]


def frames_sentence(report: Report) -> str:
    """Say how large the frames were that the times are of."""
    sizes = report.frames
    shown = [f"{size.width}x{size.height} ({size.count})" for size in sizes[:_SIZES_SHOWN]]
    rest = len(sizes) - len(shown)
    threads = report.settings.threads
    more = f" and {rest} other size{'s' * (rest > 1)}" if rest else ""
    return (
        f"Each photograph was classified once, on {threads} thread{'s' * (threads > 1)}; frames, in pixels: "
        f"{', '.join(shown)}{more}."
    )


def _time_sentence(report: Report) -> str:
    total, size = report.stages["total"], report.frames[0]
    return (
        f"From frame to answer: {total.median_ns / 1e6:.2f} ms in the median; the most frequent size of a frame is "
        f"{size.width}x{size.height}."
    )


def _of(share: Share, what: str) -> str:
    return (
        f"{share.share:.1%} of {what} ({share.right} of {share.count}, 95 % interval {share.low:.1%} to "
        f"{share.high:.1%})"
    )
