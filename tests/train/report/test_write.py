import json
import logging
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("keras")
pytest.importorskip("jinja2")

from edge.errors import RunError
from train import fit
from train.config import PRESETS, TrainConfig
from train.data.splits import Splits
from train.report import build, write
from train.report.__main__ import report_of
from train.report.int8 import measure_int8
from train.results import run_dir
from train.results.run_dir import METRICS, Outcome

VALIDATION = np.array([[0.8, 0.2], [0.7, 0.3]], np.float32)
TEST = np.array([[0.1, 0.9], [0.4, 0.6], [0.2, 0.8]], np.float32)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A finished run directory, with features that need no network and an export that isn't installed."""
    monkeypatch.setattr(build, "frozen_features", lambda pool, splits: np.eye(len(pool.labels), dtype=np.float32))
    monkeypatch.setattr(write, "measure_int8", lambda folder, images: "no export")
    (tmp_path / "mine").mkdir()
    metrics = {
        "config": {"name": "mine", "preset": "edge"}, "started": "2026-11-30T02:00:00+00:00", "device": "CPU",
        "images": {"test": 3}, "test_top1_accuracy": 1 / 3, "test_top1_interval": [0.06, 0.79],
    }  # fmt: skip
    (tmp_path / "mine" / METRICS).write_text(json.dumps(metrics))
    return tmp_path / "mine"


def test_the_run_gets_a_page_and_its_figures(run: Path, splits: Splits) -> None:
    page = write.write_report(run, TrainConfig(data="data"), splits, validation=VALIDATION, test=TEST)

    assert page == run / "report.html"
    figures = json.loads((run / "report.json").read_text())
    assert figures["confusion"] == [[1, 2], [1, 1]]
    assert (figures["wrong"], figures["held_out"], figures["int8_reason"]) == (3, 5, "no export")
    assert [row["name"] for row in figures["classes"]] == ["a", "b"]
    assert [row["training"] for row in figures["classes"]] == [3, 2]
    # Near copies count once: train0, validation0, test0 and test1 of a.
    assert [row["different"] for row in figures["classes"]] == [4, 4]
    assert "33.3% of 3 test images" in figures["headline"][0]


def test_a_run_without_test_part_is_reported_on_its_validation_part(run: Path, splits: Splits) -> None:
    without_test = replace(splits, test=splits.validation)

    write.write_report(run, TrainConfig(data="data"), without_test, validation=VALIDATION, test=VALIDATION)

    figures = json.loads((run / "report.json").read_text())
    assert (figures["test"], figures["held_out"]) == (0, 2)
    assert figures["confusion"] == [[1, 0], [1, 0]]


def test_a_single_test_image_is_spoken_of_as_one(run: Path, splits: Splits) -> None:
    metrics = json.loads((run / METRICS).read_text()) | {"images": {"test": 1}, "test_top1_accuracy": 0.0}
    (run / METRICS).write_text(json.dumps(metrics))
    files = splits.test.files
    assert files is not None
    # Of group 3, as two training images are.
    alone = replace(splits.test.first(1), files=replace(files, paths=files.paths[:1], groups=files.groups[:1]))

    write.write_report(run, TrainConfig(data="data"), replace(splits, test=alone), validation=VALIDATION, test=TEST[:1])

    headline = json.loads((run / "report.json").read_text())["headline"]
    assert "1 test image is" in headline[0]
    assert [line.split()[:4] for line in headline if "flatters" in line] == [["1", "test", "image", "has"]]


def test_a_report_that_fails_leaves_the_run_finished(
    run: Path, splits: Splits, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*arguments: object, **settings: object) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(fit, "write_report", full)
    outcome = Outcome(
        TrainConfig("transfer", "data", name="mine", runs=run.parent), PRESETS["transfer"], None, splits, VALIDATION,
        TEST, temperature=1.0, duration_s=1.0, ood_evaluation=None, throughput={}, device="CPU", versions={},
    )  # fmt: skip

    with caplog.at_level(logging.WARNING):
        fit._write_report(outcome)

    assert f"train.report {run}" in caplog.text
    assert "No space left" in caplog.text


def test_an_export_that_fails_is_a_reason_and_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = subprocess.CompletedProcess([], 1, stdout="", stderr="notice\nerror: export needs TensorFlow\n")
    monkeypatch.setattr(subprocess, "run", lambda *arguments, **settings: done)

    reason = measure_int8(tmp_path, np.zeros((1, 24, 24, 3), np.uint8))

    assert "error: export needs TensorFlow" in str(reason)


def test_a_report_is_made_again_for_finished_runs_of_the_pretrained_network_alone(run: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=run_dir.METRICS):
        report_of(tmp_path)
    with pytest.raises(RunError, match="preset edge"):
        report_of(run)
