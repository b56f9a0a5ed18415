import csv
import io
from collections.abc import Callable
from dataclasses import replace

import pytest

from benchmarks.analysis.row import Row
from benchmarks.columns import MISSING, as_markdown
from benchmarks.measure.job import RuntimeSettings
from benchmarks.report.table import COLUMNS, csv_table, ordered, reasons, runtime_settings_lines, status, text_table
from benchmarks.stats.ratios import Ratio


@pytest.fixture
def rows(row: Callable[..., Row], compared: Callable[..., list[Row]]) -> list[Row]:
    return compared(
        [
            row("gone.tflite", reason="crashed with signal 11"),
            row("a_none.tflite", quantization="none", invoke_ns=80_000),
            row("a_int8.tflite", wrong=1, invoke_ns=40_120),
            row("gone.tflite", runtime="tflite-runtime", reason="crashed with signal 11"),
        ]
    )


def test_a_row_has_a_cell_in_each_column(rows: list[Row]) -> None:
    shown = dict(zip([column.heading for column in COLUMNS], [column.show(rows[2]) for column in COLUMNS], strict=True))

    assert shown == {
        "variant": "a_int8.tflite",
        "quantization": "int8",
        "runtime": "litert 1.2",
        "size kB": "250.0",
        "top-1 %": "90.00",
        "loss pp": "10.00",
        "agree %": "90.00",
        "invoke, µs median": "40.1",
        "invoke, µs ± %": "0",
        "invoke, µs p90": "40.1",
        "invoke, µs p99": "40.1",
        "speed × float": "1.99",  # noqa: RUF001  # a multiplication sign, as in print
        "frame to decision, ms median": "1.00",
        "frame to decision, ms ± %": "0",
        "frame to decision, ms p90": "1.00",
        "frame to decision, ms p99": MISSING,
        "load ms": "20.0",
        "peak memory MB": "90.0",
        "status": "ok",
    }


def test_the_terminal_table_is_aligned_and_ends_with_failed_rows(rows: list[Row]) -> None:
    groups, titles, rule, *lines = text_table(rows).splitlines()

    assert [line.split()[0] for line in lines] == ["a_none.tflite", "a_int8.tflite", "gone.tflite", "gone.tflite"]
    assert len({line.index("litert") for line in lines[:2]}) == 1
    assert groups.index("invoke, µs") + len("invoke, µs") == titles.index("p99") + len("p99")
    assert set(rule) == {"-"}
    assert lines[0].split()[4:8] == ["250.0", "100.00", "float", "float"]
    assert lines[2].endswith("failed")


def test_markdown_survives_odd_file_names(row: Callable[..., Row]) -> None:
    heading, _, line = as_markdown(COLUMNS, [row("a|b_<i>\n.tflite")]).splitlines()

    assert heading.count("|") == len(COLUMNS) + 1
    assert line.startswith("| a\\|b\\_&lt;i> .tflite | int8 |")


def test_csv_has_raw_units_and_every_row_in_order(rows: list[Row]) -> None:
    lines = list(csv.DictReader(io.StringIO(csv_table(rows))))

    assert [line["variant"] for line in lines] == ["gone.tflite", "a_none.tflite", "a_int8.tflite", "gone.tflite"]
    assert (lines[2]["invoke_median_ns"], lines[2]["frame_to_decision_p99_ns"]) == ("40120", "")
    assert (lines[2]["top1_accuracy"], lines[2]["loss_pp"], lines[2]["memory_peak_bytes"]) == (
        "0.9",
        "10.0",
        "90000000",
    )
    assert (lines[0]["invoke_median_ns"], lines[0]["reason"]) == ("", "crashed with signal 11")


def test_equal_reasons_are_given_once(rows: list[Row]) -> None:
    (reason,) = reasons(rows)
    assert reason.startswith("gone.tflite @ litert and 1")
    assert reason.endswith("failed: crashed with signal 11")


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ({}, "ok"),
        ({"frame_to_decision_ns": [10, 20, 30] * 20}, "ok, noisy"),
        ({"frame_to_decision_ns": list(range(1000, 2000))}, "ok, drifting"),
        ({"end_to_end_ns": list(range(1000, 2000))}, "ok"),  # the table doesn't show it
    ],
)
def test_unsteady_latencies_are_marked(row: Callable[..., Row], values: dict[str, list[int]], shown: str) -> None:
    assert status(row("a.tflite", repeats=1, **values)) == shown


def test_a_throttled_row_is_marked_before_anything_else(row: Callable[..., Row]) -> None:
    assert status(replace(row("a.tflite"), invalid="throttled")) == "ok, invalid times"


@pytest.mark.parametrize(
    ("low", "high", "cell"), [(1.05, 1.2, "1.10"), (0.9, 1.2, "1.10 n.s."), (None, None, "1.10 ?")]
)
def test_a_speedup_shows_whether_it_is_significant(
    row: Callable[..., Row], low: float | None, high: float | None, cell: str
) -> None:
    column = next(column for column in COLUMNS if column.group == "speed")

    assert column.show(replace(row("a.tflite"), speedup=Ratio(1.1, low, high))) == cell
    assert column.show(row("a.tflite")) == MISSING


def test_a_library_that_is_missing_has_no_line_unless_nothing_else_has(row: Callable[..., Row]) -> None:
    absent = replace(row("a.tflite", runtime="tflite-runtime", reason="pip install it"), status="not installed")
    untimed = replace(row("c.tflite", invoke_ns=None), status="not timed")
    rows = [absent, row("b.tflite", reason="crashed"), untimed, row("a.tflite")]

    assert [found.status for found in ordered(rows)] == ["ok", "not timed", "failed"]
    assert ordered([absent]) == [absent]
    assert reasons(rows)[0].split(": ") == ["a.tflite @ tflite-runtime", "not installed", "pip install it"]


def _of(runtime: str, settings: RuntimeSettings | None) -> Row:
    return Row(id="", variant="", path="", status="ok", runtime=runtime, runtime_settings=settings)


def _on(runtime: str, *, xnnpack: bool | None, **variables: str) -> Row:
    settings = RuntimeSettings(
        garbage_collector="off", threads=1, processors=None, xnnpack=xnnpack, spinning=None, variables=variables
    )
    return _of(runtime, settings)


def test_the_kernels_of_each_runtime_that_has_a_choice_are_listed() -> None:
    rows = [
        _on("litert", xnnpack=True),
        _on("tflite-runtime", xnnpack=True),
        _on("tflite-runtime", xnnpack=False),
        _on("onnxruntime", xnnpack=None, OMP_NUM_THREADS="2"),
        _of("litert", None),
    ]

    kernels, *others = runtime_settings_lines(rows)
    assert (kernels[0], kernels[1].split(", ")) == ("XNNPACK", ["litert on", "tflite-runtime some rows"])
    assert others == [("garbage collector", "off"), ("variables of threads", "OMP_NUM_THREADS=2")]


def test_rows_that_were_not_measured_have_no_settings() -> None:
    assert runtime_settings_lines([_of("litert", None)]) == []
