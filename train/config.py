"""All choices of a training run: the defaults stand here or in the preset, and nowhere else; flags map onto fields."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

DATASETS = ("fashion-mnist", "demo")
MIXED_PRECISIONS = ("off", "float16", "bfloat16")


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """One training run."""

    preset: str = "edge"
    """Network and how it is trained, a name in `train.presets.PRESETS`."""
    data: str = "fashion-mnist"
    """fashion-mnist (downloaded once), demo (garments drawn by code) or a folder that holds one folder a class."""
    # What the preset decides, see `train.presets.Preset`; None: what it says.
    epochs: int | None = None
    batch_size: int | None = None
    optimizer: str | None = None
    learning_rate: float | None = None
    weight_decay: float | None = None
    schedule: str | None = None
    warmup_epochs: float | None = None
    label_smoothing: float | None = None
    average_epochs: float | None = None
    shift: int | None = None
    shift_padding: str | None = None
    flip: bool | None = None
    erase: float | None = None
    mixup: float | None = None
    cutmix: float | None = None
    # What is a matter of the run.
    initial: Path | None = None
    """Run directory whose weights to begin with; None: random ones."""
    teacher: Path | None = None
    """Run directory, or file of soft labels, of a network to learn from beside the labels."""
    distillation_temperature: float = 4.0
    """Logits of teacher and student are divided by it."""
    distillation_weight: float = 0.9
    """Share of the teacher in the loss, 0-1."""
    soft_labels: Path | None = None
    """File to write this network's own soft labels to, once it is trained."""
    mixed_precision: str = "off"
    """off, float16 or bfloat16 arithmetic; the weights stay float32."""
    input_size: int = 28
    """Rows and columns of the network's input, in pixels; other than 28 with images of your own."""
    test_fraction: float = 0.15
    """Share of images of your own that is held out to judge by; the same images for every seed."""
    validation_fraction: float = 1 / 12
    """Share of the training images kept aside to choose by: 5,000 of 60,000."""
    extra_data: tuple[Path, ...] = ()
    """Files of images to learn from beside the data set, see `train.data.auxiliary`."""
    extra_data_share: float | None = None
    """Share of them in an epoch, between 0 and 1; each takes others. None: all of them in every epoch."""
    threshold_data: Path | None = None
    """Such a file of images, never trained on, by which the answer `unknown` gets its threshold."""
    max_images: int | None = None
    """Use only so many training images (and draw so many, with demo); None: all, or 6,000 drawn ones."""
    seed: int = 0
    """Of the split, the weights, the shuffling, the augmentation and the dropout."""
    name: str | None = None
    """Of the run directory; None: preset, data and the UTC time."""
    runs: Path = Path("runs")
    """Folder of the run directories."""
    tensorboard: bool = False
    """Write TensorBoard's logs into the run directory."""
    distribute: bool = False
    """Train data-parallel on all devices, and with the processes that Keras' environment variables name."""
    resume: bool = False
    """Go on with an unfinished run: the one called `name`, or the only one there is."""
