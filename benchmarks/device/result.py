"""What a device sends back: the trials of every variant as JSON, without statistics, which need libraries it lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.measure.job import Outcome
from benchmarks.measure.rounds import Trial
from benchmarks.measure.variants import Variant
from edge.artifact.file import Artifact
from edge.errors import ToolkitError

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
        "trials": [asdict(trial) for trial in trials],
    }


def _as_variant(found: Mapping[str, Any]) -> Variant:
    path, facts = Path(found["path"]), found["artifact"]
    artifact = facts and Artifact(path, facts["format"], facts["sha256"], facts["size_bytes"], None)
    return Variant(found["name"], path, artifact, found["runtime"], found["reason"])


def _as_trial(found: Mapping[str, Any]) -> Trial[Outcome]:
    return Trial(Outcome.from_record(found["outcome"]), found["before"], found["after"])
