"""A training that is killed or interrupted, and what comes of it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("tensorflow")
import numpy as np

from train.__main__ import main

ROOT = Path(__file__).parents[2]
OWN = ("--preset", "tiny", "--epochs", "3", "--batch-size", "8", "--flip", "--shift", "1", "--average-epochs", "1")


def _start(*arguments: str) -> subprocess.Popen[str]:
    """Start a training that would take for ever, and wait until its first epoch is done."""
    child = subprocess.Popen(
        [sys.executable, "-u", "-m", "train", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"KERAS_BACKEND": "tensorflow"},
    )
    assert child.stdout is not None
    while "Epoch 2/" not in child.stdout.readline():
        assert child.poll() is None, child.communicate()[1]
    return child


@pytest.mark.e2e
def test_a_training_killed_with_9_goes_on_and_ends_as_if_nothing_had_happened(
    own_folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    flags = (*OWN, "--epochs", "20", "--data", str(own_folder), "--runs", str(tmp_path))
    with _start(*flags, "--name", "cut") as child:
        child.kill()
    assert [path.name for path in tmp_path.iterdir()] == [".cut.partial"]

    assert main([*flags, "--name", "cut"]) == 1
    assert " --resume --name cut " in capfd.readouterr().err
    assert main(["--resume", "--runs", str(tmp_path)]) == 0
    assert main([*flags, "--name", "whole"]) == 0

    assert sorted(path.name for path in tmp_path.iterdir()) == ["cut", "whole"]
    cut, whole = (keras.models.load_model(tmp_path / name / "model.keras") for name in ("cut", "whole"))
    for ours, expected in zip(cut.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_allclose(ours, expected, atol=1e-5)
    histories = [(tmp_path / name / "history.csv").read_text().splitlines() for name in ("cut", "whole")]
    assert [len(lines) for lines in histories] == [21, 21]


@pytest.mark.e2e
def test_ctrl_c_is_130_and_says_how_to_go_on(own_folder: Path, tmp_path: Path) -> None:
    with _start(*OWN, "--epochs", "100000", "--data", str(own_folder), "--runs", str(tmp_path), "--name", "x") as child:
        child.send_signal(signal.SIGINT)
        _, errors = child.communicate()

    assert child.returncode == 130
    warning, error = errors.splitlines()[-2:]
    assert f" --resume --name x --runs {tmp_path}`" in warning
    assert error == "error: interrupted"
    assert [path.name for path in tmp_path.iterdir()] == [".x.partial"]
