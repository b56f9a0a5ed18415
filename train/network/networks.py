"""The networks, one short function each.

Every function takes height and width of the input in pixels and the number of classes. The network maps float32 grey
images, shape (N, height, width, 1), 0-1, to float32 probabilities, shape (N, classes). The pretrained one takes colour.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import keras
from keras import layers

from train.network import efficientnet_lite


def baseline(*, height: int, width: int, classes: int) -> keras.Model:
    """Three convolutions and a dense layer, 241,546 parameters at 28x28 and ten classes; 0.9031 is published for it."""
    return keras.Sequential(
        [
            layers.Input((height, width, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Dropout(0.25),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Dropout(0.25),
            layers.Conv2D(128, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dropout(0.25),
            layers.Dense(classes, activation="softmax", dtype="float32"),
        ],
        name="baseline",
    )


def tiny(*, height: int, width: int, classes: int) -> keras.Model:
    """One strided convolution and a dense layer, 3,098 parameters, to try the chain in seconds."""
    return keras.Sequential(
        [
            layers.Input((height, width, 1)),
            layers.Conv2D(8, 5, strides=4, activation="relu"),
            layers.Flatten(),
            layers.Dense(classes, activation="softmax", dtype="float32"),
        ],
        name="tiny",
    )


def edge(
    *, height: int, width: int, classes: int, widths: Sequence[int] = (16, 48, 80), blocks: Sequence[int] = (1, 1, 1)
) -> keras.Model:
    """A small residual network, 131,706 parameters by default; export folds its batch norms into the convolutions.

    At 28x28 the stem's stride leaves 14x14 pixels to the first stage, 7x7 to the second and 4x4 to the third. The
    widths are the channels of each stage, and the first one also the stem's.
    """
    image = layers.Input((height, width, 1))
    x = layers.ReLU()(_conv_norm(image, widths[0], 3, strides=2))
    for stage, (channels, count) in enumerate(zip(widths, blocks, strict=True)):
        for number in range(count):
            strides = 2 if stage > 0 and number == 0 else 1
            inner = layers.ReLU()(_conv_norm(x, channels, 3, strides=strides))
            inner = _conv_norm(inner, channels, 3)
            if strides > 1 or x.shape[-1] != channels:
                x = _conv_norm(x, channels, 1, strides=strides)
            x = layers.ReLU()(layers.Add()([x, inner]))
    return keras.Model(image, _probabilities(layers.GlobalAveragePooling2D()(x), classes), name="edge")


def micro(*, height: int, width: int, classes: int) -> keras.Model:
    """A narrower and deeper `edge` for a microcontroller: 62,338 parameters, and few tensors of 14x14x16 at once."""
    network = edge(height=height, width=width, classes=classes, widths=(16, 32, 36), blocks=(1, 2, 1))
    return keras.Model(network.input, network.output, name="micro")


def teacher(
    *, height: int, width: int, classes: int, widths: Sequence[int] = (64, 128, 256), blocks: Sequence[int] = (2, 2, 2)
) -> keras.Model:
    """A wide residual network with pre-activation (Zagoruyko and Komodakis, 2016, arXiv:1605.07146), to learn from.

    It has 2.7 million parameters by default: there it is called WRN-16-4. The widths are the channels of each stage.
    """
    image = layers.Input((height, width, 1))
    x = _conv(image, 16, 3)
    for stage, (channels, count) in enumerate(zip(widths, blocks, strict=True)):
        for number in range(count):
            strides = 2 if stage > 0 and number == 0 else 1
            active = layers.ReLU()(_norm(x))
            inner = _conv_norm(active, channels, 3, strides=strides)
            inner = _conv(layers.ReLU()(inner), channels, 3)
            shortcut = x if x.shape[-1] == channels else _conv(active, channels, 1, strides=strides)
            x = layers.Add()([shortcut, inner])
    x = layers.GlobalAveragePooling2D()(layers.ReLU()(_norm(x)))
    return keras.Model(image, _probabilities(x, classes), name="teacher")


def teacher_lite0(*, height: int, width: int, classes: int, size: int = 64) -> keras.Model:
    """EfficientNet-Lite0 from ImageNet's weights, to learn from: it enlarges the images to `size` rows and columns."""
    return efficientnet_lite.enlarging_lite0(height, width, classes, size=size)


def efficientnet_lite0(*, height: int, width: int, classes: int) -> keras.Model:
    """EfficientNet-Lite0 from ImageNet's weights, for square images: float32 RGB (N, height, height, 3), see its file.

    Raises:
        ValueError: height and width differ.
    """
    if height != width:
        raise ValueError(f"the pretrained network takes square images, got {height}x{width}")
    return efficientnet_lite.efficientnet_lite0(height, classes)


def with_folded_norms(network: keras.Model) -> keras.Model:
    """Return a copy of `efficientnet_lite0` that trains faster, on images of any size, its norms frozen.

    The order of its weights is the same.
    """
    copy = efficientnet_lite.efficientnet_lite0(None, network.output_shape[1], folded=True)
    copy.set_weights(network.get_weights())
    return copy


def freeze(network: keras.Model, *, train_from: int, head_only: bool = False) -> None:
    """Leave layers of the pretrained network as they are in training, and all of its batch norms.

    Args:
        network: of `efficientnet_lite0`.
        train_from: first block that is trained, 1 to 16; 17: what follows the blocks; 0: all.
        head_only: train the last layer alone.
    """
    is_trained = train_from == 0 and not head_only
    for layer in network.layers:
        name = layer.name
        if name.startswith(f"block{train_from - 1}_") or (name.startswith("head") and train_from):
            is_trained = not head_only
        is_norm = isinstance(layer, layers.BatchNormalization)
        layer.trainable = name == "classes" or (is_trained and not is_norm)


def up_to_logits(network: keras.Model) -> keras.Model:
    """Return one of NETWORKS without its softmax, a layer of its own or the activation of a dense one."""
    (image,), last = network.inputs, network.layers[-1]
    if not isinstance(last, layers.Dense):
        return keras.Model(image, last.input, name=network.name)
    linear = layers.Dense.from_config({**last.get_config(), "activation": "linear"})
    logits = keras.Model(image, linear(last.input), name=network.name)
    linear.set_weights(last.get_weights())
    return logits


def relative_to_last_class(network: keras.Model) -> keras.Model:
    """Return the network without its last class, whose logit is subtracted from those of the others.

    The probabilities are those of the other classes, given that it is one of them. The energy of the logits is the
    logarithm of the odds against the class that was left out.
    """
    logits = up_to_logits(network)
    (image,) = logits.inputs
    kernel, bias = logits.layers[-1].get_weights()
    others = layers.Dense(kernel.shape[1] - 1, activation="softmax", dtype="float32", name="classes")
    relative = keras.Model(image, others(logits.layers[-1].input), name=network.name)
    others.set_weights([kernel[:, :-1] - kernel[:, -1:], bias[:-1] - bias[-1]])
    return relative


NETWORKS: dict[str, Callable[..., keras.Model]] = {
    function.__name__: function
    for function in (baseline, tiny, edge, micro, efficientnet_lite0, teacher, teacher_lite0)
}


def _conv(x: keras.KerasTensor, channels: int, size: int, *, strides: int = 1) -> keras.KerasTensor:
    return layers.Conv2D(
        channels, size, strides=strides, padding="same", use_bias=False, kernel_initializer="he_normal"
    )(x)


def _conv_norm(x: keras.KerasTensor, channels: int, size: int, *, strides: int = 1) -> keras.KerasTensor:
    return _norm(_conv(x, channels, size, strides=strides))


def _norm(x: keras.KerasTensor) -> keras.KerasTensor:
    # Keras' momentum of 0.99 needs hundreds of steps to forget its start, more than a small data set has.
    return layers.BatchNormalization(momentum=0.9)(x)


def _probabilities(x: keras.KerasTensor, classes: int) -> keras.KerasTensor:
    """Add the last two layers, in float32 also under mixed precision, because losses need small probabilities."""
    return layers.Softmax(dtype="float32")(layers.Dense(classes, dtype="float32")(x))
