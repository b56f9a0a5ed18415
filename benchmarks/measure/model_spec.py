"""Specification of a model file that carries none, inferred by a child process: loading it may crash.

`python -m benchmarks.measure.model_spec` reads a `SpecRequest` as JSON and writes the specification's JSON in one line.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.measure.child_process import ask, own_environment
from benchmarks.measure.variants import Variant
from benchmarks.records import from_record, to_record
from edge.artifact.input_spec import ModelOptions
from edge.artifact.spec import ModelSpec
from edge.classify.loaded_model import LoadedModel
from edge.errors import ToolkitError

_COMMAND = (sys.executable, "-m", "benchmarks.measure.model_spec")


@dataclass(frozen=True, slots=True)
class SpecRequest:
    """File to be loaded, and what the user says about it."""

    artifact: str
    """Absolute path of the model file."""
    runtime: str
    options: ModelOptions = field(default_factory=ModelOptions)


def model_specs(
    variants: Sequence[Variant], options: ModelOptions, *, timeout_s: float, command: Sequence[str] = _COMMAND
) -> dict[Path, ModelSpec]:
    """Return the specification of each file that has one or that one can be inferred for; its row says why not."""
    specs: dict[Path, ModelSpec] = {}
    for variant in variants:
        if variant.artifact is None or variant.path in specs:
            continue
        spec = variant.artifact.spec or _inferred(variant, options, timeout_s=timeout_s, command=command)
        if spec is not None:
            specs[variant.path] = spec
    return specs


def claimed_labels(variant: Variant, options: ModelOptions) -> tuple[str, ...]:
    """Return the class names of a file as far as they are known without loading it; empty: they aren't."""
    artifact = variant.artifact
    if artifact is None:
        return ()
    if artifact.spec is not None:
        return artifact.spec.labels
    return options.labels or (artifact.metadata.labels if artifact.metadata else ())


def _inferred(variant: Variant, options: ModelOptions, *, timeout_s: float, command: Sequence[str]) -> ModelSpec | None:
    request = json.dumps(to_record(SpecRequest(str(variant.path), variant.runtime, options)))
    reply = ask(command, request, timeout_s=timeout_s, environment=own_environment())
    try:
        return ModelSpec.from_json(reply.text) if reply.text and not reply.reason else None
    except ToolkitError:
        return None


def main() -> int:
    """Read a request from stdin and answer it on stdout; without an answer, the exit code is 1."""
    request = from_record(SpecRequest, json.load(sys.stdin))
    # As in the worker, native libraries may print to file descriptor 1.
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    with answer:
        try:
            model = LoadedModel.load(Path(request.artifact), runtime=request.runtime, options=request.options)
        except ToolkitError as error:
            sys.stderr.write(f"{error}\n")
            return 1
        answer.write(json.dumps(json.loads(model.spec.to_json())) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
