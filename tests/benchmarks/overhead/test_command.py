"""Table, report and exit code, with rows that are made up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import __main__ as benchmarks
from benchmarks.overhead import command
from benchmarks.overhead.measure import GROWTH, LOOP, Row, RunnerConfig, ratio_row, reading_row
from benchmarks.records import to_record


def rows(latency_ns: float) -> list[Row]:
    """Two rows, the first with this latency against 1000 ns."""
    return [ratio_row(LOOP, [latency_ns], [1000.0]), reading_row(GROWTH, 4096.0)]


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[Row]:
    """Rows that stand for measured ones."""
    found: list[Row] = []
    monkeypatch.setattr(command, "measure", lambda *_: found)
    monkeypatch.setattr(command, "write_inputs", lambda *_: None)
    return found


def test_kept_limits_give_a_table_and_a_report(
    measured: list[Row], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measured += rows(1250.0)
    assert benchmarks.main(["runner", "--out", str(tmp_path / "r.json")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == f"report: {tmp_path / 'r.json'}"
    assert lines[-3].startswith(LOOP.what)
    assert lines[-3].split()[-9:] == ["1.00", "µs", "1.25", "1.25", "1.25", "at", "most", "1.3", "ok"]
    report = json.loads((tmp_path / "r.json").read_text())
    assert (report["schema_version"], report["settings"]["repeats"]) == (2, 9)
    assert report["rows"] == to_record(measured)


def test_a_missed_limit_is_exit_code_3_after_the_report(
    measured: list[Row], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measured += rows(1400.0)
    assert command.main(["--out", str(tmp_path / "r.json"), "-q"]) == 3
    error = capsys.readouterr().err
    assert error.startswith("error: 1 of 2 limits missed: ")
    assert f"{LOOP.what} 1.40, at most 1.3" in error
    assert (tmp_path / "r.json").is_file()


def test_too_few_frames_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--frames", "1000"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: --frames 1000 ")
    assert "1,001 or more" in line


def test_flags_are_the_fields_of_the_config() -> None:
    options = command.parser().parse_args([])
    assert RunnerConfig(**{name: getattr(options, name) for name in RunnerConfig.__slots__}) == RunnerConfig()
