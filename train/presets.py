"""The presets: a network with everything that decides how it is trained, as data; flags override single fields."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from train.config import TrainConfig

OPTIMIZERS = ("adam", "sgd")
SCHEDULES = ("constant", "cosine")
PADDINGS = ("constant", "reflect")


@dataclass(frozen=True, slots=True)
class Preset:
    """How a network is trained; every field but the first two is also a field of `TrainConfig` that overrides it."""

    name: str
    network: str
    """Function of this name in `train.network.networks`."""
    epochs: int
    """Passes over the training images."""
    batch_size: int
    """Images a step, over all devices."""
    optimizer: str
    """One of OPTIMIZERS: adam (with weight decay: AdamW) or sgd (with Nesterov momentum 0.9)."""
    learning_rate: float
    """The highest one."""
    weight_decay: float = 0.0
    """Decoupled (Loshchilov and Hutter, 2019, arXiv:1711.05101): a step shrinks kernels by learning rate times this."""
    schedule: str = "constant"
    """One of SCHEDULES; cosine falls to 0 at the last step."""
    warmup_epochs: float = 0.0
    """In which the learning rate climbs from 0 in a straight line; of cosine only."""
    label_smoothing: float = 0.0
    """Share of the target that all classes get alike (Szegedy et al., 2016, arXiv:1512.00567), 0-1."""
    average_epochs: float = 0.0
    """Window, in epochs, of the exponential average of the weights that is kept in the end; 0: the last weights."""
    shift: int = 0
    """Images are moved by up to so many pixels in each direction."""
    shift_padding: str = "constant"
    """What moves in: black (constant) or the image's mirror image (reflect); one of PADDINGS."""
    flip: bool = False
    """Half of the images are mirrored left to right."""
    erase: float = 0.0
    """Share of the images of which a rectangle becomes noise (Zhong et al., 2017, arXiv:1708.04896), 0-1."""
    mixup: float = 0.0
    """Alpha of mixup (Zhang et al., 2018, arXiv:1710.09412); 0: off."""
    cutmix: float = 0.0
    """Alpha of CutMix (Yun et al., 2019, arXiv:1905.04899); 0: off. With both, each batch gets one of the two."""

    @property
    def is_plain(self) -> bool:
        """Whether the network simply sees the images and their labels as they are."""
        return not (self.shift or self.flip or self.erase or self.mixup or self.cutmix or self.label_smoothing)


PRESETS = {
    preset.name: preset
    for preset in (
        Preset("baseline", "baseline", epochs=10, batch_size=32, optimizer="adam", learning_rate=1e-3),
        Preset("tiny", "tiny", epochs=10, batch_size=32, optimizer="adam", learning_rate=1e-3),
        Preset(
            "edge",
            "edge",
            epochs=30,
            batch_size=128,
            optimizer="adam",
            learning_rate=3e-3,
            weight_decay=0.02,
            schedule="cosine",
            warmup_epochs=2,
            label_smoothing=0.05,
            average_epochs=1,
            shift=2,
            flip=True,
            erase=0.25,
        ),
        Preset(
            "teacher",
            "teacher",
            epochs=100,
            batch_size=128,
            optimizer="sgd",
            learning_rate=0.1,
            # Ten times the usual 5e-4 of L2 in the loss, whose gradient a momentum of 0.9 adds up tenfold.
            weight_decay=5e-3,
            schedule="cosine",
            warmup_epochs=2,
            average_epochs=1,
            shift=4,
            flip=True,
            erase=0.5,
        ),
    )
}


def preset_for(config: TrainConfig) -> Preset:
    """The preset a run asks for, with the fields that its configuration overrides."""
    preset = PRESETS[config.preset]
    asked = {name: getattr(config, name) for name in overridable()}
    return replace(preset, **{name: value for name, value in asked.items() if value is not None})


def overridable() -> tuple[str, ...]:
    """Names of the fields that a run may choose for itself."""
    return tuple(field.name for field in fields(Preset) if field.name not in ("name", "network"))
