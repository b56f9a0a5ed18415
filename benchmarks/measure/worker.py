"""`python -m benchmarks.measure.worker`: measures one artifact on one runtime in its own process, JSON in, JSON out."""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from itertools import islice
from logging.handlers import BufferingHandler
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure.job import (
    BASIS_POINTS,
    FAILED,
    NOT_INSTALLED,
    OK,
    Answers,
    CalibrationManifest,
    Job,
    KernelAgreement,
    Measurement,
    Outcome,
    PhotographAnswers,
    RuntimeSettings,
)
from benchmarks.measure.loadgen import LoadgenFigures, run_scenarios
from benchmarks.measure.timing import time_calls, warm_up
from benchmarks.records import from_record, to_record
from edge.artifact.input_spec import InputSpec
from edge.artifact.spec import ModelSpec
from edge.classify.confidence_score import to_probabilities
from edge.classify.loaded_model import LoadedModel
from edge.errors import RuntimeMissingError, ToolkitError
from edge.system.host import process_memory_bytes

_INVOKE_IMAGES, _LEAST_INVOKE_IMAGES = 256, 4  # different inputs the timed calls go through
_MOST_TENSOR_BYTES, _BYTES_A_VALUE = 16_000_000, 4
_COMPARED_IMAGES = 1000  # of kernel and arithmetic: a few seconds, for operators that run alone are slow

# What the libraries and OpenMP read; a value that isn't set isn't recorded.
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OMP_WAIT_POLICY", "OPENBLAS_NUM_THREADS", "TFLITE_DISABLE_XNNPACK")
_NATIVE_LOG = logging.getLogger("edge.system.process")
_LOADING_LOG = logging.getLogger("edge.classify.loaded_model")
_T = TypeVar("_T")


def answer(model: LoadedModel, images: Iterable[NDArray[np.uint8]]) -> Answers:
    """Classify images of the model's size, as `LoadedModel.scores` takes them, without the vision step."""
    found = [model.scores(np.asarray(image)) for image in images]
    if not found:
        return Answers()
    scores = np.stack(found)
    output = model.spec.output
    tempered = to_probabilities(scores, output=output, temperature=model.spec.decision.temperature)
    untempered = to_probabilities(scores, output=output, temperature=1.0)
    predictions = scores.argmax(axis=1)
    return Answers(
        predictions=predictions.tolist(),
        confidence_bp=_basis_points(tempered, predictions),
        untempered_confidence_bp=_basis_points(untempered, predictions),
    )


def why_not_judged(
    spec: ModelSpec, images: NDArray[np.uint8] | None, class_names: tuple[str, ...], *, has_photographs: bool = False
) -> str:
    """Return why a model can't be judged on images of such classes, without a full stop; empty: it can."""
    size = spec.input
    if not class_names:
        return ""  # the report says that there are no test images
    if spec.labels != class_names:
        return f"not judged, as its {len(spec.labels):,} classes aren't those of the test images"
    if not has_photographs and (images is None or images.shape[1:] != _image_shape(size)):
        given = "none of its size" if images is None else " x ".join(map(str, images.shape[1:]))
        wanted = " x ".join(map(str, _image_shape(size)))
        return f"not judged, as it takes images of {wanted} and the test images are {given}"
    return ""


def draw_noise(spec: InputSpec) -> NDArray[np.uint8]:
    """Draw seeded noise of a model's size, for a model without test images: uint8, shape (N, height, width[, 3])."""
    shape = _image_shape(spec)
    return np.random.default_rng(0).integers(0, 256, (_varied_count(spec), *shape), np.uint8)


def _image_shape(spec: InputSpec) -> tuple[int, ...]:
    return (spec.height, spec.width) if spec.channels == 1 else (spec.height, spec.width, 3)


def _varied_count(spec: InputSpec) -> int:
    """Return how many tensors the timed calls go through: of large images fewer, because all are held in memory."""
    bytes_each = _BYTES_A_VALUE * spec.height * spec.width * spec.channels
    return int(np.clip(_MOST_TENSOR_BYTES // bytes_each, _LEAST_INVOKE_IMAGES, _INVOKE_IMAGES))


def _basis_points(probabilities: NDArray[np.float32], predictions: NDArray[np.int64]) -> list[int]:
    chosen = probabilities[np.arange(len(predictions)), predictions].astype(np.float64)
    # An int8 output can sum to a little more than 1; a probability of 100.4 % would be nonsense.
    return [round(value) for value in (np.clip(chosen, 0.0, 1.0) * BASIS_POINTS).tolist()]


def attempt(job: Job) -> Outcome:
    """Measure; the toolkit's expected errors become an outcome that says why."""
    try:
        measured = measure(job)
        return Outcome(OK, "; ".join(measured.notes), measured)
    except RuntimeMissingError as error:
        return Outcome(NOT_INSTALLED, " ".join(str(error).split()))
    except ToolkitError as error:
        return Outcome(FAILED, " ".join(str(error).split()))


def measure(job: Job) -> Measurement:
    """Load the artifact, time it, then run the test images through it; what the job doesn't ask for is left out.

    Raises:
        ModelFileError: the file can't be loaded.
        RuntimeMissingError: the library isn't installed.
        SpecError: the file and its spec contradict each other.
    """
    given = np.load(job.images_file, mmap_mode="r") if job.images_file else None
    before_load_bytes = process_memory_bytes("VmRSS")
    with _notices(_NATIVE_LOG) as notices, _notices(_LOADING_LOG, logging.WARNING) as assumptions:
        started = time.perf_counter_ns()
        network = LoadedModel.load(Path(job.artifact), runtime=job.runtime, threads=job.threads, options=job.options)
        load_ns = time.perf_counter_ns() - started
    why = why_not_judged(network.spec, given, job.class_names, has_photographs=bool(job.photographs))
    images = given if given is not None and not why else draw_noise(network.spec.input)
    provenance = network.spec.provenance
    measured = Measurement(
        runtime_version=network.runtime.version,
        quantization=network.spec.provenance.quantization,
        notes=tuple(filter(None, [*(notice.getMessage() for notice in assumptions), why])),
        source_sha256=provenance.source_sha256,
        memory_before_load_bytes=before_load_bytes,
        calibration=from_record(CalibrationManifest, provenance.calibration),
    )
    if job.is_timed:
        measured = _with_times(measured, job, network, images)
        measured = replace(measured, load_ns=load_ns, memory_peak_bytes=process_memory_bytes("VmHWM"))
    is_onnx = job.runtime == "onnxruntime"
    answers, photographs = Answers(), None
    if job.wants_predictions and not why and job.photographs:
        answers, photographs = _photograph_answers(job, network)
    elif job.wants_predictions and not why and given is not None:
        answers = answer(network, images)
    return replace(
        measured,
        runtime_settings=RuntimeSettings(
            garbage_collector="off during timed calls",
            threads=job.threads,
            processors=sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
            # TFLite says in its log whether it took XNNPACK.
            xnnpack=None if is_onnx else any("XNNPACK" in notice.getMessage() for notice in notices),
            spinning=False if is_onnx else None,
            variables={name: os.environ[name] for name in _THREAD_VARIABLES if name in os.environ},
            kernel_agreement=_kernel_agreement(job, network, images if why else _test_images(job, network, images)),
        ),
        loadgen=_loadgen(job, network, images) if job.loadgen_s else None,
        photographs=photographs,
        **asdict(answers),
    )


def main() -> int:
    """Read a job from stdin, write its outcome to stdout as the last line."""
    job = from_record(Job, json.load(sys.stdin))
    # Native libraries may print to file descriptor 1: until the answer is ready it leads to stderr.
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    with answer:
        answer.write(json.dumps(to_record(attempt(job))) + "\n")
    return 0


@contextmanager
def _notices(log: logging.Logger, least: int = logging.DEBUG) -> Iterator[list[logging.LogRecord]]:
    """Collect what is said inside the block: by C++ libraries, or about a file without a specification."""
    handler, level = BufferingHandler(capacity=10_000), log.level
    log.addHandler(handler)
    log.setLevel(least)
    try:
        yield handler.buffer
    finally:
        log.removeHandler(handler)
        log.setLevel(level)


def _with_times(measured: Measurement, job: Job, network: LoadedModel, images: NDArray[np.uint8]) -> Measurement:
    """Time the first call, then invoke alone, then from pixels to probabilities, then frames."""
    varied = np.array(images[: _varied_count(network.spec.input)])
    tensors = [network.input_tensor(image) for image in varied]
    invoke = network.runtime.invoke
    timed = replace(
        measured,
        first_invoke_ns=time_calls(invoke, tensors, 1)[0],
        invoke_ns=_warmed(job, invoke, tensors, job.runs),
        model_ns=_warmed(job, network.probabilities, list(varied), job.runs),
    )
    has_frames = job.frames_file and importlib.util.find_spec("cv2") is not None
    return _with_frame_times(timed, job, network) if has_frames else timed


def _with_frame_times(measured: Measurement, job: Job, network: LoadedModel) -> Measurement:
    """Time from frame to decision, then from a camera's picture to a written line."""
    from benchmarks.measure.pipeline import STAGES, EndToEnd, as_jpeg
    from edge.classify.classifier import Classifier

    classifier = Classifier(network)
    frames = list(np.load(job.frames_file))
    pictures = as_jpeg(frames)
    stages: list[dict[str, int]] = []
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123  # a device, not a path
        end_to_end = EndToEnd(classifier, nowhere)
        return replace(
            measured,
            frame_to_decision_ns=_warmed(job, classifier.classify, frames, job.frames),
            end_to_end_ns=_warmed(job, end_to_end, pictures, job.frames, note=stages.append),
            stage_median_ns={name: round(median(stage[name] for stage in stages)) for name in STAGES},
        )


def _warmed(
    job: Job,
    function: Callable[[_T], Any],
    inputs: Sequence[_T],
    count: int,
    note: Callable[[Any], object] = lambda _result: None,
) -> list[int]:
    warm_up(function, inputs, calls=job.warmup, duration_s=job.warmup_s)
    return time_calls(function, inputs, count, note=note)


def _photograph_answers(job: Job, network: LoadedModel) -> tuple[Answers, PhotographAnswers]:
    from benchmarks.measure.photograph_answers import classify_photographs  # needs OpenCV, which a device may lack
    from edge.classify.classifier import Classifier

    return classify_photographs(Classifier(network), job.photographs)


def _test_images(job: Job, network: LoadedModel, images: NDArray[np.uint8]) -> Iterable[NDArray[np.uint8]]:
    """Return the images of the model's size, of photographs one after the other."""
    if not job.photographs:
        return images
    from benchmarks.measure.photographs import read_photograph  # as above
    from edge.vision import prepare

    spec = network.spec.input
    return (prepare(read_photograph(Path(each.path), spec), spec).pixels for each in job.photographs)


def _kernel_agreement(job: Job, network: LoadedModel, images: Iterable[NDArray[np.uint8]]) -> KernelAgreement | None:
    """Compare an int8 ONNX file's predictions with its own arithmetic, operator by operator; None for other files.

    Kernels of x86 processors without VNNI may cut off sums (see `export.saturation`). Only running both shows it.
    """
    if not (job.wants_predictions and job.runtime == "onnxruntime" and network.spec.provenance.quantization == "int8"):
        return None
    from edge.runtimes.onnxruntime import OnnxRuntime

    artifact = network.artifact
    runtime = OnnxRuntime(artifact.path, artifact.network, threads=job.threads, fused=False)
    exact = LoadedModel(artifact, runtime, network.spec)
    same = [
        int(network.scores(image).argmax()) == int(exact.scores(image).argmax())
        for image in islice(images, _COMPARED_IMAGES)
    ]
    return KernelAgreement(images=len(same), same=sum(same))


def _loadgen(job: Job, network: LoadedModel, images: NDArray[np.uint8]) -> LoadgenFigures:
    tensors = [network.input_tensor(image) for image in np.array(images[: _varied_count(network.spec.input)])]
    return run_scenarios(network.runtime.invoke, tensors, duration_s=job.loadgen_s)


if __name__ == "__main__":
    raise SystemExit(main())
