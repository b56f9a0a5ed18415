"""What `python -m benchmarks photos` is asked to do; its flags map one to one onto these fields."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class PhotosConfig:
    """Every setting of a run, with its default."""

    folder: Path
    """Holds one folder for each kind of photograph, or the photographs of a single kind."""
    model: Path | None = None
    """Model file; None: the one that ships."""
    truths: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """(folder, labels) where a folder's name doesn't say what it holds; no label: `unknown` is right."""
    runtime: str = "auto"
    """One of `edge.runtimes.RUNTIMES`, or auto."""
    threads: int = 1
    """For the arithmetic; 1 is the reference."""
    mistakes: int = 24
    """How many mistakes are drawn, at most."""
    hits: int = 2
    """How many right answers of each folder are drawn, at most."""
    out: Path | None = None
    """Folder of the report; None: `reports/photos-<UTC time>`."""
