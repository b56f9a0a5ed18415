"""The whole training command on drawn garments, through the same code as a real run."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

keras = pytest.importorskip("keras")
import numpy as np

from edge.artifact.spec import FASHION_MNIST_LABELS, ModelSpec
from train.__main__ import main

ROOT = Path(__file__).parents[2]
QUICK = ("--preset", "tiny", "--data", "demo", "--max-images", "400", "--epochs", "3", "--batch-size", "8")


@pytest.mark.e2e
@pytest.mark.parametrize("library", ["tensorflow", "jax"])
def test_both_backends_train_and_fill_a_run_directory(tmp_path: Path, library: str) -> None:
    pytest.importorskip(library)

    done = subprocess.run(
        [sys.executable, "-m", "train", *QUICK, "--name", "quick", "--runs", str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"KERAS_BACKEND": library},
        check=False,
    )

    assert done.returncode == 0, done.stderr
    run = tmp_path / "quick"
    assert sorted(path.name for path in run.iterdir()) == [
        *("confusion_matrix.png", "curves.png", "history.csv", "metrics.json", "mistakes.png", "model.keras"),
        *("model_spec.json", "samples.png"),
    ]
    spec = ModelSpec.from_json((run / "model_spec.json").read_text())
    assert spec.labels == FASHION_MNIST_LABELS
    assert spec.provenance.source_sha256 == hashlib.sha256((run / "model.keras").read_bytes()).hexdigest()
    assert library in spec.provenance.versions
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["images"] == {
        "train": 370,
        "validation": 30,
        "test": 1000,
        "skipped": 0,
        "auxiliary": 0,
    }  # 3 of 40 a class
    assert metrics["test_top1_accuracy"] > 0.5  # five times what guessing reaches
    assert metrics["expected_calibration_error"]["temperature"] == spec.decision.temperature != 1.0
    assert set(metrics["expected_calibration_error"]["after"]) == {"validation", "test"}
    assert f"{library} backend on {metrics['device']}, float32\n" in done.stderr
    assert done.stderr.count(" images a second") == 3  # an epoch's
    assert done.stdout.splitlines()[-1].startswith(
        f"{run}: {metrics['test_top1_accuracy']:.2%} of 1,000 test images right, 95 % "
    )


def test_a_finished_run_is_never_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").mkdir()

    assert main([*QUICK, "--name", "mine", "--runs", str(tmp_path)]) == 1
    assert "mine exists already" in capsys.readouterr().err
    assert list((tmp_path / "mine").iterdir()) == []


OWN = ("--preset", "tiny", "--epochs", "3", "--batch-size", "8", "--flip", "--shift", "1", "--average-epochs", "1")


def test_your_own_classes_train_and_the_run_keeps_what_an_export_needs(
    own_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ("--data", str(own_folder), "--input-size", "32", "--runs", str(tmp_path), "--name", "own")
    assert main([*OWN, *flags]) == 0

    run = tmp_path / "own"
    assert list(tmp_path.iterdir()) == [run]  # nothing unfinished is left
    spec = ModelSpec.from_json((run / "model_spec.json").read_text())
    assert spec.labels == ("round", "tall", "wide")
    assert (spec.input.height, spec.input.width) == (32, 32)
    assert spec.provenance.dataset == own_folder.name
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["images"] == {"train": 65, "validation": 7, "test": 13, "skipped": 4, "auxiliary": 0}
    assert metrics["preset"]["flip"] is True
    assert len((run / "skipped.txt").read_text().splitlines()) == 4
    with np.load(run / "images.npz") as stored:
        assert stored["test_images"].shape == (13, 32, 32)
        assert np.bincount(stored["train_labels"]).min() >= 18
    assert metrics["rejection"]["unknown_rejected"] is None
    assert metrics["rejection"] == spec.provenance.rejection
    assert (spec.decision.score, spec.decision.threshold) == ("probability", metrics["rejection"]["threshold"])
    accuracy, rejection = capsys.readouterr().out.splitlines()[-2:]
    assert "of 13 test images right" in accuracy
    assert "of 13 " in rejection


@pytest.mark.parametrize(
    ("right", "count", "classes", "remedy"),
    [
        pytest.param(1, 2000, 2000, "epochs", id="0.01 % at least, of 0.05 %"),
        pytest.param(8, 2000, 2000, None, id="0.20 % at least, of 0.05 %"),
        pytest.param(3, 4, 2, "epochs", id="30 % at least, of 50 %"),
        pytest.param(4, 4, 2, None, id="51 % at least, of 50 %"),
        pytest.param(3, 3, 2, "images", id="44 % at least, of 50 %, though all are right"),
        pytest.param(1, 1, 2, "images", id="21 % at least, of 50 %, though all are right"),
    ],
)
def test_an_accuracy_that_guessing_may_have_too_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    *, right: int, count: int, classes: int, remedy: str | None,
) -> None:  # fmt: skip
    metrics = {
        "config": {"test_fraction": 0.15}, "images": {"test": count}, "preset": {"epochs": 7}, "rejection": None,
        "test_top1_accuracy": right / count, "test_top1_interval": [0.0, 0.01],
    }  # fmt: skip
    (tmp_path / "metrics.json").write_text(json.dumps(metrics))
    spec = ModelSpec(labels=tuple(map(str, range(classes))))
    (tmp_path / "model_spec.json").write_text(spec.to_json())
    monkeypatch.setattr("train.fit.train_run", lambda config: tmp_path)

    assert main([]) == 0

    said = capsys.readouterr()
    assert f"{right / count:.2%} of {count:,} test image" in said.out
    facts = {"epochs": f"among {classes:,} classes", "images": f"{count} test image{'s' * (count > 1)} can't"}
    assert [name for name, fact in facts.items() if fact in said.err] == [remedy] * bool(remedy)
    assert ("--epochs than 7" in said.err) == (remedy == "epochs")


@pytest.mark.e2e
def test_counter_examples_are_rejected_and_no_label(own_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(own_folder, tmp_path / "data")
    (folder / "tall").rename(folder / "unknown")

    assert main([*OWN, "--data", str(folder), "--epochs", "20", "--runs", str(tmp_path), "--name", "own"]) == 0

    spec = ModelSpec.from_json((tmp_path / "own" / "model_spec.json").read_text())
    assert spec.labels == ("round", "wide")
    assert (spec.output, spec.decision.score) == ("logits", "joint")
    rejection = json.loads((tmp_path / "own" / "metrics.json").read_text())["rejection"]
    assert rejection["unknown"] >= 3
    assert rejection["area_under_roc"] > 0.8  # ellipses of three shapes are easy
    with np.load(tmp_path / "own" / "images.npz") as stored:
        assert set(stored["train_labels"]) == set(stored["test_labels"]) == {0, 1}


@pytest.mark.e2e
def test_a_student_learns_from_a_run_and_from_its_soft_labels(own_folder: Path, tmp_path: Path) -> None:
    flags = (*OWN, "--data", str(own_folder), "--runs", str(tmp_path))
    soft = tmp_path / "soft.npz"
    assert main([*flags, "--name", "wide", "--soft-labels", str(soft)]) == 0
    assert main([*flags, "--name", "asks", "--teacher", str(tmp_path / "wide")]) == 0
    assert main([*flags, "--name", "reads", "--teacher", str(soft)]) == 0

    metrics = [json.loads((tmp_path / name / "metrics.json").read_text()) for name in ("asks", "reads")]
    assert [row["config"]["teacher"] for row in metrics] == [str(tmp_path / "wide"), str(soft)]
    # A student is a network like any other: its file holds no teacher.
    assert {row["parameters"] for row in metrics} == {
        json.loads((tmp_path / "wide" / "metrics.json").read_text())["parameters"]
    }


@pytest.mark.e2e
def test_tensorboards_logs_are_in_the_finished_run(own_folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")

    assert main([*OWN, "--data", str(own_folder), "--runs", str(tmp_path), "--name", "logged", "--tensorboard"]) == 0
    logs = (tmp_path / "logged" / "tensorboard").rglob("events.*")
    assert sorted(path.parent.name for path in logs) == ["train", "validation"]


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["--preset", "huge"], id="no such preset"),
        pytest.param(["--data", "cifar"], id="no such data"),
        pytest.param(["--epochs", "0"], id="no epoch"),
        pytest.param(["--learning-rate", "nan"], id="not a number"),
        pytest.param(["--validation-fraction", "1"], id="nothing left to train on"),
        pytest.param(["--seed", "-1"], id="negative seed"),
        pytest.param(["--name", "../elsewhere"], id="a path as a name"),
        pytest.param(["--unknown"], id="unknown flag"),
    ],
)
def test_a_wrong_call_is_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2
    assert "error: " in capsys.readouterr().err


def test_help_teaches_without_importing_keras() -> None:
    heavy = ("keras", "tensorflow", "cv2", "numpy")
    program = (
        f"import sys, train.__main__ as t; t.parser().format_help(); print([m for m in {heavy} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)

    assert done.stdout == "[]\n"
