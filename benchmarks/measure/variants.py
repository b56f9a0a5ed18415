"""Rows of a report: one for each artifact and runtime that fits it, and one for each file that is no model."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.artifact.file import Artifact, default_model, read_artifact
from edge.errors import ConfigError, ModelFileError, ToolkitError
from edge.runtimes import RUNTIMES
from edge.runtimes.protocol import FORMATS
from edge.system.urls import redact_url

ARTIFACTS_FOLDER = Path("artifacts")
_SUFFIXES = (".tflite", ".onnx")
_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Variant:
    """A row to be measured, or one that can't be because the file is no model."""

    name: str
    """File name; with as many folders as it takes where several files have it."""
    path: Path
    """Absolute."""
    artifact: Artifact | None
    """None if the file couldn't be recognised."""
    runtime: str
    """One of `edge.runtimes.RUNTIMES`; empty if the file couldn't be recognised."""
    reason: str = ""

    @property
    def row_id(self) -> str:
        """Name of its row."""
        return f"{self.name} @ {self.runtime}" if self.runtime else self.name


def default_artifacts() -> tuple[Path, ...]:
    """The model files under `artifacts/` in the working directory, sorted, then the one that ships."""
    return (*_models_in(ARTIFACTS_FOLDER), default_model())


def list_variants(paths: Sequence[Path], *, runtimes: Sequence[str] = ()) -> list[Variant]:
    """List the rows of a report, one for each file and runtime that fits it; by default of `default_artifacts`.

    A file that is no model is one variant with a reason. A file whose bytes were listed already is left out.

    Raises:
        ModelFileError: there is nothing to measure.
        ConfigError: an address with a login or a key.
    """
    files = _without_copies(_expand(paths or default_artifacts()))
    variants: list[Variant] = []
    for file, read in files.items():
        name = _short_name(file, files)
        if isinstance(read, Artifact):
            fitting = [runtime for runtime in dict.fromkeys(runtimes or RUNTIMES) if FORMATS[runtime] == read.format]
            variants += [Variant(name, file, read, runtime) for runtime in fitting]
        else:
            variants.append(Variant(name, file, None, "", " ".join(str(read).split())))
    if not variants:
        raise ModelFileError(f"nothing to measure: --runtime {' --runtime '.join(runtimes)} runs none of these files")
    return variants


def _expand(paths: Iterable[Path]) -> list[Path]:
    """Folders become the models in them; everything absolute, so that the worker finds it; each path once."""
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            found = _models_in(path)
            if not found:
                raise ModelFileError(f"{path} holds no model: expected files ending in {' or '.join(_SUFFIXES)}")
            files += found
        elif (shown := redact_url(str(path))) != str(path):  # a report holds names and paths
            raise ConfigError(f"{shown} is an address with a secret in it: copy the file to this machine")
        else:
            files.append(path)
    return list(dict.fromkeys(file.absolute() for file in files))


def _models_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.suffix.lower() in _SUFFIXES and path.is_file())


def _without_copies(files: Iterable[Path]) -> dict[Path, Artifact | ToolkitError]:
    """Read the files, leaving out those whose bytes were read already: the shipped model is often in artifacts/ too."""
    found: dict[Path, Artifact | ToolkitError] = {}
    seen: dict[str, Path] = {}
    for file in files:
        try:
            artifact = read_artifact(file)
        except ToolkitError as error:
            found[file] = error
            continue
        if artifact.sha256 in seen:
            _LOGGER.info("%s has the same bytes as %s: measured once", file, seen[artifact.sha256])
            continue
        seen[artifact.sha256] = file
        found[file] = artifact
    return found


def _short_name(file: Path, files: Collection[Path]) -> str:
    """The file's name, with as many of its folders as it takes to tell it from the others."""
    for depth in range(1, len(file.parts)):
        tail = file.parts[-depth:]
        if sum(other.parts[-depth:] == tail for other in files) == 1:
            return "/".join(tail)
    return str(file)
