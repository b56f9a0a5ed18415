"""All choices of a training run: the defaults stand here and nowhere else, the flags map onto the fields."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

DATA_CHOICES = ("fashion-mnist", "demo")


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """One training run."""

    preset: str = "baseline"
    """Network, a name in `train.networks.PRESETS`."""
    data: str = "fashion-mnist"
    """fashion-mnist (downloaded once) or demo (garments drawn by code: no network needed)."""
    epochs: int = 10
    """Passes over the training images."""
    batch_size: int = 32
    """Images a step."""
    learning_rate: float = 1e-3
    """Of Adam."""
    validation_fraction: float = 1 / 12
    """Share of the training images kept aside to choose by: 5,000 of 60,000."""
    max_images: int | None = None
    """Use only so many training images (and draw so many, with demo); None: all, or 6,000 drawn ones."""
    seed: int = 0
    """Of the split, the weights, the shuffling and the dropout."""
    name: str | None = None
    """Of the run directory; None: preset, data and the UTC time."""
    runs: Path = Path("runs")
    """Folder of the run directories."""
