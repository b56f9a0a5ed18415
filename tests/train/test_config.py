import json
from dataclasses import asdict, fields

import pytest

from edge.errors import RunError
from train.config import PRESETS, TrainConfig, config_from_json, overridable, preset_for, require_consistent


def test_the_baseline_is_trained_as_published() -> None:
    baseline = preset_for(TrainConfig(preset="baseline"))

    assert (baseline.name, baseline.epochs, baseline.batch_size) == ("baseline", 10, 32)
    assert (baseline.optimizer, baseline.learning_rate, baseline.schedule) == ("adam", 1e-3, "constant")
    assert baseline.is_plain
    assert baseline.average_epochs == baseline.weight_decay == 0


def test_a_flag_overrides_what_the_preset_says_and_nothing_else() -> None:
    preset = preset_for(TrainConfig(preset="edge", epochs=7, flip=False, erase=0.0))

    assert (preset.epochs, preset.flip, preset.erase) == (7, False, 0.0)
    unasked = [name for name in overridable() if name not in ("epochs", "flip", "erase")]
    assert all(getattr(preset, name) == getattr(PRESETS["edge"], name) for name in unasked)


def test_a_run_can_choose_everything_that_a_preset_decides_and_has_no_default_of_its_own() -> None:
    defaults = {field.name: field.default for field in fields(TrainConfig)}

    assert {name: defaults[name] for name in overridable()} == dict.fromkeys(overridable())


@pytest.mark.parametrize("change", [{"shift": 1}, {"flip": True}, {"erase": 0.5}, {"mixup": 1.0}, {"cutmix": 1.0},
                                    {"label_smoothing": 0.1}], ids=lambda change: next(iter(change)))  # fmt: skip
def test_any_augmentation_makes_a_preset_no_longer_plain(change: dict) -> None:
    assert not preset_for(TrainConfig(preset="baseline", **change)).is_plain


def test_without_augmentation_only_the_images_change() -> None:
    edge, plain = PRESETS["edge"], PRESETS["edge"].without_augmentation()

    assert (plain.shift, plain.flip, plain.erase) == (0, False, 0.0)
    assert (plain.label_smoothing, plain.epochs, plain.average_epochs) == (
        edge.label_smoothing, edge.epochs, edge.average_epochs,
    )  # fmt: skip
    assert not plain.is_plain  # labels are still smoothed


def test_stages_reach_the_network_of_a_preset_that_has_some() -> None:
    assert preset_for(TrainConfig(preset="edge")).stages == {}
    assert preset_for(TrainConfig(preset="edge", widths=(8, 16, 32))).stages == {"widths": (8, 16, 32)}
    stored = json.loads(json.dumps(asdict(TrainConfig(preset="teacher", widths=(96, 192), blocks=(1, 1))), default=str))
    assert preset_for(config_from_json(stored)).stages == {"widths": (96, 192), "blocks": (1, 1)}


@pytest.mark.parametrize(
    "config",
    [
        TrainConfig(preset="baseline", widths=(8, 16, 32)),
        TrainConfig(preset="micro", blocks=(1, 1, 1)),
        TrainConfig(preset="edge", widths=(8, 16)),
        TrainConfig(preset="edge", widths=(8, 16, 32), blocks=(1, 1)),
    ],
    ids=["no stages", "stages of its own", "two widths, three blocks", "three widths, two blocks"],
)
def test_stages_that_the_network_lacks_or_that_do_not_fit_are_refused(config: TrainConfig) -> None:
    with pytest.raises(RunError, match="--widths and --blocks"):
        require_consistent(config)
