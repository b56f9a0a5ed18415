"""Transfer learning by the whole command, and which settings exclude each other."""

import json
import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("keras")

from edge.artifact.spec import ModelSpec
from edge.errors import RunError
from train.__main__ import main
from train.config import TrainConfig, describe_input, input_of, preset_for, require_consistent
from train.network import pretrained

ROOT = Path(__file__).parents[2]


@pytest.fixture
def balls(tmp_path: Path) -> Path:
    """Six red and six green balls on grey noise, which a grey network can't tell apart."""
    rng = np.random.default_rng(0)
    for name, colour in {"ripe": (40, 40, 200), "unripe": (40, 120, 60)}.items():
        (tmp_path / "balls" / name).mkdir(parents=True)
        for number in range(6):
            picture = rng.integers(120, 200, (90, 120, 3), dtype=np.uint8)
            x, y, radius = (int(value) for value in rng.integers((30, 30, 15), (90, 60, 28)))
            cv2.circle(picture, (x, y), radius, colour, -1)
            cv2.imwrite(str(tmp_path / "balls" / name / f"{number}.png"), picture)
    return tmp_path / "balls"


@pytest.mark.e2e
@pytest.mark.parametrize("library", ["tensorflow", "jax"])
def test_a_folder_is_learned_in_colour_and_an_export_finds_what_it_needs(
    balls: Path, tmp_path: Path, library: str
) -> None:
    pytest.importorskip(library)
    flags = ("--input-size", "96", "--epochs", "2", "--batch-size", "8", "--least-steps", "6", "--train-from", "17")

    done = subprocess.run(
        [sys.executable, "-m", "train", "--data", str(balls), *flags, "--name", "own", "--runs", str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"KERAS_BACKEND": library},
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "96x96 pixels, colour" in done.stderr
    spec = ModelSpec.from_json((tmp_path / "own" / "model_spec.json").read_text())
    assert spec.labels == ("ripe", "unripe")
    assert (spec.input.recipe, spec.input.channels, spec.input.resize) == ("image-v1", 3, "letterbox")
    assert (spec.input.height, spec.input.mean, spec.input.std) == (96, (127.0,) * 3, (128.0,) * 3)
    metrics = json.loads((tmp_path / "own" / "metrics.json").read_text())
    assert metrics["test_top1_accuracy"] == 1.0
    assert metrics["test_top1_interval"] == [pytest.approx(0.34238, abs=1e-5), 1.0]  # of two
    report = json.loads((tmp_path / "own" / "report.json").read_text())
    assert (report["wrong"], report["int8_reason"]) == (0, "")
    assert report["int8"]["images"] == 2
    assert (tmp_path / "own" / "report.html").stat().st_size > 10_000
    with np.load(tmp_path / "own" / "images.npz") as stored:
        assert stored["train_images"].shape == (8, 96, 96, 3)
        assert stored["test_images"].shape == (2, 96, 96, 3)


def test_a_folder_is_for_transfer_and_other_data_are_for_the_small_network(tmp_path: Path) -> None:
    assert preset_for(TrainConfig(data=str(tmp_path))).name == "transfer"
    assert preset_for(TrainConfig(data="demo")).name == preset_for(TrainConfig()).name == "edge"


def test_the_input_is_said_in_a_line() -> None:
    transfer = TrainConfig(data="own", resize="stretch")
    garment = TrainConfig("edge", "own")

    assert describe_input(input_of(preset_for(transfer))).startswith("160x160 pixels, colour, the whole frame")
    assert describe_input(input_of(preset_for(garment))).startswith("28x28 pixels, grey, one object")


@pytest.mark.parametrize(
    "config",
    [
        pytest.param(TrainConfig(data="own", input_size=95), id="too small"),
        pytest.param(TrainConfig(data="own", input_size=301), id="too large"),
        pytest.param(TrainConfig(data="own", recipe="garment"), id="a grey input for a network of colour"),
        pytest.param(
            TrainConfig("edge", "own", recipe="image", train_scale=0.8), id="a scale without pretrained weights"
        ),
        pytest.param(TrainConfig("transfer", "demo"), id="grey data for a network of colour"),
        pytest.param(TrainConfig("edge", "demo", recipe="image"), id="whole frames of garments"),
        pytest.param(TrainConfig(data="own", teacher=Path("runs/edge")), id="a teacher"),
        pytest.param(TrainConfig("edge", "own", head_only=True), id="no head to train alone"),
        pytest.param(TrainConfig("edge", "own", rotate=5.0), id="garments are not turned"),
    ],
)
def test_settings_that_exclude_each_other_are_refused(config: TrainConfig) -> None:
    with pytest.raises(RunError):
        require_consistent(config)


@pytest.mark.parametrize(("edge", "size"), [(160, 128), (192, 160), (224, 176), (96, 80)])
def test_training_images_have_edges_of_a_multiple_of_16(edge: int, size: int) -> None:
    assert preset_for(TrainConfig(data="own", input_size=edge, train_scale=0.8)).train_size == size


def test_the_small_network_learns_whole_grey_frames_too() -> None:
    config = TrainConfig("edge", "own", recipe="image", input_size=64)

    require_consistent(config)
    spec = input_of(preset_for(config))
    assert (spec.channels, spec.recipe, spec.height, spec.mean, spec.std) == (1, "image-v1", 64, (0.0,), (255.0,))


def test_without_the_package_of_weights_it_ends_in_one_line_before_an_image_is_read(
    balls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def absent(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(pretrained, "distribution", absent)

    assert main(["--data", str(balls), "--runs", str(tmp_path / "runs")]) != 0
    (line,) = capsys.readouterr().err.splitlines()
    assert "edge-classify[transfer]" in line
    assert not (tmp_path / "runs").exists()
