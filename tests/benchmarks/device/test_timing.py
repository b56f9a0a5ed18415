"""Times that a page or a sketch printed: read, refused, and merged with a report of the same file."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from benchmarks.analysis.row import known
from benchmarks.config import BenchmarkConfig
from benchmarks.device.merge import main, merge, parse, read
from benchmarks.device.run import DeviceResult, MeasuredVariant
from benchmarks.device.timing import Timing, read_timing
from benchmarks.host.environment import Environment, environment_lines, machine_name
from benchmarks.host.machine_state import MachineState
from benchmarks.measure.inputs import EvaluationSet
from benchmarks.measure.job import OK, Measurement, Outcome
from benchmarks.measure.rounds import Trial
from benchmarks.measure.variants import Variant
from benchmarks.records import to_record
from benchmarks.report.table import text_table
from edge.artifact.file import Artifact
from edge.errors import ToolkitError

ROOT = Path(__file__).parents[3]
DIGEST = "a" * 64
BOARD = {
    "timing_schema_version": 1, "file": "a_int8.tflite", "format": "tflite", "sha256": DIGEST, "size_bytes": 1000,
    "runtime": "tflite-micro", "runtime_version": "Chirale_TensorFLowLite", "kind": "microcontroller",
    "machine": "ESP32S3_DEV", "threads": 1, "utc": None, "load_ns": None, "first_invoke_ns": None,
    "memory_peak_bytes": 19_496, "invoke_ns": [51_000_000] * 20, "frame_to_decision_ns": [],
}  # fmt: skip
PHONE = BOARD | {
    "runtime": "litert.js", "runtime_version": "2.5.3", "kind": "browser", "machine": "Chromium 140 on Android",
    "utc": "2026-11-30T08:00:00Z", "load_ns": 60_000_000, "first_invoke_ns": 4_000_000, "memory_peak_bytes": None,
    "invoke_ns": [2_000_000, 2_100_000, 1_900_000], "frame_to_decision_ns": [3_000_000] * 3,
}  # fmt: skip


@pytest.fixture
def host(measurement: Callable[..., Measurement]) -> dict[str, Any]:
    """The result of a computer that ran the same file."""
    artifact = Artifact(Path("/kit/a_int8.tflite"), "tflite", DIGEST, 1000, None)
    outcome = Outcome(OK, measurement=measurement(quantization="int8", invoke_ns=40_000))
    variant = Variant("a_int8.tflite", artifact.path, artifact, "litert")
    result = DeviceResult(
        statement="accuracy on drawn garments (10 images)",
        test_images=EvaluationSet("demo", 10, "ab" * 32, list(range(10))),
        environment=Environment(kind="host", cpu="Some CPU", architecture="x86_64", cpu_count=2,
                                utc="2026-11-29T00:00:00Z"),
        settings=BenchmarkConfig(repeats=1),
        variants=(MeasuredVariant.of(variant, [Trial(outcome, MachineState(), MachineState())]),),
    )  # fmt: skip
    record: dict[str, Any] = json.loads(json.dumps(to_record(result)))
    return record


def test_a_sketch_and_a_page_become_rows_beside_the_computer_s(host: dict[str, Any]) -> None:
    report = merge([parse("board.json", BOARD), parse("host.json", host), parse("phone.json", PHONE)])

    board, computer, phone = report.rows
    assert (board.runtime, board.machine, board.quantization) == ("tflite-micro", "ESP32S3_DEV", "int8")
    assert (known(board.invoke).median_ns, board.memory_peak_bytes, board.frame_to_decision) == (
        51_000_000,
        19_496,
        None,
    )
    assert (board.top1_accuracy, board.status) == (None, OK)
    assert known(phone.frame_to_decision).median_ns == 3_000_000
    assert (phone.load_ns, phone.memory_peak_bytes) == (60_000_000, None)
    assert known(computer.top1_accuracy) == 1
    machines = known(report.environment.machines)
    assert [machine_name(machine) for machine in machines] == [
        "microcontroller: ESP32S3_DEV", "host: Some CPU, 2 cores", "browser: Chromium 140 on Android",
    ]  # fmt: skip
    assert "None" not in str(environment_lines(machines[0]))
    assert " 0.019 " in text_table(report.rows)


def of_another_file(host: dict[str, Any]) -> dict[str, Any]:
    """The same result of a file with other bytes."""
    other: dict[str, Any] = json.loads(json.dumps(host).replace(DIGEST, "b" * 64))
    return other


def test_what_any_report_says_of_the_file_is_taken_over_and_nothing_else_of_a_computer(host: dict[str, Any]) -> None:
    files = [parse("other.json", of_another_file(host)), parse("host.json", host), parse("board.json", BOARD)]
    report = merge(files)

    assert report.rows[2].quantization == "int8"
    assert [settings is None for settings in known(report.settings_of_each)] == [False, False, True]
    board = known(report.environment.machines)[2]
    assert board.utc is None
    assert "time" not in dict(environment_lines(board))
    assert report.environment.utc == "2026-11-29T00:00:00Z"
    assert "on other machines" in report.recommendation[2]


def test_reports_on_different_images_are_named_and_times_are_not(host: dict[str, Any]) -> None:
    other = json.loads(json.dumps(host).replace("ab" * 32, "cd" * 32))
    with pytest.raises(ToolkitError, match=r"other\.json and host\.json"):
        merge([parse("board.json", BOARD), parse("host.json", host), parse("other.json", other)])


def test_of_a_file_that_no_report_holds_no_accuracy_is_promised(host: dict[str, Any]) -> None:
    report = merge([parse("other.json", of_another_file(host)), parse("board.json", BOARD)])

    assert report.rows[1].quantization is None
    assert "merge a report" in report.recommendation[1]


def test_a_merged_report_with_times_alone_keeps_to_the_schema_and_is_written_again(
    host: dict[str, Any], tmp_path: Path
) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    pytest.importorskip("matplotlib", reason="a report needs the extra `benchmarks`")
    for name, data in (("host", host), ("board", BOARD)):
        (tmp_path / f"{name}.json").write_text(json.dumps(data), encoding="utf-8")
    files = [str(tmp_path / f"{name}.json") for name in ("board", "host")]
    assert main([*files, "--out", str(tmp_path / "one"), "-q"]) == 0
    assert main([str(tmp_path / "one" / "report.json"), "--out", str(tmp_path / "two"), "-q"]) == 0
    one, two = (json.loads((tmp_path / name / "report.json").read_text(encoding="utf-8")) for name in ("one", "two"))
    schema = json.loads((ROOT / "docs" / "report.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(one)
    assert one["recommendation"] == two["recommendation"]
    assert (two["settings_of_each"][0], two["environment"]["machines"][0]["utc"]) == (None, None)


def test_the_command_takes_the_printed_line(
    tmp_path: Path, host: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib", reason="a report needs the extra `benchmarks`")
    for name, data in (("board", BOARD), ("host", host)):
        (tmp_path / f"{name}.json").write_text(json.dumps(data), encoding="utf-8")
    files = [str(tmp_path / name) for name in ("host.json", "board.json")]
    assert main([*files, "--out", str(tmp_path / "all")]) == 0
    assert "tflite-micro" in capsys.readouterr().out
    assert (tmp_path / "all" / "report.html").is_file()


@pytest.mark.parametrize("stamp", ["", "12:30:01.250 -> "], ids=["bare", "with the monitor's timestamps"])
@pytest.mark.parametrize("noise", [b"\xff\x80", b""], ids=["noise", "from the first line on"])
def test_what_the_serial_monitor_showed_is_read_as_it_is(tmp_path: Path, stamp: str, noise: bytes) -> None:
    earlier = json.dumps(BOARD | {"machine": "EARLIER"}, separators=(",", ":"))
    lines = [
        *(["arena: 640 bytes used of 1280"] if noise else []),
        earlier,
        json.dumps(BOARD, separators=(",", ":")),
        "cat 0.25",
        "dog 0.{",
    ]
    path = tmp_path / "serial.txt"
    path.write_bytes(noise + "".join(f"{stamp}{line}\r\n" for line in lines).encode())
    assert read(path).content == read_timing(BOARD, "board.json")


def test_times_alone_have_no_test_images() -> None:
    with pytest.raises(ToolkitError, match=r"report\.json"):
        merge([parse("board.json", BOARD)])


@pytest.mark.parametrize(
    "change",
    [
        {"timing_schema_version": 2}, {"runtime": "litert"}, {"runtime": "litert.js"}, {"kind": "host"},
        {"invoke_ns": []}, {"invoke_ns": [1.5]}, {"invoke_ns": [-1]}, {"invoke_ns": None}, {"size_bytes": True},
        {"machine": ""}, {"machine": "two\nlines"}, {"machine": "x" * 300}, {"load_ns": "1"}, {"utc": 5},
        {"format": "keras"}, {"utc": "yesterday"}, {"utc": "2026-02-30T08:00:00Z"},
    ],
    ids=str,
)  # fmt: skip
def test_what_isn_t_whole_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ToolkitError):
        read_timing(BOARD | change, "board.json")


@pytest.mark.parametrize("missing", [field.name for field in fields(Timing)])
def test_each_field_is_needed_or_may_be_null(missing: str) -> None:
    data = {name: value for name, value in BOARD.items() if name != missing}
    if missing in ("utc", "load_ns", "first_invoke_ns", "memory_peak_bytes"):
        assert getattr(read_timing(data, "board.json"), missing) is None
    else:
        with pytest.raises(ToolkitError, match=missing):
            read_timing(data, "board.json")
