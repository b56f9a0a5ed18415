import numpy as np
import pytest

pytest.importorskip("keras")

from train.__main__ import PRESET_CHOICES
from train.networks import PRESETS, baseline


def test_the_baseline_has_the_published_parameters_layer_by_layer() -> None:
    model = baseline(height=28, width=28, classes=10)

    counts = [layer.count_params() for layer in model.layers if layer.count_params()]

    # 3*3*1*32+32, 3*3*32*64+64, 3*3*64*128+128, 3*3*128*128+128, 128*10+10
    assert counts == [320, 18_496, 73_856, 147_584, 1_290]
    assert model.count_params() == 241_546


def test_the_baseline_is_the_issues_network_layer_for_layer() -> None:
    kinds = [type(layer).__name__ for layer in baseline(height=28, width=28, classes=10).layers]

    assert kinds == [
        *("Conv2D", "MaxPooling2D", "Dropout"),
        *("Conv2D", "MaxPooling2D", "Dropout"),
        *("Conv2D", "Flatten", "Dense", "Dropout", "Dense"),
    ]


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_every_network_gives_probabilities(preset: str) -> None:
    model = PRESETS[preset](height=28, width=28, classes=7)

    probabilities = np.asarray(model(np.full((2, 28, 28, 1), 0.5, np.float32)))

    assert probabilities.shape == (2, 7)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-5)


def test_the_flag_offers_exactly_the_networks_there_are() -> None:
    assert sorted(PRESET_CHOICES) == sorted(PRESETS)
