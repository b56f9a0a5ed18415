import re
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.__main__ import main
from benchmarks.analysis.row import Row
from benchmarks.compare.changes import read_report
from benchmarks.compare.command import parser
from benchmarks.report.schema import Report, to_json
from edge.errors import ReportError


@pytest.fixture
def write(row: Callable[..., Row], report: Callable[..., Report], tmp_path: Path) -> Callable[..., str]:
    def make(name: str, **values: Any) -> str:
        (tmp_path / name).mkdir()
        (tmp_path / name / "report.json").write_text(to_json(report(row("a.tflite", **values))), encoding="utf-8")
        return str(tmp_path / name)

    return make


def test_two_report_folders_are_compared(write: Callable[..., str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", write("old"), write("new")]) == 0

    assert capsys.readouterr().out.splitlines()[-1].startswith("No row of 1 ")


def test_the_gate_has_its_exit_code(write: Callable[..., str], capsys: pytest.CaptureFixture[str]) -> None:
    old, new = write("old"), write("new", wrong=9)

    assert main(["compare", old, new, "--gate", "--markdown"]) == 3

    out, err = capsys.readouterr()
    (line,) = err.splitlines()
    assert line.startswith("error: ")
    assert line.endswith(" a.tflite @ litert")
    assert f"❌ Gate: {line.removeprefix('error: ')}." in out


def test_a_variant_that_fails_now_is_exit_code_1(write: Callable[..., str]) -> None:
    assert main(["compare", write("old"), write("new", reason="crashed"), "--gate"]) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no report .*report.json: make one"),
        ("{", "can't be read"),
        ("[]", "is no report of schema 2"),
        ('{"schema_version": 1, "rows": []}', r"schema_version 1\): make all reports with one version"),
        ('{"schema_version": 2, "rows": [{"status": "ok", "raw": null}]}', "damaged"),
    ],
)
def test_files_that_are_no_report_are_refused(content: str | None, message: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "report.json").write_text(content, encoding="utf-8")

    with pytest.raises(ReportError, match=message):
        read_report(tmp_path)


def test_a_report_without_raw_values_is_refused(
    row: Callable[..., Row], report: Callable[..., Report], tmp_path: Path
) -> None:
    file = tmp_path / "report.json"
    file.write_text(to_json(report(replace(row("a.tflite"), raw=None))), encoding="utf-8")

    with pytest.raises(ReportError, match="lost its raw values"):
        read_report(file)


def test_the_published_report_can_be_compared() -> None:
    published = read_report(Path(__file__).parents[3] / "docs" / "report")

    assert len(published.rows) > 10
    assert all(row.predictions for row in published.rows)


def test_the_workflow_in_docs_calls_it_rightly_and_asks_for_no_more_rights_than_it_needs() -> None:
    text = (Path(__file__).parents[3] / "docs" / "benchmark-pull-request.yml").read_text(encoding="utf-8")
    (call,) = re.findall(r"python -m benchmarks compare (.*?)(?:\\\n|>)", text)

    options = parser().parse_args(shlex.split(call))

    assert (options.gate, options.markdown) == (True, True)
    assert re.findall(r"permissions:\n((?: +[a-z-]+: [a-z]+\n)+)", text) == [
        "  contents: read\n", "      pull-requests: write\n",
    ]  # fmt: skip
    assert re.findall(r"uses: (\S+)", text)
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", action) for action in re.findall(r"uses: (\S+)", text))
