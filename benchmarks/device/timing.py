"""Times that a browser's page or a microcontroller's sketch prints as JSON, as the result of a device."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from benchmarks.analysis.row import Row
from benchmarks.device.run import ArtifactFacts, DeviceResult, MeasuredVariant
from benchmarks.host.environment import Environment, is_time
from benchmarks.host.machine_state import MachineState
from benchmarks.measure.job import OK, Measurement, Outcome
from benchmarks.measure.rounds import Trial
from benchmarks.report.schema import Report
from edge.errors import ToolkitError

SCHEMA_VERSION = 1
MARK = "timing_schema_version"
"""Key by which such a file is known."""
KINDS = {"browser": ("litert.js", "onnxruntime-web"), "microcontroller": ("tflite-micro",)}
"""Kind of machine -> runtimes that may be named on it."""
_LONGEST_NAME = 200
_MOST_CALLS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """One artifact's calls on one machine without Python; times are nanoseconds."""

    file: str
    format: str
    sha256: str
    size_bytes: int
    runtime: str
    runtime_version: str
    kind: str
    """A key of KINDS."""
    machine: str
    """Name for people: a board, or a browser with its version and system."""
    threads: int
    utc: str | None
    """None where there is no clock."""
    load_ns: int | None
    first_invoke_ns: int | None
    invoke_ns: list[int]
    """One value a call, in order."""
    frame_to_decision_ns: list[int]
    memory_peak_bytes: int | None


def printed_line(text: str) -> str | None:
    """Return the last line of times among those that a serial monitor showed, without the monitor's own timestamp.

    None: the text holds none, or is JSON as a whole.
    """
    found: list[str] = re.findall(rf'\{{"{MARK}".*\}}', text)
    if not found:
        return None
    try:
        json.loads(text)
    except ValueError:
        return found[-1]
    return None


def read_timing(data: Mapping[str, Any], name: str) -> Timing:
    """Read the JSON object that a page or a sketch printed.

    Raises:
        ToolkitError: it is of a newer version, or not whole.
    """
    if data.get(MARK) != SCHEMA_VERSION:
        raise ToolkitError(f"{name} has times of schema {data.get(MARK)}, this version reads {SCHEMA_VERSION}: update")
    values = {field.name: data.get(field.name) for field in fields(Timing)}
    if wrong := [field for field, value in values.items() if not _fits(field, value)]:
        raise ToolkitError(
            f"{name} isn't whole: {', '.join(wrong)}; copy the line again, from its first brace to its last"
        )
    timing = Timing(**values)  # type: ignore[arg-type]  # each was looked at above
    if timing.runtime not in KINDS[timing.kind]:
        expected = " or ".join(KINDS[timing.kind])
        raise ToolkitError(f"{name} names the runtime {timing.runtime!r} of a {timing.kind}: expected {expected}")
    return timing


def as_device_result(timing: Timing, others: Sequence[DeviceResult | Report]) -> DeviceResult:
    """Return the result of a device that has the test images of others, and answered none of them.

    Its settings are those of the first other: they say how its row is judged, and nothing of how it was timed.

    Args:
        timing: the times.
        others: results and reports, at least one; what one says of the same file, quantization and source, is taken
            over.
    """
    like = others[0]
    same = next((row for other in others for row in _rows(other) if row[0] == timing.sha256), ("", "", ""))
    measurement = Measurement(
        runtime_version=timing.runtime_version,
        quantization=same[1],
        source_sha256=same[2],
        memory_before_load_bytes=0,
        load_ns=timing.load_ns,
        first_invoke_ns=timing.first_invoke_ns,
        invoke_ns=timing.invoke_ns,
        frame_to_decision_ns=timing.frame_to_decision_ns,
        memory_peak_bytes=timing.memory_peak_bytes,
    )
    state = MachineState()
    facts = ArtifactFacts(timing.format, timing.sha256, timing.size_bytes)
    trial = Trial(Outcome(OK, measurement=measurement), state, state)
    return DeviceResult(
        statement=like.statement,
        test_images=like.test_images,
        environment=Environment(kind=timing.kind, board=timing.machine, threads=timing.threads, utc=timing.utc),
        settings=like.settings,
        variants=(MeasuredVariant(timing.file, Path(timing.file), timing.runtime, "", facts, (trial,)),),
    )


def _rows(like: DeviceResult | Report) -> list[tuple[str, str, str]]:
    """Return digest, quantization and digest of the source of each row."""
    if isinstance(like, Report):
        return [_facts(row) for row in like.rows]
    return [
        (variant.artifact.sha256, trial.outcome.measurement.quantization, trial.outcome.measurement.source_sha256)
        for variant in like.variants
        for trial in variant.trials
        if variant.artifact and trial.outcome.measurement
    ]


def _facts(row: Row) -> tuple[str, str, str]:
    return row.sha256 or "", row.quantization or "", row.source_sha256 or ""


def _fits(field: str, value: Any) -> bool:
    """Return whether a field's value is of its kind."""
    if field in ("invoke_ns", "frame_to_decision_ns"):
        is_list = isinstance(value, list) and len(value) <= _MOST_CALLS and all(map(_is_natural, value))
        return is_list and (bool(value) or field != "invoke_ns")
    if field in ("load_ns", "first_invoke_ns", "memory_peak_bytes"):
        return value is None or _is_natural(value)
    if field in ("size_bytes", "threads"):
        return _is_natural(value)
    if field == "utc":
        return value is None or is_time(value)
    if field in ("kind", "format"):
        return value in (KINDS if field == "kind" else ("tflite", "onnx"))
    return isinstance(value, str) and value.isprintable() and 0 < len(value) <= _LONGEST_NAME


def _is_natural(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
