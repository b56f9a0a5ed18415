import json
from pathlib import Path

import pytest

pytest.importorskip("keras")

from train.config import TrainConfig
from train.results.run_dir import run_name

RUN = Path(__file__).parents[2] / "fixtures" / "tiny_run"


def test_a_run_is_named_by_the_user_or_by_what_it_is() -> None:
    assert run_name(TrainConfig(name="mine")) == "mine"
    assert run_name(TrainConfig(data="demo")).startswith("edge-demo-20")
    assert run_name(TrainConfig(data="my/photos/")).startswith("edge-photos-20")


def test_metrics_say_what_was_reached_and_how_to_make_it_again() -> None:
    metrics = json.loads((RUN / "metrics.json").read_text())

    by_class = metrics["test_accuracy_by_class"]
    # Drawn test images are balanced, so the mean over classes is the mean over images.
    assert metrics["test_top1_accuracy"] == pytest.approx(sum(by_class.values()) / 10, abs=1e-9)
    assert metrics["config"]["preset"] == "tiny"
    assert metrics["parameters"] == 3_098  # 5*5*1*8+8, 6*6*8*10+10
    assert set(metrics["versions"]) == {"keras", "tensorflow", "numpy"}
