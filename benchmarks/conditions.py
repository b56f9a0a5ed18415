"""The settings that calls were timed under: collector, threads, processors, the library's accelerated kernels."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# What the libraries and OpenMP read; a value that isn't set isn't recorded.
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OMP_WAIT_POLICY", "OPENBLAS_NUM_THREADS", "TFLITE_DISABLE_XNNPACK")
_NATIVE_LOG = logging.getLogger("edge.native_log")


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


def describe_conditions(runtime: str, *, threads: int, notices: list[str]) -> dict[str, Any]:
    """Describe the settings of this process.

    Args:
        runtime: one of `edge.runtimes.RUNTIMES`.
        threads: the library was asked to use.
        notices: from `native_notices`, around the loading of the model.

    Returns:
        A JSON object; `xnnpack` is whether TFLite took XNNPACK's kernels (it says so when it does), None where there
        is no such choice.
    """
    return {
        "garbage_collector": "off during timed calls",
        "threads": threads,
        "processors": _processors(),
        "xnnpack": None if runtime == "onnxruntime" else any("XNNPACK" in line for line in notices),
        "spinning": False if runtime == "onnxruntime" else None,
        "variables": {name: os.environ[name] for name in _THREAD_VARIABLES if name in os.environ},
    }


def _processors() -> list[int] | None:
    """Which processors this process may run on; None where the system doesn't say."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None


class _Collector(logging.Handler):
    """Keeps the text of each record."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())
