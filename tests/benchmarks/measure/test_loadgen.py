import sys

import numpy as np
import pytest

from benchmarks.measure.loadgen import parse_summary, require, run_scenarios
from edge.errors import RuntimeMissingError

SUMMARY = """================================================
MLPerf Results Summary
================================================
SUT name : PySUT
Scenario : SingleStream
Mode     : PerformanceOnly
90.0th percentile latency (ns) : 191596
Result is : VALID
  Min duration satisfied : Yes
Early Stopping Result:
 * Processed at least 64 queries (5247).
 * Early stopping 90.0th percentile estimate: 192580

================================================
Additional Stats
================================================
QPS w/ loadgen overhead         : 5245.34

Mean latency (ns)               : 188010
99.90 percentile latency (ns)   : 3623773

================================================
Test Parameters Used
================================================
samples_per_query : 1
"""


def test_a_summary_is_read_up_to_its_parameters() -> None:
    assert parse_summary(SUMMARY) == {
        "SUT name": "PySUT",
        "Scenario": "SingleStream",
        "Mode": "PerformanceOnly",
        "90.0th percentile latency (ns)": 191596.0,
        "Result is": "VALID",
        "Min duration satisfied": "Yes",
        "QPS w/ loadgen overhead": 5245.34,
        "Mean latency (ns)": 188010.0,
        "99.90 percentile latency (ns)": 3623773.0,
    }


def test_a_missing_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlperf_loadgen", None)

    with pytest.raises(RuntimeMissingError, match=r"edge-classify\[loadgen\]"):
        require()


def test_both_scenarios_run_over_the_samples() -> None:
    pytest.importorskip("mlperf_loadgen", reason="mlcommons-loadgen has wheels for x86-64 alone")
    seen: set[int] = set()

    found = run_scenarios(
        lambda tensor: seen.add(int(tensor[0])), [np.array([number]) for number in range(16)], duration_s=0.02
    )

    assert found.single_stream["Scenario"] == "SingleStream"
    assert found.single_stream["Mean latency (ns)"] > 0
    assert found.single_stream["Min duration satisfied"] == "Yes"  # it had queries for as long as it was to last
    assert found.offline["Samples per second"] > 0
    assert seen == set(range(16))
