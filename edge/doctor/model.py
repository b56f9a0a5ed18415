"""The model file: readable, whole, for a runtime that is here, its structure sound; tried in a child process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from edge.artifact import Artifact, read_artifact
from edge.doctor.finding import FAILURE, OK, WARNING, Finding
from edge.doctor.patient import Patient
from edge.errors import ModelFileError, ToolkitError
from edge.runtimes import runtime_for

if TYPE_CHECKING:
    from edge.admission.requirement import Requirement

_ANOTHER = "copy or export the file again, or leave --model out for the built-in one"
_OPERATORS = ("op for builtin", "opcode", "Unsupported model IR version", "opset")  # of what runtimes say


def check_model(
    patient: Patient, path: Path, *, required: Requirement | None = None, has_numpy: bool = True
) -> Finding:
    """Read the file, check it, and run it in a child process.

    Args:
        patient: the machine.
        path: the file.
        required: what the file must have.
        has_numpy: whether that can be imported; checking the structure takes it.
    """
    try:
        artifact = read_artifact(path, required=required)
        runtime = runtime_for(artifact)
        checked = _checked(artifact, has_numpy=has_numpy)
    except ToolkitError as error:
        what, _, fix = str(error).partition(": ")
        return Finding("model", FAILURE, what, fix or _ANOTHER)
    try:
        patient.try_model(artifact, runtime)
    except ModelFileError as error:
        is_newer = any(sign in str(error) for sign in _OPERATORS)
        fix = f"update the library that {runtime} is, or export the file with an older one" if is_newer else _ANOTHER
        return Finding("model", FAILURE, str(error), fix)
    text = f"{_described(artifact, runtime)}; {checked}"
    if artifact.spec is None:
        return Finding("model", WARNING, f"{text}; no specification in it", "give its class names with --labels FILE")
    return Finding("model", OK, text)


def _checked(artifact: Artifact, *, has_numpy: bool) -> str:
    """What is known about its bytes.

    Raises:
        ModelFileError: they are not sound, and nobody vouches for them.
    """
    has_digest = artifact.spec is not None and artifact.spec.network_sha256
    parts = ["digest right" if has_digest else "no digest in it"]
    try:
        if has_numpy:
            from edge.admission.gate import check_network

            parts.append(f"all {len(check_network(artifact))} operators known")
    except ModelFileError:
        if not artifact.vouched_by:
            raise
        parts.append("not all operators known")
    if artifact.vouched_by:
        parts.append(f"vouched for: {artifact.vouched_by}")
    return ", ".join(parts)


def _described(artifact: Artifact, runtime: str) -> str:
    parts = [artifact.path.name, f"{artifact.size_bytes / 1000:.1f} kB"]
    if artifact.spec:
        parts.append(f"{len(artifact.spec.labels)} classes")
    return f"{', '.join(parts)}, runs in {runtime}"
