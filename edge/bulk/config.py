"""Settings of bulk classification."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from edge.artifact.input_spec import ModelOptions

if TYPE_CHECKING:
    from edge.vision.region import Region


class BulkConfig(NamedTuple):
    """Settings of one call; each field is the flag of its name."""

    inputs: tuple[str, ...]
    """Folders, images, globs, Parquet files and URLs."""
    out: Path
    """Folder of the results."""
    model: Path
    model_options: ModelOptions = ModelOptions()
    """Labels and input of a model file that carries no specification."""
    runtime: str = "auto"
    threshold: float | None = None
    """Score below which the answer is unknown; None: the model file's."""
    top_k: int = 3
    roi: Region | None = None
    column: str | None = None
    """Column of Parquet files that holds images or their paths; None: by its name or type."""
    limit: int | None = None
    """Most images, evenly of all inputs; None: all."""
    workers: int | None = None
    """Processes that classify; None: as many as there are CPUs for."""
    cpus: int = 1
    """CPUs of a worker, and threads of its runtime."""
    address: str | None = None
    """Head of a Ray cluster; None: this machine alone."""
    json: bool = False
    quiet: bool = False
