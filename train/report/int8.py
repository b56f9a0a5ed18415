"""Cost of int8 quantization: the export command makes a file of a finished run, which is measured and thrown away."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from edge.classify.loaded_model import LoadedModel
from edge.errors import ToolkitError
from edge.system import host

_LOGGER = logging.getLogger(__name__)
_CALLS = 50
_WARM_UP = 5  # calls that aren't counted
_MOST_S = 1200  # seconds of an export, which takes one minute on two idle cores
_MOST_REASON = 300  # characters
_LEAST_SHARE = 0.9  # of a processor, on a machine that does nothing else


@dataclass(frozen=True, slots=True)
class Int8Cost:
    """An int8 TFLite file beside its Keras model, on the test images that the run keeps."""

    images: int
    float_accuracy: float
    """Accuracy of the Keras model, 0-1."""
    int8_accuracy: float
    """Accuracy of the file, 0-1."""
    changed: int
    """Number of images with another answer."""
    size_bytes: int
    latency_ms: float
    """Median of one image through the network alone, one thread."""
    processor: str
    is_board: bool
    """True where it was measured on a single-board computer."""
    processor_share: float = 1.0
    """Share of the time of the latency's calls in which a processor worked on them, 0-1: less on a busy machine."""

    @property
    def is_busy(self) -> bool:
        """True if other programs took part of the processor, so that the latency is too long."""
        return self.processor_share < _LEAST_SHARE


def measure_int8(run: Path, images: NDArray[np.uint8]) -> Int8Cost | str:
    """Export a run as int8 by `python -m export.tflite`, in a process of its own, and measure the file.

    Args:
        run: finished run directory.
        images: uint8, 0-255, shape (N, height, width, 3), of the input's size; at least one, for the latency.

    Returns:
        The cost, or the reason that it isn't known.
    """
    _LOGGER.info("report: converting to int8 to see what it costs")
    with tempfile.TemporaryDirectory(prefix="edge-classify-") as folder:
        path = Path(folder) / "int8.tflite"
        # The answer isn't a file to deploy, so that no loss forbids it.
        command = [sys.executable, "-m", "export.tflite", str(run), "--quantize", "int8", "--out", str(path)]
        hidden = {"CUDA_VISIBLE_DEVICES": "-1", "KERAS_BACKEND": "tensorflow"}  # this process holds the GPU's memory
        try:
            done = subprocess.run(
                [*command, "--max-loss", "100"], capture_output=True, encoding="utf-8", errors="replace",
                env=os.environ | hidden, timeout=_MOST_S, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"the export to int8 did not end well: {error}"[:_MOST_REASON]
        if done.returncode:
            lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
            return f"the export to int8 failed: {lines[-1]}"[:_MOST_REASON]
        try:
            return _measure(path, images)
        except (ToolkitError, OSError, KeyError) as error:
            return f"the int8 file can't be measured here: {error}"[:_MOST_REASON]


def _measure(path: Path, images: NDArray[np.uint8]) -> Int8Cost:
    model = LoadedModel.load(path)
    parity = model.spec.provenance.parity
    count = int(parity["images"])
    board = host.board()
    latency_ms, processor_share = _latency(model, images)
    return Int8Cost(
        count, float(parity["keras_top1_accuracy"]), float(parity["top1_accuracy"]),
        round(count * (1 - float(parity["top1_agreement"]))), path.stat().st_size, latency_ms,
        board or host.cpu_model() or "unknown processor", board is not None, processor_share,
    )  # fmt: skip


def _latency(model: LoadedModel, images: NDArray[np.uint8]) -> tuple[float, float]:
    """Return the median of an image in milliseconds, and the share of the time that the processor gave this thread."""
    times, worked = [], []
    for number in range(_WARM_UP + _CALLS):
        image = images[number % len(images)]
        started, worked_before = time.perf_counter(), time.thread_time()
        model.scores(image)
        times.append(time.perf_counter() - started)
        worked.append(time.thread_time() - worked_before)
    share = sum(worked[_WARM_UP:]) / max(sum(times[_WARM_UP:]), 1e-9)
    return round(1e3 * median(times[_WARM_UP:]), 3), round(min(1.0, share), 3)
