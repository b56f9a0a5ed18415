"""Measures one artifact on one runtime in its own process: `python -m benchmarks.measure.worker`, JSON in, JSON out."""

from __future__ import annotations

import importlib.util
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure.job import FAILED, NOT_INSTALLED, OK, Job, Measurement, Outcome
from benchmarks.measure.predictions import answer, calibration_manifest, check_images
from benchmarks.measure.runtime_settings import describe_conditions, native_notices
from benchmarks.measure.timing import time_calls, warm_up
from edge.classify.loaded_model import LoadedModel
from edge.errors import RuntimeMissingError, ToolkitError
from edge.system.host import process_memory_bytes

_INVOKE_IMAGES = 256  # different inputs the timed calls go through
_COMPARED_IMAGES = 1000  # of kernel and arithmetic: a few seconds, for operators that run alone are slow

_T = TypeVar("_T")


def attempt(job: Job) -> Outcome:
    """Measure; the toolkit's expected errors become an outcome that says why."""
    try:
        return Outcome(OK, measurement=measure(job))
    except RuntimeMissingError as error:
        return Outcome(NOT_INSTALLED, " ".join(str(error).split()))
    except ToolkitError as error:
        return Outcome(FAILED, " ".join(str(error).split()))


def measure(job: Job) -> Measurement:
    """Load the artifact, time it, then run the test images through it; what the job doesn't ask for is left out.

    Raises:
        ModelFileError: the file can't be loaded, or isn't for Fashion-MNIST's images and classes.
        RuntimeMissingError: the library isn't installed.
        SpecError: the file and its spec contradict each other.
    """
    images = np.load(job.images_file, mmap_mode="r")
    before_load_bytes = process_memory_bytes("VmRSS")
    with native_notices() as notices:
        started = time.perf_counter_ns()
        network = LoadedModel.load(Path(job.artifact), runtime=job.runtime, threads=job.threads)
        load_ns = time.perf_counter_ns() - started
    check_images(network.spec, images)
    timed: dict[str, Any] = {}
    if job.is_timed:
        timed = {"load_ns": load_ns} | _time_network(job, network, images) | _time_frames(job, network)
        timed["memory_peak_bytes"] = process_memory_bytes("VmHWM")
    return Measurement(
        runtime_version=network.runtime.version,
        quantization=network.spec.provenance.quantization,
        source_sha256=network.spec.provenance.source_sha256,
        memory_before_load_bytes=before_load_bytes,
        conditions=describe_conditions(job.runtime, threads=job.threads, notices=notices)
        | _kernel_agreement(job, network, images),
        calibration=calibration_manifest(network),
        loadgen=_loadgen(job, network, images),
        **asdict(answer(network, images if job.wants_predictions else ())),
        **timed,
    )


def main() -> int:
    """Read a job from stdin, write its outcome to stdout as the last line."""
    job = Job.from_json(sys.stdin.read())
    # Native libraries may print to file descriptor 1: until the answer is ready it leads to stderr.
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    with answer:
        answer.write(attempt(job).to_json() + "\n")
    return 0


def _time_network(job: Job, network: LoadedModel, images: NDArray[np.uint8]) -> dict[str, Any]:
    """The first call, then invoke alone, then from pixels to probabilities."""
    varied = np.array(images[:_INVOKE_IMAGES])
    tensors = [network.input_tensor(image) for image in varied]
    invoke = network.runtime.invoke
    return {
        "first_invoke_ns": time_calls(invoke, tensors, 1)[0],
        "invoke_ns": _warmed(job, invoke, tensors, job.runs),
        "model_ns": _warmed(job, network.probabilities, list(varied), job.runs),
    }


def _time_frames(job: Job, network: LoadedModel) -> dict[str, Any]:
    """From frame to decision, then from a camera's picture to a written line; nothing where OpenCV is missing."""
    if not job.frames_file or importlib.util.find_spec("cv2") is None:
        return {}
    from benchmarks.measure.pipeline import STAGES, EndToEnd, as_jpeg
    from edge.classify.classifier import Classifier

    classifier = Classifier(network)
    frames = list(np.load(job.frames_file))
    pictures = as_jpeg(frames)
    stages: list[dict[str, int]] = []
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123  # a device, not a path
        end_to_end = EndToEnd(classifier, nowhere)
        return {
            "frame_to_decision_ns": _warmed(job, classifier.classify, frames, job.frames),
            "end_to_end_ns": _warmed(job, end_to_end, pictures, job.frames, note=stages.append),
            "stage_median_ns": {name: round(median(stage[name] for stage in stages)) for name in STAGES},
        }


def _warmed(
    job: Job,
    function: Callable[[_T], Any],
    inputs: Sequence[_T],
    count: int,
    note: Callable[[Any], object] = lambda _result: None,
) -> list[int]:
    warm_up(function, inputs, calls=job.warmup, duration_s=job.warmup_s)
    return time_calls(function, inputs, count, note=note)


def _kernel_agreement(job: Job, network: LoadedModel, images: NDArray[np.uint8]) -> dict[str, Any]:
    """Compare an int8 ONNX file's answers with its own arithmetic, operator by operator: {} where that isn't asked for.

    Kernels of x86 processors without VNNI may cut off sums (see `export.saturation`); only running both shows it.
    """
    if not (job.wants_predictions and job.runtime == "onnxruntime" and network.spec.provenance.quantization == "int8"):
        return {}
    from edge.runtimes.onnxruntime import OnnxRuntime

    artifact = network.artifact
    runtime = OnnxRuntime(artifact.path, artifact.network, threads=job.threads, fused=False)
    exact = LoadedModel(artifact, runtime, network.spec)
    compared = images[:_COMPARED_IMAGES]
    same = sum(int(network.scores(image).argmax()) == int(exact.scores(image).argmax()) for image in compared)
    return {"kernel_agreement": {"images": len(compared), "same": same}}


def _loadgen(job: Job, network: LoadedModel, images: NDArray[np.uint8]) -> dict[str, Any] | None:
    if not job.loadgen_s:
        return None
    from benchmarks.measure.loadgen import run_scenarios

    tensors = [network.input_tensor(image) for image in np.array(images[:_INVOKE_IMAGES])]
    return run_scenarios(network.runtime.invoke, tensors, duration_s=job.loadgen_s)


if __name__ == "__main__":
    raise SystemExit(main())
