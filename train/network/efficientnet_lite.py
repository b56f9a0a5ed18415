"""EfficientNet-Lite0 in Keras, with the weights that Google trained on ImageNet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import keras
from keras import layers
from numpy.typing import NDArray

from train.network.folded_conv import NORM_EPSILON, FoldedConv
from train.network.pretrained import lite0_tensors

PIXEL_MEAN = 127.0
PIXEL_DEVIATION = 128.0
"""The network takes (pixel - 127) / 128 of RGB pixels, 0-255; the caller computes that, so a spec can say it."""
FEATURES = 1280
IMAGENET_CLASSES = 1000


class Stage(NamedTuple):
    """Blocks of equal width; only the first of them has the stride."""

    kernel: int
    """Rows and columns of the depthwise kernel, in pixels."""
    stride: int
    expansion: int
    """Channels inside a block for each of its input."""
    channels: int
    """Channels of a block's output."""
    blocks: int


STAGES = (
    Stage(kernel=3, stride=1, expansion=1, channels=16, blocks=1),
    Stage(kernel=3, stride=2, expansion=6, channels=24, blocks=2),
    Stage(kernel=5, stride=2, expansion=6, channels=40, blocks=2),
    Stage(kernel=3, stride=2, expansion=6, channels=80, blocks=3),
    Stage(kernel=5, stride=1, expansion=6, channels=112, blocks=3),
    Stage(kernel=5, stride=2, expansion=6, channels=192, blocks=4),
    Stage(kernel=3, stride=1, expansion=6, channels=320, blocks=1),
)


def efficientnet_lite0(
    input_size: int | None = 224,
    classes: int | None = IMAGENET_CLASSES,
    *,
    pretrained: bool = True,
    dropout: float = 0.2,
    activation: str = "softmax",
    folded: bool = False,
) -> keras.Model:
    """Build the network: float32 RGB images (N, size, size, 3) of (pixel - 127) / 128 -> float32 (N, classes).

    It was made for int8: ReLU6 in place of swish, no squeeze-and-excitation. The features take 3,371,008 parameters.

    Args:
        input_size: rows and columns of an image, in pixels (None: any); the weights were trained at 224.
        classes: outputs; None ends at the features, float32 (N, 1280), 0-6, without the layers after them.
        pretrained: load the weights, the last layer's too if there are 1000 classes; otherwise all are random.
        dropout: share of the features that training leaves out before the last layer, 0-1.
        activation: of the last layer: softmax for probabilities, linear for logits.
        folded: a form for training with frozen norms: the same weights in the same order, in a layer for each pair.

    Raises:
        RuntimeMissingError: the package with the weights is not installed.
        ModelFileError: its file is absent or another one.
    """
    image = layers.Input((input_size, input_size, 3))
    x = _features(image, _Builder(_initializer(is_pretrained=pretrained), folded=folded))
    if classes is not None:
        x = layers.Dropout(dropout, name="dropout")(x)
        x = layers.Dense(classes, activation=activation, dtype="float32", name="classes")(x)
    network = keras.Model(image, x, name="efficientnet_lite0")
    if pretrained and not folded:
        _load(network, with_classes=classes == IMAGENET_CLASSES)
    return network


def enlarging_lite0(height: int, width: int, classes: int, *, size: int) -> keras.Model:
    """Build the pretrained network for small grey images, which it enlarges itself to `size` rows and columns.

    float32 grey images (N, height, width, 1), 0-1 -> float32 probabilities (N, classes). All of it can be trained, the
    norms too.

    Raises:
        RuntimeMissingError: the package with the weights is not installed.
        ModelFileError: its file is absent or another one.
    """
    image = layers.Input((height, width, 1))
    x = layers.Rescaling(255 / PIXEL_DEVIATION, offset=-PIXEL_MEAN / PIXEL_DEVIATION)(image)
    x = layers.Resizing(size, size)(x)
    x = _features(layers.Concatenate()([x, x, x]), _Builder(_initializer(is_pretrained=True), folded=False))
    x = layers.Dropout(0.2, name="dropout")(x)
    x = layers.Dense(classes, activation="softmax", dtype="float32", name="classes")(x)
    network = keras.Model(image, x, name="enlarging_lite0")
    _load(network, with_classes=False)
    return network


def _initializer(*, is_pretrained: bool) -> str:
    # JAX compiles one program for every shape that it draws random numbers of: 14 s for numbers that are replaced.
    return "zeros" if is_pretrained else "he_normal"


def _features(image: keras.KerasTensor, build: _Builder) -> Any:
    """Return the features (N, 1280) of images (N, rows, columns, 3)."""
    x = _relu6(build.conv(image, 32, 3, "stem", strides=2), "stem")
    number = 0
    for stage in STAGES:
        for position in range(stage.blocks):
            stride = stage.stride if position == 0 else 1
            x = _block(x, stage, build, stride=stride, name=f"block{number}")
            number += 1
    x = _relu6(build.conv(x, FEATURES, 1, "head"), "head")
    return layers.GlobalAveragePooling2D(name="features")(x)


class _Builder:
    """Makes the convolutions, each with its batch norm."""

    def __init__(self, initializer: str, *, folded: bool) -> None:
        self._initializer, self._folded = initializer, folded

    def conv(self, x: keras.KerasTensor, channels: int, kernel: int, name: str, *, strides: int = 1) -> Any:
        if self._folded:
            return FoldedConv(kernel, channels, strides, name=f"{name}_conv")(x)
        x = layers.Conv2D(
            channels, kernel, strides=strides, padding="same", use_bias=False,
            kernel_initializer=self._initializer, name=f"{name}_conv",
        )(x)  # fmt: skip
        return _norm(x, name)

    def depthwise(self, x: keras.KerasTensor, kernel: int, name: str, *, strides: int = 1) -> Any:
        if self._folded:
            return FoldedConv(kernel, None, strides, name=f"{name}_conv")(x)
        x = layers.DepthwiseConv2D(
            kernel, strides=strides, padding="same", use_bias=False,
            depthwise_initializer=self._initializer, name=f"{name}_conv",
        )(x)  # fmt: skip
        return _norm(x, name)


def _block(x: keras.KerasTensor, stage: Stage, build: _Builder, *, stride: int, name: str) -> keras.KerasTensor:
    """Widen, filter each channel, narrow; add the input where it has the output's shape."""
    inner, channels = x, x.shape[-1]
    if stage.expansion > 1:
        inner = _relu6(build.conv(inner, channels * stage.expansion, 1, f"{name}_expand"), f"{name}_expand")
    inner = _relu6(build.depthwise(inner, stage.kernel, f"{name}_depthwise", strides=stride), f"{name}_depthwise")
    inner = build.conv(inner, stage.channels, 1, f"{name}_project")
    if stride == 1 and channels == stage.channels:
        return layers.Add(name=f"{name}_add")([inner, x])
    return inner


def _norm(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    return layers.BatchNormalization(epsilon=NORM_EPSILON, momentum=0.99, name=f"{name}_norm")(x)


def _relu6(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    return layers.ReLU(6.0, name=f"{name}_relu")(x)


def _load(network: keras.Model, *, with_classes: bool) -> None:
    tensors = lite0_tensors()
    for layer in network.layers:
        if layer.weights and (with_classes or layer.name != "classes"):
            layer.set_weights(list(_weights_of(layer, tensors)))


# Keras' names -> PyTorch's.
_NORMS = {"expand": "_bn0", "depthwise": "_bn1", "project": "_bn2"}
_OUTSIDE = {
    "stem_conv": "_conv_stem",
    "stem_norm": "_bn0",
    "head_conv": "_conv_head",
    "head_norm": "_bn1",
    "classes": "_fc",
}


def _torch_name(layer: str) -> str:
    """Return PyTorch's name: block3_expand_norm -> _blocks.3._bn0."""
    if layer in _OUTSIDE:
        return _OUTSIDE[layer]
    block, step, kind = layer.split("_")
    return f"_blocks.{block.removeprefix('block')}.{_NORMS[step] if kind == 'norm' else f'_{step}_conv'}"


def _weights_of(layer: keras.Layer, tensors: dict[str, NDArray[Any]]) -> Iterator[NDArray[Any]]:
    """Yield a layer's weights in Keras' order of weights and axes."""
    name = _torch_name(layer.name)
    weight = tensors[f"{name}.weight"]
    if isinstance(layer, layers.BatchNormalization):
        yield weight
        yield from (tensors[f"{name}.{kind}"] for kind in ("bias", "running_mean", "running_var"))
    elif isinstance(layer, layers.DepthwiseConv2D):
        yield weight.transpose(2, 3, 0, 1)  # (channels, 1, rows, columns), Keras: (rows, columns, channels, 1)
    elif isinstance(layer, layers.Conv2D):
        yield weight.transpose(2, 3, 1, 0)  # (out, in, rows, columns), Keras: (rows, columns, in, out)
    else:
        yield weight.T
        yield tensors[f"{name}.bias"]
