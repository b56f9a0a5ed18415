"""Job of a worker and its outcome; both travel as the JSON of `benchmarks.records`."""

from __future__ import annotations

from dataclasses import dataclass, field

from benchmarks.measure.loadgen import LoadgenFigures
from benchmarks.records import ABSENT_IF_NONE, stored_as
from edge.artifact.input_spec import ModelOptions
from edge.artifact.spec import FASHION_MNIST_LABELS


@dataclass(frozen=True, slots=True)
class KernelAgreement:
    """Images whose predictions by an int8 ONNX file's kernel are the same as those by the file's own arithmetic."""

    images: int
    same: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeSettings:
    """Settings that a row was measured under."""

    garbage_collector: str
    threads: int
    processors: list[int] | None
    """Processors that the process may run on; None where the system doesn't say."""
    xnnpack: bool | None
    """True if TFLite took XNNPACK's kernels; None where there is no such choice."""
    spinning: bool | None
    """True if ONNX Runtime's threads spin; None on other runtimes."""
    variables: dict[str, str]
    kernel_agreement: KernelAgreement | None = field(default=None, metadata=ABSENT_IF_NONE)
    """None but for int8 ONNX files."""


OK, FAILED, NOT_INSTALLED = "ok", "failed", "not installed"
NOT_TIMED = "not timed"
"""An emulated processor: its answers count, its times don't."""
UNKNOWN, NOTHING = -1, -2
"""Indices of the answers that name no label."""
BASIS_POINTS = 10_000  # confidences travel as whole numbers of these: short in JSON, fine enough for any bin


@dataclass(frozen=True, slots=True)
class JobPhotograph:
    """Photograph that a model is judged on."""

    path: str
    """Absolute."""
    right: tuple[int, ...]
    """Indices of the labels that are right; empty: `unknown` or `nothing` is."""
    label: int
    """Class that a right label counts as; without a right label -1."""


@dataclass(frozen=True, slots=True)
class Job:
    """One artifact on one runtime; how long it is measured is said as in `benchmarks.config.BenchmarkConfig`."""

    artifact: str
    """Absolute path of the model file."""
    runtime: str
    """One of `edge.runtimes.RUNTIMES`."""
    threads: int
    runs: int
    frames: int
    warmup: int
    warmup_s: float
    images_file: str
    """.npy of the test images: uint8, 0-255, grey, shape (N, height, width), or BGR, shape (N, height, width, 3), of
    the model's size; empty, or of another size: the model is timed on drawn noise and not judged."""
    frames_file: str
    """.npy of the frames: uint8 BGR, shape (N, height, width, 3), 0-255; empty: none are timed."""
    is_timed: bool = True
    """False on an emulated processor."""
    wants_predictions: bool = True
    """True to run the test images; one round is enough, as predictions don't change."""
    loadgen_s: float = 0.0
    class_names: tuple[str, ...] = FASHION_MNIST_LABELS
    """Labels that the test images are of, in index order: a model of others is timed and not judged."""
    photographs: tuple[JobPhotograph, ...] = ()
    """Test images in place of `images_file`, each judged from its frame to the answer."""
    options: ModelOptions = field(default_factory=ModelOptions)
    """Facts about a file without a specification."""


@dataclass(frozen=True, slots=True)
class CalibrationManifest:
    """Origin of the images that a file was quantized with; empty where none were needed."""

    dataset: str | None = field(default=None, metadata=ABSENT_IF_NONE)
    split: str | None = field(default=None, metadata=ABSENT_IF_NONE)
    count: int | None = field(default=None, metadata=ABSENT_IF_NONE)
    seed: int | None = field(default=None, metadata=ABSENT_IF_NONE)
    in_test_set: int | None = field(default=None, metadata=ABSENT_IF_NONE)
    sha256: str | None = field(default=None, metadata=ABSENT_IF_NONE)
    """Digest of the images' indices, which the manifest in the file lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """One value an image, in the data set's order; empty where the job didn't want them."""

    predictions: list[int] = field(default_factory=list)
    """Class indices."""
    confidence_bp: list[int] = field(default_factory=list)
    """Probability of each answer under the spec's temperature, in basis points, 0-10,000."""
    untempered_confidence_bp: list[int] = field(default_factory=list)
    """The same without the temperature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotographAnswers:
    """One value a photograph, in the order of the job."""

    labels: list[int]
    """Index of the answer's label, UNKNOWN or NOTHING."""
    top1: list[int]
    """Index of the likeliest label, rejected or not; NOTHING where the network wasn't shown anything."""
    probability_bp: list[int]
    """Probability of the likeliest label, in basis points, 0-10,000."""
    scores: list[float]
    """Score that the specification compares with its threshold, finite."""
    heights: list[int]
    """Pixels of the frame as it was decoded, likewise `widths`."""
    widths: list[int]
    vision_ns: list[int]
    """Nanoseconds of finding the object or fitting the frame, likewise the others."""
    invoke_ns: list[int]
    decide_ns: list[int]
    total_ns: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement(Answers):
    """Readings of one repeat, not summarised."""

    runtime_version: str
    quantization: str
    """The spec's word: none, float16, dynamic or int8; empty: unknown, of a file without a specification."""
    source_sha256: str
    """Digest of the Keras file that the artifact was exported from; empty if the spec doesn't say."""
    memory_before_load_bytes: int
    """Resident size of the worker with numpy and its inputs, before the library and the model."""
    calibration: CalibrationManifest = CalibrationManifest()
    load_ns: int | None = None
    """Until the network is ready: the library's import, reading and checking the file, allocating."""
    first_invoke_ns: int | None = None
    invoke_ns: list[int] = field(default_factory=list)
    """One value a timed call, in order."""
    model_ns: list[int] = field(default_factory=list)
    """Time from pixels to probabilities, in order."""
    frame_to_decision_ns: list[int] = field(default_factory=list)
    """One value a timed call, in order; empty where OpenCV isn't installed."""
    end_to_end_ns: list[int] = field(default_factory=list)
    """From a camera's JPEG to a written line of JSON, in order; empty where OpenCV isn't installed."""
    stage_median_ns: dict[str, int] = field(default_factory=dict)
    """Median of each stage of end to end: decode, vision, invoke, decide, write."""
    memory_peak_bytes: int | None = None
    """Largest resident size up to the end of the timed calls; the accuracy pass comes after it."""
    runtime_settings: RuntimeSettings | None = field(default=None, metadata=stored_as("conditions"))
    loadgen: LoadgenFigures | None = None
    photographs: PhotographAnswers | None = field(default=None, metadata=ABSENT_IF_NONE)
    """Answers to the photographs; None on other test images."""
    notes: tuple[str, ...] = ()
    """Sentences on what was assumed of the file and on why it was not judged; empty for one like any other."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """End of a job: a measurement, or the reason why there is none."""

    status: str
    """OK, FAILED or NOT_INSTALLED."""
    reason: str = ""
    """Sentences; empty if all went well and nothing needs to be known."""
    measurement: Measurement | None = None
