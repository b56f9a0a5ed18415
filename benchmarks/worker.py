"""Measures one artifact on one runtime, in a process of its own: `python -m benchmarks.worker`, JSON in, JSON out."""

from __future__ import annotations

import gc
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from benchmarks.answers import answer, calibration_manifest
from benchmarks.job import FAILED, NOT_INSTALLED, OK, Job, Measurement, Outcome
from edge.classifier import Classifier
from edge.errors import ModelFileError, RuntimeMissingError, ToolkitError
from edge.quantization import pixels_to_tensor
from edge.spec import FASHION_MNIST_LABELS

_INVOKE_IMAGES = 256  # different inputs the timed calls go through

_T = TypeVar("_T")


def _ignore(_result: object) -> None:
    """What most timed calls do with their results."""


def attempt(job: Job) -> Outcome:
    """Measure; the toolkit's expected errors become an outcome that says why."""
    try:
        return Outcome(OK, measurement=measure(job))
    except RuntimeMissingError as error:
        return Outcome(NOT_INSTALLED, " ".join(str(error).split()))
    except ToolkitError as error:
        return Outcome(FAILED, " ".join(str(error).split()))


def measure(job: Job) -> Measurement:
    """Load the artifact, time it, then run the test images through it.

    Raises:
        ModelFileError: the file can't be loaded, or isn't for Fashion-MNIST's images and classes.
        RuntimeMissingError: the library isn't installed.
        SpecError: the file and its spec contradict each other.
    """
    images, frames = np.load(job.images_file, mmap_mode="r"), list(np.load(job.frames_file))
    before_load_bytes = memory_bytes("VmRSS")
    started = time.perf_counter_ns()
    classifier = Classifier.load(Path(job.artifact), runtime=job.runtime, threads=job.threads)
    load_ns = time.perf_counter_ns() - started
    _check_fit(classifier, images)
    runtime = classifier.runtime
    tensors = prepare_tensors(classifier, np.array(images[:_INVOKE_IMAGES]))
    first_invoke_ns = time_calls(runtime.invoke, tensors, 1)[0]
    warm_up(runtime.invoke, tensors, calls=job.warmup, duration_s=job.warmup_s)
    invoke_ns = time_calls(runtime.invoke, tensors, job.runs)
    warm_up(classifier.classify, frames, calls=job.warmup, duration_s=job.warmup_s)
    stages: list[dict[str, int]] = []
    frame_ns = time_calls(
        classifier.classify, frames, job.frames, note=lambda prediction: stages.append(prediction.latency_ns)
    )
    memory_peak_bytes = memory_bytes("VmHWM")
    return Measurement(
        runtime_version=runtime.version,
        quantization=classifier.spec.provenance.quantization,
        source_sha256=classifier.spec.provenance.source_sha256,
        load_ns=load_ns,
        first_invoke_ns=first_invoke_ns,
        invoke_ns=invoke_ns,
        frame_to_decision_ns=frame_ns,
        stage_median_ns={name: round(median(stage[name] for stage in stages)) for name in stages[0] if name != "total"},
        memory_before_load_bytes=before_load_bytes,
        memory_peak_bytes=memory_peak_bytes,
        calibration=calibration_manifest(classifier),
        **asdict(answer(classifier, images)),
    )


def prepare_tensors(classifier: Classifier, images: NDArray[np.uint8]) -> list[NDArray[Any]]:
    """Turn test images, uint8 grey (N, height, width), 0-255, into N input tensors (1, height, width, 1)."""
    tensor = classifier.runtime.input_tensor
    return [pixels_to_tensor(image[np.newaxis, :, :, np.newaxis], tensor) for image in images]


def warm_up(
    function: Callable[[_T], object],
    inputs: Sequence[_T],
    *,
    calls: int,
    duration_s: float,
    clock: Callable[[], float] = time.perf_counter,
) -> int:
    """Call until both so many calls were made and so many seconds have passed; return the number of calls."""
    end = clock() + duration_s
    made = 0
    while made < calls or clock() < end:
        function(inputs[made % len(inputs)])
        made += 1
    return made


def time_calls(
    function: Callable[[_T], Any],
    inputs: Sequence[_T],
    count: int,
    *,
    note: Callable[[Any], object] = _ignore,
    clock: Callable[[], int] = time.perf_counter_ns,
) -> list[int]:
    """Time single calls; nothing but the call lies between the two readings of the clock.

    Args:
        function: what is timed.
        inputs: gone through in order, and again from the start.
        count: number of calls.
        note: is given each result, outside the timed region.
        clock: nanoseconds.

    Returns:
        Nanoseconds of each call, in order.
    """
    latencies = []
    with _collector_paused():
        for number in range(count):
            argument = inputs[number % len(inputs)]
            started = clock()
            result = function(argument)
            latencies.append(clock() - started)
            note(result)
    return latencies


def memory_bytes(field: str) -> int:
    """Resident memory of this process: VmRSS, now, or VmHWM, the most it ever was.

    Not getrusage's ru_maxrss where Linux has better: that one survives exec, so it would be the parent's.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    line = next(line for line in status.splitlines() if line.startswith(f"{field}:"))
    return int(line.split()[1]) * 1024  # "kB" there means 1024 bytes


def main() -> int:
    """Read a job from stdin, write its outcome to stdout as the last line."""
    job = Job.from_json(sys.stdin.read())
    # Native libraries may print to file descriptor 1: until the answer is ready it leads to stderr.
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    with answer:
        answer.write(attempt(job).to_json() + "\n")
    return 0


@contextmanager
def _collector_paused() -> Iterator[None]:
    """No garbage collection inside the block: its pauses are Python's, not the model's."""
    was_enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _check_fit(classifier: Classifier, images: NDArray[np.uint8]) -> None:
    spec = classifier.spec
    if (spec.input.height, spec.input.width) != images.shape[1:]:
        raise ModelFileError(
            f"it takes images of {spec.input.height}x{spec.input.width}, the test images are "
            f"{images.shape[1]}x{images.shape[2]}: there is nothing to measure it on"
        )
    if spec.labels != FASHION_MNIST_LABELS:
        raise ModelFileError(
            f"its classes ({', '.join(spec.labels)}) aren't Fashion-MNIST's: there is nothing to measure it on"
        )


if __name__ == "__main__":
    raise SystemExit(main())
