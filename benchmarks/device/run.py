"""Measurement on a device by `python kit.zip`, which needs numpy and a runtime, and its result as JSON."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.config import BenchmarkConfig, add_measuring_flags, apply_quick, from_flags
from benchmarks.host.environment import Environment, describe_environment, machine_name
from benchmarks.measure.inputs import EvaluationImages, EvaluationSet, draw_frames
from benchmarks.measure.job import OK, Outcome
from benchmarks.measure.rounds import RowInputs, Schedule, Trial, is_complete, measure_in_rounds, variant_tasks
from benchmarks.measure.variants import Variant, list_variants
from benchmarks.records import from_record, to_record
from edge.artifact.file import Artifact
from edge.cli import console
from edge.cli.outputs import output_file
from edge.errors import EXIT_DONE, EXIT_INTERRUPTED, ToolkitError
from edge.system import atomic_file

SCHEMA_VERSION = 1
FACTS, IMAGES, LABELS, ARTIFACTS = "kit.json", "images.npy", "labels.npy", "artifacts"
"""Members of a kit beside the code."""


@dataclass(frozen=True, slots=True)
class KitFacts:
    """Content of a kit, in FACTS."""

    statement: str
    dataset: str
    count: int
    seed: int
    git_commit: str | None


@dataclass(frozen=True, slots=True)
class ArtifactFacts:
    """Identity of a model file that stayed on the device."""

    format: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class MeasuredVariant:
    """A variant with its trials."""

    name: str
    path: Path
    runtime: str
    reason: str
    artifact: ArtifactFacts | None
    trials: tuple[Trial[Outcome], ...]

    @classmethod
    def of(cls, variant: Variant, trials: Sequence[Trial[Outcome]]) -> MeasuredVariant:
        """Join a variant and its trials."""
        artifact = variant.artifact
        facts = artifact and ArtifactFacts(artifact.format, artifact.sha256, artifact.size_bytes)
        return cls(variant.name, variant.path, variant.runtime, variant.reason, facts, tuple(trials))

    @property
    def variant(self) -> Variant:
        """The variant, whose file has no spec here."""
        facts = self.artifact
        artifact = Artifact(self.path, facts.format, facts.sha256, facts.size_bytes, None) if facts else None
        return Variant(self.name, self.path, artifact, self.runtime, self.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceResult:
    """All that a device sends back."""

    device_schema_version: int = SCHEMA_VERSION
    statement: str
    test_images: EvaluationSet
    environment: Environment
    settings: BenchmarkConfig
    variants: tuple[MeasuredVariant, ...]


def read_result(data: Mapping[str, Any]) -> DeviceResult:
    """Read the JSON object of a device's result.

    Raises:
        ToolkitError: written by a newer version, or damaged.
    """
    version = data.get("device_schema_version")
    if version != SCHEMA_VERSION:
        raise ToolkitError(f"this device's result has schema {version}, this version reads {SCHEMA_VERSION}: update")
    try:
        return from_record(DeviceResult, data)
    except (TypeError, ValueError) as error:
        raise ToolkitError(f"the device's result is damaged ({error!r}): copy it again") from error


def parser() -> argparse.ArgumentParser:
    """Return the argument parser; every default comes from `BenchmarkConfig`."""
    flags = console.Parser(
        prog="python KIT.zip",
        description="Measure the model files in this kit on this device and write one JSON for "
        "`python -m benchmarks merge`. Needs numpy and a runtime; with OpenCV, frames are timed too.",
    )
    flags.add_argument("--out", type=output_file, default="result.json", metavar="FILE", help="where to write it")
    add_measuring_flags(flags)
    console.add_logging_flags(flags)
    return flags


def run_kit(kit: Path, arguments: Sequence[str]) -> int:
    """Measure the files of a kit under the settings of the flags; the path of the result is the last line."""
    flags = parser()
    apply_quick(flags, arguments)
    options = flags.parse_args(arguments)
    console.start_logging(options)
    with tempfile.TemporaryDirectory(prefix="kit-") as folder:
        result, is_whole = _measure(Path(folder), kit, replace(from_flags(BenchmarkConfig, vars(options)), out=None))
    atomic_file.write_text(options.out, json.dumps(to_record(result)) + "\n")
    print(f"{machine_name(result.environment)}\nsend this file back: {options.out}")
    if not is_whole:
        return EXIT_INTERRUPTED
    if not any(trial.outcome.status == OK for variant in result.variants for trial in variant.trials):
        raise ToolkitError("nothing could be measured: pip install what requirements.txt in the kit names")
    return EXIT_DONE


def _measure(folder: Path, kit: Path, flags: BenchmarkConfig) -> tuple[DeviceResult, bool]:
    """Return the result, and False if Ctrl-C came before its end."""
    with zipfile.ZipFile(kit) as archive:
        archive.extractall(folder, [name for name in archive.namelist() if not name.endswith(".py")])
    facts = from_record(KitFacts, json.loads((folder / FACTS).read_text(encoding="utf-8")))
    config = replace(flags, seed=facts.seed)
    images, labels = (np.load(folder / name)[: config.max_images] for name in (IMAGES, LABELS))
    test_images = EvaluationImages(images, labels, dataset=facts.dataset, statement=facts.statement)
    images_file, frames_file = folder / "used.npy", folder / "frames.npy"
    np.save(images_file, images)
    has_opencv = find_spec("cv2") is not None  # it draws the frames, by the code in the kit
    if has_opencv:
        np.save(frames_file, draw_frames(seed=config.seed))
    command = ["python", kit.name, *map(shlex.quote, sys.argv[1:])]
    environment = describe_environment(command, seed=config.seed, threads=config.threads)
    variants = list_variants([folder / ARTIFACTS], runtimes=config.runtimes)
    is_timed = environment.emulator is None
    inputs = RowInputs(str(images_file), str(frames_file) if has_opencv else "")
    tasks = variant_tasks(variants, config, inputs=inputs, is_timed=is_timed)
    repeats = config.repeats if is_timed else 1  # predictions don't change
    trials = measure_in_rounds(tasks, Schedule(repeats, config.seed))
    result = DeviceResult(
        statement=facts.statement + (f", of these {len(labels):,}" if len(labels) < facts.count else ""),
        test_images=test_images.facts,
        environment=replace(environment, git_commit=facts.git_commit),
        settings=config,
        variants=tuple(map(MeasuredVariant.of, variants, trials)),
    )
    return result, is_complete(trials, repeats=repeats)
