import numpy as np
import pytest

pytest.importorskip("keras")

import keras

from train.config import PRESETS, PRETRAINED_NETWORK
from train.network.efficientnet_lite import efficientnet_lite0
from train.network.networks import NETWORKS, baseline, edge, freeze, relative_to_last_class, teacher, up_to_logits


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


def test_the_edge_network_has_the_parameters_worked_out_by_hand() -> None:
    model = edge(height=28, width=28, classes=10)

    # A stage: two 3x3 convolutions, from the second stage on a 1x1 shortcut, and 4 numbers a channel a batch norm.
    stem = 9 * 16 + 4 * 16
    first = 2 * 9 * 16 * 16 + 2 * 4 * 16
    second = 9 * 16 * 48 + 9 * 48 * 48 + 16 * 48 + 3 * 4 * 48
    third = 9 * 48 * 80 + 9 * 80 * 80 + 48 * 80 + 3 * 4 * 80
    assert model.count_params() == stem + first + second + third + 80 * 10 + 10 == 131_706
    sizes = [layer.output.shape[1] for layer in model.layers if isinstance(layer, keras.layers.Add)]
    assert sizes == [14, 7, 4]


def test_in_the_edge_network_every_batch_norm_follows_a_convolution_so_that_it_can_be_folded() -> None:
    model = edge(height=28, width=28, classes=10, widths=(8, 16), blocks=(2, 1))

    norms = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    before = [norm._inbound_nodes[0].parent_nodes[0].operation for norm in norms]
    assert len(norms) == 1 + 2 * 3 + 1
    assert all(isinstance(layer, keras.layers.Conv2D) and not layer.use_bias for layer in before)


def test_the_teacher_is_a_wide_residual_network_16_4() -> None:
    model = teacher(height=28, width=28, classes=10)

    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    assert [layer.kernel_size[0] for layer in convolutions].count(3) == 13  # stem, then three stages of two blocks
    assert [layer.filters for layer in convolutions if layer.kernel_size[0] == 1] == [64, 128, 256]
    assert 2_700_000 < model.count_params() < 2_800_000


def test_a_teacher_of_other_stages_is_as_wide_and_deep_as_they_say() -> None:
    model = teacher(height=28, width=28, classes=10, widths=(24, 48), blocks=(1, 3))

    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    of_three = [layer.filters for layer in convolutions if layer.kernel_size[0] == 3]
    assert of_three == [16, *[24] * 2, *[48] * 6]
    assert [layer.filters for layer in convolutions if layer.kernel_size[0] == 1] == [24, 48]


def test_the_network_for_a_microcontroller_has_few_weights_and_no_large_tensor_but_the_first() -> None:
    model = NETWORKS["micro"](height=28, width=28, classes=10)
    assert (model.name, model.count_params()) == ("micro", 62_338)
    sizes = {int(np.prod(layer.output.shape[1:])) for layer in model.layers}
    assert max(sizes) == 14 * 14 * 16


@pytest.mark.parametrize("name", sorted(set(NETWORKS) - {PRETRAINED_NETWORK}))
def test_every_network_gives_probabilities(name: str) -> None:
    model = NETWORKS[name](height=28, width=28, classes=7)

    probabilities = np.asarray(model(np.full((2, 28, 28, 1), 0.5, np.float32)))

    assert probabilities.shape == (2, 7)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-5)


def test_every_preset_names_a_network_there_is() -> None:
    assert {preset.network for preset in PRESETS.values()} <= set(NETWORKS)


@pytest.mark.parametrize("name", ["baseline", "edge"])
def test_the_softmax_of_the_logits_is_the_networks_output(name: str) -> None:
    keras.utils.set_random_seed(0)
    network = NETWORKS[name](height=28, width=28, classes=10)
    images = np.random.default_rng(0).random((6, 28, 28, 1), np.float32)

    logits = up_to_logits(network)(images)

    assert logits.shape == (6, 10)
    np.testing.assert_allclose(np.asarray(keras.ops.softmax(logits)), np.asarray(network(images)), atol=1e-6)


@pytest.mark.parametrize("name", ["tiny", "edge"])
def test_without_its_last_class_a_network_has_the_odds_of_the_others_and_the_energy_those_against_it(name: str) -> None:
    network = NETWORKS[name](height=28, width=28, classes=4)
    images = np.random.default_rng(0).random((6, 28, 28, 1), np.float32)
    whole = np.asarray(network(images), np.float64)

    relative = relative_to_last_class(network)

    given_one_of_them = whole[:, :3] / whole[:, :3].sum(axis=1, keepdims=True)
    np.testing.assert_allclose(np.asarray(relative(images)), given_one_of_them, atol=1e-6)
    logits = np.asarray(up_to_logits(relative)(images), np.float64)
    odds = np.exp(logits).sum(axis=1)
    np.testing.assert_allclose(odds, (1 - whole[:, 3]) / whole[:, 3], rtol=1e-5)


@pytest.mark.parametrize(
    ("choices", "first", "count"),
    [
        # Blocks 6 to 16 are eleven with three convolutions each, then the head's and the last layer.
        pytest.param({"train_from": 6}, "block5_expand_conv", 35, id="from the sixth block on"),
        pytest.param({"train_from": 17}, "head_conv", 2, id="what follows the blocks"),
        pytest.param({"train_from": 6, "head_only": True}, "classes", 1, id="the last layer"),
        # The stem's, one block with two convolutions and fifteen with three, the head's and the last layer.
        pytest.param({"train_from": 0}, "stem_conv", 50, id="all"),
    ],
)
def test_the_layers_that_are_trained_are_the_last_ones_and_no_batch_norm(
    choices: dict[str, int], first: str, count: int
) -> None:
    network = efficientnet_lite0(96, 3, pretrained=False)
    freeze(network, **choices)

    trained = [layer.name for layer in network.layers if layer.trainable_weights]
    assert (trained[0], len(trained)) == (first, count)
    assert not [name for name in trained if name.endswith("_norm")]
