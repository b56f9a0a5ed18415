"""All choices of a training run: presets, and what a run sets in their place. Each default is written here once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from edge.artifact.input_spec import GARMENT_RECIPE, IMAGE_RECIPE, InputSpec, describe_resize
from edge.errors import RunError

DATASETS = ("fashion-mnist", "demo")
MIXED_PRECISIONS = ("off", "float16", "bfloat16")
OPTIMIZERS = ("adam", "sgd")
SCHEDULES = ("constant", "cosine")
PADDINGS = ("constant", "reflect")
RECIPES = {"garment": GARMENT_RECIPE, "image": IMAGE_RECIPE}
"""Short names of the recipes, as `--recipe` takes them."""
PRETRAINED_NETWORK = "efficientnet_lite0"
STAGED_NETWORKS = ("edge", "teacher")
PRETRAINED_SIZES = (96, 300)
"""Smallest and largest edge of the pretrained network's input, in pixels."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A network and how it is trained; each field but the first two has a field of `TrainConfig` that overrides it."""

    name: str
    network: str
    """Function of this name in `train.network.networks`."""
    epochs: int
    batch_size: int
    """Images a step, over all devices."""
    optimizer: str
    """One of OPTIMIZERS: adam (AdamW with weight decay) or sgd (with Nesterov momentum 0.9)."""
    learning_rate: float
    weight_decay: float = 0.0
    """Decoupled weight decay (Loshchilov and Hutter, 2019, arXiv:1711.05101), times the learning rate in each step."""
    schedule: str = "constant"
    """One of SCHEDULES; cosine falls to 0 at the last step."""
    warmup_epochs: float = 0.0
    """Epochs in which the learning rate climbs linearly from 0; for the cosine schedule only."""
    label_smoothing: float = 0.0
    """Share of the target that all classes get alike (Szegedy et al., 2016, arXiv:1512.00567), 0-1."""
    balance: float = 1.0
    """Power of 1 / images of a class that its images weigh in the loss, of your own images alone, whatever the recipe:
    0 none, 1 all."""
    average_epochs: float = 0.0
    """Window, in epochs, of the exponential average of the weights that is kept in the end (0: the last weights)."""
    shift: int = 0
    """Largest random shift of an image in each direction, in pixels."""
    shift_padding: str = "constant"
    """Pixels that a shift moves in, one of PADDINGS: black (constant) or the image mirrored (reflect)."""
    flip: bool = False
    """Mirroring of half of the images, left to right."""
    erase: float = 0.0
    """Share of the images in which a rectangle becomes noise (Zhong et al., 2017, arXiv:1708.04896), 0-1."""
    mixup: float = 0.0
    """Alpha of mixup (Zhang et al., 2018, arXiv:1710.09412) (0: off)."""
    cutmix: float = 0.0
    """Alpha of CutMix (Yun et al., 2019, arXiv:1905.04899) (0: off. With both, each batch gets one of the two)."""
    random_crop: float = 0.0
    """Smallest share of an image's area, 0-1, that a random crop keeps (recipe image; 0: off)."""
    rotate: float = 0.0
    """Largest random rotation each way, in degrees (recipe image)."""
    light: float = 0.0
    """Largest random change of exposure and of gamma, as a natural logarithm (recipe image)."""
    colour: float = 0.0
    """Largest random change of each colour channel, as a natural logarithm (recipe image)."""
    input_size: int = 28
    """Height and width of the network's input, in pixels; only your own images may differ from 28."""
    train_scale: float = 1.0
    """Size of the images in training, in units of the input's, 0.5-1, preset transfer: smaller ones train faster, and
    as random crops show things larger than they are, the network knows them in the input's size."""
    widths: tuple[int, ...] | None = None
    """Channels of each stage of the networks `edge` and `teacher` (None: the network's own)."""
    blocks: tuple[int, ...] | None = None
    """Blocks of each stage, as many numbers as `widths`; a block is two convolutions."""
    recipe: str = "garment"
    """Preprocessing, one of RECIPES: garment (finds one object and draws it grey) or image (the whole frame)."""
    resize: str = "stretch"
    """Fit of a frame of another shape (recipe image): crop, letterbox or stretch."""
    train_from: int = 0
    """First of the 16 blocks of the pretrained network that is trained; 17: what follows them; 0: all of it."""
    head_only: bool = False
    """Only the last layer of the pretrained network is trained."""
    least_steps: int = 1
    """Steps that an epoch has at least: a small set is gone through several times."""

    @property
    def is_pretrained(self) -> bool:
        """True if the network starts from weights trained on ImageNet."""
        return self.network == PRETRAINED_NETWORK

    @property
    def stages(self) -> dict[str, tuple[int, ...]]:
        """Arguments of the network's function, those that are chosen."""
        return {name: value for name in ("widths", "blocks") if (value := getattr(self, name)) is not None}

    @property
    def train_size(self) -> int:
        """Height and width of the images in training, in pixels: a multiple of 16 if it isn't the input's."""
        return self.input_size if self.train_scale == 1 else 16 * round(self.input_size * self.train_scale / 16)

    @property
    def is_plain(self) -> bool:
        """True if images and labels are used unchanged."""
        return self == replace(self.without_augmentation(), label_smoothing=0.0)

    def without_augmentation(self) -> Preset:
        """Return the preset that leaves every image unchanged."""
        off = replace(self, shift=0, flip=False, erase=0.0, mixup=0.0, cutmix=0.0)
        return replace(off, random_crop=0.0, rotate=0.0, light=0.0, colour=0.0)


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """One training run."""

    preset: str | None = None
    """Name in PRESETS (None: transfer for a folder of your own images, edge for the other data)."""
    data: str = "fashion-mnist"
    """fashion-mnist (downloaded once), demo (drawn), or a folder with one folder a class or train, valid and test."""
    # Overrides of the preset; None: its value.
    epochs: int | None = None
    batch_size: int | None = None
    optimizer: str | None = None
    learning_rate: float | None = None
    weight_decay: float | None = None
    schedule: str | None = None
    warmup_epochs: float | None = None
    label_smoothing: float | None = None
    balance: float | None = None
    average_epochs: float | None = None
    shift: int | None = None
    shift_padding: str | None = None
    flip: bool | None = None
    erase: float | None = None
    mixup: float | None = None
    cutmix: float | None = None
    random_crop: float | None = None
    rotate: float | None = None
    light: float | None = None
    colour: float | None = None
    input_size: int | None = None
    train_scale: float | None = None
    widths: tuple[int, ...] | None = None
    blocks: tuple[int, ...] | None = None
    recipe: str | None = None
    resize: str | None = None
    train_from: int | None = None
    head_only: bool | None = None
    least_steps: int | None = None
    # Settings that no preset has.
    initial: Path | None = None
    teacher: Path | None = None
    """Run directory or soft-label file of a teacher (None: train on the labels alone)."""
    distillation_temperature: float = 4.0
    """Divisor of the logits of teacher and student."""
    distillation_weight: float = 0.9
    """Share of the teacher in the loss, 0-1."""
    soft_labels: Path | None = None
    mixed_precision: str = "off"
    """Arithmetic, off (float32), float16 or bfloat16; the weights stay float32."""
    test_fraction: float = 0.15
    """Share of your own images that is held out for the test, 0-1; the same images for every seed. 0: none, and the
    validation images stand in for them."""
    validation_fraction: float = 1 / 12
    """Share of the training images that becomes the validation split, 0-1: 5,000 of 60,000."""
    extra_data: tuple[Path, ...] = ()
    """Files of further training images, see `train.data.auxiliary`."""
    extra_data_share: float | None = None
    """Share of an epoch that they make up, 0-1, in turn (None: every epoch has all of them)."""
    threshold_data: Path | None = None
    """File of such images that sets the threshold of `unknown`; not used for training."""
    max_images: int | None = None
    """Limit on the training images, also on those drawn for demo (None: all, or 6,000 drawn ones)."""
    seed: int = 0
    split_seed: int | None = None
    """Seed of the validation split alone (None: `seed`)."""
    name: str | None = None
    runs: Path = Path("runs")
    tensorboard: bool = False
    distribute: bool = False
    """Data-parallel training on all devices and on the processes that Keras' environment variables name."""
    report: bool = True
    """Page on mistakes, doubtful labels and more images in the run directory; for the pretrained network."""
    resume: bool = False
    """Continuation of an unfinished run: the one called `name`, or the only one."""


PRESETS = {
    preset.name: preset
    for preset in (
        Preset("baseline", "baseline", epochs=10, batch_size=32, optimizer="adam", learning_rate=1e-3),
        Preset("tiny", "tiny", epochs=10, batch_size=32, optimizer="adam", learning_rate=1e-3),
        Preset("edge", "edge", epochs=30, batch_size=128, optimizer="adam", learning_rate=3e-3, weight_decay=0.02,
               schedule="cosine", warmup_epochs=2, label_smoothing=0.05, average_epochs=1, shift=2, flip=True,
               erase=0.25),
        # Its epochs are for `--teacher pretrained/soft_labels.npz`: on the labels alone, far fewer are enough. An
        # epoch of a hundred images of one's own would be a single step: with twenty of them it learned nothing.
        Preset("micro", "micro", epochs=120, batch_size=128, optimizer="adam", learning_rate=3e-3, weight_decay=0.02,
               schedule="cosine", warmup_epochs=2, label_smoothing=0.05, average_epochs=1, shift=2, erase=0.1,
               least_steps=40),
        Preset("transfer", PRETRAINED_NETWORK, epochs=12, batch_size=32, optimizer="adam", learning_rate=5e-4,
               weight_decay=0.004, schedule="cosine", warmup_epochs=2, label_smoothing=0.1, flip=True, random_crop=0.5,
               rotate=10, light=0.25, colour=0.05, input_size=160, recipe="image", resize="letterbox", train_from=6,
               least_steps=40, average_epochs=1, balance=0.5),
        # Its decay is ten times the usual 5e-4 of L2 in the loss, whose gradient a momentum of 0.9 adds up tenfold.
        Preset("teacher", "teacher", epochs=100, batch_size=128, optimizer="sgd", learning_rate=0.1, weight_decay=5e-3,
               schedule="cosine", warmup_epochs=2, average_epochs=1, shift=4, flip=True, erase=0.5),
        Preset("teacher-lite0", "teacher_lite0", epochs=12, batch_size=128, optimizer="adam", learning_rate=1e-3,
               weight_decay=0.02, schedule="cosine", warmup_epochs=1, average_epochs=1, shift=2, flip=True, erase=0.25),
    )
}  # fmt: skip


def preset_for(config: TrainConfig) -> Preset:
    """Return the preset of a run with the overrides of its configuration applied."""
    preset = PRESETS[config.preset or ("edge" if config.data in DATASETS else "transfer")]
    overrides = {name: getattr(config, name) for name in overridable()}
    return replace(preset, **{name: value for name, value in overrides.items() if value is not None})


def input_of(preset: Preset) -> InputSpec:
    """Return the input that a preset's network takes."""
    edge = preset.input_size
    if preset.recipe == "garment":
        return InputSpec(edge, edge)
    if not preset.is_pretrained:
        return InputSpec(edge, edge, recipe=IMAGE_RECIPE, resize=preset.resize)
    # What its weights were trained on: (pixel - 127) / 128 of R, G, B.
    return InputSpec(edge, edge, channels=3, recipe=IMAGE_RECIPE, resize=preset.resize, mean=(127.0,), std=(128.0,))


def describe_input(spec: InputSpec) -> str:
    """Return what a network sees of an image, as in "160x160 pixels, colour, the whole frame (stretch)"."""
    size = f"{spec.width}x{spec.height} pixels, {'colour' if spec.channels == 3 else 'grey'}"
    if spec.recipe == GARMENT_RECIPE:
        return f"{size}, one object before a plain background (recipe garment)"
    part = {
        "stretch": "the whole frame, its shape changed to a square",
        "letterbox": "the whole frame between black bars",
        "crop": "the middle of the frame",
    }[spec.resize]
    return f"{size}, {part} ({describe_resize(spec)})"


def require_consistent(config: TrainConfig) -> None:
    """Refuse choices that exclude each other.

    Raises:
        RunError: the network can't take the recipe, size or data, or a setting is for garments alone.
    """
    preset = preset_for(config)
    least, most = PRETRAINED_SIZES
    if preset.is_pretrained and preset.recipe != "image":
        raise RunError(f"preset {preset.name} sees colour images: --recipe {preset.recipe} goes with --preset edge")
    if preset.is_pretrained and not least <= preset.input_size <= most:
        raise RunError(f"--input-size {preset.input_size}: preset {preset.name} takes {least} to {most} pixels")
    if not preset.is_pretrained and (preset.head_only or preset.train_from or preset.train_scale != 1):
        raise RunError(
            f"preset {preset.name} has no pretrained weights: --head-only, --train-from, --train-scale are for transfer"
        )
    if preset.stages and preset.network not in STAGED_NETWORKS:
        raise RunError(f"preset {preset.name} has no stages: --widths and --blocks are for edge and teacher")
    if len(preset.widths or (1, 1, 1)) != len(preset.blocks or (1, 1, 1)):
        raise RunError("--widths and --blocks need a number for each stage: as many of both, or three of one")
    if preset.recipe == "garment":
        if preset.random_crop or preset.rotate or preset.light or preset.colour:
            raise RunError("--random-crop, --rotate, --light and --colour are for --recipe image")
        return
    if config.data in DATASETS:
        raise RunError(f"{config.data} has grey garments of 28x28: preset {preset.name} and --recipe image are for "
                       "a folder of your own images, --data DIR")  # fmt: skip
    flags = {"--teacher": config.teacher, "--soft-labels": config.soft_labels, "--extra-data": config.extra_data,
             "--threshold-data": config.threshold_data}  # fmt: skip
    if given := [flag for flag, value in flags.items() if value]:
        raise RunError(f"{', '.join(given)}: for garments alone, with --preset edge --recipe garment")


def overridable() -> tuple[str, ...]:
    """Return the names of the preset's fields that a run may override."""
    return tuple(field.name for field in fields(Preset) if field.name not in ("name", "network"))


def config_from_json(stored: Mapping[str, Any]) -> TrainConfig:
    """Return the configuration that a run stored; settings of other versions are left out, or get their defaults."""
    values = {field.name: stored[field.name] for field in fields(TrainConfig) if field.name in stored}
    paths = ("initial", "teacher", "soft_labels", "threshold_data", "runs")
    values |= {name: Path(values[name]) for name in paths if values.get(name) is not None}
    stages = {name: tuple(values[name]) for name in ("widths", "blocks") if values.get(name) is not None}
    return TrainConfig(**values | stages | {"extra_data": tuple(map(Path, values.get("extra_data", ())))})
