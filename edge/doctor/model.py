"""The model file: readable, for a runtime that is here, its operators known to it; tried on a black image."""

from __future__ import annotations

from pathlib import Path

from edge.artifact import Artifact, read_artifact
from edge.doctor.finding import FAILURE, OK, WARNING, Finding
from edge.doctor.patient import Patient
from edge.errors import ModelFileError, ToolkitError
from edge.runtimes import runtime_for

_ANOTHER = "copy or export the file again, or leave --model out for the built-in one"
_OPERATORS = ("op for builtin", "opcode", "Unsupported model IR version", "opset")  # of what runtimes say


def check_model(patient: Patient, path: Path) -> Finding:
    """Read the file and run it once in a child process."""
    try:
        artifact = read_artifact(path)
        runtime = runtime_for(artifact)
    except ToolkitError as error:
        what, _, fix = str(error).partition(": ")
        return Finding("model", FAILURE, what, fix or _ANOTHER)
    try:
        patient.try_model(artifact, runtime)
    except ModelFileError as error:
        is_newer = any(sign in str(error) for sign in _OPERATORS)
        fix = f"update the library that {runtime} is, or export the file with an older one" if is_newer else _ANOTHER
        return Finding("model", FAILURE, str(error), fix)
    text = _described(artifact, runtime)
    if artifact.format == "tflite" and artifact.spec is None:
        return Finding("model", WARNING, f"{text}; no specification in it", "give its class names with --labels FILE")
    return Finding("model", OK, text)


def _described(artifact: Artifact, runtime: str) -> str:
    parts = [artifact.path.name, f"{artifact.size_bytes / 1000:.1f} kB"]
    if artifact.spec:
        parts.append(f"{len(artifact.spec.labels)} classes")
    return f"{', '.join(parts)}, runs in {runtime}"
