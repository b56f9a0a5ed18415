"""What a peer is: a tool that times a model file, and how it is asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from edge.artifact.file import Artifact


@dataclass(frozen=True, slots=True)
class PeerJob:
    """One file for one peer, once."""

    artifact: Artifact
    images_file: str
    """.npy of the test images: uint8 grey, shape (N, height, width), 0-255."""
    threads: int
    runs: int
    """Timed calls."""
    warmup: int
    """Untimed calls, at least."""
    warmup_s: float
    """Seconds of untimed calls, at least, where the peer can be told so."""
    timeout_s: float
    pythons: tuple[str, ...]
    """Interpreters to look for the peer's library in, this one first."""


@dataclass(frozen=True, slots=True)
class PeerOutcome:
    """How it ended."""

    status: str
    """One of `benchmarks.measure.job`'s OK, FAILED and NOT_INSTALLED."""
    reason: str = ""
    version: str = ""
    """Of the peer's library."""
    invoke_ns: list[int] = field(default_factory=list)
    """One value a timed call, in order; empty where the peer tells only a summary."""
    summary_ns: dict[str, int] = field(default_factory=dict)
    """median, p95, mean, maximum: of a peer that tells only a summary."""


class Peer(Protocol):
    """A tool that times a model file."""

    name: str
    """As the table shows it."""
    what: str
    """What it times and on what, in a clause."""
    how_to_get: str
    """What to do where it isn't installed."""
    format: str
    """Of the files it runs: tflite or onnx."""

    def measure(self, job: PeerJob) -> PeerOutcome:
        """Time the file once, in a process of its own."""
        ...


SCRIPTS = Path(__file__).parent / "scripts"
"""Programs that run in any Python which has the peer's library; a folder of its own, as its files can be imported
there by mistake: nothing in it may have a library's name."""
