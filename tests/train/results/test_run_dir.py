import json
from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from edge.artifact.spec import ModelSpec
from train.config import PRESETS, TrainConfig
from train.data.splits import Split, Splits
from train.network.networks import tiny
from train.results import run_dir
from train.results.ood_evaluation import OodEvaluation, Separation
from train.results.rejection import ConfidenceScores, evaluate_rejection
from train.results.run_dir import Outcome, run_name

RUN = Path(__file__).parents[2] / "fixtures" / "tiny_run"


def _write_run(folder: Path, **results: object) -> ModelSpec:
    """Write the run of an untrained network of two classes."""
    network = tiny(height=28, width=28, classes=2)
    images = Split(np.arange(4 * 28 * 28, dtype=np.uint8).reshape(4, 28, 28), np.array([0, 1, 0, 1], np.uint8))
    splits = Splits(images, images, images, ("a", "b"), whole=images.pixels, train_positions=np.arange(4))
    probabilities = network.predict(images.images, verbose=0)
    (folder / run_dir.HISTORY).write_text("epoch,accuracy,loss,val_accuracy,val_loss\n0,0.5,1.5,0.6,1.2\n")
    values = {"ood_evaluation": None, "throughput": {}, "device": "CPU", "versions": {}} | results
    run_dir.write(folder, Outcome(
        TrainConfig(data="demo"), PRESETS["tiny"], network, splits, probabilities, probabilities, temperature=1.0,
        duration_s=1.0, **values,
    ))  # fmt: skip
    stored = keras.models.load_model(folder / run_dir.MODEL).predict(images.images, verbose=0)
    spec = ModelSpec.from_json((folder / run_dir.SPEC).read_text())
    stored = np.asarray(keras.ops.softmax(stored)) if spec.output == "logits" else stored
    np.testing.assert_allclose(stored, probabilities, atol=1e-6)
    return spec


def test_a_run_is_named_by_the_user_or_by_what_it_is() -> None:
    assert run_name(TrainConfig(name="mine")) == "mine"
    assert run_name(TrainConfig(data="demo")).startswith("edge-demo-20")
    assert run_name(TrainConfig(data="my/photos/")).startswith("transfer-photos-20")


def test_metrics_say_what_was_reached_and_how_to_make_it_again() -> None:
    metrics = json.loads((RUN / "metrics.json").read_text())

    by_class = metrics["test_accuracy_by_class"]
    # Drawn test images are balanced, so the mean over classes is the mean over images.
    assert metrics["test_top1_accuracy"] == pytest.approx(sum(by_class.values()) / 10, abs=1e-9)
    assert metrics["config"]["preset"] == "tiny"
    assert metrics["parameters"] == 3_098  # 5*5*1*8+8, 6*6*8*10+10
    assert set(metrics["versions"]) == {"keras", "tensorflow", "numpy"}


@pytest.mark.parametrize(("score", "output"), [("energy", "logits"), ("margin", "probabilities")])
def test_a_run_whose_threshold_is_an_energy_keeps_its_network_up_to_the_logits(
    tmp_path: Path, score: str, output: str
) -> None:
    evaluation = OodEvaluation(2, 2, 1.0, score, {score: Separation(0.5, 1.0, 1.0)})

    spec = _write_run(tmp_path, ood_evaluation=evaluation)

    assert (spec.output, spec.decision.score, spec.decision.threshold) == (output, score, 0.5)


def test_the_rejection_of_the_test_images_stands_in_the_metrics_and_in_the_file(tmp_path: Path) -> None:
    shares = [ConfidenceScores(np.full(30, 0.9, np.float32), np.full(unknown, 0.3, np.float32)) for unknown in (5, 4)]

    spec = _write_run(tmp_path, rejection=evaluate_rejection("probability", *shares))

    assert spec.decision.threshold == pytest.approx(0.6)
    metrics = json.loads((tmp_path / run_dir.METRICS).read_text())
    assert metrics["rejection"] == spec.provenance.rejection
    assert metrics["rejection"]["unknown_rejected"] == 1.0
    assert (metrics["rejection"]["known"], metrics["rejection"]["unknown"]) == (30, 4)
