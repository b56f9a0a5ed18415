"""MLPerf Inference's own load generator on a model: SingleStream and Offline; the only file that imports it.

Its figures compare with published ones in kind, not in rank: a result counts as MLPerf's only after 600 s and a review.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from benchmarks.measure.timing import time_calls
from benchmarks.records import stored_as
from edge.errors import RuntimeMissingError

_SUMMARY = "mlperf_log_summary.txt"
_LEAST_QUERIES = 64  # what its p90 needs, see `benchmarks.stats.latency`
_TRIED, _SHORTEST_NS = 64, 1000  # calls before the first guess, and the shortest one
_PARAMETERS = "Test Parameters Used"
_LINE = re.compile(r"^\s*(?P<name>[^:*]+?)\s*:\s*(?P<value>\S.*?)\s*$")


Summary = dict[str, float | str]
"""Name of each line of a scenario's results -> its value, a number where it is one."""


@dataclass(frozen=True, slots=True)
class LoadgenFigures:
    """Results of both scenarios."""

    version: str
    duration_s: float
    single_stream: Summary = field(metadata=stored_as("SingleStream"))
    offline: Summary = field(metadata=stored_as("Offline"))


def require() -> Any:
    """Import the library.

    Raises:
        RuntimeMissingError: it isn't installed.
    """
    try:
        import mlperf_loadgen
    except ImportError as error:
        raise RuntimeMissingError(
            f"--loadgen needs mlcommons-loadgen ({error}): pip install 'edge-classify[loadgen]' on x86-64; elsewhere "
            "pip builds mlcommons-loadgen from source, with a C++ compiler"
        ) from error
    return mlperf_loadgen


def run_scenarios(
    invoke: Callable[[Any], object], tensors: Sequence[NDArray[Any]], *, duration_s: float
) -> LoadgenFigures:
    """Run both scenarios in this process on input tensors, among which LoadGen chooses, so many seconds each.

    Raises:
        RuntimeMissingError: mlcommons-loadgen isn't installed.
    """
    library = require()
    # SingleStream makes its queries beforehand: if they are slower than the guess, they last for longer than needed; if
    # they are faster, it runs out of them and is invalid.
    guess_ns = max(min(time_calls(invoke, tensors, _TRIED)) // 2, _SHORTEST_NS)
    single = _run(library, "SingleStream", invoke, tensors, duration_s, expected_ns=guess_ns)
    # Offline is one query of as many samples as this rate says: too high a guess makes it last for minutes.
    offline = _run(library, "Offline", invoke, tensors, duration_s, expected_ns=float(single["Mean latency (ns)"]))
    return LoadgenFigures(version("mlcommons-loadgen"), duration_s, single, offline)


def parse_summary(text: str) -> Summary:
    """Read the results in mlperf_log_summary.txt, without the test's parameters at its end."""
    found: Summary = {}
    for line in text.partition(_PARAMETERS)[0].splitlines():
        match = _LINE.match(line)
        if match:
            found[match["name"]] = _number(match["value"])
    return found


def _run(
    library: Any,
    scenario: str,
    invoke: Callable[[Any], object],
    tensors: Sequence[NDArray[Any]],
    duration_s: float,
    *,
    expected_ns: float,
) -> Summary:
    def answer(queries: Sequence[Any]) -> None:
        for query in queries:
            invoke(tensors[query.index])
            library.QuerySamplesComplete([library.QuerySampleResponse(query.id, 0, 0)])

    settings = library.TestSettings()
    settings.scenario = getattr(library.TestScenario, scenario)
    settings.mode = library.TestMode.PerformanceOnly
    settings.min_duration_ms = round(duration_s * 1000)
    settings.min_query_count = _LEAST_QUERIES if scenario == "SingleStream" else 1
    settings.single_stream_expected_latency_ns = round(expected_ns)
    settings.offline_expected_qps = 1e9 / expected_ns
    system = library.ConstructSUT(answer, lambda: None)
    samples = library.ConstructQSL(len(tensors), len(tensors), lambda _: None, lambda _: None)
    with tempfile.TemporaryDirectory(prefix="loadgen-") as folder:
        log = library.LogSettings()
        log.log_output.outdir = folder
        log.log_output.copy_summary_to_stdout = False
        log.enable_trace = False
        library.StartTestWithLogSettings(system, samples, settings, log)
        summary = (Path(folder) / _SUMMARY).read_text(encoding="utf-8")
    library.DestroyQSL(samples)
    library.DestroySUT(system)
    return parse_summary(summary)


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
