import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.analysis.row import Row, known
from benchmarks.config import BenchmarkConfig
from benchmarks.host.environment import Environment, describe_environment
from benchmarks.measure.evaluation import without_truth
from benchmarks.measure.inputs import EvaluationImages
from benchmarks.records import from_record
from benchmarks.report.build import CHART, build_report, caveats, markdown, write_report
from benchmarks.report.schema import Report, to_json

jsonschema = pytest.importorskip("jsonschema")
SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "report.schema.json").read_text(encoding="utf-8"))

IMAGES = EvaluationImages(
    np.zeros((10, 28, 28), np.uint8), np.arange(10, dtype=np.uint8),
    dataset="demo", statement="accuracy on drawn garments, not on Fashion-MNIST (10 images)",
)  # fmt: skip
ODD_NAME = "<script>alert(1)</script>&.tflite"


@pytest.fixture
def environment() -> Environment:
    described = describe_environment(["python", "-m", "benchmarks"], seed=0, threads=1)
    return replace(described, kind="host", cpu_count=2, load_average_1min=0.1)


@pytest.fixture
def report(row: Callable[..., Row], compared: Callable[..., list[Row]], environment: Environment) -> Report:
    rows = compared(
        [
            row("a_none.tflite", quantization="none", invoke_ns=80_000),
            row(ODD_NAME, wrong=1),
            row("gone.tflite", reason="crashed with signal 11 (SIGSEGV)"),
        ]
    )
    return build_report(
        rows, BenchmarkConfig(artifacts=(Path("a"),)), IMAGES.facts, environment, statement=IMAGES.statement
    )


def test_the_json_reads_back_and_keeps_what_statistics_need(report: Report) -> None:
    text = to_json(report)
    data = json.loads(text)

    assert from_record(Report, data) == report
    assert data["schema_version"] == 2
    assert data["test_images"]["labels"] == list(range(10))
    assert data["rows"][1]["raw"]["predictions"] == [9, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert [len(repeat) for repeat in data["rows"][1]["raw"]["invoke_ns"]] == [500, 500]
    assert '"labels": [0,1,2,3,4,5,6,7,8,9]' in text  # one line a list


UNJUDGED = {"predictions": [], "confidence_bp": [], "untempered_confidence_bp": []}


def test_a_report_holds_without_any_accuracy(
    row: Callable[..., Row], compared: Callable[..., list[Row]], environment: Environment, tmp_path: Path
) -> None:
    rows = compared(
        [row("a_none.tflite", quantization="none", invoke_ns=80_000, **UNJUDGED), row("b.tflite", **UNJUDGED)]
    )
    made = build_report(rows, BenchmarkConfig(), without_truth().facts, environment, statement="no images")

    write_report(made, tmp_path / "out")

    assert not (tmp_path / "out" / CHART).exists()
    files = {path.suffix: path.read_text(encoding="utf-8") for path in (tmp_path / "out").iterdir()}
    assert files.keys() == {".json", ".csv", ".md", ".html"}
    data = json.loads(files[".json"])
    jsonschema.Draft202012Validator(SCHEMA).validate(data)
    assert [line["top1_accuracy"] for line in data["rows"]] == [None, None]
    assert known(made.rows[1].speedup).value == pytest.approx(2.0)
    assert CHART not in files[".md"]
    assert "b.tflite" in made.recommendation[0]


def test_judged_and_unjudged_rows_stand_in_one_report(
    row: Callable[..., Row], compared: Callable[..., list[Row]], environment: Environment, tmp_path: Path
) -> None:
    rows = compared(
        [row("a.tflite", quantization="", source_sha256="", wrong=1), row("fast.tflite", invoke_ns=10, **UNJUDGED)]
    )
    made = build_report(rows, BenchmarkConfig(), IMAGES.facts, environment, statement="drawn")
    write_report(made, tmp_path / "out")
    assert (tmp_path / "out" / CHART).exists()
    assert "fast.tflite" in made.recommendation[0]
    assert "a.tflite (litert)" in made.recommendation[2]  # the most accurate


def test_the_published_report_reads_and_writes_back_without_losing_a_field() -> None:
    path = Path(__file__).parents[3] / "docs" / "report" / "report.json"
    data = json.loads(path.read_text(encoding="utf-8"))

    again = json.loads(to_json(from_record(Report, data)))

    assert again["rows"] == data["rows"]
    assert again | {"peers": data["peers"]} == data
    assert [old.items() <= new.items() for old, new in zip(
        (peer | {"invoke": None} for peer in data["peers"]),
        (peer | {"invoke": None} for peer in again["peers"]), strict=True,
    )].count(False) == 0  # fmt: skip


def test_all_files_are_written_and_nothing_else_is_left(report: Report, tmp_path: Path) -> None:
    page = write_report(report, tmp_path / "new" / "folder")

    assert page == tmp_path / "new" / "folder" / "report.html"
    assert sorted(path.name for path in page.parent.iterdir()) == [
        "accuracy_latency.png", "report.csv", "report.html", "report.json", "report.md",
    ]  # fmt: skip


def test_a_new_folder_holds_all_files_or_is_not_there(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.report.build.html_page", lambda report: "")  # the charts in it take two seconds
    monkeypatch.setattr("benchmarks.report.build.to_json", lambda report: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_report(report, tmp_path / "new")

    assert list(tmp_path.iterdir()) == []


def test_a_report_without_a_single_number_is_written_too(
    row: Callable[..., Row], environment: Environment, tmp_path: Path
) -> None:
    report = build_report(
        [row("gone.tflite", reason="crashed")], BenchmarkConfig(), IMAGES.facts, environment, statement="drawn"
    )
    (tmp_path / "accuracy_latency.png").write_bytes(b"of an earlier run")

    page = write_report(report, tmp_path)

    assert "Nothing could be measured" in page.read_text(encoding="utf-8")
    assert not (tmp_path / "accuracy_latency.png").exists()


def test_the_page_is_one_file_that_escapes_what_others_wrote(report: Report, tmp_path: Path) -> None:
    html = write_report(report, tmp_path).read_text(encoding="utf-8")

    assert "<script" not in html
    assert "&lt;script&gt;alert(1)" in html
    for outside in ('src="', 'href="http', "url(http", "@import"):
        assert outside not in html
    assert "prefers-color-scheme: dark" in html
    assert "(SIGSEGV)" in html
    # Accuracy over latency, losses, stages and scatter for two widths each; one change of answers; confidence.
    assert html.count("<svg") == 4 * 2 + 1 + 1
    assert f"{IMAGES.statement[1:]}." in html


def test_markdown_leads_with_machine_data_and_recommendation(report: Report) -> None:
    title, where, advice, *_ = markdown(report).split("\n\n")

    assert title.startswith("# Benchmark of ")
    assert where.startswith("host: ")
    assert where.endswith(f"{IMAGES.statement}.")
    assert advice.startswith("**Use a_none.tflite")


def test_caveats_name_the_host_noise_and_load(row: Callable[..., Row], environment: Environment) -> None:
    steady, unsteady = row("a.tflite"), row("b.tflite", frame_to_decision_ns=[10, 20, 30] * 20)
    board = replace(environment, kind="board")

    assert any("Raspberry Pi" in text for text in caveats([steady], IMAGES.facts, environment))
    assert not any("host" in text for text in caveats([steady], IMAGES.facts, board))
    assert any(
        text.startswith("b.tflite @ litert") and "frame to decision noisy" in text
        for text in caveats([steady, unsteady], IMAGES.facts, board)
    )
    assert any("1.4 on 2 cores" in text for text in caveats([], IMAGES.facts, replace(board, load_average_1min=1.4)))
