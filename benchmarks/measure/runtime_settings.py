"""The settings that calls were timed under: collector, threads, processors, the library's accelerated kernels."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from benchmarks.records import ABSENT_IF_NONE

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
    """Whether TFLite took XNNPACK's kernels; None where there is no such choice."""
    spinning: bool | None
    """Whether ONNX Runtime's threads spin; None on other runtimes."""
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


class _Row(Protocol):
    """Part of a report's row."""

    @property
    def runtime(self) -> str | None: ...

    @property
    def conditions(self) -> RuntimeSettings | None: ...


def conditions_lines(rows: Sequence[_Row]) -> list[tuple[str, str]]:
    """Describe the settings of a report's rows for people: (name, text); none where nothing is known of them."""
    known = [(str(row.runtime), row.conditions) for row in rows if row.conditions]
    kernels: dict[str, set[bool]] = {}
    for runtime, found in known:
        if found.xnnpack is not None:
            kernels.setdefault(runtime, set()).add(found.xnnpack)
    words = {
        runtime: "some rows" if len(used) > 1 else "on" if True in used else "off" for runtime, used in kernels.items()
    }
    collectors = sorted({found.garbage_collector for _, found in known})
    variables = sorted({f"{name}={value}" for _, found in known for name, value in found.variables.items()})
    lines = {
        "XNNPACK": ", ".join(f"{runtime} {word}" for runtime, word in words.items()),
        "garbage collector": "; ".join(collectors),
        "variables of threads": ", ".join(variables),
    }
    return [(name, text) for name, text in lines.items() if text]


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
