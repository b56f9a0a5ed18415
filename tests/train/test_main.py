"""The whole training command on drawn garments, through the same code as a real run."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("keras")

from edge.spec import FASHION_MNIST_LABELS, ModelSpec
from train.__main__ import main

ROOT = Path(__file__).parents[2]
QUICK = ("--preset", "tiny", "--data", "demo", "--max-images", "400", "--epochs", "3", "--batch-size", "8")


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
        *("confusion_matrix.png", "curves.png", "history.csv", "metrics.json", "model.keras", "model_spec.json"),
        "samples.png",
    ]
    spec = ModelSpec.from_json((run / "model_spec.json").read_text())
    assert spec.labels == FASHION_MNIST_LABELS
    assert spec.provenance.source_sha256 == hashlib.sha256((run / "model.keras").read_bytes()).hexdigest()
    assert library in spec.provenance.versions
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["images"] == {"train": 370, "validation": 30, "test": 1000}  # 3 of 40 a class
    assert metrics["test_top1_accuracy"] > 0.5  # five times what guessing reaches
    assert f"{library} backend on " in done.stderr
    assert done.stdout.splitlines()[-1] == (f"{run}: {metrics['test_top1_accuracy']:.2%} of 1,000 test images right")


def test_a_finished_run_is_never_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").mkdir()

    assert main([*QUICK, "--name", "mine", "--runs", str(tmp_path)]) == 1
    assert "mine exists already" in capsys.readouterr().err
    assert list((tmp_path / "mine").iterdir()) == []


def test_a_killed_training_leaves_no_run_behind(tmp_path: Path) -> None:
    arguments = [
        sys.executable,
        "-u",
        "-m",
        "train",
        *QUICK,
        "--epochs",
        "100000",
        "--name",
        "x",
        "--runs",
        str(tmp_path),
    ]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT) as child:
        assert child.stdout is not None
        while "val_accuracy" not in child.stdout.readline():
            assert child.poll() is None
        child.send_signal(signal.SIGKILL)

    assert not (tmp_path / "x").exists()


def test_ctrl_c_is_130_and_cleans_up(tmp_path: Path) -> None:
    arguments = [
        sys.executable,
        "-u",
        "-m",
        "train",
        *QUICK,
        "--epochs",
        "100000",
        "--name",
        "x",
        "--runs",
        str(tmp_path),
    ]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as child:
        assert child.stdout is not None
        while "val_accuracy" not in child.stdout.readline():
            assert child.poll() is None
        child.send_signal(signal.SIGINT)
        _, errors = child.communicate()

    assert child.returncode == 130
    assert errors.splitlines()[-1] == "error: interrupted"
    assert list(tmp_path.iterdir()) == []


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
