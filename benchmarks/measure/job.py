"""Job of a worker and its outcome; both travel as JSON."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from benchmarks.measure.loadgen import LoadgenFigures
from benchmarks.records import ABSENT_IF_NONE, from_record, stored_as, to_record

# What the libraries and OpenMP read; a value that isn't set isn't recorded.
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OMP_WAIT_POLICY", "OPENBLAS_NUM_THREADS", "TFLITE_DISABLE_XNNPACK")
_NATIVE_LOG = logging.getLogger("edge.system.process")


@dataclass(frozen=True, slots=True)
class KernelAgreement:
    """Predictions of an int8 ONNX file's kernel that are those of the file's own arithmetic."""

    images: int
    """Images compared."""
    same: int
    """Images with equal predictions."""


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
    """Environment variables that set threads."""
    kernel_agreement: KernelAgreement | None = field(default=None, metadata=ABSENT_IF_NONE)
    """None but for int8 ONNX files."""


@contextmanager
def native_notices() -> Iterator[list[str]]:
    """Collect what C++ libraries say while they load a model inside the block."""
    handler = _Collector()
    level = _NATIVE_LOG.level
    _NATIVE_LOG.addHandler(handler)
    _NATIVE_LOG.setLevel(logging.DEBUG)
    try:
        yield handler.lines
    finally:
        _NATIVE_LOG.removeHandler(handler)
        _NATIVE_LOG.setLevel(level)


def runtime_settings(
    runtime: str, *, threads: int, notices: Sequence[str], kernel_agreement: KernelAgreement | None = None
) -> RuntimeSettings:
    """Describe the settings of this process; TFLite says in the notices of its loading whether it took XNNPACK."""
    is_onnx = runtime == "onnxruntime"
    return RuntimeSettings(
        garbage_collector="off during timed calls",
        threads=threads,
        processors=sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
        xnnpack=None if is_onnx else any("XNNPACK" in line for line in notices),
        spinning=False if is_onnx else None,
        variables={name: os.environ[name] for name in _THREAD_VARIABLES if name in os.environ},
        kernel_agreement=kernel_agreement,
    )


class _Row(Protocol):
    """Part of a report's row."""

    @property
    def runtime(self) -> str | None: ...

    @property
    def runtime_settings(self) -> RuntimeSettings | None: ...


def runtime_settings_lines(rows: Sequence[_Row]) -> list[tuple[str, str]]:
    """Describe the settings of a report's rows for people: (name, text); none where nothing is known of them."""
    known = [(str(row.runtime), row.runtime_settings) for row in rows if row.runtime_settings]
    kernels: dict[str, set[bool]] = {}
    for runtime, settings in known:
        if settings.xnnpack is not None:
            kernels.setdefault(runtime, set()).add(settings.xnnpack)
    words = {
        runtime: "some rows" if len(used) > 1 else "on" if True in used else "off" for runtime, used in kernels.items()
    }
    collectors = sorted({settings.garbage_collector for _, settings in known})
    variables = sorted({f"{name}={value}" for _, settings in known for name, value in settings.variables.items()})
    lines = {
        "XNNPACK": ", ".join(f"{runtime} {word}" for runtime, word in words.items()),
        "garbage collector": "; ".join(collectors),
        "variables of threads": ", ".join(variables),
    }
    return [(name, text) for name, text in lines.items() if text]


class _Collector(logging.Handler):
    """Keeps the text of each record."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


OK, FAILED, NOT_INSTALLED = "ok", "failed", "not installed"
NOT_TIMED = "not timed"
"""An emulated processor: its answers count, its times don't."""
BASIS_POINTS = 10_000  # confidences travel as whole numbers of these: short in JSON, fine enough for any bin


@dataclass(frozen=True, slots=True)
class Job:
    """One artifact on one runtime, and how long to measure it."""

    artifact: str
    """Absolute path of the model file."""
    runtime: str
    """One of `edge.runtimes.RUNTIMES`."""
    threads: int
    runs: int
    """Timed calls of invoke."""
    frames: int
    """Timed calls from frame to decision."""
    warmup: int
    """Untimed calls, at least."""
    warmup_s: float
    """Seconds of untimed calls, at least."""
    images_file: str
    """.npy of the test images: uint8 grey, shape (N, height, width), 0-255."""
    frames_file: str
    """.npy of the frames: uint8 BGR, shape (N, height, width, 3), 0-255; empty: none are timed."""
    is_timed: bool = True
    """False on an emulated processor."""
    wants_predictions: bool = True
    """True to run the test images; one round is enough, as predictions don't change."""
    loadgen_s: float = 0.0
    """Seconds of each MLPerf LoadGen scenario; 0: none."""

    def to_json(self) -> str:
        """Return the job as one line of JSON."""
        return json.dumps(to_record(self))

    @classmethod
    def from_json(cls, text: str) -> Job:
        """Read a job that `to_json` wrote."""
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True)
class CalibrationManifest:
    """Origin of the images that a file was quantized with; empty where none were needed."""

    dataset: str | None = field(default=None, metadata=ABSENT_IF_NONE)
    split: str | None = field(default=None, metadata=ABSENT_IF_NONE)
    count: int | None = field(default=None, metadata=ABSENT_IF_NONE)
    seed: int | None = field(default=None, metadata=ABSENT_IF_NONE)
    in_test_set: int | None = field(default=None, metadata=ABSENT_IF_NONE)
    """Images that are in the test set too."""
    sha256: str | None = field(default=None, metadata=ABSENT_IF_NONE)
    """Digest of the images' indices, which the manifest in the file lists."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """Readings of one repeat, not summarised."""

    runtime_version: str
    quantization: str
    """The spec's word: none, float16, dynamic or int8."""
    source_sha256: str
    """Digest of the Keras file that the artifact was exported from; empty if the spec doesn't say."""
    memory_before_load_bytes: int
    """Resident size of the worker with numpy and its inputs, before the library and the model."""
    predictions: list[int] = field(default_factory=list)
    """Class index of each test image, in the data set's order; empty where the job didn't want them."""
    confidence_bp: list[int] = field(default_factory=list)
    """Probability of each answer under the spec's temperature, in basis points, 0-10,000; empty likewise."""
    untempered_confidence_bp: list[int] = field(default_factory=list)
    """The same without the temperature."""
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


@dataclass(frozen=True, slots=True)
class Outcome:
    """End of a job: a measurement, or the reason why there is none."""

    status: str
    """OK, FAILED or NOT_INSTALLED."""
    reason: str = ""
    """One sentence; empty if all went well."""
    measurement: Measurement | None = None

    def to_json(self) -> str:
        """Return the outcome as one line of JSON."""
        return json.dumps(to_record(self))

    @classmethod
    def from_json(cls, text: str) -> Outcome:
        """Read an outcome that `to_json` wrote.

        Raises:
            ValueError: not JSON, or not an outcome.
        """
        return cls.from_record(json.loads(text))

    @classmethod
    def from_record(cls, data: Any) -> Outcome:
        """Read the JSON object of an outcome.

        Raises:
            ValueError: not an outcome.
        """
        try:
            measurement = data["measurement"] and from_record(Measurement, data["measurement"])
            return cls(data["status"], data["reason"], measurement)
        except (KeyError, TypeError) as error:
            raise ValueError(f"not an outcome: {error}") from error
