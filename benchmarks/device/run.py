"""Measurement on a device by `python kit.zip`, which needs numpy and a runtime, and its result as JSON."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.config import QUICK, BenchmarkConfig
from benchmarks.host.environment import describe_environment, machine_name
from benchmarks.host.machine_state import MachineState
from benchmarks.measure.job import OK, Outcome
from benchmarks.measure.rounds import Schedule, Trial, is_complete, measure_in_rounds, variant_tasks
from benchmarks.measure.variants import Variant, list_variants
from benchmarks.records import from_record, to_record
from edge.artifact.file import Artifact
from edge.cli import console
from edge.datasets.fashion_mnist import LabelledImages
from edge.errors import EXIT_DONE, EXIT_INTERRUPTED, ToolkitError
from edge.runtimes import RUNTIMES
from edge.system import atomic_file

SCHEMA_VERSION = 1

Measured = tuple[Variant, list[Trial[Outcome]]]


def as_result(measured: Sequence[Measured], facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON object of a device's run.

    Args:
        measured: each variant with its trials.
        facts: statement, test_images, environment, settings.
    """
    return {"device_schema_version": SCHEMA_VERSION, **facts, "variants": [_variant(*pair) for pair in measured]}


def read_measured(result: Mapping[str, Any]) -> list[Measured]:
    """Read the variants and their trials back.

    Raises:
        ToolkitError: written by a newer version, or damaged.
    """
    version = result.get("device_schema_version")
    if version != SCHEMA_VERSION:
        raise ToolkitError(f"this device's result has schema {version}, this version reads {SCHEMA_VERSION}: update")
    try:
        return [(_as_variant(found), [_as_trial(trial) for trial in found["trials"]]) for found in result["variants"]]
    except (KeyError, TypeError, ValueError) as error:
        raise ToolkitError(f"the device's result is damaged ({error!r}): copy it again") from error


def _variant(variant: Variant, trials: Sequence[Trial[Outcome]]) -> dict[str, Any]:
    artifact = variant.artifact
    return {
        "name": variant.name,
        "path": str(variant.path),
        "runtime": variant.runtime,
        "reason": variant.reason,
        "artifact": artifact
        and {"format": artifact.format, "sha256": artifact.sha256, "size_bytes": artifact.size_bytes},
        "trials": [to_record(trial) for trial in trials],
    }


def _as_variant(found: Mapping[str, Any]) -> Variant:
    path, facts = Path(found["path"]), found["artifact"]
    artifact = facts and Artifact(path, facts["format"], facts["sha256"], facts["size_bytes"], None)
    return Variant(found["name"], path, artifact, found["runtime"], found["reason"])


def _as_trial(found: Mapping[str, Any]) -> Trial[Outcome]:
    return Trial(
        Outcome.from_record(found["outcome"]),
        *(from_record(MachineState, found[moment]) for moment in ("before", "after")),
    )


FACTS, IMAGES, LABELS, ARTIFACTS = "kit.json", "images.npy", "labels.npy", "artifacts"
"""Members of a kit beside the code."""

_FLAGS = ("runtimes", "repeats", "runs", "frames", "threads", "max_images", "timeout_s")


def parser() -> argparse.ArgumentParser:
    """Return the argument parser; every default comes from `BenchmarkConfig`."""
    default = BenchmarkConfig()
    flags = console.Parser(
        prog="python KIT.zip",
        description="Measure the model files in this kit on this device and write one JSON for "
        "`python -m benchmarks merge`. Needs numpy and a runtime; with OpenCV, frames are timed too.",
    )
    flags.add_argument("--out", type=Path, default=Path("result.json"), metavar="FILE", help="where to write it")
    flags.add_argument("--runtime", action="append", choices=RUNTIMES, dest="runtimes", default=[],
                       help="library to run them with; repeatable (default: all that fit the file)")  # fmt: skip
    flags.add_argument("--quick", action="store_true", help="fewer repeats, calls and images: a look, not a result")
    for name, what in (("repeats", "rounds"), ("runs", "timed calls of invoke"), ("frames", "timed frames")):
        flags.add_argument(f"--{name}", type=console.positive_int, default=getattr(default, name), metavar="N",
                           help=what)  # fmt: skip
    flags.add_argument("--max-images", type=console.positive_int, metavar="N", help="use only the first N test images")
    flags.add_argument("--threads", type=console.thread_count, default=default.threads, metavar="N",
                       help="for the arithmetic")  # fmt: skip
    flags.add_argument("--timeout", type=console.positive_float, dest="timeout_s", default=default.timeout_s,
                       metavar="S", help="seconds after which one turn has failed")  # fmt: skip
    console.add_logging_flags(flags)
    return flags


def run_kit(kit: Path, arguments: Sequence[str]) -> int:
    """Measure what a kit holds; the path of the result is the last line.

    Args:
        kit: the file.
        arguments: flags.
    """
    flags = parser()
    options = flags.parse_args(arguments)
    if options.quick:
        flags.set_defaults(**QUICK)  # what is given by hand still counts
        options = flags.parse_args(arguments)
    console.start_logging(options)
    with tempfile.TemporaryDirectory(prefix="kit-") as folder:
        result, is_whole = _measure(Path(folder), kit, options)
    atomic_file.write_text(options.out, json.dumps(result) + "\n")
    print(f"{machine_name(result['environment'])}\nsend this file back: {options.out}")
    if not is_whole:
        return EXIT_INTERRUPTED
    failed = [found["name"] for found in result["variants"] if _failed(found)]
    if len(failed) == len(result["variants"]):
        raise ToolkitError("nothing could be measured: pip install what requirements.txt in the kit names")
    return EXIT_DONE


def _measure(folder: Path, kit: Path, options: argparse.Namespace) -> tuple[dict[str, Any], bool]:
    with zipfile.ZipFile(kit) as archive:
        archive.extractall(folder, [name for name in archive.namelist() if not name.endswith(".py")])
    facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    config = BenchmarkConfig(
        **{name: getattr(options, name) for name in _FLAGS} | {"runtimes": tuple(options.runtimes)}, seed=facts["seed"]
    )
    images, labels = (np.load(folder / name)[: config.max_images] for name in (IMAGES, LABELS))
    images_file = folder / "used.npy"
    np.save(images_file, images)
    command = ["python", kit.name, *map(shlex.quote, sys.argv[1:])]
    environment = describe_environment(command, seed=config.seed, threads=config.threads)
    environment["git_commit"] = facts["git_commit"]
    variants = list_variants([folder / ARTIFACTS], runtimes=config.runtimes)
    input_files = (str(images_file), _frames_file(folder, config.seed))
    tasks = variant_tasks(variants, config, input_files=input_files, is_timed=environment["emulator"] is None)
    repeats = config.repeats if environment["emulator"] is None else 1  # answers don't change
    trials = measure_in_rounds(tasks, Schedule(repeats, config.seed))
    known = {
        "statement": facts["statement"] + (f", of these {len(labels):,}" if len(labels) < facts["count"] else ""),
        "test_images": {
            "dataset": facts["dataset"],
            "count": len(labels),
            "sha256": LabelledImages(images, labels).sha256,
            "labels": labels.tolist(),
        },
        "environment": environment,
        "settings": {name: getattr(config, name) for name in (*_FLAGS, "seed", "warmup", "warmup_s")},
    }
    return as_result(list(zip(variants, trials, strict=True)), known), is_complete(trials, repeats=repeats)


def _frames_file(folder: Path, seed: int) -> str:
    """The frames are drawn here, by the code in the kit; empty where OpenCV, which draws them, is missing."""
    if find_spec("cv2") is None:
        return ""
    from benchmarks.measure.inputs import draw_frames

    np.save(folder / "frames.npy", draw_frames(seed=seed))
    return str(folder / "frames.npy")


def _failed(found: dict[str, Any]) -> bool:
    return not any(trial["outcome"]["status"] == OK for trial in found["trials"])
