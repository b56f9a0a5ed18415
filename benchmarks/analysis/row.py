"""A row of a report and the facts in it, as frozen dataclasses; report.json has the same names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from benchmarks.analysis.photograph_tally import PhotographTally
from benchmarks.host.machine_state import StatePair
from benchmarks.measure.job import NOT_TIMED, OK, CalibrationManifest, PhotographAnswers, RuntimeSettings
from benchmarks.measure.loadgen import LoadgenFigures
from benchmarks.records import ABSENT_IF_NONE, stored_as
from benchmarks.stats.accuracy import Reliability
from benchmarks.stats.latency import STEADY, LatencySummary, Stability
from benchmarks.stats.ratios import Ratio

_T = TypeVar("_T")

INVALID, SATURATES = "invalid times", "kernel saturates"
"""Caveats of a row besides the verdicts NOISY and DRIFTING of `benchmarks.stats.latency`."""


def known(value: _T | None) -> _T:
    """Return a fact that the choice of rows guarantees, such as the file size of a measured row.

    Raises:
        ValueError: it is None.
    """
    if value is None:
        raise ValueError("expected a row that holds this fact, got None")
    return value


@dataclass(frozen=True, slots=True)
class Latency(LatencySummary):
    """Summary of one kind of call, with the verdict on its stability."""

    stability: Stability


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """Values that all else of a row follows from."""

    predictions: list[int]
    """Class index of each test image."""
    confidence_bp: list[int] | None = None
    """Probability of each prediction under the file's temperature, in basis points, 0-10,000."""
    untempered_confidence_bp: list[int] | None = None
    """The same without the temperature."""
    invoke_ns: list[list[int]]
    """One list a repeat, one value a call, in order; likewise the others."""
    model_ns: list[list[int]]
    frame_to_decision_ns: list[list[int]]
    end_to_end_ns: list[list[int]]
    load_ns: list[int | None]
    first_invoke_ns: list[int | None]
    photographs: PhotographAnswers | None = field(default=None, metadata=ABSENT_IF_NONE)


@dataclass(frozen=True, slots=True)
class Share:
    """Count of right predictions."""

    images: int
    right: int
    top1: float | None
    """Share that is right, 0-1; None without images."""
    interval: tuple[float, ...] | None
    """Wilson's 95 % interval of `top1`, low and high."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassShare(Share):
    """Count of right predictions among the images of one class."""

    label: str


@dataclass(frozen=True, slots=True)
class Calibration:
    """Gap between confidence and accuracy."""

    bins: int
    expected_calibration_error: float
    """Under the file's temperature, 0-1."""
    expected_calibration_error_without_temperature: float | None
    mean_confidence: float
    """0-1."""
    reliability: Reliability


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy(Share):
    """Accuracy of one row: overall, per class, and calibration."""

    classes: tuple[ClassShare, ...]
    confusion: list[list[int]]
    """Images by [label][prediction]; empty with too many classes for a matrix."""
    calibration: Calibration | None
    """None where confidences aren't known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Accuracy lost against another row on the same images."""

    images: int
    lost: int
    """Images that the reference has right and the row has wrong."""
    gained: int
    """Images that the reference has wrong and the row has right."""
    loss_pp: float
    """Percentage points of top-1, below zero for a gain."""
    interval_pp: tuple[float, ...]
    """Newcombe's 95 % interval of `loss_pp`, low and high."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassLoss(Loss):
    """Accuracy lost among the images of one class."""

    label: str


@dataclass(frozen=True, slots=True)
class Drift:
    """Change of the confidence, in percentage points."""

    mean_pp: float
    """Above zero: more confident than the reference."""
    mean_absolute_pp: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison(Loss):
    """Predictions of a row against those of its reference, and the verdict on its loss."""

    reference: str
    mcnemar_p: float
    """McNemar's exact test of lost against gained, two-sided, 0-1."""
    holm_p: float
    """The same, corrected for all comparisons of the report."""
    family: int
    """Number of comparisons that were corrected together."""
    agreement: float
    """Share of images with equal predictions, 0-1."""
    agreement_interval: tuple[float, ...]
    confidence_drift: Drift | None
    classes: tuple[ClassLoss, ...]
    confusion_change: list[list[int]]
    margin_pp: float
    is_non_inferior: bool
    """True if a loss of `margin_pp` is excluded."""
    verdict: str
    """GAIN, NO_LOSS, SMALL_LOSS, UNDECIDED or LOSS of `benchmarks.analysis.quantization_loss`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One artifact on one runtime; what wasn't measured is None."""

    id: str
    """`variant @ runtime`, unique in a report."""
    variant: str
    path: str
    format: str | None = None
    sha256: str | None = None
    size_bytes: int | None = None
    runtime: str | None = None
    status: str
    """OK, FAILED, NOT_INSTALLED or NOT_TIMED of `benchmarks.measure.job`."""
    reason: str = ""
    invalid: str = ""
    """Reason why the times can't be used, such as a throttled board; empty where they can."""
    states: tuple[StatePair, ...] = ()
    quantization: str | None = None
    """none, float16, dynamic or int8."""
    source_sha256: str | None = None
    """Digest of the Keras file that the artifact was exported from; of a file that doesn't say, of its float file."""
    calibration: CalibrationManifest | None = None
    runtime_version: str | None = None
    right: int | None = None
    top1_accuracy: float | None = None
    """0-1."""
    runtime_settings: RuntimeSettings | None = field(default=None, metadata=stored_as("conditions"))
    loadgen: LoadgenFigures | None = None
    raw: Raw | None = None
    repeats: int = 0
    load_ns: int | None = None
    first_invoke_ns: int | None = None
    invoke: Latency | None = None
    model: Latency | None = None
    frame_to_decision: Latency | None = None
    end_to_end: Latency | None = None
    stability: Stability | None = None
    """Verdict on `invoke`."""
    stage_median_ns: dict[str, int] | None = None
    memory_before_load_bytes: int | None = None
    memory_peak_bytes: int | None = None
    reference: str | None = None
    """`id` of the float row that this one is compared with; a float row has its own."""
    loss_pp: float | None = None
    top1_agreement: float | None = None
    speedup: Ratio | None = None
    """Speed of invoke over that of the float row on the same runtime."""
    accuracy: Accuracy | None = None
    against_float: Comparison | None = None
    photographs: PhotographTally | None = field(default=None, metadata=ABSENT_IF_NONE)
    machine: str | None = field(default=None, metadata=ABSENT_IF_NONE)

    @property
    def title(self) -> str:
        """Name of the file and its runtime, for sentences and tables, with `answer_caveat`."""
        return self._titled("")

    @property
    def timed_title(self) -> str:
        """The title with the caveat of invoke besides, for a sentence on speed that doesn't give the time."""
        return self._titled(self.time_caveat())

    @property
    def answer_caveat(self) -> str:
        """SATURATES where an int8 ONNX kernel differs from the file's own arithmetic on this processor; else empty."""
        agreement = self.runtime_settings and self.runtime_settings.kernel_agreement
        return SATURATES if agreement and agreement.same < agreement.images else ""

    def time_caveat(self, kind: str = "invoke") -> str:
        """Return INVALID, DRIFTING or NOISY, the first that is true of the row's calls of a kind; empty if none is."""
        latency: Latency | None = getattr(self, kind)
        if latency is None:
            return ""
        return INVALID if self.invalid else latency.stability.verdict.replace(STEADY, "")

    def _titled(self, caveat: str) -> str:
        return f"{self.variant} ({', '.join(filter(None, (str(self.runtime), self.answer_caveat, caveat)))})"

    @property
    def is_reference(self) -> bool:
        """True for the float row that others are compared with."""
        return self.reference == self.id

    @property
    def predictions(self) -> list[int]:
        """Class index of each test image; empty where they aren't known."""
        return self.raw.predictions if self.raw else []

    @property
    def invoke_median_ns(self) -> int:
        """Median of invoke in nanoseconds, of a row that was timed.

        Raises:
            ValueError: it wasn't.
        """
        return known(self.invoke).median_ns


def measured(rows: Iterable[Row]) -> list[Row]:
    """Select the rows that were timed."""
    return [row for row in rows if row.status == OK]


def answering(rows: Iterable[Row]) -> list[Row]:
    """Select the rows whose predictions are known, timed or not, as on an emulated processor."""
    return [row for row in rows if row.status in (OK, NOT_TIMED)]
